"""Blocks of names read back as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import zstandard
from numpy.typing import NDArray

from inlink.errors import CorruptIndex
from inlink.graph.blocks.decoders import decoder

_HINT = "the release is damaged: fetch or convert it again"
MARK = 128  # a name begins with a byte of at least this: see name_kernel
_A_NAME = 1  # work of a name, in numbers of a list


@dataclass(frozen=True, slots=True)
class Beginnings:
    """Frequent beginnings of names (`com.`, `uk.co.`), by number; 0 stands for none.

    Shapes: starts int64: where each begins in blob, with the end.
    """

    texts: tuple[str, ...]
    blob: NDArray[np.uint8]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Beginnings:
        """A table of these texts."""
        raw = [b"", *(text.encode("latin-1") for text in texts)]
        blob = np.frombuffer(b"".join(raw) + b"\0", np.uint8)
        return cls(tuple(texts), blob, np.cumsum([0, *map(len, raw)]).astype(np.int64))


class Names(Sequence[str]):
    """Names of one block, each made text when asked for."""

    def __init__(self, blob: bytes, ends: NDArray[np.int64]) -> None:
        self._blob = blob
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends)

    def raw(self, i: int) -> bytes:
        """The bytes of name i."""
        return self._blob[int(self._ends[i - 1]) if i else 0 : int(self._ends[i])]

    def __getitem__(self, i: int) -> str:  # type: ignore[override]
        return self.raw(i).decode("utf-8", "replace")

    def find(self, name: bytes) -> int | None:
        """The first place of a name in a block in name order."""
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self.raw(middle) < name:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self.raw(low) == name else None


class Called(NamedTuple):
    """Names by node. behind: how many of the same rank stand behind each in the order. Shapes: uint32 (names,)."""

    names: Names
    behind: NDArray[np.uint32]


def reversed_name(name: str) -> bytes:
    """com.example of example.com, as bytes; and example.com of com.example."""
    return ".".join(reversed(name.split("."))).encode("utf-8", "surrogateescape")


def unpack_front(data: bytes, n: int) -> Names:
    """Undo `pack_front`. Raises: CorruptIndex."""
    raw = inflated(data)
    marks = raw[raw >= MARK]
    out = np.empty(len(raw) + int((marks.astype(np.int64) - MARK).sum()), np.uint8)
    ends = np.zeros(n, np.int64)
    return _names(decoder(n * _A_NAME).read_front(raw, out, ends), n, out, ends)


def unpack_called(data: bytes, n: int, beginnings: Beginnings) -> Called:
    """Undo `pack_called`. Raises: CorruptIndex."""
    raw = inflated(data)
    if len(raw) < 4 * n:
        raise CorruptIndex("a block of names is cut", hint=_HINT)
    behind = np.ascontiguousarray(raw[: 4 * n].reshape(4, n).T).view("<u4").reshape(-1)
    return Called(_unpack_coded(raw[4 * n :], n, beginnings), behind)


def _unpack_coded(raw: NDArray[np.uint8], n: int, beginnings: Beginnings) -> Names:
    codes = raw[raw >= MARK].astype(np.int64) - MARK
    lengths = np.diff(beginnings.starts)
    if len(codes) and int(codes.max()) >= len(lengths):
        raise CorruptIndex("a block of names has an unknown code", hint=_HINT)
    out = np.empty(len(raw) + int(lengths[codes].sum()), np.uint8)
    ends = np.zeros(n, np.int64)
    found = decoder(n * _A_NAME).read_coded(raw, beginnings.blob, beginnings.starts, out, ends)
    return _names(found, n, out, ends)


def _names(found: int, n: int, out: NDArray[np.uint8], ends: NDArray[np.int64]) -> Names:
    if found != n:
        raise CorruptIndex(f"a block of names has {found} names instead of {n}", hint=_HINT)
    return Names(out[: int(ends[-1]) if n else 0].tobytes(), ends)


def inflated(data: bytes, limit: int = 1 << 30) -> NDArray[np.uint8]:
    """The bytes of a zstd frame. Raises: CorruptIndex."""
    try:
        size = zstandard.frame_content_size(data)
        if size > limit:
            raise CorruptIndex(f"a block would unpack to {size} bytes", hint=_HINT)
        return np.frombuffer(zstandard.ZstdDecompressor().decompress(data), np.uint8)
    except zstandard.ZstdError as error:
        raise CorruptIndex(f"a block cannot be unpacked: {error}", hint=_HINT) from error
