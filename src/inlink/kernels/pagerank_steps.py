"""What a PageRank sweep does to a block once its sums are there: the new vector, the step, what goes out next.

An empty array stands for one that needs no memory: `spread` and `restart` for the uniform distribution (their factor is
then already divided by n), `leak` where only nodes without out-links leak (out_weight 0).
Totals of a block: the L1 norm of the step (or of the values), and the mass of it that leaks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled

Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]


@compiled
def scale(
    values: Doubles,
    out_weight: Doubles,
    leak: Doubles,
    damping: float,
    first: int,
    last: int,
    z: Singles | Doubles,
    totals: Doubles,
) -> None:
    """z = a values / out-weight, 0 where there are no out-links; totals of the values."""
    norm = lost = 0.0
    has_leak = len(leak) > 0
    for i in range(first, last):
        value = values[i]
        norm += abs(value)
        if out_weight[i] > 0.0:
            z[i] = damping * value / out_weight[i]
            if has_leak:
                lost += leak[i] * value
        else:
            z[i] = 0.0
            lost += value
    totals[0], totals[1] = norm, lost


@compiled
def multiply(values: Doubles, factor: float, first: int, last: int, totals: Doubles) -> None:
    """The values times a factor, in place; their total after it."""
    total = 0.0
    for i in range(first, last):
        values[i] *= factor
        total += values[i]
    totals[0], totals[1] = total, 0.0


@compiled
def invert(out_weight: Doubles, damping: float, first: int, last: int, inverse: Singles) -> None:
    """a / out-weight in single precision, 0 where there are no out-links."""
    for i in range(first, last):
        inverse[i] = damping / out_weight[i] if out_weight[i] > 0.0 else 0.0


@compiled
def finish_single(
    sums: Doubles,
    base: float,
    spread: Doubles,
    leak: Doubles,
    inverse: Singles,
    first: int,
    last: int,
    x: Doubles,
    z_next: Singles,
    totals: Doubles,
) -> None:
    """step = sums + base spread; x grows by it, z_next = step a / out-weight; totals of the step."""
    norm = lost = 0.0
    is_uniform, has_leak = len(spread) == 0, len(leak) > 0
    for i in range(first, last):
        step = sums[i - first] + (base if is_uniform else base * spread[i])
        x[i] += step
        z_next[i] = step * inverse[i]
        norm += abs(step)
        if inverse[i] == 0.0:
            lost += step
        elif has_leak:
            lost += leak[i] * step
    totals[0], totals[1] = norm, lost


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
        step[i] = value - x[i]
        norm += abs(step[i])
        total += value
        x[i] = value
    totals[0], totals[1] = norm, total
