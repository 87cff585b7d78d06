"""Names as bytes: front-coded in name order, or with a code for a frequent beginning; their order; and back again.

A name begins with a byte of 128 or more: 128 + the bytes shared with the name before (front-coded), or 128 + the number
of a beginning such as `com.` (coded). Bytes below 128 follow as they are; others are escaped by byte 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled, compiled_bare

Int = Any  # int here, int64 in compiled code
Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int64]
Ids = NDArray[np.uint32]
Lengths = NDArray[np.uint16]

MARK = 128
_ESCAPE = 1
_HIGH = 127  # the longest shared beginning, the largest code
_DOT = 46
SLOTS = 4096


@compiled_bare
def compare(blob: Bytes, offsets: Offsets, a: Int, b: Int) -> Int:
    """Below 0, 0 or above 0 as name a stands before, at or after name b in the order of bytes."""
    i, j = offsets[a], offsets[b]
    end_i, end_j = offsets[a + 1], offsets[b + 1]
    while i < end_i and j < end_j:
        if blob[i] != blob[j]:
            return np.int64(blob[i]) - np.int64(blob[j])
        i += 1
        j += 1
    return (end_i - i) - (end_j - j)


@compiled_bare
def count_breaks(blob: Bytes, offsets: Offsets) -> tuple[Int, Int]:
    """(names that stand before the one ahead of them in order, names equal to the one ahead of them)."""
    n_breaks, n_equal = 0, 0
    for i in range(1, offsets.shape[0] - 1):
        found = compare(blob, offsets, i - 1, i)
        n_breaks += found > 0
        n_equal += found == 0
    return n_breaks, n_equal


@compiled_bare
def count_equal(blob: Bytes, offsets: Offsets, order: Ids) -> Int:
    """Names equal to the one ahead of them in an order."""
    n_equal = 0
    for i in range(1, order.shape[0]):
        n_equal += compare(blob, offsets, order[i - 1], order[i]) == 0
    return n_equal


@compiled
def order_of_names(blob: Bytes, offsets: Offsets, n_breaks: Int) -> Ids:
    """The lines in the order of their names, equal names by line: a merge sort of the runs that are there.

    n_breaks: as `count_breaks` has it. Cost: one pass over the names for each doubling of the runs, so little where few
    names stand wrong.
    """
    n = offsets.shape[0] - 1
    order, spare = np.arange(n).astype(np.uint32), np.empty(n, np.uint32)
    ends = np.empty(n_breaks + 1, np.int64)
    n_runs = 0
    for i in range(1, n + 1):
        if i == n or compare(blob, offsets, i - 1, i) > 0:
            ends[n_runs] = i
            n_runs += 1
    while n_runs > 1:
        start, n_merged = np.int64(0), 0
        for run in range(0, n_runs, 2):
            middle, end = ends[run], ends[min(run + 1, n_runs - 1)]
            _merge(blob, offsets, order, spare, start, middle, end)
            ends[n_merged] = end
            n_merged += 1
            start = end
        order, spare, n_runs = spare, order, n_merged
    return order


@compiled_bare
def _merge(blob: Bytes, offsets: Offsets, order: Ids, out: Ids, start: Int, middle: Int, end: Int) -> None:
    i, j = start, middle
    for place in range(start, end):
        if j >= end or (i < middle and compare(blob, offsets, order[i], order[j]) <= 0):
            out[place] = order[i]
            i += 1
        else:
            out[place] = order[j]
            j += 1


@compiled_bare
def _put_text(blob: Bytes, start: Int, end: Int, out: Bytes, at: Int) -> Int:
    for i in range(start, end):
        byte = blob[i]
        if byte >= MARK or byte == _ESCAPE:
            out[at] = _ESCAPE
            out[at + 1] = byte & 127
            out[at + 2] = byte >> 7
            at += 3
        else:
            out[at] = byte
            at += 1
    return at


@compiled_bare
def front_coded(blob: Bytes, offsets: Offsets, lines: Ids, out: Bytes) -> Int:
    """Write the names of lines, in order; gives how many bytes. `out` holds 3 bytes a byte and 1 a name."""
    at = 0
    for place in range(lines.shape[0]):
        start, end = offsets[lines[place]], offsets[np.int64(lines[place]) + 1]
        shared = np.int64(0)
        if place:
            before = offsets[lines[place - 1]]
            most = min(end - start, offsets[np.int64(lines[place - 1]) + 1] - before, _HIGH)
            while shared < most and blob[start + shared] == blob[before + shared]:
                shared += 1
        out[at] = MARK + shared
        at = _put_text(blob, start + shared, end, out, at + 1)
    return at


@compiled_bare
def coded(
    blob: Bytes, offsets: Offsets, lines: Ids, slots: Bytes, beginnings: Bytes, starts: Offsets, out: Bytes
) -> Int:
    """Write the names of lines with a code for a known beginning (0: none); gives how many bytes."""
    at = 0
    for place in range(lines.shape[0]):
        start, end = offsets[lines[place]], offsets[np.int64(lines[place]) + 1]
        code, skipped = _beginning(blob, start, end, slots, beginnings, starts)
        out[at] = MARK + code
        at = _put_text(blob, start + skipped, end, out, at + 1)
    return at


@compiled_bare
def _beginning(blob: Bytes, start: Int, end: Int, slots: Bytes, beginnings: Bytes, starts: Offsets) -> tuple[Int, Int]:
    """(code, bytes) of the longest known beginning that ends with the first, second or third dot."""
    code: Int = 0
    skipped: Int = np.int64(0)
    n_dots = 0
    hashed = np.uint64(14695981039346656037)
    for i in range(start, end):
        hashed = (hashed ^ np.uint64(blob[i])) * np.uint64(1099511628211)
        if blob[i] == _DOT:
            slot = np.int64((hashed >> np.uint64(20)) & np.uint64(SLOTS - 1))
            while slots[slot]:
                known = np.int64(slots[slot])
                length = starts[known + 1] - starts[known]
                if length == i + 1 - start and _equal(blob, start, beginnings, starts[known], length):
                    code, skipped = known, length
                    break
                slot = (slot + 1) & (SLOTS - 1)
            n_dots += 1
            if n_dots == 3:
                break
    return code, skipped


@compiled_bare
def _equal(a: Bytes, i: Int, b: Bytes, j: Int, length: Int) -> bool:
    step = 0
    while step < length and a[i + step] == b[j + step]:
        step += 1
    return bool(step == length)


@compiled_bare
def fill_slots(beginnings: Bytes, starts: Offsets, slots: Bytes) -> None:
    """Enter the beginnings (number 0 is none) into a table of SLOTS places, by their hash."""
    for code in range(1, starts.shape[0] - 1):
        hashed = np.uint64(14695981039346656037)
        for i in range(starts[code], starts[code + 1]):
            hashed = (hashed ^ np.uint64(beginnings[i])) * np.uint64(1099511628211)
        slot = np.int64((hashed >> np.uint64(20)) & np.uint64(SLOTS - 1))
        while slots[slot]:
            slot = (slot + 1) & (SLOTS - 1)
        slots[slot] = code


@compiled_bare
def read_front(data: Bytes, out: Bytes, ends: Offsets) -> Int:
    """Undo `front_coded`; ends[i] is where name i ends in `out`. Gives the names read, -1 where the bytes are wrong."""
    at, n = 0, -1
    place: Int = 0
    start: Int = 0
    while at < data.shape[0]:
        byte = np.int64(data[at])
        at += 1
        if byte >= MARK:
            if n >= 0:
                ends[n] = place
            n += 1
            shared = byte - MARK
            if n >= ends.shape[0] or place + shared > out.shape[0] or shared > place - start:
                return -1
            for i in range(shared):
                out[place + i] = out[start + i]
            start = place
            place += shared
            continue
        if n < 0 or place >= out.shape[0] or (byte == _ESCAPE and at + 2 > data.shape[0]):
            return -1
        if byte == _ESCAPE:
            byte = np.int64(data[at]) | (np.int64(data[at + 1]) << 7)
            at += 2
        out[place] = byte
        place += 1
    if n >= 0:
        ends[n] = place
    return n + 1


@compiled_bare
def copy_coded(blob: Bytes, lengths: Lengths, places: Offsets, nodes: Ids, out: Bytes) -> None:
    """Copy coded names of nodes; `places` says where each 64 nodes' names begin."""
    at: Int = 0
    for i in range(nodes.shape[0]):
        node = np.int64(nodes[i])
        begin: Int = places[node >> 6]
        for each in range(node & ~63, node):
            begin += np.int64(lengths[each])
        for step in range(np.int64(lengths[node])):
            out[at + step] = blob[begin + step]
        at += np.int64(lengths[node])
