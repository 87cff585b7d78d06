"""The kernels that read packed rows: one row, or many by blocks, four at a time.

Reading a number waits for the length of the one before. Four blocks side by side keep the processor busy meanwhile.
Every kernel stays inside its arrays whatever the bytes are, and says where they cannot be right.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled, compiled_bare
from inlink.kernels.packed_bits import BLOCK_EDGES, BLOCK_ROWS, LOOKUP_BITS, N_CLASSES, class_of, read

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Tables = NDArray[np.uint32]

ROW, EDGE, BIT, CARRY, PREVIOUS = range(5)
WAYS = 4

_FIRST = 1
_LATER = 1 + N_CLASSES
_TWO = np.uint64(2)


@compiled_bare
def _table(context: np.int64) -> np.uint64:
    return np.uint64(context) << np.uint64(LOOKUP_BITS)


@compiled
def row_degree(data: Bytes, tables: Tables, directory: Words, block: int, row: int) -> np.int64:
    """How many neighbours a row has that begins in the block."""
    bit, last, number = np.int64(directory[BIT, block]), np.int64(len(data) - 8), np.uint64(2)
    for _ in range(np.int64(directory[ROW, block]), row + 1):
        bit, number = read(data, bit, last, tables, np.uint64(0))
    return np.int64(number - _TWO)


@compiled
def read_row(
    data: Bytes,
    tables: Tables,
    directory: Words,
    classes: Bytes,
    row: int,
    start: int,
    n_columns: int,
    out: Words,
) -> np.int64:
    """Fill `out` with the row's neighbours that stand in this segment from block `start`; how many, or -1: corrupt.

    In the first block the row begins, unless `row` is below the first row that begins there: then it goes on.
    Shapes: directory (5, blocks + 1), the last column where the segment ends.
    """
    last, block = np.int64(len(data) - 8), np.int64(start)
    filled = np.int64(0)
    previous, group, table, skip = np.int64(-1), np.int64(0), np.int64(0), np.int64(0)
    while filled < len(out) and block < directory.shape[1] - 1:
        bit, room = np.int64(directory[BIT, block]), _size(directory, EDGE, block)
        n_rows = _size(directory, ROW, block)
        wanted = np.int64(row) - np.int64(directory[ROW, block])
        skip, degree = min(np.int64(directory[CARRY, block]), room), np.int64(0)
        for k in range(n_rows):
            bit, number = read(data, bit, last, tables, np.uint64(0))
            if k < wanted:
                skip += np.int64(number - _TWO)
            elif k == wanted:
                degree = np.int64(number - _TWO)
        if wanted < 0:
            previous, group = np.int64(directory[PREVIOUS, block]), np.int64(classes[block])
            skip, table = np.int64(0), _LATER + group
        else:
            bit = _skip(data, tables, directory, classes, block, wanted, bit)
            previous, group = np.int64(-1), class_of(max(degree, np.int64(1)))
            table = _FIRST + group
        here = min(np.int64(len(out)) - filled, room - skip)
        if here < 0:
            return np.int64(-1)
        for _ in range(here):
            bit, number = read(data, bit, last, tables, _table(table))
            previous += np.int64(number) - 1
            out[filled] = np.uint32(previous)
            table = _LATER + group
            filled += 1
        if previous >= n_columns:
            return np.int64(-1)
        block += 1
    return filled


@compiled_bare
def _size(directory: Words, field: int, block: np.int64) -> np.int64:
    """How many rows begin in a block, or how many edges it has."""
    return np.int64(directory[field, block + 1]) - np.int64(directory[field, block])


@compiled_bare
def _skip(
    data: Bytes, tables: Tables, directory: Words, classes: Bytes, block: np.int64, n_rows: np.int64, bit: np.int64
) -> np.int64:
    """The bit behind the gaps of the first rows of a block; `bit` is where its gaps begin."""
    last, at = np.int64(len(data) - 8), np.int64(directory[BIT, block])
    room, table = _size(directory, EDGE, block), _LATER + np.int64(classes[block])
    left = min(np.int64(directory[CARRY, block]), room)
    for k in range(n_rows + 1):
        room -= left
        later = table if k == 0 else table + N_CLASSES
        for _ in range(left):
            bit, _number = read(data, bit, last, tables, _table(table))
            table = later
        if k < n_rows:
            at, number = read(data, at, last, tables, np.uint64(0))
            left = min(np.int64(number - _TWO), room)
            table = _FIRST + class_of(max(left, np.int64(1)))
    return bit


@compiled_bare
def _read_four(
    data: Bytes, tables: Tables, bits: Longs, counts: Longs, contexts: NDArray[np.uint16], numbers: Words
) -> None:
    """Read counts[w] numbers from bit bits[w] on, for each of four ways; bits are moved on.

    Shapes: contexts (4, most), the place of the table of each number; numbers (4, most), what is read.
    """
    last = np.int64(len(data) - 8)
    bit0, bit1, bit2, bit3 = bits[0], bits[1], bits[2], bits[3]
    together = min(min(counts[0], counts[1]), min(counts[2], counts[3]))
    for k in range(together):
        bit0, x0 = read(data, bit0, last, tables, np.uint64(contexts[0, k]))
        bit1, x1 = read(data, bit1, last, tables, np.uint64(contexts[1, k]))
        bit2, x2 = read(data, bit2, last, tables, np.uint64(contexts[2, k]))
        bit3, x3 = read(data, bit3, last, tables, np.uint64(contexts[3, k]))
        numbers[0, k] = np.uint32(x0 - _TWO)
        numbers[1, k] = np.uint32(x1 - _TWO)
        numbers[2, k] = np.uint32(x2 - _TWO)
        numbers[3, k] = np.uint32(x3 - _TWO)
    bits[0], bits[1], bits[2], bits[3] = bit0, bit1, bit2, bit3
    for way in range(WAYS):
        bit = bits[way]
        for k in range(together, counts[way]):
            bit, x = read(data, bit, last, tables, np.uint64(contexts[way, k]))
            numbers[way, k] = np.uint32(x - _TWO)
        bits[way] = bit


@compiled_bare
def _contexts(
    degrees: Words, n_rows: np.int64, carry: np.int64, group: np.int64, n_edges: np.int64, contexts: NDArray[np.uint16]
) -> bool:
    """The table of each gap of a block; whether the degrees fill it."""
    filled, left = np.int64(0), min(carry, n_edges)
    later = np.uint16(_table(_LATER + group))
    for k in range(left):
        contexts[k] = later
    filled = left
    for row in range(n_rows):
        degree = np.int64(degrees[row])
        if degree == 0:
            continue
        if filled >= n_edges:
            return False
        group = class_of(degree)
        contexts[filled] = np.uint16(_table(_FIRST + group))
        later = np.uint16(_table(_LATER + group))
        end = min(filled + degree, n_edges)
        for k in range(filled + 1, end):
            contexts[k] = later
        filled = end
    return bool(filled == n_edges)


@compiled
def unpack(
    data: Bytes,
    tables: Tables,
    directory: Words,
    classes: Bytes,
    first_block: int,
    first_edge: int,
    last_edge: int,
    n_columns: int,
    out: Words,
) -> bool:
    """Write the neighbours of the segment's edges from first to last to `out`; False: the bytes cannot be right."""
    degrees, gaps = np.empty((WAYS, BLOCK_ROWS), np.uint32), np.empty((WAYS, BLOCK_EDGES), np.uint32)
    none, contexts = np.zeros((WAYS, BLOCK_ROWS), np.uint16), np.zeros((WAYS, BLOCK_EDGES), np.uint16)
    bits, counts, spare = np.zeros(WAYS, np.int64), np.zeros(WAYS, np.int64), np.empty(BLOCK_EDGES, np.uint32)
    block, n_blocks = np.int64(first_block), directory.shape[1] - 1
    while block < n_blocks and np.int64(directory[EDGE, block]) < last_edge:
        if not _decode_four(data, tables, directory, classes, block, none, bits, counts, degrees, contexts, gaps):
            return False
        for way in range(min(np.int64(WAYS), n_blocks - block)):
            low, high = np.int64(directory[EDGE, block + way]), np.int64(directory[EDGE, block + way + 1])
            whole = low >= first_edge and high <= last_edge
            place = out[low - first_edge : high - first_edge] if whole else spare
            if not _add_up(directory, block + way, degrees[way], gaps[way], n_columns, place):
                return False
            if not whole:
                for edge in range(max(low, np.int64(first_edge)), min(high, np.int64(last_edge))):
                    out[edge - first_edge] = spare[edge - low]
        block += WAYS
    return True


