"""The kernel where a row of walks from one node meets the last links to another: how often the walks come by them.

    z_tu = [t = u] + sum over s of z_ts r_s,    r_s = a w(s, u) / W_s

With a forward push from t, z_t. = q + f Z, each z_ts is q_s + f_s and at most f_max (b Z)_s / b more, where b is the
same for all; and all that is more, summed over the nodes that link on, is known. What the sum may lack is then the
value of a fractional knapsack: the shares r_s that are largest first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled
from inlink.kernels.prefetch import prefetch

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

_CLASSES = 1024  # of shares
_AHEAD = 32


@compiled
def meet(
    offsets: Longs,
    neighbours: Words,
    weights: Singles,
    out_weight: Floats,
    damping: float,
    node: int,
    seen: Singles,
    more: float,
    mass: Floats,
    more_each: float,
) -> tuple[float, float]:
    """The visits of `node` by its last links, and how much they may lack.

    Shapes: seen (n,): q + f of each node; mass (n,), or empty where nothing is known of single nodes.
    more: visits that are not seen, of all nodes that link on together; more_each: of one, for each of its mass.
    """
    room = np.zeros(_CLASSES + 1)
    total, bounded, weighted = 0.0, len(mass) > 0, len(weights) > 0
    low, high = offsets[node], offsets[node + 1]
    for k in range(low, high):
        if k + _AHEAD < high:
            prefetch(seen, neighbours[k + _AHEAD])
            prefetch(out_weight, neighbours[k + _AHEAD])
            if bounded:
                prefetch(mass, neighbours[k + _AHEAD])
        source = neighbours[k]
        if not out_weight[source] > 0.0:  # a source whose links all weigh 0 dangles
            continue
        share = damping * (np.float64(weights[k]) if weighted else 1.0) / out_weight[source]
        total += share * np.float64(seen[source])
        room[min(int(share * _CLASSES), _CLASSES)] += more_each * mass[source] if bounded else more
    lacks, left = 0.0, more
    for share_class in range(_CLASSES, -1, -1):
        taken = min(room[share_class], left)
        lacks += taken * min(damping, (share_class + 1) / _CLASSES)
        left -= taken
    return total, lacks
