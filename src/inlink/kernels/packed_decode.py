"""The kernels that read packed rows: one row, or many by blocks, four at a time.

Reading a number waits for the length of the one before. Four blocks side by side keep the processor busy meanwhile.
Every kernel stays inside its arrays whatever the bytes are, and says where they cannot be right.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled, compiled_bare
from inlink.kernels.packed_bits import (
    ALIKE,
    BLOCK_EDGES,
    BLOCK_ROWS,
    LOOKUP_BITS,
    N_CLASSES,
    class_of,
    fill16,
    read,
)

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Tables = NDArray[np.uint32]

ROW, EDGE, BIT, CARRY, PREVIOUS = range(5)
WAYS = 4

_FIRST = 1
_LATER = 1 + N_CLASSES
_ONE = np.uint64(1)
_TWO = np.uint64(2)
_MINUS_ONE = np.uint64((1 << 64) - 1)
_LATER_TABLES = np.uint64(_LATER << LOOKUP_BITS)
_WAY0, _WAY1, _WAY2, _WAY3 = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(3)


@compiled_bare
def _table(context: np.int64) -> np.uint64:
    return np.uint64(context) << np.uint64(LOOKUP_BITS)


@compiled_bare
def _class(classes: Bytes, block: np.int64) -> np.int64:
    """The class of the row that a block goes on with."""
    return np.int64(classes[block]) & np.int64(ALIKE - 1)


@compiled_bare
def _degrees_of(classes: Bytes, block: np.int64, n_rows: np.int64) -> np.int64:
    """How many degrees are written for the rows that begin in a block."""
    return min(n_rows, np.int64(1)) if classes[block] >= ALIKE else n_rows


@compiled
def row_degree(data: Bytes, tables: Tables, directory: Words, classes: Bytes, block: int, row: int) -> np.int64:
    """How many neighbours a row has that begins in the block."""
    bit, last, number = np.int64(directory[BIT, block]), np.int64(len(data) - 8), np.uint64(2)
    for _ in range(_degrees_of(classes, np.int64(block), np.int64(row) + 1 - np.int64(directory[ROW, block]))):
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
        written, number = _degrees_of(classes, block, n_rows), np.uint64(2)
        for k in range(n_rows):
            if k < written:
                bit, number = read(data, bit, last, tables, np.uint64(0))
            if k < wanted:
                skip += np.int64(number - _TWO)
            elif k == wanted:
                degree = np.int64(number - _TWO)
        if wanted < 0:
            previous, group = np.int64(directory[PREVIOUS, block]), _class(classes, block)
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
    room, table = _size(directory, EDGE, block), _LATER + _class(classes, block)
    left, number = min(np.int64(directory[CARRY, block]), room), np.uint64(2)
    written = _degrees_of(classes, block, n_rows)
    for k in range(n_rows + 1):
        room -= left
        later = table if k == 0 else table + N_CLASSES
        for _ in range(left):
            bit, _number = read(data, bit, last, tables, _table(table))
            table = later
        if k < n_rows:
            if k < written:
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
    for k in range(np.uint64(together)):
        bit0, x0 = read(data, bit0, last, tables, np.uint64(contexts[_WAY0, k]))
        bit1, x1 = read(data, bit1, last, tables, np.uint64(contexts[_WAY1, k]))
        bit2, x2 = read(data, bit2, last, tables, np.uint64(contexts[_WAY2, k]))
        bit3, x3 = read(data, bit3, last, tables, np.uint64(contexts[_WAY3, k]))
        numbers[_WAY0, k] = np.uint32(x0 - _TWO)
        numbers[_WAY1, k] = np.uint32(x1 - _TWO)
        numbers[_WAY2, k] = np.uint32(x2 - _TWO)
        numbers[_WAY3, k] = np.uint32(x3 - _TWO)
    bits[0], bits[1], bits[2], bits[3] = bit0, bit1, bit2, bit3
    for way in range(WAYS):
        bit = bits[way]
        for k in range(together, counts[way]):
            bit, x = read(data, bit, last, tables, np.uint64(contexts[way, k]))
            numbers[way, k] = np.uint32(x - _TWO)
        bits[way] = bit


@compiled_bare
def _rows_four(
    data: Bytes, tables: Tables, bits: Longs, counts: Longs, contexts: NDArray[np.uint16], before: Longs, nodes: Words
) -> np.uint64:
    """As `_read_four`, for gaps: adds them up to neighbours as it goes; the greatest of these.

    before (4,): the neighbour before the first gap, where that goes on with a row.
    """
    last = np.int64(len(data) - 8)
    bit0, bit1, bit2, bit3 = bits[0], bits[1], bits[2], bits[3]
    node0, node1 = np.uint64(before[0]), np.uint64(before[1])
    node2, node3 = np.uint64(before[2]), np.uint64(before[3])
    most0 = most1 = most2 = most3 = np.uint64(0)
    together = min(min(counts[0], counts[1]), min(counts[2], counts[3]))
    for k in range(np.uint64(together)):
        table0, table1 = np.uint64(contexts[_WAY0, k]), np.uint64(contexts[_WAY1, k])
        table2, table3 = np.uint64(contexts[_WAY2, k]), np.uint64(contexts[_WAY3, k])
        bit0, x0 = read(data, bit0, last, tables, table0)
        bit1, x1 = read(data, bit1, last, tables, table1)
        bit2, x2 = read(data, bit2, last, tables, table2)
        bit3, x3 = read(data, bit3, last, tables, table3)
        node0 = x0 - _ONE + (node0 if table0 >= _LATER_TABLES else _MINUS_ONE)
        node1 = x1 - _ONE + (node1 if table1 >= _LATER_TABLES else _MINUS_ONE)
        node2 = x2 - _ONE + (node2 if table2 >= _LATER_TABLES else _MINUS_ONE)
        node3 = x3 - _ONE + (node3 if table3 >= _LATER_TABLES else _MINUS_ONE)
        nodes[_WAY0, k], nodes[_WAY1, k] = np.uint32(node0), np.uint32(node1)
        nodes[_WAY2, k], nodes[_WAY3, k] = np.uint32(node2), np.uint32(node3)
        most0, most1, most2, most3 = max(most0, node0), max(most1, node1), max(most2, node2), max(most3, node3)
    bits[0], bits[1], bits[2], bits[3] = bit0, bit1, bit2, bit3
    before[0], before[1] = np.int64(node0), np.int64(node1)
    before[2], before[3] = np.int64(node2), np.int64(node3)
    most = max(max(most0, most1), max(most2, most3))
    for way in range(WAYS):
        bit, node = bits[way], np.uint64(before[way])
        for k in range(together, counts[way]):
            table = np.uint64(contexts[way, k])
            bit, x = read(data, bit, last, tables, table)
            node = x - _ONE + (node if table >= _LATER_TABLES else _MINUS_ONE)
            nodes[way, k] = np.uint32(node)
            most = max(most, node)
        bits[way] = bit
    return most


@compiled_bare
def _contexts(
    degrees: Words, n_rows: np.int64, carry: np.int64, group: np.int64, n_edges: np.int64, contexts: NDArray[np.uint16]
) -> bool:
    """The table of each gap of a block; whether the degrees fill it. Writes up to 16 contexts more."""
    filled = min(carry, n_edges)
    later = np.uint16(_table(_LATER + group))
    k = np.int64(0)
    while k < filled:
        fill16(contexts, k, later)
        k += 16
    for row in range(np.uint64(n_rows)):
        degree = np.int64(degrees[row])
        if degree == 0:
            continue
        if filled >= n_edges:
            return False
        group = class_of(degree)
        later = np.uint16(_table(_LATER + group))
        end = min(filled + degree, n_edges)
        k = filled
        while k < end:
            fill16(contexts, k, later)
            k += 16
        contexts[np.uint64(filled)] = np.uint16(_table(_FIRST + group))
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
    """Write the neighbours of the segment's edges from first to last to `out`; False: the bytes cannot be right.

    `first_block` is at or before the block of the first edge.
    """
    degrees, nodes = np.empty((WAYS, BLOCK_ROWS), np.uint32), np.empty((WAYS, BLOCK_EDGES), np.uint32)
    none, contexts = np.zeros((WAYS, BLOCK_ROWS), np.uint16), np.zeros((WAYS, BLOCK_EDGES + 16), np.uint16)
    bits, counts, before = np.zeros(WAYS, np.int64), np.zeros(WAYS, np.int64), np.zeros(WAYS, np.int64)
    block, n_blocks = np.int64(first_block), directory.shape[1] - 1
    if np.int64(directory[EDGE, block]) > first_edge or np.int64(directory[EDGE, n_blocks]) < last_edge:
        return False
    while block < n_blocks and np.int64(directory[EDGE, block]) < last_edge:
        args = (block, none, bits, counts, before, degrees, contexts, nodes)
        if not _decode_four(data, tables, directory, classes, n_columns, *args):
            return False
        for way in range(min(np.int64(WAYS), n_blocks - block)):
            edge = np.int64(directory[EDGE, block + way])
            low, high = max(np.int64(first_edge) - edge, np.int64(0)), min(np.int64(last_edge) - edge, counts[way])
            for k in range(low, high):
                out[edge - first_edge + k] = nodes[way, k]
        block += WAYS
    return True


@compiled
def unpack_degrees(data: Bytes, tables: Tables, directory: Words, classes: Bytes, out: Longs) -> bool:
    """The degrees of all rows that begin in the segment; False where the directory cannot be right."""
    first, last = np.int64(directory[ROW, 0]), np.int64(len(data) - 8)
    for block in range(directory.shape[1] - 1):
        low, high = np.int64(directory[ROW, block]) - first, np.int64(directory[ROW, block + 1]) - first
        if not 0 <= low <= high <= len(out):
            return False
        bit, number = np.int64(directory[BIT, block]), np.uint64(2)
        written = low + _degrees_of(classes, np.int64(block), high - low)
        for row in range(low, high):
            if row < written:
                bit, number = read(data, bit, last, tables, np.uint64(0))
            out[row] = np.int64(number - _TWO)
    return True


@compiled_bare
def _decode_four(
    data: Bytes,
    tables: Tables,
    directory: Words,
    classes: Bytes,
    n_columns: int,
    block: np.int64,
    none: NDArray[np.uint16],
    bits: Longs,
    counts: Longs,
    before: Longs,
    degrees: Words,
    contexts: NDArray[np.uint16],
    nodes: Words,
) -> bool:
    """Degrees and neighbours of up to four blocks from `block`; False where the bytes cannot be right.

    Shapes: none (4, 1024) of 0; bits, counts (how many neighbours), before (4,); degrees, nodes (4, 1024); contexts
    (4, 1040).
    """
    n_blocks = directory.shape[1] - 1
    for way in range(WAYS):
        bits[way], counts[way] = 0, 0
        if block + way < n_blocks:
            n_rows = _size(directory, ROW, block + way)
            if n_rows < 0 or n_rows > BLOCK_ROWS:
                return False
            bits[way] = np.int64(directory[BIT, block + way])
            counts[way] = _degrees_of(classes, block + way, n_rows)
    _read_four(data, tables, bits, counts, none, degrees)
    for way in range(WAYS):
        counts[way] = 0
        if block + way < n_blocks:
            n_rows = _size(directory, ROW, block + way)
            if classes[block + way] >= ALIKE:
                degrees[way, :n_rows] = degrees[way, 0]
            n_edges = _size(directory, EDGE, block + way)
            if n_edges < 0 or n_edges > BLOCK_EDGES:
                return False
            before[way] = np.int64(directory[PREVIOUS, block + way])
            carry, group = np.int64(directory[CARRY, block + way]), _class(classes, block + way)
            if group >= N_CLASSES or not _contexts(degrees[way], n_rows, carry, group, n_edges, contexts[way]):
                return False
            counts[way] = n_edges
    if _rows_four(data, tables, bits, counts, contexts, before, nodes) >= np.uint64(n_columns) and counts.sum() > 0:
        return False
    for way in range(WAYS):
        if block + way < n_blocks and bits[way] != np.int64(directory[BIT, block + way + 1]):
            return False
    return True
