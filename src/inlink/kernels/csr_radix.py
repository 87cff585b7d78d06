"""The passes that turn edges into sorted rows: count, partition into buckets that fit the cache, sort each, write.

An edge is one 64-bit key, (row - first row of its bucket) << column bits | column, so that sorting keys by their bytes
sorts rows and, within a row, columns. All passes are stable: equal edges stay in the order of the input.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Keys = NDArray[np.uint64]
Singles = NDArray[np.float32]

_DIGIT = 10  # bits sorted in one pass: 1,024 counters, and as many streams of writes


@compiled
def count_fine(rows: Words, columns: Words, n: int, n_columns: int, shift: int, counts: Longs) -> int:
    """Add the edges to the counts of rows >> shift; the first edge that is out of range, or -1."""
    for k in range(len(rows)):
        if rows[k] >= n or columns[k] >= n_columns:
            return k
        counts[rows[k] >> shift] += 1
    return -1


@compiled
def count_rows(rows: Words, shift: int, at: Longs, counts: Longs) -> None:
    """Add the edges to counts[at[group] + row of the group] where a group, rows >> shift, has a place."""
    mask = (1 << shift) - 1
    for k in range(len(rows)):
        place = at[rows[k] >> shift]
        if place >= 0:
            counts[place + np.int64(rows[k] & mask)] += 1


@compiled
def partition(
    rows: Words,
    columns: Words,
    weights: Singles,
    shift: int,
    bucket_of: NDArray[np.int32],
    heavy_of: NDArray[np.int32],
    first_rows: Longs,
    column_bits: int,
    buckets: tuple[int, int],
    cursors: Longs,
    keys: Keys,
    carried: Singles,
) -> None:
    """Put the edges whose bucket is in the half-open range `buckets` at their bucket's cursor."""
    low, high = buckets
    weighted, mask = len(weights) > 0, (1 << shift) - 1
    for k in range(len(rows)):
        bucket = np.int64(bucket_of[rows[k] >> shift])
        if bucket < 0:
            bucket = np.int64(heavy_of[np.int64(rows[k] & mask) - 1 - bucket])
        if low <= bucket < high:
            at = cursors[bucket - low]
            cursors[bucket - low] = at + 1
            local = np.uint64(np.int64(rows[k]) - first_rows[bucket])
            keys[at] = (local << np.uint64(column_bits)) | np.uint64(columns[k])
            if weighted:
                carried[at] = weights[k]


@compiled
def _count_digit(keys: Keys, digit: int, starts: Longs) -> bool:
    """Where each value of the digit begins once sorted; False where all keys have one value there."""
    starts[:] = 0
    mask = np.uint64(len(starts) - 1)
    for k in range(len(keys)):
        starts[np.int64((keys[k] >> np.uint64(digit)) & mask)] += 1
    total = 0
    for value in range(len(starts)):
        here = starts[value]
        if here == len(keys):
            return False
        starts[value] = total
        total += here
    return True


@compiled
def sort_keys(
    keys: Keys, carried: Singles, spare: Keys, spare_carried: Singles, bits: tuple[int, int]
) -> tuple[Keys, Singles]:
    """The keys (and what they carry) sorted stably by the bits of the half-open range, in one of the two places."""
    low, high = bits
    weighted = len(carried) > 0
    starts = np.empty(1 << _DIGIT, np.int64)
    mask = np.uint64(len(starts) - 1)
    for digit in range(low, high, _DIGIT):
        if not _count_digit(keys, digit, starts):
            continue
        for k in range(len(keys)):
            value = np.int64((keys[k] >> np.uint64(digit)) & mask)
            at = starts[value]
            starts[value] = at + 1
            spare[at] = keys[k]
            if weighted:
                spare_carried[at] = carried[k]
        keys, spare = spare, keys
        carried, spare_carried = spare_carried, carried
    return keys, carried


@compiled
def write_rows(
    keys: Keys,
    carried: Singles,
    column_bits: int,
    first_row: int,
    filled: int,
    keep_first: bool,
    offsets: Longs,
    neighbours: Words,
    weights: Singles,
) -> int:
    """Append sorted keys as rows and count them in offsets[row + 1]; repeated edges once. How many edges there are now.

    Weights of a repeated edge are added in double precision, in the order of the input, unless the first is kept.
    """
    weighted = len(carried) > 0
    mask = np.uint64((1 << column_bits) - 1)
    k, n = 0, len(keys)
    while k < n:
        key = keys[k]
        total = np.float64(carried[k]) if weighted else 0.0
        k += 1
        while k < n and keys[k] == key:
            if weighted and not keep_first:
                total += np.float64(carried[k])
            k += 1
        neighbours[filled] = np.uint32(key & mask)
        if weighted:
            weights[filled] = np.float32(total)
        filled += 1
        offsets[first_row + np.int64(key >> np.uint64(column_bits)) + 1] += 1
    return filled


@compiled
def rows_of(offsets: Longs, first: int, last: int, rows: Words) -> int:
    """Write the row of each edge of the rows from `first` until `last` or the place is full; the next row.

    At least one row's edges must fit.
    """
    filled, row = 0, first
    while row < last and filled + offsets[row + 1] - offsets[row] <= len(rows):
        for _ in range(offsets[row + 1] - offsets[row]):
            rows[filled] = row
            filled += 1
        row += 1
    return row
