"""Packed rows, written row after row in bounded memory.

The file: MAGIC; the segments; the index, six numbers a segment; the trailer. A segment begins at a multiple of eight
bytes: its bits, eight bytes of zeros, its block directory, the blocks' classes, its code lengths. All numbers are
little-endian.
"""

from __future__ import annotations

import io
import struct
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.kernels.csr import Csr
from inlink.kernels.packed import MAGIC, TRAILER, Packed, packed_of_bytes
from inlink.kernels.packed_bits import BLOCK_EDGES, BLOCK_ROWS, N_CONTEXTS, N_SYMBOLS
from inlink.kernels.packed_codes import best_lengths, codes_of, lengths_to_bytes
from inlink.kernels.packed_encode import count_symbols, encode

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]

SEGMENT_EDGES = 1 << 24
_SEGMENT_ROWS = 1 << 24


class PackedWriter:
    """Writes rows in order to a binary stream; nothing is readable before `close`.

    Memory: some 20 bytes for each edge of a segment and of the largest piece handed in. Each segment has codes of its
    own, made from its own counts.
    """

    def __init__(self, sink: BinaryIO, n_columns: int, *, segment_edges: int = SEGMENT_EDGES) -> None:
        if not 0 <= n_columns <= 1 << 32:
            raise BadInput(f"{n_columns} columns cannot be numbered", hint="A graph has at most 2**32 nodes.")
        self._sink, self._n_columns, self._segment_edges = sink, n_columns, segment_edges
        self._degrees: list[Longs] = []
        self._neighbours: list[Words] = []
        self._n_pending_rows = self._n_pending = 0
        self._carry = np.zeros(3, np.int64)
        self._rows = self._edges = 0
        self._place = 0
        self._put(MAGIC)
        self._index: list[tuple[int, int, int, int, int, int]] = []

    def append(self, offsets: Longs, neighbours: Words) -> None:
        """The next rows: row k of the piece has neighbours[offsets[k] - offsets[0] : offsets[k + 1] - offsets[0]].

        Raises: BadInput: offsets that do not fit, neighbours of a row not ascending, repeated or not below n_columns.
        """
        degrees: Longs = np.diff(np.asarray(offsets, np.int64)).astype(np.int64, copy=False)
        if len(offsets) == 0 or (degrees < 0).any() or degrees.sum() != len(neighbours):
            raise BadInput("the offsets do not fit the neighbours", hint="Give one offset more than rows, ascending.")
        self._degrees.append(degrees)
        self._neighbours.append(neighbours)
        self._n_pending_rows += len(degrees)
        self._n_pending += len(neighbours)
        while self._n_pending >= self._segment_edges or self._n_pending_rows >= _SEGMENT_ROWS:
            self._write_segment()

    def close(self) -> int:
        """Write what is left, the directory and the trailer; how many bytes the file has. The stream stays open."""
        if self._n_pending or self._n_pending_rows:
            self._write_segment()
        self._put(np.array(self._index, "<i8").tobytes())
        self._put(struct.pack(TRAILER, self._rows, self._n_columns, self._edges, len(self._index), MAGIC))
        return self._place

    def _put(self, data: bytes | memoryview) -> None:
        self._sink.write(data)
        self._place += len(data) if isinstance(data, bytes) else data.nbytes

    def _write_segment(self) -> None:
        """Write the first pending edges, with the rows that begin in them."""
        degrees = _joined(self._degrees, np.int64)
        neighbours = _joined(self._neighbours, np.uint32)
        n_edges = min(len(neighbours), self._segment_edges)
        ends = self._carry[0] + np.cumsum(degrees) - degrees  # where rows begin
        n_rows = len(degrees) if n_edges == len(neighbours) else int(np.searchsorted(ends, n_edges))
        here, left = neighbours[:n_edges], neighbours[n_edges:]
        self._encode(degrees[:n_rows], here)
        self._degrees, self._neighbours = [degrees[n_rows:].copy()], [left.copy()]
        self._n_pending_rows, self._n_pending = len(degrees) - n_rows, len(left)

    def _encode(self, degrees: Longs, neighbours: Words) -> None:
        """One segment: count, make codes, write."""
        counts = np.zeros((N_CONTEXTS, N_SYMBOLS), np.int64)
        bad = int(count_symbols(degrees, neighbours, self._carry, self._n_columns, counts))
        if bad >= 0:
            raise BadInput(
                f"edge {self._edges + bad}: neighbour {neighbours[bad]} is out of order, repeated or out of range",
                hint=f"Neighbours of a row are ascending and below {self._n_columns}.",
                edge=self._edges + bad,
            )
        lengths = best_lengths(counts)
        codes = codes_of(lengths)
        most_bits = int((counts * (np.maximum(lengths, 0) + np.arange(N_SYMBOLS) // 2)).sum())
        words = np.zeros((most_bits + 63) // 64 + 1, np.uint64)
        most_blocks = len(neighbours) // BLOCK_EDGES + len(degrees) // BLOCK_ROWS + 3
        directory, classes = np.zeros((5, most_blocks), np.uint32), np.zeros(most_blocks, np.uint8)
        args = (degrees, neighbours, self._carry, self._rows, lengths, codes, words, directory, classes)
        n_blocks = int(encode(*args))
        words = words[: (int(directory[2, n_blocks]) + 63) // 64 + 1]  # the last one is the eight bytes of zeros
        kept = lengths_to_bytes(lengths)
        self._index.append((self._rows, self._edges, self._place, len(words) - 1, n_blocks, len(kept)))
        self._put(words.astype("<u8", copy=False).data)
        self._put(np.ascontiguousarray(directory[:, : n_blocks + 1], "<u4").data)
        self._put(classes[:n_blocks].data)
        self._put(kept + bytes(-(self._place + len(kept)) % 8))
        self._rows += len(degrees)
        self._edges += len(neighbours)


def packed_of_csr(csr: Csr, n_columns: int | None = None, *, segment_edges: int = SEGMENT_EDGES) -> Packed:
    """The rows of a graph, packed, in memory; weights stay as they are.

    Raises: BadInput: rows that are not ascending.    Cost: some 25 ns an edge.
    """
    sink = io.BytesIO()
    write_packed(csr, sink, n_columns, segment_edges=segment_edges)
    return packed_of_bytes(np.frombuffer(sink.getbuffer(), np.uint8), csr.weights)


def write_packed(csr: Csr, sink: BinaryIO, n_columns: int | None = None, *, segment_edges: int = SEGMENT_EDGES) -> int:
    """Write the rows of a graph, packed, to a stream, piece by piece; how many bytes there are."""
    writer = PackedWriter(sink, csr.n if n_columns is None else n_columns, segment_edges=segment_edges)
    row = 0
    while row < csr.n:
        end = int(np.searchsorted(csr.offsets, csr.offsets[row] + segment_edges, side="right")) - 1
        end = min(max(end, row + 1), row + _SEGMENT_ROWS, csr.n)
        offsets = np.asarray(csr.offsets[row : end + 1])
        writer.append(offsets, np.asarray(csr.neighbours[offsets[0] : offsets[-1]]))
        row = end
    return writer.close()


def _joined(parts: list[Any], dtype: type) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, dtype), *parts])
