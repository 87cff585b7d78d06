"""Upper bounds of a node's mass after one more link, for every possible source; and after others were added before.

For a new edge of weight w from i to t, s = w / (W_i + w), F visits of i from t before any return to i:

    y_t  = mass_t + q s (a z_tt - z_it)          q = mass_i / K,  K = 1 + s ((z_ii - 1) - a z_ti) >= 1 - s a F
    dY   = q s (a c_t - c_i)                     c: share of a walk that leaks; c_i >= g_i
    mass'_t = y_t (1 - a) / (1 - a - a dY)

F <= min(a, z_ti), z_it >= its column so far: what is known of t bounds all. A source without links has W = 0, s = 1.

Once links from other sources to t were added, walks differ only in that some of their steps go to t: they meet t no
later, and see no more on the way there. With e_x = z_tx / z_tt, visits of x between two visits of t, and h_x = z_xt /
z_tt, how likely a walk from x meets t (damped):

    e'_x <= e_x,  h'_x >= h_x,  so with turns = z'_tt / z_tt and scale, the factor of the new balance of restarts:
    z'_ti <= turns z_ti        a z'_tt - z'_it = z'_tt (a - h'_i) <= turns (a z_tt - z_it)        c'_t <= turns c_t
    y'_x = what comes to x before t + y'_t e'_x <= mass_x + (y'_t - mass_t) e_x
    mass'_x = scale y'_x <= scale mass_x + (mass'_t - scale mass_t) e_x

as y'_t = mass'_t / scale, and no leak grew. So a few numbers of t bound what any further source can bring: each of a
pool exactly by this formula, and the rest together by the largest of its parts. The pool has the sources that bring
most at first, and those that would if all of the mass were t's.
Source: F12 of the link-building literature: Avrachenkov & Litvak 2006; bounds are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heapreplace

import numpy as np
from numpy.typing import NDArray

from inlink.graph.explain_numbers import Bounded, Floats
from inlink.graph.explain_walk import Walk, leaks_of
from inlink.graph.what_if_masses import Linked
from inlink.graph.what_if_row import TargetRow
from inlink.kernels.push import Column
from inlink.kernels.push_sweeps import Swept

SLACK = 1e-9  # of a bound: covers rounding
SINGLE = 1e-4  # of a swept column: what single precision may have added in all of its sweeps
BLOCK = 1 << 17
TURNS = 2.0
Places = NDArray[np.int64] | slice  # in order


@dataclass(frozen=True, slots=True)
class State:
    """The target after some links, from above. added: mass'_t - scale mass_t; turns: z'_tt / z_tt; leaked: c'_t."""

    mass: float
    scale: float = 1.0
    added: float = 0.0
    turns: float = 1.0
    leaked: float = 1.0