@compiled_bare
def _add_up(directory: Words, block: np.int64, degrees: Words, gaps: Words, n_columns: int, out: Words) -> bool:
    """From gaps to neighbours; whether all are below n_columns."""
    n_edges, n_rows = _size(directory, EDGE, block), _size(directory, ROW, block)
    edge, end = np.int64(0), min(np.int64(directory[CARRY, block]), n_edges)
    neighbour, greatest = np.int64(directory[PREVIOUS, block]), np.int64(-1)
    for row in range(-1, n_rows):
        if row >= 0:
            end = min(edge + np.int64(degrees[row]), n_edges)
            neighbour = np.int64(-1)
        for k in range(edge, end):
            neighbour += np.int64(gaps[k]) + 1
            out[k] = np.uint32(neighbour)
        if end > edge:
            greatest, edge = max(greatest, neighbour), end
    return bool(greatest < n_columns)


@compiled
def unpack_degrees(data: Bytes, tables: Tables, directory: Words, out: Longs) -> bool:
    """The degrees of all rows that begin in the segment; False where the directory cannot be right."""
    first, last = np.int64(directory[ROW, 0]), np.int64(len(data) - 8)
    for block in range(directory.shape[1] - 1):
        low, high = np.int64(directory[ROW, block]) - first, np.int64(directory[ROW, block + 1]) - first
        if not 0 <= low <= high <= len(out):
            return False
        bit = np.int64(directory[BIT, block])
        for row in range(low, high):
            bit, number = read(data, bit, last, tables, np.uint64(0))
            out[row] = np.int64(number - _TWO)
    return True


