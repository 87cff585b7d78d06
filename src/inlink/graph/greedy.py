"""The sources whose new link would raise a node's mass most: one by one, and as a set.

What is known of the node bounds what a link from anywhere would bring (`greedy_bounds`); those at the top are computed,
one at a time, until no other can come before them (`greedy_masses`). Choosing k links at best is hard to approximate
closely (W[1]-hard, in APX); taking the best, then the best given it, and so on is a constant-factor approximation,
while sorting by mass over out-degree can be arbitrarily bad.
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
from inlink.graph.greedy_bounds import SLACK, Pool, Start, State, pool_of
from inlink.graph.greedy_masses import Gain, Masses, masses_of, started
from inlink.graph.what_if import Known
from inlink.graph.what_if_columns import WORK

MOST = 480  # candidates that are computed


@dataclass(frozen=True, slots=True)
class Best:
    """The best sources, in order. n_ranked: how many could be; n_exact: how many were computed; is_proven: no other
    source can belong among them, by more than a billionth."""

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
    known: Known | None = None,
    work: int = WORK,
) -> Best:
    """The `n` sources whose new link of `weight`, alone, raises the node's mass most.

    Shapes: allowed bool (n,): sources to choose from; None: all. known: from an earlier question; with it masses are
    known as well as those of `what_if`. Raises: NotFound, BadInput.
    """
    return best_of(walk, node, n, 0, weight=weight, allowed=allowed, leaks=leaks, known=known, work=work)[0]


def best_set(
    walk: Walk,
    node: int,
    k: int,
    *,
    weight: float = 1.0,
    allowed: NDArray[np.bool_] | None = None,
    leaks: Floats | None = None,
    known: Known | None = None,
    work: int = WORK,
) -> Best:
    """`k` sources, each the best given those before it. Shapes, Raises: as `best_sources`."""
    return best_of(walk, node, 0, k, weight=weight, allowed=allowed, leaks=leaks, known=known, work=work)[1]


def best_of(
    walk: Walk,
    node: int,
    n: int,
    k: int,
    *,
    weight: float = 1.0,
    allowed: NDArray[np.bool_] | None = None,
    leaks: Floats | None = None,
    known: Known | None = None,
    work: int = WORK,
) -> tuple[Best, Best]:
    """`best_sources` and `best_set` at once: what they share is found once. Shapes, Raises: as they."""
    check_node(walk, node)
    if not walk.returns_by_restart:
        raise BadInput(
            "sources are ranked for runs whose dangling mass returns by restarts",
            hint="score with uniform restarts, or name the sources with --add",
        )
    begun = started(walk, node, known, work)
    start = Start(walk, begun.column, begun.row, weight)
    pool = pool_of(start, allowed, MOST)
    every = masses_of(walk, begun, weight, pool.nodes, leaks=leaks, known=known, work=work)
    found = None
    while found is None:
        masses = every.pop(0)
        found = _Ranking(start, pool, masses, is_last=not every).both(n, k)
    begun.forward.forget()
    return found


class _Ranking:
    """Candidates ranked with masses known so well."""

    def __init__(self, start: Start, pool: Pool, masses: Masses, *, is_last: bool) -> None:
        self.start, self.pool, self.masses, self.is_last = start, pool, masses, is_last

    def both(self, n: int, k: int) -> tuple[Best, Best] | None:
        """The n best alone and the k best together; None where masses are to be known better."""
        alone = self._best(n, (), self.start.state())
        if not self._is_enough(alone):
            return None
        state, picks = self.start.state(), Best(alone.node, alone.before, (), alone.n_ranked, 0, True)
        while len(picks.gains) < min(k, self.pool.n_candidates):
            chosen = [gain.source for gain in picks.gains]
            if chosen:
                state = self.start.after(self.masses.linked(chosen))
            one = self._best(1, chosen, state)
            if not one.gains:  # the pool is used up
                return alone, Best(one.node, one.before, picks.gains, one.n_ranked, picks.n_exact, False)
            if not self._is_enough(one):
                return None
            gains, proven = (*picks.gains, *one.gains), picks.is_proven and one.is_proven
            picks = Best(one.node, one.before, gains, one.n_ranked, picks.n_exact + one.n_exact, proven)
        return alone, picks

    def _is_enough(self, found: Best) -> bool:
        return self.is_last or (found.is_proven and all(self.masses.is_known(gain) for gain in found.gains))

    def _best(self, n: int, chosen: Sequence[int], state: State) -> Best:
        """The n best sources given those chosen: computed in the order of their bounds, as long as one may be."""
        waiting = self.pool.waiting(state, chosen)
        found: list[Gain] = []
        most_other = self.pool.upper_of_rest(state)  # of those computed that are not among the n, too
        n_exact = 0
        while n and n_exact < MOST and waiting.most > self._bar(found, n, most_other):
            source = waiting.take()
            found.append(Gain(source, self.masses.after(chosen, source)))
            found.sort(key=lambda gain: (-gain.after.after, gain.source))
            for gain in found[n:]:
                most_other = max(most_other, gain.after.after + gain.after.error)
            found, n_exact = found[:n], n_exact + 1
        is_whole = len(found) == min(n, self.pool.n_candidates - len(chosen))
        least = min((_least(gain) for gain in found), default=0.0)
        proven = not n or (is_whole and max(waiting.most, most_other) <= least)
        node = self.start.row.node
        return Best(node, float(self.start.walk.mass[node]), tuple(found), self.pool.n_candidates, n_exact, proven)

    def _bar(self, found: Sequence[Gain], n: int, most_other: float) -> float:
        """What a candidate must be able to bring to be computed.

        Where another may be as good as the last of those found, it is not proven any more: only better ones matter, and
        where masses can be known better none.
        """
        if len(found) < n:
            return -1.0  # one that brings nothing is listed, too
        least = min(_least(gain) for gain in found)
        if most_other <= least:
            return least
        return found[-1].after.after if self.is_last else np.inf


def _least(gain: Gain) -> float:
    """The mass after a link, from below; a billionth more is as good as it."""
    return (gain.after.after - gain.after.error) * (1 + 2 * SLACK)
