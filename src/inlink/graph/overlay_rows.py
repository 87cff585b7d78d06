"""Two sets of sorted rows as one: compiled loops of the overlay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]


@compiled
def merge_rows(old: Words, old_ends: Longs, new: Words, new_ends: Longs, out: Words) -> None:
    """Each row of `old` and of `new`, both ascending and without a common value, merged into `out`.

    Shapes: old_ends, new_ends (rows + 1,): where rows begin and end; out has room for both.
    """
    at = 0
    for row in range(len(new_ends) - 1):
        i, j = old_ends[row], new_ends[row]
        while i < old_ends[row + 1] and j < new_ends[row + 1]:
            if old[i] < new[j]:
                out[at] = old[i]
                i += 1
            else:
                out[at] = new[j]
                j += 1
            at += 1
        while i < old_ends[row + 1]:
            out[at] = old[i]
            i += 1
            at += 1
        while j < new_ends[row + 1]:
            out[at] = new[j]
            j += 1
            at += 1


@compiled
def is_in_rows(row: Words, wanted: Words, found: NDArray[np.bool_]) -> None:
    """Which of the wanted values, ascending, stand in a sorted row."""
    at = 0
    for k in range(len(wanted)):
        while at < len(row) and row[at] < wanted[k]:
            at += 1
        found[k] = at < len(row) and row[at] == wanted[k]
