"""The sources whose new link would raise a node's mass most: one by one, and as a set.

One reverse push from the node and one forward bound what a link from anywhere would bring (`greedy_bounds`); those at
the top are made exact until no other can come before them. Choosing k links at best is hard to approximate closely
(W[1]-hard, in APX); taking the best, then the best given it, and so on is a constant-factor approximation, while
sorting by mass over out-degree can be arbitrarily bad.
Source: Olsen, Viglas, Zvedeniouk, COCOA 2010 (r-Greedy); Olsen & Viglas, TCS 2014.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.graph.explain_numbers import Floats
from inlink.graph.explain_walk import Walk
from inlink.graph.flow import check_node
from inlink.graph.greedy_bounds import SLACK, State, candidates, first_state, reach_of, upper_masses
from inlink.graph.what_if import solved
from inlink.graph.what_if_columns import WORK, PushColumns
from inlink.graph.what_if_forward import Forward, Visits
from inlink.graph.what_if_masses import MassAfter
from inlink.graph.what_if_rows import Edit
from inlink.kernels.push import Column, reverse_push

EPSILON = 1e-7
BATCH = 24
MOST = 480  # candidates that are made exact
ROW_EDGES = 1 << 21


@dataclass(frozen=True, slots=True)
class Gain:
    """A source and the node's mass after its new link (and, in a set, after the links before it)."""

    source: int
    after: MassAfter


@dataclass(frozen=True, slots=True)
class Best:
    """The best sources, in order. n_ranked: how many could be; is_proven: no other source can belong among them."""

    node: int
    before: float
    gains: tuple[Gain, ...]
    n_ranked: int
    n_exact: int
    is_proven: bool


def best_sources(
    walk: Walk,
    node: int,
    n: int,
    *,
    weight: float = 1.0,
    allowed: NDArray[np.bool_] | None = None,
    leaks: Floats | None = None,
    column: Column | None = None,
    work: int = WORK,
) -> Best:
    """The `n` sources whose new link of `weight`, alone, raises the node's mass most.

    Shapes: allowed bool (n,): sources to choose from; None: all. Raises: NotFound, BadInput.
    """
    ranking = _Ranking(walk, node, weight, allowed, leaks, column, work)
    found: list[Gain] = []
    order = ranking.order(ranking.first)
    at = 0
    while at < len(order) and not ranking.is_settled(found, n, order[at]) and at < MOST:
        batch = order[at : at + max(BATCH, n)]
        found += ranking.exact(batch, ())
        found.sort(key=lambda gain: (-gain.after.after, gain.source))
        at += len(batch)
    proven = at >= len(order) or ranking.is_settled(found, n, order[at])
    return Best(node, float(walk.mass[node]), tuple(found[:n]), ranking.n_candidates, at, proven)


def best_set(
    walk: Walk,
    node: int,
    k: int,
    *,
    weight: float = 1.0,
    allowed: NDArray[np.bool_] | None = None,
    leaks: Floats | None = None,
    column: Column | None = None,
    work: int = WORK,
) -> Best:
    """`k` sources, each the best given those before it. Shapes, Raises: as `best_sources`."""
    ranking = _Ranking(walk, node, weight, allowed, leaks, column, work)
    picks: list[Gain] = []
    proven, n_exact = True, 0
    while len(picks) < min(k, ranking.n_candidates):
        best, n_computed, is_best = ranking.next_best(picks)
        proven, n_exact = proven and is_best, n_exact + n_computed
        picks.append(best)
    return Best(node, float(walk.mass[node]), tuple(picks), ranking.n_candidates, n_exact, proven)


