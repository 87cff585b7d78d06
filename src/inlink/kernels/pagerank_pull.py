"""What the in-links of each row of a block bring: the sums of a PageRank sweep, for one vector.

    sums[i] = sum over k in row i of w_k z[neighbours[k]]        z = a x / out-weight, narrow, single or double

A row is summed by one thread in one order, in double precision: pieces of 256 edges, each as eight sums side by side,
are added with compensation (Kahan). So the bits depend on the graph alone, and a row's relative error is below
ROUNDINGS units of rounding, however long it is. Neighbours are below 2**31.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled, compiled_bare
from inlink.kernels.pagerank_gather import sum_of, weighted_sum_of
from inlink.kernels.prefetch import prefetch

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Narrow = NDArray[np.uint16]
Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]

ROUNDINGS = 48.0  # a / W and the product; 32 additions of a piece and its tree; compensation

_PIECE = np.uint64(256)
_ROWS_AHEAD = 8  # rows between asking for the beginning of one and its use
_LINE = 16  # neighbours in a cache line


@compiled
def pull(
    offsets: Longs, neighbours: Words, shift: int, first: int, last: int, z: Narrow | Singles | Doubles, sums: Doubles
) -> None:
    """Sums of the rows from `first` until `last`; edge k of the graph stands at neighbours[k - shift].

    Shapes: sums (rows,).
    """
    stop = np.uint64(offsets[first] - shift)
    for row in range(first, last):
        k, stop = stop, np.uint64(offsets[row + 1] - shift)
        if stop - k <= _PIECE:
            sums[row - first] = sum_of(neighbours, z, k, stop)
        else:
            sums[row - first] = _long_sum(neighbours, z, k, stop)


@compiled
def pull_weighted(
    offsets: Longs,
    neighbours: Words,
    weights: Singles,
    shift: int,
    first: int,
    last: int,
    z: Narrow | Singles | Doubles,
    sums: Doubles,
) -> None:
    """As `pull`, each edge times its weight; weight k of the graph stands at weights[k - shift]."""
    stop = np.uint64(offsets[first] - shift)
    for row in range(first, last):
        k, stop = stop, np.uint64(offsets[row + 1] - shift)
        if stop - k <= _PIECE:
            sums[row - first] = weighted_sum_of(neighbours, weights, z, k, stop)
        else:
            sums[row - first] = _long_weighted_sum(neighbours, weights, z, k, stop)


@compiled
def pull_nodes(
    offsets: Longs,
    neighbours: Words,
    weights: Singles,
    shift: int,
    nodes: Words,
    count: int,
    z: Narrow | Singles | Doubles,
    sums: Doubles,
) -> None:
    """As `pull`, of the rows of `count` nodes; weights may be empty, where all are 1."""
    end = len(neighbours) - 1
    for row in range(count):
        ahead = np.int64(nodes[min(row + _ROWS_AHEAD, count - 1)])
        begin = offsets[ahead] - shift
        prefetch(neighbours, min(begin, end))
        prefetch(neighbours, min(begin + _LINE, end))
        node = np.int64(nodes[row])
        k, stop = np.uint64(offsets[node] - shift), np.uint64(offsets[node + 1] - shift)
        if len(weights) > 0:
            sums[row] = _long_weighted_sum(neighbours, weights, z, k, stop)
        elif stop - k <= _PIECE:
            sums[row] = sum_of(neighbours, z, k, stop)
        else:
            sums[row] = _long_sum(neighbours, z, k, stop)


@compiled_bare
def _long_sum(neighbours: Words, z: Narrow | Singles | Doubles, k: np.uint64, stop: np.uint64) -> float:
    """The sum of a row, piece by piece."""
    total = lost = 0.0
    while k < stop:
        end = min(k + _PIECE, stop)
        part = sum_of(neighbours, z, k, end) - lost
        grown = total + part
        lost = (grown - total) - part
        total = grown
        k = end
    return total


@compiled_bare
def _long_weighted_sum(
    neighbours: Words, weights: Singles, z: Narrow | Singles | Doubles, k: np.uint64, stop: np.uint64
) -> float:
    """The sum of a row with weights, piece by piece."""
    total = lost = 0.0
    while k < stop:
        end = min(k + _PIECE, stop)
        part = weighted_sum_of(neighbours, weights, z, k, end) - lost
        grown = total + part
        lost = (grown - total) - part
        total = grown
        k = end
    return total


@compiled
def add_spent(
    offsets: Longs, neighbours: Words, weights: Singles, shift: int, first: int, last: int, spent: Doubles
) -> None:
    """Add to spent[s] what each node s spends on the edges of the rows from `first` until `last`."""
    weighted = len(weights) > 0
    for k in range(offsets[first] - shift, offsets[last] - shift):
        spent[neighbours[k]] += weights[k] if weighted else 1.0
