"""A graph's rows in few bits: gaps between neighbours in prefix codes, any row to be had alone.

A row is its degree and the gaps between its neighbours, each less 1; the first gap is the first neighbour. Numbers
are split into a symbol, coded, and bits as they are (packed_bits). The code of a gap depends on how long its row is and
on whether it is the row's first. Blocks of at most 1024 edges, which rows may cross, begin at bits that a directory
names; where the rows of a block have one degree, it is written once. Segments of 2**24 edges have codes of their own.
Size: about the entropy of the gaps.

Source: Witten, Moffat, Bell, Managing Gigabytes (2nd ed. 1999), 3.3; Boldi, Vigna, The WebGraph Framework I (2004).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput, CorruptIndex
from inlink.kernels.packed_codes import codes_of, lengths_of_bytes, tables_of
from inlink.kernels.packed_decode import read_row, row_degree, unpack, unpack_degrees
from inlink.kernels.views import read_only

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Singles = NDArray[np.float32]

MAGIC = b"INLPACK2"
TRAILER = "<4Q8s"  # rows, columns, edges, segments, MAGIC; before it the index, six numbers a segment
INDEX = 6  # first row that begins in it, first edge, place in the file, 64-bit words, blocks, bytes of code lengths


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of edges with codes of its own.

    Shapes: data uint8, its bits and eight bytes more; tables (packed_codes); directory uint32 (5, blocks + 1): for each
    block the first row that begins in it, its first edge and first bit in the segment, how many edges from there on
    belong to the row before, the neighbour before them; the last column is where the segment ends. classes uint8
    (blocks,): the class of that row before, and whether the block's rows have one degree (ALIKE).
    """

    data: Bytes
    tables: Words
    directory: Words
    classes: Bytes
    first_edge: int

    @property
    def parts(self) -> tuple[Bytes, Words, Words, Bytes]:
        """What the kernels that read take first."""
        return self.data, self.tables, self.directory, self.classes

    def block_of(self, row: int) -> int:
        """The block in which a row begins; 0 where it began in a segment before."""
        return max(0, int(np.searchsorted(self.directory[0, :-1], row, side="right")) - 1)


