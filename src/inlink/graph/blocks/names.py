"""Blocks of names: packed for the disk, and read back as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import zstandard
from numpy.typing import NDArray

from inlink.errors import CorruptIndex
from inlink.graph.blocks import name_kernel as kernel

_HINT = "the release is damaged: fetch or convert it again"
_LONGEST = 1 << 16  # bytes of a name
N_BEGINNINGS = 127


@dataclass(frozen=True, slots=True)
class NameTable:
    """All names of a release as one run of bytes; offsets int64 (n + 1) by line."""

    blob: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def name(self, line: int) -> bytes:
        """The name of a line."""
        return self.blob[self.offsets[line] : self.offsets[line + 1]].tobytes()

    def room(self, lines: NDArray[np.uint32]) -> int:
        """Bytes that any coding of these names keeps to."""
        places = lines.astype(np.int64)
        return int((self.offsets[places + 1] - self.offsets[places]).sum()) * 3 + len(lines) + 1


@dataclass(frozen=True, slots=True)
class Beginnings:
    """Frequent beginnings of names (`com.`, `uk.co.`), by number; 0 stands for none."""

    texts: tuple[str, ...]
    blob: NDArray[np.uint8]
    starts: NDArray[np.int64]
    slots: NDArray[np.uint8]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Beginnings:
        """A table of these texts."""
        raw = [b"", *(text.encode("latin-1") for text in texts)]
        blob = np.frombuffer(b"".join(raw) + b"\0", np.uint8)
        starts = np.cumsum([0, *map(len, raw)]).astype(np.int64)
        slots = np.zeros(kernel.SLOTS, np.uint8)
        kernel.fill_slots(blob, starts, slots)
        return cls(tuple(texts), blob, starts, slots)

    @classmethod
    def learned(cls, names: Iterable[bytes]) -> Beginnings:
        """The beginnings that save most in a sample of names."""
        counts: Counter[bytes] = Counter()
        for name in names:
            parts = name.split(b".", 3)
            for length in range(1, len(parts)):
                counts[b".".join(parts[:length]) + b"."] += 1
        best = sorted(counts, key=lambda text: (-counts[text] * (len(text) - 1), text))[:N_BEGINNINGS]
        return cls.of([text.decode("latin-1") for text in best])


def pack_front(names: NameTable, lines: NDArray[np.uint32], level: int) -> bytes:
    """Names of neighbours in name order."""
    out = np.empty(names.room(lines), np.uint8)
    size = kernel.front_coded(names.blob, names.offsets, lines, out)
    return zstandard.ZstdCompressor(level=level).compress(out[:size].tobytes())


def pack_coded(names: NameTable, lines: NDArray[np.uint32], beginnings: Beginnings, level: int) -> bytes:
    """Names in any order."""
    out = np.empty(names.room(lines), np.uint8)
    known = beginnings
    size = kernel.coded(names.blob, names.offsets, lines, known.slots, known.blob, known.starts, out)
    return zstandard.ZstdCompressor(level=level).compress(out[:size].tobytes())


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


def unpack_front(data: bytes, n: int) -> Names:
    """Undo `pack_front`. Raises: CorruptIndex."""
    raw = inflated(data)
    marks = raw[raw >= kernel.MARK]
    out = np.empty(len(raw) + int((marks.astype(np.int64) - kernel.MARK).sum()), np.uint8)
    ends = np.zeros(n, np.int64)
    return _names(kernel.read_front(raw, out, ends), n, out, ends)


def unpack_coded(data: bytes, n: int, beginnings: Beginnings) -> Names:
    """Undo `pack_coded`. Raises: CorruptIndex."""
    raw = inflated(data)
    codes = raw[raw >= kernel.MARK].astype(np.int64) - kernel.MARK
    lengths = np.diff(beginnings.starts)
    if len(codes) and int(codes.max()) >= len(lengths):
        raise CorruptIndex("a block of names has an unknown code", hint=_HINT)
    out = np.empty(len(raw) + int(lengths[codes].sum()), np.uint8)
    ends = np.zeros(n, np.int64)
    return _names(kernel.read_coded(raw, beginnings.blob, beginnings.starts, out, ends), n, out, ends)


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
