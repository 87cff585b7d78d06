"""Names in alphabetical order although their ids are not: a natural merge sort, quick where little is out of place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.graph.release_name_lines import compare
from inlink.kernels.jit import compiled


def sorted_order(text: NDArray[np.uint8], offsets: NDArray[np.int64]) -> tuple[NDArray[np.uint32], int, int]:
    """Nodes in the order of their names (equal ones by node), how many names stand before a smaller one, and how many
    repeat another.

    Cost: n log r comparisons for r ascending runs; memory two uint32 (n,).
    """
    n = len(offsets) - 1
    starts = _runs(text, offsets)
    n_inversions = len(starts) - 2
    order, spare = np.arange(n, dtype=np.uint32), np.empty(n, np.uint32)
    while len(starts) > 2:
        starts = _merge_runs(text, offsets, starts, order, spare)
        order, spare = spare, order
    return order, n_inversions, _repeats(text, offsets, order)


@compiled
def _runs(text: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where ascending runs begin, and n."""
    n = len(offsets) - 1
    found = [np.int64(0)]
    for k in range(1, n):
        if compare(text, offsets[k - 1], offsets[k], text, offsets[k], offsets[k + 1]) > 0:
            found.append(np.int64(k))
    found.append(np.int64(n))
    return np.array(found)


@compiled
def _merge_runs(
    text: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    order: NDArray[np.uint32],
    merged: NDArray[np.uint32],
) -> NDArray[np.int64]:
    """Each two neighbouring runs as one; gives where those begin."""
    n_runs = len(starts) - 1
    found = np.empty((n_runs + 1) // 2 + 1, np.int64)
    for pair in range(len(found) - 1):
        low = starts[2 * pair]
        middle = starts[min(2 * pair + 1, n_runs)]
        high = starts[min(2 * pair + 2, n_runs)]
        found[pair] = low
        a, b = low, middle
        for fill in range(low, high):
            takes_left = b >= high
            if a < middle and b < high:
                left, right = order[a], order[b]
                takes_left = (
                    compare(text, offsets[left], offsets[left + 1], text, offsets[right], offsets[right + 1]) <= 0
                )
            if takes_left:
                merged[fill] = order[a]
                a += 1
            else:
                merged[fill] = order[b]
                b += 1
    found[-1] = starts[n_runs]
    return found


@compiled
def _repeats(text: NDArray[np.uint8], offsets: NDArray[np.int64], order: NDArray[np.uint32]) -> int:
    """How many names equal the one before them in order."""
    count = 0
    for k in range(1, len(order)):
        left, right = order[k - 1], order[k]
        count += int(compare(text, offsets[left], offsets[left + 1], text, offsets[right], offsets[right + 1]) == 0)
    return count