@dataclass(frozen=True, slots=True)
class Packed:
    """Packed rows; `data` may be a memory map, of which only what is asked for is read.

    Shapes: data uint8, the whole file; weights float32 (m,) in the order of the edges, or None.
    """

    data: Bytes
    n: int
    n_columns: int
    m: int
    index: Longs
    weights: Singles | None
    _segments: dict[int, Segment]
    _offsets: list[Longs]

    @property
    def n_bytes(self) -> int:
        """The size of the packed rows, without weights."""
        return len(self.data)

    @property
    def offsets(self) -> Longs:
        """Where each row begins among the edges, int64 (n + 1,), worked out when it is first asked for."""
        if not self._offsets:
            degrees = self.degrees()
            offsets = np.zeros(self.n + 1, np.int64)
            np.cumsum(degrees, out=offsets[1:])
            if int(offsets[-1]) != self.m:
                raise _damaged("the number of edges")
            self._offsets.append(offsets)
        return self._offsets[0]

    def degrees(self) -> Longs:
        """How many neighbours each row has, int64 (n,). Raises: CorruptIndex."""
        degrees = np.zeros(self.n, np.int64)
        for number, first in enumerate(self.index[:, 0].tolist()):
            end = int(self.index[number + 1, 0]) if number + 1 < len(self.index) else self.n
            segment = self.segment(number)
            if not unpack_degrees(*segment.parts, degrees[first:end]):
                raise _damaged(f"segment {number}")
        return degrees

    def segment(self, number: int) -> Segment:
        """One segment, its tables made when it is first asked for. Raises: CorruptIndex."""
        if not 0 <= number < len(self.index):
            raise _damaged("the number of edges")
        found = self._segments.get(number)
        if found is None:
            found = self._segments[number] = _segment(self, number)
        return found

    def segments_of(self, first_row: int, last_row: int) -> range:
        """The segments that hold the rows from first to last."""
        first = max(0, int(np.searchsorted(self.index[:, 0], first_row, side="right")) - 1)
        return range(first, max(first + 1, int(np.searchsorted(self.index[:, 0], last_row, side="right"))))

    def degree(self, row: int) -> int:
        """How many neighbours a row has. Raises: BadInput, CorruptIndex."""
        if not 0 <= row < self.n:
            raise BadInput(f"row {row} is not in the graph", hint=f"Rows are 0 to {self.n - 1}.")
        segment = self.segment(self.segments_of(row, row)[0])
        return int(row_degree(*segment.parts, segment.block_of(row), row))

    def row(self, row: int, most: int | None = None) -> Words:
        """The neighbours of a row, ascending, or the first `most` of them: no more than these are decoded.

        Raises: BadInput: no such row; CorruptIndex.    Cost: some 30 us to find the row, then 7 ns a neighbour.
        """
        degree = self.degree(row)
        if degree > self.n_columns:
            raise _damaged(f"row {row}")
        out = np.empty(degree if most is None else min(degree, most), np.uint32)
        filled = 0
        for number in range(self.segments_of(row, row)[0], len(self.index)):
            if filled == len(out):
                break
            segment = self.segment(number)
            taken = int(read_row(*segment.parts, row, segment.block_of(row), self.n_columns, out[filled:]))
            if taken <= 0:
                raise _damaged(f"row {row}")
            filled += taken
        return out

    def rows_into(self, first: int, last: int, place: Words) -> None:
        """Write the neighbours of the rows from first until last to the beginning of `place`, row after row.

        May be called by several threads at once. Raises: CorruptIndex.    Cost: some 5 ns an edge.
        """
        low, high = int(self.offsets[first]), int(self.offsets[last])
        number = max(0, int(np.searchsorted(self.index[:, 1], low, side="right")) - 1)
        at = low
        while at < high:
            segment = self.segment(number)
            edges = segment.directory[1]
            start, stop = at - segment.first_edge, min(high - segment.first_edge, int(edges[-1]))
            block = max(0, int(np.searchsorted(edges[:-1], start, side="right")) - 1)
            if not unpack(
                *segment.parts, block, start, stop, self.n_columns, place[at - low : at - low + max(0, stop - start)]
            ):
                raise _damaged(f"segment {number}")
            at += max(0, stop - start)
            number += 1

    def __iter__(self) -> Iterator[Words]:
        """All rows in order."""
        return (self.row(row) for row in range(self.n))


def packed_of_bytes(data: Bytes, weights: Singles | None = None) -> Packed:
    """Packed rows from the bytes of a file (a memory map, say). Raises: CorruptIndex: not such a file, or cut short."""
    size, data = struct.calcsize(TRAILER), read_only(data)
    if len(data) < len(MAGIC) + size or data[: len(MAGIC)].tobytes() != MAGIC:
        raise CorruptIndex("these are no packed rows", hint="Make the packed graph again.")
    n, n_columns, m, n_segments, magic = struct.unpack(TRAILER, data[-size:].tobytes())
    start = len(data) - size - 8 * INDEX * n_segments
    if magic != MAGIC or start < len(MAGIC):
        raise CorruptIndex("the packed graph is cut short", hint="Make it again.")
    index = np.frombuffer(data[start : len(data) - size].tobytes(), "<i8").reshape(-1, INDEX)
    if (index < 0).any() or (index[:, 2] > start).any() or (weights is not None and len(weights) != m):
        raise CorruptIndex("the index of the packed graph is damaged", hint="Make it again.")
    return Packed(data, n, n_columns, m, index, weights, {}, [])


def _segment(packed: Packed, number: int) -> Segment:
    """One segment of the file. Raises: CorruptIndex."""
    _, first_edge, place, n_words, n_blocks, n_lengths = packed.index[number].tolist()
    ends = np.cumsum([place, 8 * n_words + 8, 20 * (n_blocks + 1), n_blocks, n_lengths]).tolist()
    if ends[-1] > len(packed.data) or n_blocks < 1:
        raise _damaged(f"segment {number}")
    parts = [packed.data[low:high] for low, high in pairwise(ends)]
    lengths = lengths_of_bytes(parts[3].tobytes())
    directory = parts[1].view("<u4").reshape(5, n_blocks + 1)
    return Segment(parts[0], tables_of(lengths, codes_of(lengths)), directory, parts[2], first_edge)


def _damaged(what: str) -> CorruptIndex:
    return CorruptIndex(f"{what} of the packed graph is damaged", hint="Make the packed graph again.")
