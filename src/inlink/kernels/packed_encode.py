"""The kernels that write packed rows: one that counts symbols, one that writes the bits and the block directory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled, compiled_bare
from inlink.kernels.packed_bits import ALIKE, BLOCK_EDGES, BLOCK_ROWS, N_CLASSES, class_of, symbol_of

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]


@compiled
def count_symbols(
    degrees: Longs, neighbours: Words, carry: Longs, n_columns: int, counts: NDArray[np.int64]
) -> np.int64:
    """Count the symbols of each context; -1, or the edge whose neighbour is out of order or range.

    Shapes: degrees (rows that begin here,), neighbours (edges,); carry (3,): edges at the start that belong to the row
    before, the neighbour before them, their class; counts (contexts, symbols).
    """
    n_edges, edge = len(neighbours), 0
    rows = len(degrees)
    for row in range(-1, rows):
        if row < 0:
            left, previous, group = min(carry[0], n_edges), carry[1], carry[2]
            table = 1 + N_CLASSES + group
        else:
            counts[0, symbol_of(degrees[row])[0]] += 1
            left, previous = min(degrees[row], n_edges - edge), np.int64(-1)
            if left == 0:
                continue
            group = class_of(degrees[row])
            table = 1 + group
        for _ in range(left):
            neighbour = np.int64(neighbours[edge])
            if neighbour <= previous or neighbour >= n_columns:
                return np.int64(edge)
            counts[table, symbol_of(neighbour - previous - 1)[0]] += 1
            previous = neighbour
            table = 1 + N_CLASSES + group
            edge += 1
    return np.int64(-1)


@compiled_bare
def _put(words: NDArray[np.uint64], bit: np.int64, value: np.uint64, length: np.int64) -> np.int64:
    """Write the lowest bits of a value; the bit after them."""
    at, shift = bit >> 6, np.uint64(bit & 63)
    words[at] |= value << shift
    if np.int64(shift) + length > 64:
        words[at + 1] |= value >> (np.uint64(64) - shift)
    return bit + length


@compiled_bare
def _put_number(
    words: NDArray[np.uint64],
    bit: np.int64,
    number: np.int64,
    table: np.int64,
    lengths: NDArray[np.int8],
    codes: NDArray[np.uint16],
) -> np.int64:
    """Write a number in the code of a context; the bit after it."""
    symbol, extra = symbol_of(number)
    length = np.int64(lengths[table, symbol])
    rest = np.uint64(number + 2) & ((np.uint64(1) << np.uint64(extra)) - np.uint64(1))
    return _put(words, bit, np.uint64(codes[table, symbol]) | rest << np.uint64(length), length + extra)


@compiled_bare
def _are_alike(degrees: Longs, first: np.int64, last: np.int64) -> bool:
    """Whether there are rows from first until last, all of one degree."""
    for row in range(first + 1, last):
        if degrees[row] != degrees[first]:
            return False
    return bool(first < last)


@compiled
def encode(
    degrees: Longs,
    neighbours: Words,
    carry: Longs,
    first_row: int,
    lengths: NDArray[np.int8],
    codes: NDArray[np.uint16],
    words: NDArray[np.uint64],
    directory: Words,
    classes: NDArray[np.uint8],
) -> np.int64:
    """Write a segment block by block; how many blocks there are, and in `carry` what the next segment needs.

    A block is the degrees of the rows that begin in it (one where they are alike, which its class says) and then its
    gaps: at most BLOCK_EDGES edges and BLOCK_ROWS rows.
    Shapes: directory (5, blocks + 1): first row that begins in it, its first edge, its first bit, edges that belong to
    the row before, neighbour before them; the last column is where the segment ends. classes (blocks,) of that row.
    """
    n_edges, n_rows = len(neighbours), len(degrees)
    row, edge, bit, block = np.int64(0), np.int64(0), np.int64(0), 0
    left, previous, group = carry[0], carry[1], carry[2]
    while row < n_rows or edge < n_edges:
        directory[0, block], directory[1, block], directory[2, block] = first_row + row, edge, bit
        directory[3, block], directory[4, block], classes[block] = left, max(previous, 0), group
        block += 1
        room = min(np.int64(BLOCK_EDGES), n_edges - edge)
        begins, taken = row, min(left, room)
        while row < n_rows and row - begins < BLOCK_ROWS and (taken < room or room == 0):
            taken = min(taken + degrees[row], room)
            row += 1
        written = 1 if _are_alike(degrees, begins, row) else row - begins
        if written < row - begins:
            classes[block - 1] |= np.uint8(ALIKE)
        for each in range(begins, begins + written):
            bit = _put_number(words, bit, degrees[each], np.int64(0), lengths, codes)
        room = taken
        for each in range(begins - 1, row):
            table = 1 + N_CLASSES + group
            if each >= begins:
                left, previous = degrees[each], np.int64(-1)
                if left == 0:
                    continue
                group = class_of(left)
                table = 1 + group
            here = min(left, room)
            for _ in range(here):
                neighbour = np.int64(neighbours[edge])
                bit = _put_number(words, bit, neighbour - previous - 1, table, lengths, codes)
                previous = neighbour
                table = 1 + N_CLASSES + group
                edge += 1
            left -= here
            room -= here
    directory[0, block], directory[1, block], directory[2, block] = first_row + row, edge, bit
    carry[0], carry[1], carry[2] = left, previous, group
    return np.int64(block)
