"""What the in-links of each row of a block bring: the sums of a PageRank sweep, for one vector.

    sums[i] = sum over k in row i of w_k z[neighbours[k]]        z = a x / out-weight, single or double precision

A row is summed by one thread in one order, in double precision: pieces of 256 edges, four partial sums side by side,
pieces added with compensation (Kahan). So the bits depend on the graph alone, and a row's relative error is below
ROUNDINGS units of rounding, however long it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled, compiled_bare
from inlink.kernels.prefetch import prefetch

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]

AHEAD = 192  # edges between a prefetch and its use
NEVER = 1 << 62  # where the vector fits the cache, asking ahead only costs
ROUNDINGS = 72.0  # 64 additions in a piece; joining four sums; compensation; a / W and the product
_PIECE = 256


@compiled_bare
def _piece(neighbours: Words, z: Singles | Doubles, k: int, stop: int, ahead: int) -> float:
    """The sum of z over the neighbours from k until stop."""
    size = len(neighbours)
    a = b = c = d = 0.0
    while k + 4 <= stop:
        if k + ahead + 4 <= size:
            prefetch(z, neighbours[k + ahead])
            prefetch(z, neighbours[k + ahead + 1])
            prefetch(z, neighbours[k + ahead + 2])
            prefetch(z, neighbours[k + ahead + 3])
        a += z[neighbours[k]]
        b += z[neighbours[k + 1]]
        c += z[neighbours[k + 2]]
        d += z[neighbours[k + 3]]
        k += 4
    while k < stop:
        if k + ahead < size:
            prefetch(z, neighbours[k + ahead])
        a += z[neighbours[k]]
        k += 1
    return (a + b) + (c + d)


@compiled_bare
def _weighted_piece(neighbours: Words, weights: Singles, z: Singles | Doubles, k: int, stop: int, ahead: int) -> float:
    """The sum of w z over the neighbours from k until stop."""
    size = len(neighbours)
    a = b = c = d = 0.0
    while k + 4 <= stop:
        if k + ahead + 4 <= size:
            prefetch(z, neighbours[k + ahead])
            prefetch(z, neighbours[k + ahead + 1])
            prefetch(z, neighbours[k + ahead + 2])
            prefetch(z, neighbours[k + ahead + 3])
        a += np.float64(weights[k]) * np.float64(z[neighbours[k]])
        b += np.float64(weights[k + 1]) * np.float64(z[neighbours[k + 1]])
        c += np.float64(weights[k + 2]) * np.float64(z[neighbours[k + 2]])
        d += np.float64(weights[k + 3]) * np.float64(z[neighbours[k + 3]])
        k += 4
    while k < stop:
        if k + ahead < size:
            prefetch(z, neighbours[k + ahead])
        a += np.float64(weights[k]) * np.float64(z[neighbours[k]])
        k += 1
    return (a + b) + (c + d)


@compiled
def pull(
    offsets: Longs,
    neighbours: Words,
    shift: int,
    first: int,
    last: int,
    z: Singles | Doubles,
    ahead: int,
    sums: Doubles,
) -> None:
    """Sums of the rows from `first` until `last`; edge k of the graph stands at neighbours[k - shift]."""
    stop = offsets[first] - shift
    for row in range(first, last):
        k, stop = stop, offsets[row + 1] - shift
        total = lost = 0.0
        while stop - k > _PIECE:
            part = _piece(neighbours, z, k, k + _PIECE, ahead) - lost
            k += _PIECE
            grown = total + part
            lost = (grown - total) - part
            total = grown
        sums[row - first] = total + (_piece(neighbours, z, k, stop, ahead) - lost)


@compiled
def pull_weighted(
    offsets: Longs,
    neighbours: Words,
    weights: Singles,
    shift: int,
    first: int,
    last: int,
    z: Singles | Doubles,
    ahead: int,
    sums: Doubles,
) -> None:
    """As `pull`, each edge times its weight; weight k of the graph stands at weights[k - shift]."""
    stop = offsets[first] - shift
    for row in range(first, last):
        k, stop = stop, offsets[row + 1] - shift
        total = lost = 0.0
        while stop - k > _PIECE:
            part = _weighted_piece(neighbours, weights, z, k, k + _PIECE, ahead) - lost
            k += _PIECE
            grown = total + part
            lost = (grown - total) - part
            total = grown
        sums[row - first] = total + (_weighted_piece(neighbours, weights, z, k, stop, ahead) - lost)


@compiled
def add_spent(
    offsets: Longs, neighbours: Words, weights: Singles, shift: int, first: int, last: int, spent: Doubles
) -> None:
    """Add to spent[s] what each node s spends on the edges of the rows from `first` until `last`."""
    weighted = len(weights) > 0
    for k in range(offsets[first] - shift, offsets[last] - shift):
        spent[neighbours[k]] += weights[k] if weighted else 1.0
