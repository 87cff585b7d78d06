"""Names by node: with a code for a frequent beginning, in any order, each decoded when it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import zstandard
from numpy.typing import NDArray

from inlink.errors import CorruptIndex

MARK, ESCAPE = 128, 1  # a name begins with a byte of at least MARK: see name_kernel
_HINT = "the release is damaged: fetch or convert it again"
_own = threading.local()


@dataclass(frozen=True, slots=True)
class Beginnings:
    """Frequent beginnings of names (`com.`, `uk.co.`), by number; 0 stands for none.

    parts: as bytes, the empty one first. Shapes: starts int64: where each begins in blob, with the end.
    """

    texts: tuple[str, ...]
    parts: tuple[bytes, ...]
    blob: NDArray[np.uint8]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Beginnings:
        """A table of these texts."""
        raw = [b"", *(text.encode("latin-1") for text in texts)]
        blob = np.frombuffer(b"".join(raw) + b"\0", np.uint8)
        return cls(tuple(texts), tuple(raw), blob, np.cumsum([0, *map(len, raw)]).astype(np.int64))


class Called:
    """Names by node, each decoded when asked for, and how many of the same rank stand behind each in the order."""

    def __init__(self, raw: NDArray[np.uint8], n: int, beginnings: Beginnings) -> None:
        """raw: four planes of the numbers behind, then the coded names. Raises: CorruptIndex."""
        marks = np.flatnonzero(raw[4 * n :] >= MARK)
        if len(marks) != n or (marks[0] if n else len(raw)):
            raise CorruptIndex(f"a block of names has {len(marks)} names instead of {n}", hint=_HINT)
        self._n, self._beginnings = n, beginnings.parts
        self._data = raw.tobytes()
        self._marks = marks

    def __len__(self) -> int:
        return self._n

    def raw(self, i: int) -> bytes:
        """The bytes of name i. Raises: CorruptIndex."""
        start = 4 * self._n + int(self._marks[i])
        end = 4 * self._n + int(self._marks[i + 1]) if i + 1 < self._n else len(self._data)
        code, text = self._data[start] - MARK, unescaped(self._data[start + 1 : end])
        if code >= len(self._beginnings) or text is None:
            raise CorruptIndex("a name of a release cannot be read", hint=_HINT)
        return self._beginnings[code] + text

    def behind(self, i: int) -> int:
        """How many stand behind name i."""
        return int.from_bytes(self._data[i : 4 * self._n : self._n], "little")


def unescaped(raw: bytes) -> bytes | None:
    """The bytes of a name without escapes; None where they are wrong."""
    if ESCAPE not in raw:
        return raw
    out = bytearray()
    at = 0
    while at < len(raw):
        if raw[at] != ESCAPE:
            out.append(raw[at])
            at += 1
        elif at + 2 < len(raw):
            out.append((raw[at + 1] | raw[at + 2] << 7) & 255)
            at += 3
        else:
            return None
    return bytes(out)


def unpack_called(data: bytes, n: int, beginnings: Beginnings) -> Called:
    """Undo `pack_called`. Raises: CorruptIndex."""
    return Called(inflated(data), n, beginnings)


def inflated(data: bytes, limit: int = 1 << 30) -> NDArray[np.uint8]:
    """The bytes of a zstd frame. Raises: CorruptIndex."""
    try:
        size = zstandard.frame_content_size(data)
        if size > limit:
            raise CorruptIndex(f"a block would unpack to {size} bytes", hint=_HINT)
        if not hasattr(_own, "decompressor"):
            _own.decompressor = zstandard.ZstdDecompressor()  # to make one takes longer than most blocks
        return np.frombuffer(_own.decompressor.decompress(data), np.uint8)
    except zstandard.ZstdError as error:
        raise CorruptIndex(f"a block cannot be unpacked: {error}", hint=_HINT) from error
