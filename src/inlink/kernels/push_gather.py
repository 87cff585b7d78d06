"""The kernels of dense push: rows of a column gathered along out-links, and its first links scattered.

    y_s = [s = t] + g_s + a / W_s sum over out-links of w y        gathered where half of all nodes are reached anyway

A row is summed by one thread in one order. Values are kept in single precision, sums are made in double.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled, compiled_bare
from inlink.kernels.pagerank_gather import sum_of, weighted_sum_of
from inlink.kernels.prefetch import prefetch

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Singles = NDArray[np.float32]
Floats = NDArray[np.float64]

_PIECE = np.uint64(256)


@compiled_bare
def _row(neighbours: Words, weights: Singles, values: Singles, low: np.uint64, stop: np.uint64) -> float:
    """Sum of the values of the neighbours from low until stop, times their weights if there are any."""
    total, k = 0.0, low
    while k < stop:
        end = min(k + _PIECE, stop)
        if len(weights) > 0:
            total += weighted_sum_of(neighbours, weights, values, k, end)
        else:
            total += sum_of(neighbours, values, k, end)
        k = end
    return total


@compiled
def gather_rows(
    offsets: Longs,
    neighbours: Words,
    weights: Singles,
    out_weight: Floats,
    places: Words,
    damping: float,
    target: int,
    first: int,
    last: int,
    most: int,
    values: Singles,
    constant: Floats,
    base: Floats,
    after: Singles,
) -> tuple[float, float, int]:
    """Write the rows from first until last, of at most `most` links, to `after`; other rows keep their values.

    Shapes: values by place, which neighbours are and places (rows,) names; after (last - first,); base (1,) or (rows,):
    what begins at each node; constant (rows,) or empty: added to each row, beside the 1 of the target.
    Returns base times after summed up, the largest growth, and how many links were looked at.
    """
    attributed, growth, edges = 0.0, 0.0, 0
    alike = len(base) == 1
    for row in range(first, last):
        low, stop = np.uint64(offsets[row]), np.uint64(offsets[row + 1])
        before = values[places[row]]
        new = before
        n_links = int(stop - low)
        if n_links <= most:
            total = _row(neighbours, weights, values, low, stop)
            own = constant[row] if len(constant) else 0.0
            if row == target:
                own += 1.0
            new = np.float32(damping * total / out_weight[row] + own)
            growth = max(growth, abs(np.float64(new) - np.float64(before)))
            edges += n_links
        after[row - first] = new
        if new != 0.0:
            attributed += np.float64(new) * (base[0] if alike else base[row])
    return attributed, growth, edges


@compiled
def scatter_rows(
    offsets: Longs,
    neighbours: Words,
    weights: Singles,
    out_weight: Floats,
    damping: float,
    nodes: Words,
    shares: Floats,
    values: Singles,
) -> None:
    """Push what waits at some nodes along their in-links: values[s] += a w(s, u) / W_s shares[u]."""
    weighted = len(weights) > 0
    for at in range(len(nodes)):
        low, stop = offsets[nodes[at]], offsets[nodes[at] + 1]
        for k in range(low, stop):
            prefetch(out_weight, neighbours[k])
            prefetch(values, neighbours[k])
        for k in range(low, stop):
            source = neighbours[k]
            weight = np.float64(weights[k]) if weighted else 1.0
            if out_weight[source] > 0.0:  # a source whose links all weigh 0 dangles
                values[source] += np.float32(damping * shares[at] * weight / out_weight[source])
