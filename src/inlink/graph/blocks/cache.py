"""Blocks that were fetched once, kept on this disk by their digest or seal, the least used dropped first."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from inlink.graph.blocks.source import ByteSource, Span, is_whole

DEFAULT_BYTES = 256 * 2**20


class CachedSource:
    """A source whose blocks are looked for in a folder first; what has no digest or seal is asked for every time."""

    def __init__(self, source: ByteSource, folder: str | Path, *, limit_bytes: int = DEFAULT_BYTES) -> None:
        self.source = source
        self.folder = Path(folder)
        self.limit_bytes = limit_bytes
        self._held: int | None = None  # bytes in the folder, counted when first written to

    @property
    def name(self) -> str:
        """The name of what is behind."""
        return self.source.name

    @property
    def is_local(self) -> bool:
        """As what is behind."""
        return self.source.is_local

    def read_all(self, file: str) -> bytes:
        """A small file, asked for every time: it tells which version the server has."""
        return self.source.read_all(file)

    def expect(self, sizes: dict[str, int]) -> None:
        """Passed on."""
        self.source.expect(sizes)

    def read_many(self, spans: Sequence[Span]) -> list[bytes]:
        """The bytes of each span, from the folder where they are there and whole."""
        found = [self._kept(span) for span in spans]
        missing = [i for i, data in enumerate(found) if data is None]
        fetched = self.source.read_many([spans[i] for i in missing]) if missing else []
        for i, data in zip(missing, fetched, strict=True):
            found[i] = data
            self._keep(spans[i], data)
        return [data for data in found if data is not None]

    def _path(self, span: Span) -> Path:
        key = f"{span.digest:016x}" if span.digest is not None else f"{span.file}-{span.seed:016x}"
        return self.folder / f"{key}.{span.length}"

    def _kept(self, span: Span) -> bytes | None:
        if span.digest is None and span.seed is None:
            return None
        path = self._path(span)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        if not is_whole(span, data):
            path.unlink(missing_ok=True)
            return None
        with suppress(OSError):
            os.utime(path)
        return data

    def _keep(self, span: Span, data: bytes) -> None:
        """A cache that cannot be written to is none: the answer stands without it."""
        if not is_whole(span, data) or len(data) > self.limit_bytes // 4:
            return
        path = self._path(span)
        aside = path.with_name(f"{path.name}.{os.getpid()}.new")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            aside.write_bytes(data)
            aside.replace(path)
        except OSError:
            aside.unlink(missing_ok=True)
            return
        self._held = (self._size() if self._held is None else self._held) + len(data)
        if self._held > self.limit_bytes:
            self._drop()

    def _size(self) -> int:
        return sum(size for _, size, _ in self._files())

    def _files(self) -> list[tuple[float, int, Path]]:
        """(last use, bytes, path) of all that is kept, the longest unused first."""
        found: list[tuple[float, int, Path]] = []
        for path in self.folder.glob("*.*"):
            with suppress(OSError):
                about = path.stat()
                found.append((about.st_mtime, about.st_size, path))
        return sorted(found)

    def _drop(self) -> None:
        files = self._files()
        held = sum(size for _, size, _ in files)
        for _, size, path in files:
            if held <= self.limit_bytes * 3 // 4:
                break
            path.unlink(missing_ok=True)
            held -= size
        self._held = held
