"""Lines `id TAB reversed name [TAB number of hosts]` become names end to end, their lengths and numbers of hosts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.graph.release_digits import find_byte, read_number
from inlink.kernels.jit import compiled, compiled_bare

# Places in the state of a pass.
(FILL, ROWS, WRONG, WRONG_AT, CARRIAGE_RETURNS, INVERSIONS, REPEATS, WWW, PREVIOUS, UNNUMBERED, STATE_SIZE) = range(11)
# What is wrong with a line.
NO_ID, NO_NAME, NO_COUNT, LONG_ID = 1, 2, 3, 4
UNKNOWN_COUNT = np.uint32(0xFFFFFFFF)

_TAB, _NEWLINE, _RETURN, _DOT = 9, 10, 13, 46
_LARGEST = np.uint64(0xFFFFFFFF)


def new_state() -> NDArray[np.int64]:
    """The state before the first line."""
    state = np.zeros(STATE_SIZE, np.int64)
    state[PREVIOUS] = -1
    return state


@compiled_bare
def compare(left: NDArray[np.uint8], a: int, a_end: int, right: NDArray[np.uint8], b: int, b_end: int) -> int:
    """-1, 0 or 1: left[a:a_end] before, equal to or after right[b:b_end], byte by byte."""
    while a < a_end and b < b_end:
        if left[a] != right[b]:
            return -1 if left[a] < right[b] else 1
        a += 1
        b += 1
    return int(a < a_end) - int(b < b_end)


@compiled_bare
def _is_www(text: NDArray[np.uint8], start: int, end: int) -> bool:
    """Whether a reversed name of three labels or more ends in `.www`."""
    if end - start < 7 or text[end - 4] != _DOT:
        return False
    if text[end - 3] != 119 or text[end - 2] != 119 or text[end - 1] != 119:
        return False
    return find_byte(text, start, end - 4, _DOT) < end - 4


@compiled
def read_names(
    data: NDArray[np.uint8],
    at: int,
    end: int,
    first: int,
    names: NDArray[np.uint8],
    lengths: NDArray[np.uint16],
    ids: NDArray[np.uint32],
    n_hosts: NDArray[np.uint32],
    state: NDArray[np.int64],
) -> int:
    """Read whole lines of data[at:end] until they end or a buffer is full; gives the place of the next line.

    names: bytes of the names end to end; lengths, ids, n_hosts: of each line of this call (state[ROWS] of them);
    first: lines read in calls before. A line that cannot be read ends the pass: state[WRONG] says why.
    The last name of the call before must stand before state[FILL], from state[PREVIOUS] on.
    """
    rows = 0
    fill, previous = state[FILL], state[PREVIOUS]
    while at < end and rows < len(lengths):
        line_end = find_byte(data, at, end, _NEWLINE)
        if fill + (line_end - at) > len(names):
            break
        stop = line_end
        if stop > at and data[stop - 1] == _RETURN:
            stop -= 1
            state[CARRIAGE_RETURNS] += 1
        number, after = read_number(data, at)
        start = after + 1
        name_end = find_byte(data, start, stop, _TAB) if start < stop else start
        wrong = 0
        if after == at or after >= stop or data[after] != _TAB:
            wrong = NO_ID
        elif number > _LARGEST:
            wrong = LONG_ID
        elif name_end == start:
            wrong = NO_NAME
        count = UNKNOWN_COUNT
        if not wrong and name_end < stop:
            hosts, hosts_end = read_number(data, name_end + 1)
            if hosts_end == name_end + 1 or hosts_end != stop or hosts >= _LARGEST:
                wrong = NO_COUNT
            count = np.uint32(hosts)
        if wrong:
            state[WRONG], state[WRONG_AT] = wrong, at
            break
        state[UNNUMBERED] += int(np.int64(number) != first + rows)
        if previous >= 0:
            order = compare(names, previous, fill, data, start, name_end)
            state[INVERSIONS] += int(order > 0)
            state[REPEATS] += int(order == 0)
        state[WWW] += int(_is_www(data, start, name_end))
        previous = fill
        for k in range(start, name_end):
            names[fill] = data[k]
            fill += 1
        lengths[rows], ids[rows], n_hosts[rows] = fill - previous, number, count
        rows += 1
        at = line_end + 1
    state[FILL], state[PREVIOUS], state[ROWS] = fill, previous, rows
    return at
