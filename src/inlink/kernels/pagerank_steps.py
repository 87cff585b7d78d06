"""What a PageRank sweep does to a block once its sums are there: the new vector, the step, what goes out next.

Vectors are of the core's rows; z has a place for each (places[row]). A narrow z is of 16 bits a value and one longer at
its beginning (pagerank_gather); what it cannot hold of a value is carried over, and comes with the next one.
`inverse` is a / out-weight. An empty array stands for one that needs no
memory: `spread` and `restart` for the uniform distribution (their factor is then already divided by n), `leak` where
only nodes without out-links leak. Totals of a block: the L1 norm of the step, its sum, and what leaks from the core.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled, compiled_bare

TOGETHER = 256  # rows whose parts of a total are added first: its error grows with the square root of the rows

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Narrow = NDArray[np.uint16]
Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]


@compiled
def tally(values: Doubles, leak: Doubles, first: int, last: int, totals: Doubles) -> None:
    """Totals of the values; their sum and what leaks of them compensated (Kahan)."""
    norm = total = lost = leaked = leak_lost = 0.0
    has_leak = len(leak) > 0
    for i in range(first, last):
        value = values[i]
        norm += abs(value)
        part = value - lost
        grown = total + part
        lost = (grown - total) - part
        total = grown
        if has_leak:
            part = leak[i] * value - leak_lost
            grown = leaked + part
            leak_lost = (grown - leaked) - part
            leaked = grown
    totals[0], totals[1], totals[2] = norm, total, leaked


@compiled
def show(values: Doubles, inverse: Doubles, places: Words, first: int, last: int, z: Doubles) -> None:
    """z = values times inverse."""
    for i in range(first, last):
        z[places[i]] = values[i] * inverse[i]


@compiled
def multiply(values: Doubles, factor: float, first: int, last: int, totals: Doubles) -> None:
    """The values times a factor, in place; their total after it."""
    total = 0.0
    for i in range(first, last):
        values[i] *= factor
        total += values[i]
    totals[0], totals[1], totals[2] = 0.0, total, 0.0


@compiled
def invert(out_weight: Doubles, nodes: Words, damping: float, first: int, last: int, inverse: Doubles) -> None:
    """inverse = a / out-weight of the node of a row."""
    for i in range(first, last):
        inverse[i] = damping / out_weight[nodes[i]]


@compiled_bare
def narrow(value: float, carried: Singles | Doubles, i: int) -> int:
    """The upper 16 bits of the value as a single, rounded to even; with what was carried over, and the rest goes on."""
    due = value + carried[i]
    bits = np.int64(np.float32(due).view(np.uint32))
    upper = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    carried[i] = due - np.uint32(upper << 16).view(np.float32)
    return int(upper)


@compiled
def show_narrow(
    values: Doubles, inverse: Doubles, places: Words, first: int, last: int, carried: Doubles, z: Narrow
) -> None:
    """z = values times inverse, narrow; nothing was carried over before. `carried` may be where the values are."""
    for i in range(first, last):
        value = values[i] * inverse[i]
        carried[i] = 0.0
        z[places[i] + np.uint32(1)] = narrow(value, carried, i)


@compiled
def finish_first(
    sums: Doubles,
    base: float,
    spread: Doubles,
    restarts: float,
    restart: Doubles,
    leak: Doubles,
    inverse: Doubles,
    places: Words,
    first: int,
    last: int,
    x: Doubles,
    carried: Doubles,
    z_next: Narrow,
    totals: Doubles,
) -> None:
    """x = sums + base spread + restarts restart, z_next = what the step from x before hands on; its totals."""
    totals[:] = 0.0
    spread_uniform, restart_uniform, has_leak = len(spread) == 0, len(restart) == 0, len(leak) > 0
    for low in range(first, last, TOGETHER):
        norm = total = leaked = 0.0
        for i in range(low, min(low + TOGETHER, last)):
            value = sums[i - first] + (base if spread_uniform else base * spread[i])
            value += restarts if restart_uniform else restarts * restart[i]
            step = value - x[i]
            x[i] = value
            z_next[places[i] + np.uint32(1)] = narrow(step * inverse[i], carried, i)
            norm += abs(step)
            total += step
            if has_leak:
                leaked += leak[i] * step
        totals[0] += norm
        totals[1] += total
        totals[2] += leaked


@compiled
def finish_narrow(
    sums: Doubles,
    base: float,
    spread: Doubles,
    leak: Doubles,
    inverse: Doubles,
    places: Words,
    first: int,
    last: int,
    x: Doubles,
    carried: Doubles,
    z_next: Narrow,
    totals: Doubles,
) -> None:
    """step = sums + base spread; x grows by it, z_next = step a / out-weight; totals of the step."""
    totals[:] = 0.0
    is_uniform, has_leak = len(spread) == 0, len(leak) > 0
    for low in range(first, last, TOGETHER):
        norm = total = leaked = 0.0
        for i in range(low, min(low + TOGETHER, last)):
            step = sums[i - first] + (base if is_uniform else base * spread[i])
            x[i] += step
            z_next[places[i] + np.uint32(1)] = narrow(step * inverse[i], carried, i)
            norm += abs(step)
            total += step
            if has_leak:
                leaked += leak[i] * step
        totals[0] += norm
        totals[1] += total
        totals[2] += leaked


@compiled
def guess(offsets: Longs, share: float, base: float, first: int, last: int, x: Doubles) -> None:
    """x = base + share times the number of in-links."""
    for i in range(first, last):
        x[i] = base + share * (offsets[i + 1] - offsets[i])


@compiled
def finish_double(
    sums: Doubles,
    base: float,
    spread: Doubles,
    restarts: float,
    restart: Doubles,
    first: int,
    last: int,
    x: Doubles,
    step: Doubles,
    totals: Doubles,
) -> None:
    """x = sums + base spread + restarts restart, and how far that is from x before; the totals of the step."""
    norm = total = 0.0
    spread_uniform, restart_uniform = len(spread) == 0, len(restart) == 0
    for i in range(first, last):
        value = sums[i - first] + (base if spread_uniform else base * spread[i])
        value += restarts if restart_uniform else restarts * restart[i]
        moved = value - x[i]
        step[i] = moved
        norm += abs(moved)
        total += moved
        x[i] = value
    totals[0], totals[1], totals[2] = norm, total, 0.0


@compiled
def place(nodes: Words, places: Words, x: Doubles, z: Doubles, mass: Doubles, whole: Doubles) -> None:
    """Of each row: mass[node] = x, whole[node] = z of its place."""
    for row in range(len(nodes)):
        node = nodes[row]
        mass[node] = x[row]
        whole[node] = z[places[row]]


@compiled
def choose_dangling(out_weight: Doubles, first: int, last: int, nodes: Words) -> int:
    """Write the nodes from `first` until `last` that have no out-links; how many. One place more than they are."""
    size = np.uint64(0)
    for node in range(first, last):
        nodes[size] = node
        size += np.uint64(out_weight[node] == 0.0)  # no branch to guess
    return int(size)


@compiled
def finish_dangling(
    sums: Doubles,
    base: float,
    spread: Doubles,
    restarts: float,
    restart: Doubles,
    nodes: Words,
    count: int,
    mass: Doubles,
) -> None:
    """mass = sums + base spread + restarts restart, of `count` nodes without out-links."""
    spread_uniform, restart_uniform = len(spread) == 0, len(restart) == 0
    for k in range(count):
        node = nodes[k]
        value = sums[k] + (base if spread_uniform else base * spread[node])
        mass[node] = value + (restarts if restart_uniform else restarts * restart[node])