class _Ranking:
    """What stays the same while candidates are ranked: one reverse and one forward push, and the bounds."""

    def __init__(
        self,
        walk: Walk,
        node: int,
        weight: float,
        allowed: NDArray[np.bool_] | None,
        leaks: Floats | None,
        column: Column | None,
        work: int,
    ) -> None:
        check_node(walk, node)
        if not walk.returns_by_restart:
            raise BadInput(
                "sources are ranked for runs whose dangling mass returns by restarts",
                hint="score with uniform restarts, or name the sources with --add",
            )
        self.walk, self.node, self.weight, self.leaks, self.work = walk, node, weight, leaks, work
        self.column = column or reverse_push(
            walk.inward, walk.out_weight, node, damping=walk.damping, epsilon=EPSILON, most_edges=work
        )
        self.forward = Forward(walk)
        self.row: Visits = self.forward.visits(node, most_edges=min(work, ROW_EDGES))
        leaked, missing = self.forward.leak(self.row)
        self.is_candidate = candidates(walk, node, allowed)
        self.n_candidates = int(np.count_nonzero(self.is_candidate))
        self.reached = reach_of(walk, self.row)
        self.first = first_state(walk, node, self.column, leaks, min(leaked + missing, 1.0))
        self.state = self.first
        self.pushes: dict[int, Column] = {}
        self._upper: tuple[State, Floats] | None = None

    def upper(self, state: State) -> Floats:
        """Bounds for all candidates, 0 for the others."""
        if self._upper is None or self._upper[0] is not state:
            found = upper_masses(self.walk, state, self.reached, self.weight)
            self._upper = state, np.where(self.is_candidate, found, 0.0)
        return self._upper[1]

    def order(self, state: State) -> list[int]:
        """Candidates by their bound, the greatest first, at most MOST and one more."""
        upper = self.upper(state)
        top = np.flatnonzero(self.is_candidate)
        if len(top) > MOST + 1:
            top = top[np.argpartition(-upper[top], MOST)[: MOST + 1]]
        return [int(node) for node in top[np.lexsort((top, -upper[top]))]]

    def is_settled(self, found: Sequence[Gain], n: int, following: int) -> bool:
        """No candidate from `following` on can come among the first n."""
        return len(found) >= n and found[n - 1].after.after >= self.upper(self.first)[following]

    def next_best(self, picks: Sequence[Gain]) -> tuple[Gain, int, bool]:
        """The best source given those picked; how many were computed; whether no other can be better."""
        chosen = [gain.source for gain in picks]
        order = [source for source in self.order(self.after(picks)) if source not in chosen]
        upper = self.upper(self.state)
        found: list[Gain] = []
        at = 0
        while at < len(order) and at < MOST and (not found or upper[order[at]] > found[0].after.after):
            batch = order[at : at + BATCH]
            found = sorted(found + self.exact(batch, chosen), key=lambda gain: (-gain.after.after, gain.source))[:1]
            at += len(batch)
        return found[0], at, at == len(order) or upper[order[at]] <= found[0].after.after

    def exact(self, sources: Sequence[int], chosen: Sequence[int]) -> list[Gain]:
        """The mass after a link from each source, besides those from the chosen ones."""
        columns = self._columns([*chosen, *sources])
        made = [self._edit(source) for source in chosen]
        return [Gain(source, solved(self.walk, [*made, self._edit(source)], self.node, columns)) for source in sources]

    def after(self, picks: Sequence[Gain]) -> State:
        """The bounds' state once the picked links are made: columns from below, masses from above."""
        self.state = self.first if not picks else self._after([gain.source for gain in picks], picks[-1].after.after)
        return self.state

    def _after(self, sources: Sequence[int], target_mass: float) -> State:
        walk, a, first = self.walk, self.walk.damping, self.first
        columns = self._columns(sources)
        share = np.array([self.weight / (float(walk.out_weight[s]) + self.weight) for s in sources])
        own, own_error = columns.entries([self.node, *sources], self.node)
        toward = share * (own[0] - own[1:] / a)  # D Z e_t: no source is t
        steps = np.column_stack([self._difference(columns, sources, share, s) for s in sources])
        part = np.linalg.solve(np.eye(len(sources)) - a * steps, toward)
        column = first.column.copy()
        for weight, source in zip(part, sources, strict=True):
            push = self._push(source)
            column[push.nodes] += a * weight * push.values
            column += min(a * weight, 0.0) * push.error_bound
        reach = np.array([columns.entries([self.node], s)[0][0] for s in sources])
        own_after = float(own[0] + own_error + a * part @ reach) * (1 + SLACK)
        masses = np.linalg.solve((np.eye(len(sources)) - a * steps).T, first.mass[sources])
        added = a * float(masses @ share) * (1 + SLACK)  # mass that the new links carry, at most
        grown = 1 / max(1 - a * added / (1 - a), 1e-9)
        mass = (first.mass + added * self._bounded_row()) * grown
        return State(column, mass, own_after, target_mass, 1.0, walk.leaks())

    def _difference(self, columns: PushColumns, sources: Sequence[int], share: Floats, column: int) -> Floats:
        """D Z e_column at the sources: D's row is share (e_t - P[s, .])."""
        found, _ = columns.entries([self.node, *sources], column)
        own = np.array([float(source == column) for source in sources])
        return np.asarray(share * (found[0] - (found[1:] - own) / self.walk.damping))

    def _bounded_row(self) -> Floats:
        """Visits of each node from t, from above: a node returns to itself 1 / (1 - a a) times at most."""
        return np.asarray(self.reached / (1 - self.walk.damping**2))

    def _push(self, source: int) -> Column:
        """The column of a source, pushed once."""
        if source not in self.pushes:
            walk = self.walk
            self.pushes[source] = reverse_push(
                walk.inward,
                walk.out_weight,
                source,
                damping=walk.damping,
                epsilon=EPSILON,
                most_edges=max(self.work // (8 * BATCH), 1000),
            )
        return self.pushes[source]

    def _columns(self, sources: Sequence[int]) -> PushColumns:
        nodes = [self.node, *sources]
        columns = PushColumns(self.walk, nodes, leaks=self.leaks, work=self.work // 8, forward=self.forward)
        columns.know(self.column)
        for source in sources:
            columns.know(self._push(source))
        return columns

    def _edit(self, source: int) -> Edit:
        return Edit(source, self.node, self.weight)
