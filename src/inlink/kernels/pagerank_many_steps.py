"""The kernels of a sweep of sixteen vectors at once: sums of rows, and what is done to a block once they are there.

Long rows are summed in pieces of 1,024 edges, four edges at a time: the relative error of a row of m edges is below
ROUNDINGS + m / 1,024 units of rounding. z is narrow or double; two edges of a group are added as singles or doubles.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled, compiled_bare
from inlink.kernels.pagerank_lanes import AHEAD, LANES, add_row, add_weighted, finish_row, sum_lanes
from inlink.kernels.pagerank_steps import narrow
from inlink.kernels.prefetch import prefetch

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Narrow = NDArray[np.uint16]
Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]

PIECE = 1024
ROUNDINGS = 268.0
_CHUNK = 4096  # rows whose lanes are written one after the other


@compiled_bare
def _piece(neighbours: Words, weights: Singles, k: int, stop: int, z: Narrow | Doubles, sums: Doubles, at: int) -> None:
    """sums[at] becomes the sum of the edges from k until stop."""
    if len(weights) == 0:
        sum_lanes(sums, at, z, neighbours, k, stop)
        return
    for lane in range(LANES):
        sums[at, lane] = 0.0
    size = len(neighbours)
    for edge in range(k, stop):
        prefetch(z, neighbours[min(edge + AHEAD, size - 1)])
        add_weighted(sums, at, z, neighbours[edge], weights[edge])


@compiled
def pull_many(
    offsets: Longs,
    neighbours: Words,
    weights: Singles,
    shift: int,
    first: int,
    last: int,
    z: Narrow | Doubles,
    sums: Doubles,
) -> None:
    """Sums of the rows from `first` until `last`; edge k of the graph stands at neighbours[k - shift].

    Shapes: z (n, 16); sums (rows + 1, 16), whose last row is a place for pieces.
    """
    spare = len(sums) - 1
    stop = offsets[first] - shift
    for row in range(first, last):
        k, stop = stop, offsets[row + 1] - shift
        at = row - first
        begin = stop - (stop - k) % PIECE if stop - k > PIECE else k
        _piece(neighbours, weights, begin, stop, z, sums, at)
        while k < begin:
            _piece(neighbours, weights, k, k + PIECE, z, sums, spare)
            add_row(sums, at, sums, spare)
            k += PIECE


@compiled
def finish_many(
    sums: Doubles,
    base: Doubles,
    spread: Singles,
    leak: Doubles,
    inverse: Doubles,
    places: Words,
    first: int,
    last: int,
    x: Doubles,
    carried: Singles,
    z_next: Narrow,
    totals: Doubles,
) -> None:
    """step = sums + base spread; x grows by it, z_next = step times inverse; totals: of |step| and of what leaks.

    What leaks is less what is not on dangling nodes, as the whole of a step is 0.
    Shapes: base (1, 16); spread (rows, 16), or (1, 16) for all nodes alike; totals (3, 16), of which two are set.
    """
    totals[:] = 0.0
    is_uniform, has_leak = len(spread) == 1, len(leak) > 0
    for i in range(first, last):
        lost = leak[i] - 1.0 if has_leak else -1.0
        at = 0 if is_uniform else i
        place = np.int64(places[i])
        finish_row(sums, i - first, base, spread, at, x, carried, z_next, i, place, inverse[i], lost, totals)


@compiled
def tally_many(values: Singles | Doubles, leak: Doubles, first: int, last: int, totals: Doubles) -> None:
    """totals (3, 16): of the values, and of what leaks of them, both compensated (Kahan)."""
    totals[:] = 0.0
    has_leak, leak_lost = len(leak) > 0, np.zeros(LANES)
    for i in range(first, last):
        lost = leak[i] if has_leak else 0.0
        for lane in range(LANES):
            value = np.float64(values[i, lane])
            part = value - totals[2, lane]
            grown = totals[0, lane] + part
            totals[2, lane] = (grown - totals[0, lane]) - part
            totals[0, lane] = grown
            if has_leak:
                part = lost * value - leak_lost[lane]
                grown = totals[1, lane] + part
                leak_lost[lane] = (grown - totals[1, lane]) - part
                totals[1, lane] = grown


@compiled
def show_many(values: Doubles, inverse: Doubles, places: Words, first: int, last: int, z: Doubles) -> None:
    """z = values times inverse."""
    for i in range(first, last):
        for lane in range(LANES):
            z[places[i], lane] = values[i, lane] * inverse[i]


@compiled
def show_many_narrow(
    values: Singles | Doubles, inverse: Doubles, places: Words, first: int, last: int, carried: Singles, z: Narrow
) -> None:
    """z = values times inverse, narrow; nothing was carried over before."""
    carried[first:last] = 0.0
    for i in range(first, last):
        for lane in range(LANES):
            z[places[i], lane] = narrow(values[i, lane] * inverse[i], carried[i], lane)


@compiled
def start_many(
    given: Doubles,
    shares: Doubles,
    nodes: Words,
    is_uniform: bool,
    low: int,
    high: int,
    x: Doubles,
    spread: Singles,
) -> None:
    """x = the given weights times the share of each vector, of rows from low until high; spread as well.

    Shapes: given (lanes, n), shares (lanes,), lanes <= 16, those that are not used are 0; x, spread (rows, 16),
    which is left as it is where leaked mass returns to all nodes alike.
    """
    for first in range(low, high, _CHUNK):
        last = min(first + _CHUNK, high)
        for lane in range(LANES):
            for i in range(first, last):
                value = given[lane, nodes[i]] * shares[lane] if lane < len(shares) else 0.0
                x[i, lane] = value
                if not is_uniform:
                    spread[i, lane] = value


@compiled
def finish_many_double(
    sums: Doubles,
    base: Doubles,
    returns_uniformly: bool,
    restarts: float,
    given: Doubles,
    shares: Doubles,
    nodes: Words,
    first: int,
    last: int,
    x: Doubles,
    step: Singles,
    totals: Doubles,
) -> None:
    """x = sums + base spread + restarts restart; how far that is from x before; its totals, of sizes first.

    Shapes: base (1, 16); given (lanes, n) times shares (lanes,) is the restart, nodes (rows,) which node a row is.
    """
    totals[:] = 0.0
    for low in range(first, last, _CHUNK):
        for lane in range(len(shares)):
            norm = total = 0.0
            for i in range(low, min(low + _CHUNK, last)):
                restart = given[lane, nodes[i]] * shares[lane]
                value = sums[i - first, lane] + base[0, lane] * (1.0 if returns_uniformly else restart)
                value += restarts * restart
                moved = value - x[i, lane]
                step[i, lane] = moved
                norm += abs(moved)
                total += moved
                x[i, lane] = value
            totals[0, lane] += norm
            totals[1, lane] += total


@compiled
def multiply_many(values: Doubles, factors: Doubles, first: int, last: int, totals: Doubles) -> None:
    """The values of each lane times its factor, in place; their totals after it."""
    totals[:] = 0.0
    for i in range(first, last):
        for lane in range(LANES):
            values[i, lane] *= factors[lane]
            totals[0, lane] += values[i, lane]


@compiled
def place_many(nodes: Words, first: int, last: int, x: Doubles, masses: Doubles) -> None:
    """masses[lane, nodes[row]] = x[row, lane], for as many lanes as masses has."""
    for low in range(first, last, _CHUNK):
        for lane in range(len(masses)):
            for row in range(low, min(low + _CHUNK, last)):
                masses[lane, nodes[row]] = x[row, lane]


@compiled
def finish_many_dangling(
    sums: Doubles,
    base: Doubles,
    returns_uniformly: bool,
    restarts: float,
    given: Doubles,
    shares: Doubles,
    nodes: Words,
    masses: Doubles,
) -> None:
    """masses = sums + base spread + restarts restart, of nodes without out-links; row k of the sums is of nodes[k]."""
    for low in range(0, len(nodes), _CHUNK):
        for lane in range(len(masses)):
            for k in range(low, min(low + _CHUNK, len(nodes))):
                restart = given[lane, nodes[k]] * shares[lane]
                value = sums[k, lane] + base[0, lane] * (1.0 if returns_uniformly else restart)
                masses[lane, nodes[k]] = value + restarts * restart