@dataclass(frozen=True, slots=True)
class Start:
    """What is known of the walk before any link is added: the target's column and row."""

    walk: Walk
    column: Column | Swept
    row: TargetRow
    weight: float

    def state(self) -> State:
        """Before any link."""
        return State(float(self.walk.mass[self.row.node]), leaked=min(sum(self.row.leak), 1.0))

    def after(self, found: Linked) -> State:
        """After the links that gave it."""
        first, most = self.state(), 1 / (1 - self.walk.damping)
        mass, scale, own = _upper(found.mass, 1.0), _upper(found.scale, most), _upper(found.own, most)
        least = found.scale.value - found.scale.error
        added = mass - least * first.mass if least > 0 else mass
        turns = max(own / self.row.own[0], 1.0)
        return State(mass, scale, max(added, 0.0), turns, min(turns * first.leaked, 1.0))

    def parts(self, nodes: Places) -> Parts:
        """What bounds of these nodes are made of."""
        walk = self.walk
        out_weight, evaporated = np.asarray(walk.out_weight[nodes]), None if walk.leak is None else walk.leak[nodes]
        share = self.weight / (out_weight + self.weight)
        near = np.maximum(walk.damping * sum(self.row.own) - self._column_at(nodes), 0.0)
        reached = self.row.seen.most_visits(walk, nodes)
        met, leak = reached / self.row.own[0], leaks_of(out_weight, evaporated)
        return Parts(np.asarray(walk.mass[nodes]), share, near, reached, met, leak)

    def _column_at(self, nodes: Places) -> Floats:
        """z_.t from below."""
        column = self.column
        if isinstance(column, Swept):
            return np.asarray(column.values[nodes] * (1 - SINGLE), np.float64)
        return _listed(column.nodes, column.values, nodes) + _listed(column.residual_nodes, column.residuals, nodes)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the bound of each source is made of: float64 (k,) each. near: a z_tt - z_it; met: e; leak: g."""

    mass: Floats
    share: Floats
    near: Floats
    reached: Floats
    met: Floats
    leak: Floats

    def upper(self, state: State, damping: float) -> Floats:
        """The target's mass after one more link from each source, at most."""
        least = 1 - damping * self.share * np.minimum(state.turns * self.reached, damping)
        flow = (state.scale * self.mass + state.added * self.met) * self.share / least
        more = np.maximum(flow * (damping * state.leaked - self.leak), 0.0)
        return _balanced(state, state.turns * flow * self.near, more, damping)

    def at(self, place: int) -> Parts:
        """Of one source."""
        one = slice(place, place + 1)
        return Parts(*(each[one] for each in (self.mass, self.share, self.near, self.reached, self.met, self.leak)))

    def sizes(self, damping: float) -> Floats:
        """Parts of the bound that do not depend on the state: float64 (4, k), as long as turns are at most `TURNS`.

        What the mass may bring, what visits from t may, and both of what may leak more.
        """
        flow = self.share / (1 - damping * self.share * np.minimum(TURNS * self.reached, damping))
        leaks = np.maximum(damping - self.leak, 0.0)
        return np.stack([flow * part * each for each in (self.near, leaks) for part in (self.mass, self.met)])


def _upper(found: Bounded, most: float) -> float:
    """A number from above; what it can be at most where its bound says less."""
    upper = found.value + found.error
    return upper if upper < most else most


def _balanced(state: State, moved: Floats, more: Floats, damping: float) -> Floats:
    left = 1 - damping - damping * more
    after = (state.mass + moved) * (1 - damping) / np.where(left > 0, left, 1.0)
    return np.asarray(np.where(left > 0, after, np.inf) * (1 + SLACK))


@dataclass(frozen=True, slots=True)
class Pool:
    """The sources that can matter, ascending, and how large the parts of any other are at most: float64 (4,).

    Visits from the target are bounded more closely for those that come first.
    """

    start: Start
    nodes: NDArray[np.int64]
    parts: Parts
    rest: Floats
    n_candidates: int
    met: set[int] = field(default_factory=set)  # places whose visits are known by their last links

    def waiting(self, state: State, chosen: Sequence[int]) -> Waiting:
        """All but those chosen, by their bounds."""
        return Waiting(self, state, chosen)

    def upper_of_rest(self, state: State) -> float:
        """A bound for all others; of none it is 0."""
        if self.n_candidates == len(self.nodes):
            return 0.0
        damping = self.start.walk.damping
        more_turns = 1.0 if state.turns <= TURNS else 1 / (1 - damping**2)  # 1 / K is never more
        by_mass, by_met, leak_mass, leak_met = self.rest * more_turns
        moved = state.turns * (state.scale * by_mass + state.added * by_met)
        more = state.scale * leak_mass + state.added * leak_met
        return float(_balanced(state, moved, more, damping))

    def meet(self, place: int) -> None:
        """Bound visits from the target by the last links to a source. Cost: a look at each."""
        if place not in self.met:
            self.met.add(place)
            reached = min(
                sum(self.start.row.seen.visits_of(self.start.walk, int(self.nodes[place]))), self.parts.reached[place]
            )
            self.parts.reached[place], self.parts.met[place] = reached, reached / self.start.row.own[0]


