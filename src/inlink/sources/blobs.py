"""Bytes at a place: a local file, bytes in memory or (in fetch) a remote file, read onwards from any offset."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from inlink.errors import Unreachable

CHUNK_BYTES = 256 * 1024


class Blob(Protocol):
    """A file somewhere; `read_from` may be called again at any time."""

    name: str

    def read_from(self, offset: int) -> Iterator[bytes]:
        """Chunks of the bytes from `offset` to the end. Raises: Unreachable."""
        ...


class LocalBlob:
    """A file on this machine."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.name = str(path)

    def read_from(self, offset: int) -> Iterator[bytes]:
        """Chunks of the bytes from `offset` to the end."""
        try:
            with self.path.open("rb", buffering=0) as file:
                file.seek(offset)
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk
        except OSError as error:
            raise Unreachable(
                f"cannot read {self.name}: {error.strerror or error}", hint="check that the file is there and readable"
            ) from error


class HeldBytes:
    """The beginning of a file, as bytes in memory."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self._data = data

    def read_from(self, offset: int) -> Iterator[bytes]:
        """What is held from `offset` on."""
        if offset < len(self._data):
            yield self._data[offset:]


class RawBytes:
    """A cursor over a blob's bytes that can hand back what it took last."""

    __slots__ = ("_at", "_blob", "_chunks", "_data", "_start")

    def __init__(self, blob: Blob, offset: int = 0) -> None:
        self._blob = blob
        self._start = offset
        self._data = b""
        self._at = 0
        self._chunks = blob.read_from(offset)

    def tell(self) -> int:
        """Offset in the blob of the next byte."""
        return self._start + self._at

    def take(self, size: int) -> memoryview:
        """At most `size` bytes, at least one unless the blob ends."""
        if self._at >= len(self._data):
            self._start += len(self._data)
            self._data = next(self._chunks, b"")
            self._at = 0
        piece = memoryview(self._data)[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def give_back(self, size: int) -> None:
        """Go back by `size` bytes, all of them from the last `take`."""
        self._at -= size

    def peek(self, size: int) -> bytes:
        """The next `size` bytes without taking them; fewer where the blob ends."""
        if len(self._data) - self._at < size:
            self.peek_all(size)
        return self._data[self._at : self._at + size]

    def peek_all(self, least: int) -> bytes:
        """All that is held from here on, without a copy where possible: `least` bytes unless the blob ends."""
        have = len(self._data) - self._at
        if have < least or self._at:
            parts = [self._data[self._at :]]
            while have < least and (more := next(self._chunks, b"")):
                parts.append(more)
                have += len(more)
            self._start += self._at
            self._data = b"".join(parts)
            self._at = 0
        return self._data

    def seek(self, offset: int) -> None:
        """Go on from `offset`."""
        if self._start <= offset <= self._start + len(self._data):
            self._at = offset - self._start
            return
        self.__init__(self._blob, offset)  # type: ignore[misc]
