"""Lines `from TAB to` become targets grouped by source, in one pass over the bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.graph.release_digits import find_byte, read_number, word
from inlink.kernels.jit import compiled, compiled_bare

# Places in the state of a pass.
(FILL, ROW_START, SOURCE, LAST, IS_MIXED, N_SPILLED, N_EXAMPLES, LINES, EDGES, DUPLICATES, SELF_LOOPS, OUT_OF_RANGE,
 NOT_NUMBERS, CARRIAGE_RETURNS, UNSORTED_ROWS, OUT_OF_ORDER, STATE_SIZE) = range(17)  # fmt: skip
MAX_EXAMPLES = 16

_TAB, _NEWLINE, _RETURN, _SPACE = 9, 10, 13, 32
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


def new_state() -> NDArray[np.int64]:
    """The state before the first line."""
    state = np.zeros(STATE_SIZE, np.int64)
    state[SOURCE] = state[LAST] = -1
    return state


@compiled
def close_row(targets: NDArray[np.uint32], degrees: NDArray[np.uint32], state: NDArray[np.int64]) -> None:
    """The open row is finished: sorted if it was not, its repeated targets counted and left out."""
    source, start, fill = state[SOURCE], state[ROW_START], state[FILL]
    if state[IS_MIXED]:
        row = targets[start:fill]
        row.sort()
        kept = start
        for k in range(start, fill):
            if k > start and targets[k] == targets[k - 1]:
                state[DUPLICATES] += 1
                continue
            targets[kept] = targets[k]
            kept += 1
        fill = kept
        state[UNSORTED_ROWS] += 1
    if source >= 0:
        degrees[source] = fill - start
    state[FILL] = state[ROW_START] = fill
    state[IS_MIXED] = 0
    state[LAST] = -1


@compiled_bare
def _mask(n_bytes: int) -> np.uint64:
    if n_bytes >= 8:
        return _ALL
    if n_bytes <= 0:
        return np.uint64(0)
    return (np.uint64(1) << np.uint64(8 * n_bytes)) - np.uint64(1)


@compiled
def read_edges(
    data: NDArray[np.uint8],
    at: int,
    end: int,
    n: int,
    targets: NDArray[np.uint32],
    degrees: NDArray[np.uint32],
    spilled: NDArray[np.uint32],
    examples: NDArray[np.int64],
    state: NDArray[np.int64],
) -> int:
    """Read lines of data[at:end] until they end or a buffer is full; gives the place of the next line.

    targets: rows, one after the other, each ascending and unique once closed; spilled (k, 2): edges whose source is
    less than one before them; examples (MAX_EXAMPLES, 3): counter, line number and place of lines left out.
    An edge to its own source is counted and left out, as are lines without two numbers below n.
    """
    room, spill_room = len(targets), len(spilled)
    fill, spill, source, last = state[FILL], state[N_SPILLED], state[SOURCE], state[LAST]
    n_duplicates = n_lines = n_loops = 0
    length = 0  # of the source and its tab, as they were written in the line before
    written0 = written1 = mask0 = mask1 = np.uint64(0)
    while at < end and fill < room and spill < spill_room:
        begin = at
        n_lines += 1
        if length > 0 and word(data, at) & mask0 == written0 and word(data, at + 8) & mask1 == written1:
            number, after = read_number(data, at + length)
            is_good = after > at + length
            at = after
            this = source
        else:
            first, after = read_number(data, at)
            is_good = after > at and (data[after] == _TAB or data[after] == _SPACE)
            tab_end = after + 1
            number, at = read_number(data, tab_end)
            is_good = is_good and at > tab_end
            this = np.int64(first)
            length = 0
            if is_good and this == source and tab_end - begin <= 16:  # a row is known from its second line on
                length = tab_end - begin
                mask0, mask1 = _mask(length), _mask(length - 8)
                written0, written1 = word(data, begin) & mask0, word(data, begin + 8) & mask1
        if is_good and data[at] == _NEWLINE:
            at += 1
        elif is_good and data[at] == _RETURN and data[at + 1] == _NEWLINE:
            state[CARRIAGE_RETURNS] += 1
            at += 2
        else:
            at = find_byte(data, begin, end, _NEWLINE) + 1
            _set_aside(examples, state, NOT_NUMBERS, state[LINES] + n_lines, begin)
            continue
        target = np.int64(number)
        if this >= n or target >= n:
            _set_aside(examples, state, OUT_OF_RANGE, state[LINES] + n_lines, begin)
        elif this == target:
            n_loops += 1
        elif this < source:
            spilled[spill, 0], spilled[spill, 1] = this, target
            spill += 1
        else:
            if this > source:
                state[FILL] = fill
                close_row(targets, degrees, state)
                fill = state[FILL]
                source = state[SOURCE] = this
                last = np.int64(-1)
                length = 0
            if target == last:
                n_duplicates += 1
                continue
            if target < last:
                state[IS_MIXED] = 1
            last = target
            targets[fill] = target
            fill += 1
    state[FILL], state[N_SPILLED], state[LAST] = fill, spill, last
    state[LINES] += n_lines
    state[SELF_LOOPS] += n_loops
    state[DUPLICATES] += n_duplicates
    return at


@compiled_bare
def _set_aside(examples: NDArray[np.int64], state: NDArray[np.int64], counter: int, line: int, at: int) -> None:
    """Count a line that is left out; the first ones are noted."""
    state[counter] += 1
    k = state[N_EXAMPLES]
    if k < len(examples):
        examples[k, 0], examples[k, 1], examples[k, 2] = counter, line, at
        state[N_EXAMPLES] = k + 1
