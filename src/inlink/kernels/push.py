"""Reverse push: how often a walk from anywhere visits one target, without looking at the whole graph.

Q[s, x] = w(s, x) / W_s, the links as written: rows of dangling nodes are empty, and a row sums to less than 1 where a
part of its out-weight evaporates. The column of a target t is

    y = (I - a Q)^-1 e_t        y_s: expected visits to t, damped by a, of a walk from s while links lead on

Push: p = 0, r = e_t; take a node u, move r_u to p_u, and add a r_u Q[s, u] to r_s for each link s -> u. Always
y = p + sum over u of r_u y_.u, so that p_s <= y_s <= p_s + max(r) / (1 - a), as a row of (I - a Q)^-1 sums to at most
1 / (1 - a). With the mass x of a run, x = b + a Q' x, the mass of the target splits as

    x_t = sum of b_s p_s + sum of r_u x_u        the second sum is `unresolved`: exact, whatever was left out

Dangling nodes are one scalar. With P = Q + d v', d the leak of each node (1 where dangling) and v where leaked mass
returns to, the column of the whole walk is z = y + h a (v.y) / (1 - a v.h), h = (I - a Q)^-1 d, which no target changes
(`leak_visits`).

Source: Andersen, Borgs, Chayes, Hopcroft, Mirrokni, Teng, Local Computation of PageRank Contributions (WAW 2007).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput, NotConverged
from inlink.kernels.csr import Csr
from inlink.kernels.jit import compiled
from inlink.kernels.prefetch import prefetch
from inlink.kernels.views import read_only

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

_NO_WEIGHTS = np.empty(0, np.float32)
_EXACT = 1e-13
_AHEAD = 24  # in-links ahead of the one in hand whose lines are asked for


@dataclass(frozen=True, slots=True)
class Column:
    """Visits to `target` from everywhere: y_s lies in [values, values + error_bound] for each node, listed or not.

    Shapes: nodes uint32 (k,) ascending with values float64 (k,); residual_nodes uint32 (j,) ascending with residuals
    float64 (j,), what is not pushed yet.
    unresolved: the part of the target's mass that is not attributed, of the run whose mass was given, else None.
    complete: what was asked for was reached; else the limit of work ended it, and bound and unresolved say how far.
    """

    target: int
    nodes: Words
    values: Floats
    residual_nodes: Words
    residuals: Floats
    error_bound: float
    unresolved: float | None
    edges_pushed: int
    complete: bool

    def value(self, node: int) -> float:
        """The lower bound of y at one node."""
        at = int(np.searchsorted(self.nodes, node))
        return float(self.values[at]) if at < len(self.nodes) and int(self.nodes[at]) == node else 0.0

    def dense(self, n: int) -> Floats:
        """The values of all nodes, 0 where none is listed."""
        all_values = np.zeros(n)
        all_values[self.nodes] = self.values
        return all_values


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
) -> Column:
    """The column of `target` to an additive error of `epsilon`, or until so small a share of its mass is unresolved.

    Shapes: inward (n, n), row t = sources of t's in-links; out_weight float64 (n,), 0 = dangling, with the evaporating
    part; mass float64 (n,) of a run over the same links, or None. With `unresolved_share` (0..1; needs `mass`) the push
    ends as soon as unresolved <= unresolved_share * mass[target], and `epsilon` is not asked for.
    most_edges: in-links looked at before it gives up with what it has (`complete` is False); None: no limit.
    Raises: BadInput.    Cost: O(sum of y / epsilon in-links); 37 n bytes, touched only where the push comes.
    """
    n = inward.n
    _check(inward, out_weight, target, damping)
    if unresolved_share is not None and mass is None:
        raise BadInput("an unresolved share needs the mass of a run", hint="Give mass, or epsilon alone.")
    if not epsilon > 0:
        raise BadInput(f"epsilon is {epsilon}", hint="Give a positive error bound.")
    work = _Work(np.zeros(n), np.zeros(n), np.empty(n + 1, np.uint32), np.zeros(n, np.uint8), np.empty(n, np.uint32))
    work.residual[target] = 1.0
    work.state[target] = 1
    work.touched[0] = target
    counts = np.array([1, 0], np.int64)  # touched nodes, edges looked at
    arrays = _arrays(inward, out_weight)
    limit = np.iinfo(np.int64).max if most_edges is None else most_edges
    threshold = epsilon * (1 - damping) if unresolved_share is None else 0.1
    while True:
        whole = _push(
            *arrays,
            damping,
            threshold,
            limit,
            work.residual,
            work.settled,
            work.queue,
            work.state,
            work.touched,
            counts,
        )
        if unresolved_share is None or mass is None or not whole:
            break
        if _unresolved(work, int(counts[0]), mass) <= unresolved_share * mass[target]:
            break
        threshold /= 4
    return _column(work, int(counts[0]), target, damping, mass, int(counts[1]), whole)


def exact_column(
    inward: Csr, out_weight: Floats, target: int, *, damping: float = 0.85, tolerance: float = _EXACT, most: int = 1000
) -> Floats:
    """All of y, float64 (n,), each entry within `tolerance` below the truth (rounding apart).

    Every residual is pushed, round by round (the Neumann series), until max(r) / (1 - a) <= tolerance.
    Raises: BadInput; NotConverged after `most` rounds.    Cost: about log(tolerance) / log(a) passes over the edges.
    """
    _check(inward, out_weight, target, damping)
    settled, residual, after = np.zeros(inward.n), np.zeros(inward.n), np.zeros(inward.n)
    residual[target] = 1.0
    arrays = _arrays(inward, out_weight)
    for _ in range(most):
        left = _push_all(
            *arrays,
            damping,
            residual,
            after,
            settled,
        )
        residual, after = after, residual
        if left <= tolerance * (1 - damping):
            return settled
    raise NotConverged(f"the column of {target} did not converge in {most} rounds", last=settled)


def leak_visits(outward: Csr, out_weight: Floats, *, damping: float = 0.85, tolerance: float = _EXACT) -> Floats:
    """h = (I - a Q)^-1 d, float64 (n,): how likely a damped walk from each node is to leave the links at their end.

    d is 1 for dangling nodes and the evaporating share of the out-weight elsewhere.
    Raises: BadInput; NotConverged.    Cost: passes over the edges; once a run.
    """
    _check(outward, out_weight, 0, damping)
    leak = np.empty(outward.n)
    arrays = _arrays(outward, out_weight)
    _leaks(arrays[0], arrays[2], arrays[3], leak)
    visits, after = leak.copy(), np.empty(outward.n)
    for _ in range(1000):
        change = _pull(
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


@dataclass(slots=True)
class _Work:
    """The vectors of one push: state is 1 where touched, 2 where queued."""

    residual: Floats
    settled: Floats
    queue: Words
    state: NDArray[np.uint8]
    touched: Words


def _check(links: Csr, out_weight: Floats, target: int, damping: float) -> None:
    """Raises: BadInput: arguments that do not fit each other."""
    if len(out_weight) != links.n:
        raise BadInput(f"{len(out_weight)} out-weights for {links.n} nodes", hint="Give one for each node.")
    if links.n and not 0 <= target < links.n:
        raise BadInput(f"node {target} is not in the graph", hint=f"Nodes are 0 to {links.n - 1}.")
    if not 0 <= damping < 1:
        raise BadInput(f"a damping of {damping}", hint="Give a number from 0 to below 1.")


def _arrays(links: Csr, out_weight: Floats) -> tuple[Longs, Words, Singles, Floats]:
    """What kernels read, marked as such: they are compiled once for arrays and memory maps."""
    weights = _NO_WEIGHTS if links.weights is None else links.weights
    return (
        read_only(links.offsets),
        read_only(links.neighbours),
        read_only(weights),
        read_only(np.asarray(out_weight, np.float64)),
    )


def _unresolved(work: _Work, n_touched: int, mass: Floats) -> float:
    nodes = work.touched[:n_touched]
    return float(work.residual[nodes] @ mass[nodes])


def _column(
    work: _Work, n_touched: int, target: int, damping: float, mass: Floats | None, edges: int, complete: bool
) -> Column:
    """What the push found, sparse and in order of the nodes."""
    nodes = np.sort(work.touched[:n_touched])
    settled, residual = work.settled[nodes], work.residual[nodes]
    known, left = np.flatnonzero(settled), np.flatnonzero(residual)
    residual_nodes, residuals = nodes[left], residual[left]
    return Column(
        target=target,
        nodes=nodes[known],
        values=settled[known],
        residual_nodes=residual_nodes,
        residuals=residuals,
        error_bound=float(residuals.max(initial=0.0)) / (1 - damping),
        unresolved=None if mass is None else float(residuals @ mass[residual_nodes]),
        edges_pushed=edges,
        complete=complete,
    )


@compiled
def _push(
    offsets: Longs,
    neighbours: Words,
    weights: Singles,
    out_weight: Floats,
    damping: float,
    threshold: float,
    limit: int,
    residual: Floats,
    settled: Floats,
    queue: Words,
    state: NDArray[np.uint8],
    touched: Words,
    counts: Longs,
) -> bool:
    """Push, first come first served, until no residual is above the threshold; False where the limit ended it."""
    n_touched, edges, room = counts[0], counts[1], len(queue)
    head, tail = 0, 0
    for k in range(n_touched):
        if residual[touched[k]] > threshold:
            queue[tail] = touched[k]
            state[touched[k]] = 2
            tail += 1
    whole = True
    while head != tail:
        node = np.int64(queue[head])
        low, high = offsets[node], offsets[node + 1]
        if edges + (high - low) > limit:
            whole = False
            break
        head = head + 1 if head + 1 < room else 0
        state[node] = 1
        pushed = residual[node]
        residual[node] = 0.0
        settled[node] += pushed
        pushed *= damping
        edges += high - low
        last = high - 1
        for k in range(low, high):
            ahead = np.int64(neighbours[min(k + _AHEAD, last)])
            prefetch(residual, int(ahead))
            prefetch(out_weight, int(ahead))
            source = np.int64(neighbours[k])
            weight = np.float64(weights[k]) if len(weights) else 1.0
            if not out_weight[source] > 0.0:
                continue
            grown = residual[source] + pushed * weight / out_weight[source]
            residual[source] = grown
            if state[source] == 0:
                state[source] = 1
                touched[n_touched] = source
                n_touched += 1
            if grown > threshold and state[source] == 1:
                state[source] = 2
                queue[tail] = source
                tail = tail + 1 if tail + 1 < room else 0
    while head != tail:
        state[queue[head]] = 1
        head = head + 1 if head + 1 < room else 0
    counts[0], counts[1] = n_touched, edges
    return whole


@compiled
def _push_all(
    offsets: Longs,
    neighbours: Words,
    weights: Singles,
    out_weight: Floats,
    damping: float,
    residual: Floats,
    after: Floats,
    settled: Floats,
) -> float:
    """Push every residual once, into `after`; the largest one that is left."""
    after[:] = 0.0
    for node in range(len(residual)):
        pushed = residual[node]
        if pushed == 0.0:
            continue
        settled[node] += pushed
        for k in range(offsets[node], offsets[node + 1]):
            source = neighbours[k]
            weight = np.float64(weights[k]) if len(weights) else np.float64(1.0)
            if out_weight[source] > 0.0:
                after[source] = after[source] + damping * pushed * weight / out_weight[source]
    return float(after.max())


@compiled
def _leaks(offsets: Longs, weights: Singles, out_weight: Floats, leak: Floats) -> None:
    """The share of each node's out-weight that follows no link."""
    for node in range(len(leak)):
        total = np.float64(offsets[node + 1] - offsets[node])
        if len(weights):
            total = np.float64(0.0)
            for k in range(offsets[node], offsets[node + 1]):
                total += np.float64(weights[k])
        leak[node] = max(0.0, 1.0 - total / out_weight[node]) if out_weight[node] > 0.0 else 1.0


@compiled
def _pull(
    offsets: Longs,
    neighbours: Words,
    weights: Singles,
    out_weight: Floats,
    damping: float,
    constant: Floats,
    before: Floats,
    after: Floats,
) -> float:
    """after = constant + a Q before; the largest change."""
    change = 0.0
    for node in range(len(after)):
        total = 0.0
        for k in range(offsets[node], offsets[node + 1]):
            weight = np.float64(weights[k]) if len(weights) else 1.0
            total += weight * before[neighbours[k]]
        value = constant[node]
        if out_weight[node] > 0.0:
            value += damping * total / out_weight[node]
        change = max(change, abs(value - before[node]))
        after[node] = value
    return change