@compiled_bare
def _decode_four(
    data: Bytes,
    tables: Tables,
    directory: Words,
    classes: Bytes,
    block: np.int64,
    no_contexts: NDArray[np.uint16],
    bits: Longs,
    counts: Longs,
    degrees: Words,
    contexts: NDArray[np.uint16],
    gaps: Words,
) -> bool:
    """Degrees and gaps (less 1 each) of up to four blocks from `block`; False where the bytes cannot be right.

    Shapes: no_contexts (4, 1024) of 0; bits, counts (4,); degrees, contexts, gaps (4, 1024).
    """
    n_blocks = directory.shape[1] - 1
    for way in range(WAYS):
        bits[way], counts[way] = 0, 0
        if block + way < n_blocks:
            n_rows = _size(directory, ROW, block + way)
            if n_rows < 0 or n_rows > BLOCK_ROWS:
                return False
            bits[way], counts[way] = np.int64(directory[BIT, block + way]), n_rows
    _read_four(data, tables, bits, counts, no_contexts, degrees)
    for way in range(WAYS):
        n_rows, counts[way] = counts[way], 0
        if block + way < n_blocks:
            n_edges = _size(directory, EDGE, block + way)
            if n_edges < 0 or n_edges > BLOCK_EDGES:
                return False
            carry, group = np.int64(directory[CARRY, block + way]), np.int64(classes[block + way])
            if group >= N_CLASSES or not _contexts(degrees[way], n_rows, carry, group, n_edges, contexts[way]):
                return False
            counts[way] = n_edges
    _read_four(data, tables, bits, counts, contexts, gaps)
    for way in range(WAYS):
        if block + way < n_blocks and bits[way] != np.int64(directory[BIT, block + way + 1]):
            return False
    return True
