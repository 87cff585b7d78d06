"""An upper bound of a node's mass after one more link, for every possible source at once.

For a new edge of weight w from i to t, s = w / (W_i + w), F visits of i from t before any return to i:

    y_t  = mass_t + a q s (z_tt - z_it / a)      q = mass_i / K,  K = 1 + s ((z_ii - 1) - a z_ti) >= 1 - s a F
    dY   = q s (a c_t - c_i)                      c: share of a walk that leaks; c_i >= g_i
    mass'_t = y_t (1 - a) / (1 - a - a dY)

F <= min(a, row of t at i + what the row left), z_it >= its push so far: one reverse and one forward push bound all.
A source without links has W = 0, s = 1, and the same formula.
Source: F12 of the link-building literature: Avrachenkov & Litvak 2006; bounds are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.graph.explain_numbers import Floats
from inlink.graph.explain_walk import Walk
from inlink.graph.what_if_forward import Visits
from inlink.kernels.push import Column

SLACK = 1e-9  # of a bound: covers rounding and the errors of columns that are finer than this


@dataclass(frozen=True, slots=True)
class State:
    """What is known of the walk after some links were added: t's column from below, masses from above.

    Shapes: column, mass float64 (n,). own: z_tt from above; leaked: c_t from above; leaks: c or g from below.
    """

    column: Floats
    mass: Floats
    own: float
    target_mass: float
    leaked: float
    leaks: Floats


def upper_masses(walk: Walk, state: State, reached: Floats, weight: float) -> Floats:
    """The bound for each source; `reached` bounds F. Shape: float64 (n,)."""
    a = walk.damping
    share = weight / (walk.out_weight + weight)
    least = 1 - share * a * np.minimum(reached, a)
    flow = state.mass * share / least
    moved = flow * np.maximum(a * state.own - state.column, 0.0)
    more = np.maximum(flow * (a * state.leaked - state.leaks), 0.0)
    left = (1 - a) - a * more
    after = np.where(left > 0, (state.target_mass + moved) * (1 - a) / np.where(left > 0, left, 1.0), np.inf)
    return np.asarray(after * (1 + SLACK))


def first_state(walk: Walk, node: int, column: Column, leaks: Floats | None, leaked: float) -> State:
    """Before any link is added."""
    known = column.dense(walk.n)
    known[column.residual_nodes] += column.residuals
    own = min(column.value(node) + column.error_bound, 1 / (1 - walk.damping**2))
    found = walk.leaks() if leaks is None else leaks
    return State(known, np.asarray(walk.mass), own, float(walk.mass[node]), leaked, found)


def reach_of(walk: Walk, row: Visits) -> Floats:
    """How often each node may be visited from the row's start, its own returns left out: a bound of F."""
    reached = np.full(walk.n, row.left)
    reached[row.nodes] += row.counts
    return reached


def candidates(walk: Walk, node: int, allowed: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Nodes that could become a source: not the node, and without an edge to it."""
    found = np.ones(walk.n, np.bool_) if allowed is None else allowed.copy()
    found[node] = False
    found[walk.in_links(node)[0]] = False
    return found
