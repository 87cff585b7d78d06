"""Rows of a release and of own votes as one: compiled loops of the overlay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled
from inlink.kernels.prefetch import prefetch

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]

_AHEAD = 16  # places that are asked for before they are used


@compiled
def insert_rows(
    rows: Words, ends: Longs, more_rows: Longs, more_offsets: Longs, more: Words, chosen: tuple[int, int, int]
) -> None:
    """Rows of `more` behind those of the same number in `rows`, in their place: from the end backwards.

    rows begins with all its rows, one behind the other, and has room for both.
    Shapes: ends (rows,): where each row ends, before. chosen: which of more_rows are meant, and the number of the first
    row.
    """
    low, high, first = chosen
    moved = more_offsets[high] - more_offsets[low]
    end = ends[len(ends) - 1]
    for k in range(high - 1, low - 1, -1):
        stop = ends[more_rows[k] - first]
        for at in range(end - 1, stop - 1, -1):
            rows[at + moved] = rows[at]
        end = stop
        for at in range(more_offsets[k + 1] - 1, more_offsets[k] - 1, -1):
            moved -= 1
            rows[end + moved] = more[at]


@compiled
def take_places(place_of_node: Words, rows: Words) -> None:
    """Each node of `rows` becomes its place."""
    last = len(rows) - 1
    for at in range(len(rows)):
        prefetch(place_of_node, int(rows[min(at + _AHEAD, last)]))
        rows[at] = place_of_node[np.int64(rows[at])]


@compiled
def is_in_rows(row: Words, wanted: Words, found: NDArray[np.bool_]) -> None:
    """Which of the wanted values, ascending, stand in a sorted row."""
    at = 0
    for k in range(len(wanted)):
        while at < len(row) and row[at] < wanted[k]:
            at += 1
        found[k] = at < len(row) and row[at] == wanted[k]


@compiled
def count_nodes(rows: Words, counts: Longs) -> None:
    """Count how often each node occurs."""
    for at in range(len(rows)):
        counts[np.int64(rows[at])] += 1
