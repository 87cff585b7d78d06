"""Lines of ranks become columns by node: the name is found in a hash table of nodes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.graph.release_decimals import NO_NUMBER, UNSURE, read_decimal
from inlink.graph.release_digits import find_byte, word
from inlink.kernels.jit import compiled, compiled_bare
from inlink.kernels.prefetch import prefetch

# Places in the state of a pass.
(LINES, WRONG, UNKNOWN, REPEATED, N_UNSURE, CARRIAGE_RETURNS, FIRST_WRONG, FIRST_UNKNOWN, STATE_SIZE) = range(9)
N_COLUMNS = 4
BATCH = 1024
_TAB, _NEWLINE, _RETURN = 9, 10, 13
_MIX = np.uint64(0x9E3779B97F4A7C15)
_MIX2 = np.uint64(0xD6E8FEB86659FD93)
_EMPTY = np.uint32(0xFFFFFFFF)


@compiled_bare
def _hash(text: NDArray[np.uint8], start: int, end: int) -> np.uint64:
    """A hash of text[start:end]; PADDING bytes behind must be readable, and do not count."""
    value = np.uint64(end - start) * _MIX
    at = start
    while at + 8 <= end:
        value = (value ^ word(text, at)) * _MIX
        value ^= value >> np.uint64(32)
        at += 8
    if at < end:
        rest = word(text, at) & ((np.uint64(1) << np.uint64(8 * (end - at))) - np.uint64(1))
        value = (value ^ rest) * _MIX2
        value ^= value >> np.uint64(32)
    return value * _MIX2


@compiled_bare
def _is_equal(a: NDArray[np.uint8], i: int, i_end: int, b: NDArray[np.uint8], j: int, j_end: int) -> bool:
    if i_end - i != j_end - j:
        return False
    while i < i_end:
        if a[i] != b[j]:
            return False
        i += 1
        j += 1
    return True


@compiled
def fill_table(text: NDArray[np.uint8], offsets: NDArray[np.int64], table: NDArray[np.uint32], shift: int) -> None:
    """Put every node into the table (a power of two of places, all _EMPTY before), the first of equal names only.

    text: with PADDING bytes behind the last name; shift: 64 less the bits of a place.
    """
    n, mask = len(offsets) - 1, np.int64(len(table) - 1)
    places = np.empty(BATCH, np.int64)
    for first in range(0, n, BATCH):
        size = min(BATCH, n - first)
        for k in range(size):
            places[k] = np.int64(_hash(text, offsets[first + k], offsets[first + k + 1]) >> np.uint64(shift))
            prefetch(table, places[k])
        for k in range(size):
            place, node = places[k], first + k
            while table[place] != _EMPTY:
                other = table[place]
                if _is_equal(text, offsets[node], offsets[node + 1], text, offsets[other], offsets[other + 1]):
                    break
                place = (place + 1) & mask
            if table[place] == _EMPTY:
                table[place] = node


@compiled
def read_ranks(
    data: NDArray[np.uint8],
    at: int,
    end: int,
    text: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    table: NDArray[np.uint32],
    shift: int,
    columns: NDArray[np.float64],
    unsure: NDArray[np.int64],
    state: NDArray[np.int64],
) -> int:
    """Read whole lines of data[at:end] until they end or `unsure` is full; gives the place of the next line.

    columns (4, n): harmonic position and value, PageRank position and value, not-a-number before;
    unsure (k, 4): column, node, start and end of a number that must be read another way.
    """
    mask = np.int64(len(table) - 1)
    values = np.empty((BATCH, N_COLUMNS), np.float64)
    states = np.empty((BATCH, N_COLUMNS), np.int64)
    spans = np.empty((BATCH, N_COLUMNS + 1, 2), np.int64)
    places = np.empty(BATCH, np.int64)
    while at < end and state[N_UNSURE] + BATCH * N_COLUMNS <= len(unsure):
        rows = 0
        while rows < BATCH and at < end:
            begin = at
            line_end = find_byte(data, at, end, _NEWLINE)
            stop = line_end
            if stop > at and data[stop - 1] == _RETURN:
                stop -= 1
                state[CARRIAGE_RETURNS] += 1
            state[LINES] += 1
            is_good = True
            for column in range(N_COLUMNS):
                value, after, kind = read_decimal(data, at)
                spans[rows, column, 0], spans[rows, column, 1] = at, after
                values[rows, column], states[rows, column] = value, kind
                if kind == NO_NUMBER or data[after] != _TAB or after >= stop:
                    is_good = False
                    break
                at = after + 1
            name_end = find_byte(data, at, stop, _TAB) if at < stop else at
            if not is_good or name_end == at:
                state[WRONG] += 1
                if state[FIRST_WRONG] < 0:
                    state[FIRST_WRONG] = begin
            else:
                spans[rows, N_COLUMNS, 0], spans[rows, N_COLUMNS, 1] = at, name_end
                places[rows] = np.int64(_hash(data, at, name_end) >> np.uint64(shift))
                prefetch(table, places[rows])
                rows += 1
            at = line_end + 1
        for row in range(rows):
            if table[places[row]] != _EMPTY:
                prefetch(offsets, int(table[places[row]]))
        for row in range(rows):
            start, stop = spans[row, N_COLUMNS, 0], spans[row, N_COLUMNS, 1]
            place = places[row]
            node = np.int64(-1)
            while table[place] != _EMPTY:
                other = np.int64(table[place])
                if _is_equal(data, start, stop, text, offsets[other], offsets[other + 1]):
                    node = other
                    break
                place = (place + 1) & mask
            if node < 0:
                state[UNKNOWN] += 1
                if state[FIRST_UNKNOWN] < 0:
                    state[FIRST_UNKNOWN] = start
                continue
            if not np.isnan(columns[0, node]):
                state[REPEATED] += 1
                continue
            for column in range(N_COLUMNS):
                columns[column, node] = values[row, column]
                if states[row, column] == UNSURE:
                    k = state[N_UNSURE]
                    unsure[k, 0], unsure[k, 1] = column, node
                    unsure[k, 2], unsure[k, 3] = spans[row, column, 0], spans[row, column, 1]
                    state[N_UNSURE] = k + 1
    return at
