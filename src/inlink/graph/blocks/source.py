"""Where the bytes of a release come from: named files read by offset and length, many ranges at once."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import xxhash

from inlink.errors import CorruptIndex, NotFound

_HINT = "fetch or convert the release again"
SEAL = 8  # bytes


@dataclass(frozen=True, slots=True)
class Span:
    """A block: a run of bytes of one file, and the digest that they must have (None: not known beforehand).

    seed: of the seal that a block without a digest ends with: the xxh3-64 of all ahead of it.
    """

    file: str
    offset: int
    length: int
    digest: int | None = None
    seed: int | None = None


class ByteSource(Protocol):
    """Reads a release's files. Implementations: a folder (memory map), a web server (Range requests), a cache."""

    @property
    def name(self) -> str:
        """What to call it in messages."""

    @property
    def is_local(self) -> bool:
        """Whether a read costs microseconds, so that nothing is worth asking ahead."""

    def read_all(self, file: str) -> bytes:
        """A small file as a whole. Raises: NotFound."""

    def read_many(self, spans: Sequence[Span]) -> list[bytes]:
        """The bytes of each span, as long as the span says; the digests are not looked at.

        Raises: CorruptIndex where a file is shorter, Unreachable where a server does not answer or changed the file.
        """

    def expect(self, sizes: dict[str, int]) -> None:
        """Say how long each file must be, once the manifest told. Raises: CorruptIndex."""


class FolderSource:
    """The files of a folder, memory-mapped."""

    is_local = True

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._maps: dict[str, mmap.mmap] = {}

    @property
    def name(self) -> str:
        """The folder."""
        return str(self.folder)

    def read_all(self, file: str) -> bytes:
        """A small file as a whole. Raises: NotFound."""
        try:
            return (self.folder / file).read_bytes()
        except OSError as error:
            raise NotFound(f"{self.folder} holds no release ({file} is missing)", hint=_HINT) from error

    def read_many(self, spans: Sequence[Span]) -> list[bytes]:
        """The bytes of each span. Raises: CorruptIndex where a file is missing or too short."""
        return [self._read(span) for span in spans]

    def expect(self, sizes: dict[str, int]) -> None:
        """Raises: CorruptIndex where a file is missing or has another length."""
        for file, size in sizes.items():
            path = self.folder / file
            found = path.stat().st_size if path.is_file() else None
            if found != size:
                what = "is missing" if found is None else f"has {found} bytes instead of {size}"
                raise CorruptIndex(f"{path} {what}", hint=_HINT)

    def let_go(self, file: str, offset: int, length: int) -> None:
        """Take the pages that lie within a part of a file out of this process: they will not be read again soon."""
        data = self._maps.get(file)
        start, end = offset + -offset % mmap.PAGESIZE, (offset + length) // mmap.PAGESIZE * mmap.PAGESIZE
        if data is not None and end > start and hasattr(mmap, "MADV_DONTNEED"):
            data.madvise(mmap.MADV_DONTNEED, start, end - start)

    def _read(self, span: Span) -> bytes:
        if not span.length:
            return b""
        data = self._maps.get(span.file)
        if data is None:
            try:
                with (self.folder / span.file).open("rb") as stream:
                    data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            except (OSError, ValueError) as error:
                raise CorruptIndex(f"{self.folder / span.file} cannot be read: {error}", hint=_HINT) from error
            self._maps[span.file] = data
        found = data[span.offset : span.offset + span.length]
        if len(found) != span.length:
            raise CorruptIndex(f"{self.folder / span.file} ends at byte {len(data)}, inside a block", hint=_HINT)
        return found


def digest_of_block(data: bytes | memoryview) -> int:
    """The digest that directories keep of a block: against accidents, not against malice."""
    return xxhash.xxh3_64_intdigest(data)


def is_whole(span: Span, data: bytes) -> bool:
    """Whether the bytes are those of the block, by its digest or its seal; False where neither is known."""
    if len(data) != span.length:
        return False
    if span.digest is not None:
        return digest_of_block(data) == span.digest
    return span.seed is not None and data[-SEAL:] == seal_of(data[:-SEAL], span.seed)


def seal_of(payload: bytes, seed: int) -> bytes:
    """What stands behind a block that no block above it lists."""
    return xxhash.xxh3_64_intdigest(payload, seed=seed & (2**64 - 1)).to_bytes(SEAL, "little")


def checked(source: ByteSource, span: Span, data: bytes) -> bytes:
    """The bytes of a block. Raises: CorruptIndex where they do not match its digest or its seal, if it has one."""
    if (span.digest is not None or span.seed is not None) and not is_whole(span, data):
        what = "seal" if span.digest is None else "digest"
        raise CorruptIndex(
            f"{source.name}: block {span.offset}+{span.length} of {span.file} does not match its {what}",
            hint="the file is damaged, or belongs to another version of the release: " + _HINT,
            file=span.file,
            offset=span.offset,
        )
    return data
