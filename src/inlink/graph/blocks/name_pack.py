"""Names packed for the disk: in name order with what each shares with the one before, or in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import zstandard
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.graph.blocks import name_kernel as kernel
from inlink.graph.blocks.coded import Beginnings

N_BEGINNINGS = 127
GROUP = 64  # coded names behind each place that is kept


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
class Coder:
    """Beginnings, and where each is found by its hash."""

    beginnings: Beginnings
    slots: NDArray[np.uint8]

    @classmethod
    def of(cls, beginnings: Beginnings) -> Coder:
        """A coder that knows these beginnings."""
        slots = np.zeros(kernel.SLOTS, np.uint8)
        kernel.fill_slots(beginnings.blob, beginnings.starts, slots)
        return cls(beginnings, slots)

    @classmethod
    def learned(cls, names: Iterable[bytes]) -> Coder:
        """One that knows the beginnings that save most in a sample of names."""
        counts: Counter[bytes] = Counter()
        for name in names:
            parts = name.split(b".", 3)
            for length in range(1, len(parts)):
                counts[b".".join(parts[:length]) + b"."] += 1
        best = sorted(counts, key=lambda text: (-counts[text] * (len(text) - 1), text))[:N_BEGINNINGS]
        return cls.of(Beginnings.of([text.decode("latin-1") for text in best]))

    def code(self, names: NameTable, lines: NDArray[np.uint32]) -> NDArray[np.uint8]:
        """The names of lines, coded, one after the other."""
        out = np.empty(names.room(lines), np.uint8)
        known = self.beginnings
        size = kernel.coded(names.blob, names.offsets, lines, self.slots, known.blob, known.starts, out)
        return out[:size]


@dataclass(frozen=True, slots=True)
class CodedNames:
    """Coded names by node, so that packing a leaf copies them and need not code a name again for each list.

    Shapes: blob uint8; lengths uint16 (n); places int64: where the names of each GROUP of nodes begin; behind uint32
    (n): how many nodes of the same rank stand behind each.
    """

    blob: NDArray[np.uint8]
    lengths: NDArray[np.uint16]
    places: NDArray[np.int64]
    behind: NDArray[np.uint32]

    def pack(self, nodes: NDArray[np.uint32], level: int) -> bytes:
        """The names of nodes and how many stand behind each, compressed."""
        out = np.empty(int(self.lengths[nodes].sum(dtype=np.int64)), np.uint8)
        kernel.copy_coded(self.blob, self.lengths, self.places, nodes, out)
        return pack_called(out, self.behind[nodes], level)


def coded_lengths(data: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """How many bytes each coded name takes. Raises: BadInput for a name that is too long."""
    marks = np.flatnonzero(data >= kernel.MARK)
    lengths = np.diff(marks, append=len(data))
    if len(lengths) and int(lengths.max()) >= 1 << 16:
        raise BadInput("a name has more than 20,000 bytes", hint="fetch the vertices again")
    return lengths.astype(np.uint16)


def pack_front(names: NameTable, lines: NDArray[np.uint32], level: int) -> bytes:
    """Names of neighbours in name order."""
    out = np.empty(names.room(lines), np.uint8)
    size = kernel.front_coded(names.blob, names.offsets, lines, out)
    return compress(out[:size], level)


def pack_called(coded: NDArray[np.uint8], behind: NDArray[np.uint32], level: int) -> bytes:
    """Coded names, behind the numbers that belong to them as four planes of bytes."""
    planes = np.ascontiguousarray(behind).view(np.uint8).reshape(-1, 4).T.reshape(-1)
    return compress(np.concatenate([planes, coded]), level)


def compress(data: NDArray[np.uint8], level: int) -> bytes:
    """One zstd frame."""
    return zstandard.ZstdCompressor(level=level).compress(data.tobytes())