class Waiting:
    """Sources of a pool by what they may bring, the most first, of equal ones the first. most: what the next may."""

    def __init__(self, pool: Pool, state: State, chosen: Sequence[int]) -> None:
        self.pool, self.state, self.damping = pool, state, pool.start.walk.damping
        upper = pool.parts.upper(state, self.damping)
        is_chosen = np.isin(pool.nodes, np.asarray(chosen, np.int64))
        self._heap = [(-float(upper[place]), int(place)) for place in np.flatnonzero(~is_chosen)]
        heapify(self._heap)

    @property
    def most(self) -> float:
        """A bound of all that wait; -1 where none does."""
        while self._heap and self._heap[0][1] not in self.pool.met:
            place = self._heap[0][1]
            self.pool.meet(place)
            upper = self.pool.parts.at(place).upper(self.state, self.damping)
            heapreplace(self._heap, (-float(upper[0]), place))
        return -self._heap[0][0] if self._heap else -1.0

    def take(self) -> int:
        """The next source."""
        return int(self.pool.nodes[heappop(self._heap)[1]])


def pool_of(start: Start, allowed: NDArray[np.bool_] | None, most: int) -> Pool:
    """The `most` sources that bring most at first, and as many that would if t had all mass.

    Cost: one pass over the nodes.
    """
    walk, is_candidate = start.walk, candidates(start.walk, start.row.node, allowed)
    kept, parts = np.empty(0, np.int64), np.empty((4, 0))
    rest, least = np.zeros(4), (-1.0, -1.0)
    for low in range(0, walk.n, BLOCK):
        block = slice(low, min(low + BLOCK, walk.n))
        sizes = start.parts(block).sizes(walk.damping) * is_candidate[block]
        may = is_candidate[block] & ((sizes[0] > least[0]) | (sizes[1] > least[1]))
        kept = np.concatenate([kept, low + np.flatnonzero(may)])
        parts = np.concatenate([parts, sizes[:, may]], axis=1)
        sizes[:, may] = 0.0
        (first, least_first), (second, least_second) = (_largest(each, most) for each in parts[:2])
        chosen, least = first | second, (least_first, least_second)
        others = parts[:, ~chosen].max(axis=1, initial=0.0)
        rest = np.maximum(rest, np.maximum(sizes.max(axis=1), others))
        kept, parts = kept[chosen], parts[:, chosen]
    return Pool(start, kept, start.parts(kept), rest, int(np.count_nonzero(is_candidate)))


def _largest(values: Floats, n: int) -> tuple[NDArray[np.bool_], float]:
    """Which are the n largest, of equal ones the first; and the least of them (-1 where there are fewer)."""
    if len(values) < n:
        return np.ones(len(values), np.bool_), -1.0
    least = float(np.partition(values, len(values) - n)[len(values) - n])
    chosen = values > least
    chosen[np.flatnonzero(values == least)[: n - int(np.count_nonzero(chosen))]] = True
    return chosen, least


def _listed(listed: NDArray[np.uint32], values: Floats, nodes: Places) -> Floats:
    """Values at nodes, both in order; 0 where none is listed."""
    if isinstance(nodes, slice):
        low, high = np.searchsorted(listed, np.array([nodes.start, nodes.stop], listed.dtype))
        found = np.zeros(nodes.stop - nodes.start)
        found[listed[low:high] - np.uint32(nodes.start)] = values[low:high]
        return found
    if not len(listed):
        return np.zeros(len(nodes))
    at = np.minimum(np.searchsorted(listed, nodes), len(listed) - 1)
    return np.where(listed[at] == nodes, values[at], 0.0)


def candidates(walk: Walk, node: int, allowed: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Nodes that could become a source: not the node, and without an edge to it."""
    found = np.ones(walk.n, np.bool_) if allowed is None else allowed.copy()
    found[node] = False
    found[walk.in_links(node)[0]] = False
    return found
