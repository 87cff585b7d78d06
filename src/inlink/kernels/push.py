"""Reverse push: how often a walk from anywhere visits one target, without looking at the whole graph.

Q[s, x] = w(s, x) / W_s, the links as written: rows of dangling nodes are empty, and a row sums to less than 1 where a
part of its out-weight evaporates. The column of a target t is

    y = (I - a Q)^-1 e_t        y_s: expected visits to t, damped by a, of a walk from s while links lead on

Push: p = 0, r = e_t; take a node u, move r_u to p_u, and add a r_u Q[s, u] to r_s for each link s -> u; in rounds, the
nodes with the largest residuals first. Always
y = p + sum over u of r_u y_.u, so that p_s <= y_s <= p_s + max(r) / (1 - a), as a row of (I - a Q)^-1 sums to at most
1 / (1 - a). With the mass x of a run, x = b + a Q' x, the mass of the target splits as

    x_t = sum of b_s p_s + sum of r_u x_u        the second sum is `unresolved`: exact, whatever was left out

Dangling nodes are one scalar. With P = Q + d v', d the leak of each node (1 where dangling) and v where leaked mass
returns to, the column of the whole walk is z = y + h a (v.y) / (1 - a v.h), h = (I - a Q)^-1 d, which no target changes
(`leak_visits`).

Source: Andersen, Borgs, Chayes, Hopcroft, Mirrokni, Teng, Local Computation of PageRank Contributions (WAW 2007).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput, NotConverged
from inlink.kernels.csr import Csr
from inlink.kernels.push_kernels import leaks_of, pull_visits
from inlink.kernels.push_rounds import NO_LIMIT, Column, Push, Scratch, arrays_of

__all__ = ["Column", "Scratch", "exact_column", "leak_visits", "reverse_push"]

Floats = NDArray[np.float64]

_EXACT = 1e-13


def reverse_push(
    inward: Csr,
    out_weight: Floats,
    target: int,
    *,
    damping: float = 0.85,
    epsilon: float = 1e-6,
    mass: Floats | None = None,
    unresolved_share: float | None = None,
    most_edges: int | None = None,
    scratch: Scratch | None = None,
) -> Column:
    """The column of `target` to an additive error of `epsilon`, or until so small a share of its mass is unresolved.

    Shapes: inward (n, n), row t = sources of t's in-links; out_weight float64 (n,), 0 = dangling, with the evaporating
    part; mass float64 (n,) of a run over the same links, or None. With `unresolved_share` (above 0; needs `mass`) the
    push ends as soon as unresolved <= unresolved_share * mass[target], and `epsilon` is not asked for.
    most_edges: in-links looked at before it gives up with what it has (`complete` is False); None: no limit.
    scratch: places of an earlier push, for n nodes.
    Raises: BadInput.    Cost: O(sum of y / epsilon in-links); 24 n bytes, touched only where the push comes.
    """
    _check(inward, out_weight, target, damping)
    if unresolved_share is not None and mass is None:
        raise BadInput("an unresolved share needs the mass of a run", hint="Give mass, or epsilon alone.")
    if unresolved_share is not None and not unresolved_share > 0:
        raise BadInput(f"an unresolved share of {unresolved_share}", hint="Give a positive one, or use exact_column.")
    if not epsilon > 0:
        raise BadInput(f"epsilon is {epsilon}", hint="Give a positive error bound.")
    push = Push(inward, out_weight, target, damping, mass, scratch)
    limit = NO_LIMIT if most_edges is None else most_edges
    if unresolved_share is None or mass is None:
        complete = push.until_below(epsilon * (1 - damping), limit)
    else:
        complete = push.until_resolved(unresolved_share * float(mass[target]), limit)
    found = push.column(complete)
    if scratch is not None:
        push.close()
    return found


def exact_column(
    inward: Csr,
    out_weight: Floats,
    target: int,
    *,
    damping: float = 0.85,
    tolerance: float = _EXACT,
    most: int | None = None,
) -> Floats:
    """All of y, float64 (n,), each entry within `tolerance` below the truth (rounding apart).

    Raises: BadInput; NotConverged after `most` rounds (None: more than can be needed).
    Cost: up to log(tolerance) / log(a) passes over the edges.
    """
    _check(inward, out_weight, target, damping)
    push = Push(inward, out_weight, target, damping, None)
    threshold = tolerance * (1 - damping)
    most = _rounds(damping, threshold) if most is None else most
    if not push.until_below(threshold, NO_LIMIT, most):
        raise NotConverged(f"the column of {target} did not converge in {most} rounds", last=push.settled)
    return push.settled


def leak_visits(outward: Csr, out_weight: Floats, *, damping: float = 0.85, tolerance: float = _EXACT) -> Floats:
    """h = (I - a Q)^-1 d, float64 (n,): how likely a damped walk from each node is to leave the links at their end.

    d is 1 for dangling nodes and the evaporating share of the out-weight elsewhere.
    Raises: BadInput; NotConverged.    Cost: passes over the edges; once a run.
    """
    _check(outward, out_weight, 0, damping)
    leak = np.empty(outward.n)
    arrays = arrays_of(outward, out_weight)
    leaks_of(arrays[0], arrays[2], arrays[3], leak)
    visits, after = leak.copy(), np.empty(outward.n)
    for _ in range(_rounds(damping, tolerance * (1 - damping))):
        change = pull_visits(
            *arrays,
            damping,
            leak,
            visits,
            after,
        )
        visits, after = after, visits
        if change * damping <= tolerance * (1 - damping):
            return visits
    raise NotConverged("the visits to dangling nodes did not converge", last=visits)


def _rounds(damping: float, threshold: float) -> int:
    """Twice the rounds in which damping alone brings 1 below the threshold, and 1000."""
    if damping <= 0 or not 0 < threshold < 1:
        return 1000
    return 1000 + math.ceil(2 * math.log(threshold) / math.log(damping))


def _check(links: Csr, out_weight: Floats, target: int, damping: float) -> None:
    """Raises: BadInput: arguments that do not fit each other."""
    if len(out_weight) != links.n:
        raise BadInput(f"{len(out_weight)} out-weights for {links.n} nodes", hint="Give one for each node.")
    if links.n and not 0 <= target < links.n:
        raise BadInput(f"node {target} is not in the graph", hint=f"Nodes are 0 to {links.n - 1}.")
    if not 0 <= damping < 1:
        raise BadInput(f"a damping of {damping}", hint="Give a number from 0 to below 1.")
