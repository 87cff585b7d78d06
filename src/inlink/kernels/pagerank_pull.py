"""What the in-links of each row of a block bring: the sums of a PageRank sweep, for one vector.

    sums[i] = sum over k in row i of w_k z[neighbours[k]]        z = a x / out-weight, single or double precision

A row is summed by one thread in one order, in double precision: eight edges as a tree, 32 such groups one after the
other, pieces of 256 edges with compensation (Kahan). So the bits depend on the graph alone, and a row's relative error
is below ROUNDINGS units of rounding, however long it is.

Where a row ends within a group, what is beyond counts 0 without a branch: a wrong guess of the processor costs more
than a gather. Positions are unsigned, as signed ones are checked for counting from the end.
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
ROUNDINGS = 48.0  # a / W and the product; a group; a piece; compensation

_1, _2, _3, _4, _5, _6, _7, _8 = (np.uint64(k) for k in range(1, 9))
_PIECE = np.uint64(256)


@compiled_bare
def _group(neighbours: Words, z: Singles | Doubles, k: np.uint64, stop: np.uint64) -> float:
    """The sum of z over eight neighbours from k, those from stop on counting 0."""
    z0, z1, z2, z3 = z[neighbours[k]], z[neighbours[k + _1]], z[neighbours[k + _2]], z[neighbours[k + _3]]
    z4, z5, z6, z7 = z[neighbours[k + _4]], z[neighbours[k + _5]], z[neighbours[k + _6]], z[neighbours[k + _7]]
    zero = z0 - z0  # a constant makes the compiler branch around the loads
    a = np.float64(z0) + np.float64(z4 if k + _4 < stop else zero)
    b = np.float64(z1 if k + _1 < stop else zero) + np.float64(z5 if k + _5 < stop else zero)
    c = np.float64(z2 if k + _2 < stop else zero) + np.float64(z6 if k + _6 < stop else zero)
    d = np.float64(z3 if k + _3 < stop else zero) + np.float64(z7 if k + _7 < stop else zero)
    return float((a + b) + (c + d))


@compiled_bare
def _weighted_group(neighbours: Words, w: Singles, z: Singles | Doubles, k: np.uint64, stop: np.uint64) -> float:
    """The sum of w z over eight neighbours from k, those from stop on counting 0."""
    z0 = np.float64(w[k]) * np.float64(z[neighbours[k]])
    z1 = np.float64(w[k + _1]) * np.float64(z[neighbours[k + _1]])
    z2 = np.float64(w[k + _2]) * np.float64(z[neighbours[k + _2]])
    z3 = np.float64(w[k + _3]) * np.float64(z[neighbours[k + _3]])
    z4 = np.float64(w[k + _4]) * np.float64(z[neighbours[k + _4]])
    z5 = np.float64(w[k + _5]) * np.float64(z[neighbours[k + _5]])
    z6 = np.float64(w[k + _6]) * np.float64(z[neighbours[k + _6]])
    z7 = np.float64(w[k + _7]) * np.float64(z[neighbours[k + _7]])
    zero = z0 - z0
    a = z0 + (z4 if k + _4 < stop else zero)
    b = (z1 if k + _1 < stop else zero) + (z5 if k + _5 < stop else zero)
    c = (z2 if k + _2 < stop else zero) + (z6 if k + _6 < stop else zero)
    d = (z3 if k + _3 < stop else zero) + (z7 if k + _7 < stop else zero)
    return float((a + b) + (c + d))


@compiled_bare
def _term(neighbours: Words, z: Singles | Doubles, k: np.uint64, stop: np.uint64) -> float:
    """One term of a sum, 0 beyond the end."""
    if k < stop:
        return float(z[neighbours[k]])
    return 0.0


@compiled_bare
def _last_group(neighbours: Words, z: Singles | Doubles, k: np.uint64, stop: np.uint64) -> float:
    """As `_group`, to the bit, where the array ends before eight neighbours: none beyond is looked at."""
    a = _term(neighbours, z, k, stop) + _term(neighbours, z, k + _4, stop)
    b = _term(neighbours, z, k + _1, stop) + _term(neighbours, z, k + _5, stop)
    c = _term(neighbours, z, k + _2, stop) + _term(neighbours, z, k + _6, stop)
    d = _term(neighbours, z, k + _3, stop) + _term(neighbours, z, k + _7, stop)
    return (a + b) + (c + d)


@compiled_bare
def _weighted_term(neighbours: Words, weights: Singles, z: Singles | Doubles, k: np.uint64, stop: np.uint64) -> float:
    """One weighted term of a sum, 0 beyond the end."""
    if k < stop:
        return float(np.float64(weights[k]) * np.float64(z[neighbours[k]]))
    return 0.0


@compiled_bare
def _last_weighted_group(
    neighbours: Words, weights: Singles, z: Singles | Doubles, k: np.uint64, stop: np.uint64
) -> float:
    """As `_weighted_group`, to the bit, where the array ends before eight neighbours: none beyond is looked at."""
    a = _weighted_term(neighbours, weights, z, k, stop) + _weighted_term(neighbours, weights, z, k + _4, stop)
    b = _weighted_term(neighbours, weights, z, k + _1, stop) + _weighted_term(neighbours, weights, z, k + _5, stop)
    c = _weighted_term(neighbours, weights, z, k + _2, stop) + _weighted_term(neighbours, weights, z, k + _6, stop)
    d = _weighted_term(neighbours, weights, z, k + _3, stop) + _weighted_term(neighbours, weights, z, k + _7, stop)
    return (a + b) + (c + d)


@compiled
def pull(
    offsets: Longs,
    neighbours: Words,
    shift: int,
    first: int,
    last: int,
    z: Singles | Doubles,
    distance: int,
    sums: Doubles,
) -> None:
    """Sums of the rows from `first` until `last`; edge k of the graph stands at neighbours[k - shift].

    Shapes: sums (rows,).
    """
    size, ahead = np.uint64(len(neighbours)), np.uint64(distance)
    stop = np.uint64(offsets[first] - shift)
    for row in range(first, last):
        k, stop = stop, np.uint64(offsets[row + 1] - shift)
        total = lost = 0.0
        while stop - k > _PIECE:
            end, part = k + _PIECE, 0.0
            while k < end:
                if k + ahead + _8 <= size:
                    for further in range(8):
                        prefetch(z, neighbours[k + ahead + np.uint64(further)])
                part += _group(neighbours, z, k, end)
                k += _8
            part -= lost
            grown = total + part
            lost = (grown - total) - part
            total = grown
        part = 0.0
        while k < stop:
            if k + _8 <= size:
                if k + ahead + _8 <= size:
                    for further in range(8):
                        prefetch(z, neighbours[k + ahead + np.uint64(further)])
                part += _group(neighbours, z, k, stop)
                k += _8
            else:
                part += _last_group(neighbours, z, k, stop)
                k += _8
        sums[row - first] = total + (part - lost)


@compiled
def pull_weighted(
    offsets: Longs,
    neighbours: Words,
    weights: Singles,
    shift: int,
    first: int,
    last: int,
    z: Singles | Doubles,
    distance: int,
    sums: Doubles,
) -> None:
    """As `pull`, each edge times its weight; weight k of the graph stands at weights[k - shift]."""
    size, ahead = np.uint64(len(neighbours)), np.uint64(distance)
    stop = np.uint64(offsets[first] - shift)
    for row in range(first, last):
        k, stop = stop, np.uint64(offsets[row + 1] - shift)
        total = lost = 0.0
        while stop - k > _PIECE:
            end, part = k + _PIECE, 0.0
            while k < end:
                if k + ahead + _8 <= size:
                    for further in range(8):
                        prefetch(z, neighbours[k + ahead + np.uint64(further)])
                part += _weighted_group(neighbours, weights, z, k, end)
                k += _8
            part -= lost
            grown = total + part
            lost = (grown - total) - part
            total = grown
        part = 0.0
        while k < stop:
            if k + _8 <= size:
                if k + ahead + _8 <= size:
                    for further in range(8):
                        prefetch(z, neighbours[k + ahead + np.uint64(further)])
                part += _weighted_group(neighbours, weights, z, k, stop)
                k += _8
            else:
                part += _last_weighted_group(neighbours, weights, z, k, stop)
                k += _8
        sums[row - first] = total + (part - lost)


@compiled
def add_spent(
    offsets: Longs, neighbours: Words, weights: Singles, shift: int, first: int, last: int, spent: Doubles
) -> None:
    """Add to spent[s] what each node s spends on the edges of the rows from `first` until `last`."""
    weighted = len(weights) > 0
    for k in range(offsets[first] - shift, offsets[last] - shift):
        spent[neighbours[k]] += weights[k] if weighted else 1.0
