"""What the in-links of each row of a block bring: the sums of a PageRank sweep, for one vector.

    sums[i] = sum over k in row i of w_k z[neighbours[k]]        z = a x / out-weight, single or double precision

A row is summed by one thread in one order, in double precision: pieces of 256 edges, each as eight sums side by side,
are added with compensation (Kahan). So the bits depend on the graph alone, and a row's relative error is below
ROUNDINGS units of rounding, however long it is. Neighbours are below 2**31.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled, compiled_bare
from inlink.kernels.pagerank_gather import sum_of, weighted_sum_of

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]

ROUNDINGS = 48.0  # a / W and the product; 32 additions of a piece and its tree; compensation

_PIECE = np.uint64(256)


@compiled_bare
def _row(neighbours: Words, z: Singles | Doubles, k: np.uint64, stop: np.uint64) -> float:
    """The sum of one row."""
    total = lost = 0.0
    while stop - k > _PIECE:
        part = sum_of(neighbours, z, k, k + _PIECE) - lost
        grown = total + part
        lost = (grown - total) - part
        total = grown
        k += _PIECE
    return total + (sum_of(neighbours, z, k, stop) - lost)


@compiled_bare
def _weighted_row(neighbours: Words, weights: Singles, z: Singles | Doubles, k: np.uint64, stop: np.uint64) -> float:
    """The sum of one row, each edge times its weight."""
    total = lost = 0.0
    while stop - k > _PIECE:
        part = weighted_sum_of(neighbours, weights, z, k, k + _PIECE) - lost
        grown = total + part
        lost = (grown - total) - part
        total = grown
        k += _PIECE
    return total + (weighted_sum_of(neighbours, weights, z, k, stop) - lost)


@compiled
def pull(
    offsets: Longs,
    neighbours: Words,
    weights: Singles,
    shift: int,
    first: int,
    last: int,
    z: Singles | Doubles,
    sums: Doubles,
) -> None:
    """Sums of the rows from `first` until `last`; edge k of the graph stands at neighbours[k - shift].

    Shapes: weights as neighbours, or empty where all edges count 1; sums (rows,).
    """
    stop = np.uint64(offsets[first] - shift)
    if len(weights) > 0:
        for row in range(first, last):
            k, stop = stop, np.uint64(offsets[row + 1] - shift)
            sums[row - first] = _weighted_row(neighbours, weights, z, k, stop)
        return
    for row in range(first, last):
        k, stop = stop, np.uint64(offsets[row + 1] - shift)
        sums[row - first] = _row(neighbours, z, k, stop)


@compiled
def pull_dangling(
    offsets: Longs,
    neighbours: Words,
    weights: Singles,
    shift: int,
    first: int,
    last: int,
    z: Doubles,
    out_weight: Doubles,
    sums: Doubles,
) -> None:
    """As `pull`, for the rows whose node has no out-links; the sums of the others are left as they are."""
    for row in range(first, last):
        if out_weight[row] == 0.0:
            k, stop = np.uint64(offsets[row] - shift), np.uint64(offsets[row + 1] - shift)
            if len(weights) > 0:
                sums[row - first] = _weighted_row(neighbours, weights, z, k, stop)
            else:
                sums[row - first] = _row(neighbours, z, k, stop)


@compiled
def add_spent(
    offsets: Longs, neighbours: Words, weights: Singles, shift: int, first: int, last: int, spent: Doubles
) -> None:
    """Add to spent[s] what each node s spends on the edges of the rows from `first` until `last`."""
    weighted = len(weights) > 0
    for k in range(offsets[first] - shift, offsets[last] - shift):
        spent[neighbours[k]] += weights[k] if weighted else 1.0
