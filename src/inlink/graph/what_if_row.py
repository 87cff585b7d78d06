"""Rows of Z met with the last links to a node: how often walks from one node come by another, whoever that is.

No push to a source that half of the graph leads to is needed: what walks see of its in-links is looked up. Of a target
a longer row is made once, when its origins are known: what-if asks columns of changed sources at the target, again and
again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.graph.explain_walk import Walk
from inlink.graph.what_if_forward import Forward, Visits
from inlink.kernels.push_meet import meet
from inlink.kernels.push_rounds import arrays_of
from inlink.kernels.views import read_only

ROW_WORK = 2_000_000  # out-links that a target's row may look at
SINGLE = 2.0**-22  # what single precision may lose of a sum
OPEN = 1e-12  # what the stopping rule of a run may have left of any mass
Singles = NDArray[np.float32]
Bound = tuple[float, float]  # the truth lies in [value, value + error]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of walks from `start`.

    Shapes: counts float32 (n,): visits of each node, those on their way counted where they are.
    later: how many more visits there are, of all nodes that link on together; most: the largest part on its way, and
    left: all of it.
    """

    start: int
    counts: Singles
    later: float
    most: float
    left: float

    def visits_of(self, walk: Walk, node: int) -> Bound:
        """Visits of a node. Cost: a look at each of its in-links."""
        alike = walk.restart is None
        each = self.most / sum(walk.base_of(0)) if alike else 0.0
        mass = read_only(np.asarray(walk.mass, np.float64)) if alike else read_only(np.empty(0))
        links = arrays_of(walk.inward, walk.out_weight)
        value, lacks = meet(*links, walk.damping, node, read_only(self.counts), self.later, mass, each)
        lost = SINGLE * value
        return float(node == self.start) + value - lost, lacks + 2 * lost + each * OPEN

    def most_visits(self, walk: Walk, nodes: NDArray[np.int64] | slice) -> NDArray[np.float64]:
        """Visits of nodes, from above, without a look at their links. No node links to itself."""
        counts = self.counts[nodes] * (1 + 2 * SINGLE)
        alone = self.left / (1 - walk.damping**2)  # who comes back needs two steps at least
        if walk.restart is not None:
            return np.asarray(counts + alone, np.float64)
        more = (walk.mass[nodes] + OPEN) * (self.most / sum(walk.base_of(0)))
        return np.asarray(counts + np.minimum(more, alone), np.float64)


@dataclass(frozen=True, slots=True)
class TargetRow:
    """Walks from a target. own: visits of the target itself; leak: how likely the walk is to leave the links."""

    seen: Seen
    own: Bound
    leak: Bound

    @property
    def node(self) -> int:
        """The target."""
        return self.seen.start


def later_visits(walk: Walk, row: Visits, forward: Forward) -> float:
    """Visits of nodes that link on that walks on their way make after the place where they are, at most."""
    a = walk.damping
    if forward.leaked is None:
        return row.left * a / (1 - a)
    leaks = forward.leaked.values[row.waiting] - np.float64(forward.leaked.error_bound)
    more = (a - leaks if walk.leak is None else a * (1 - leaks)) / (1 - a)  # the second: of all nodes
    return float(row.on_way @ np.clip(more, 0.0, a / (1 - a)))


def seen_of(walk: Walk, row: Visits, forward: Forward, counts: Singles | None = None) -> Seen:
    """A row spread over all nodes; `counts`: a place for it, all 0. Cost: 4 n bytes without."""
    counts = np.zeros(walk.n, np.float32) if counts is None else counts
    counts[row.nodes] = row.counts
    counts[row.waiting] += row.on_way.astype(np.float32)
    most = float(row.on_way.max(initial=0.0))
    return Seen(row.start, counts, later_visits(walk, row, forward), most, row.left)


@contextmanager
def seen_for_now(walk: Walk, row: Visits, forward: Forward) -> Iterator[Seen]:
    """As `seen_of`, in a place that is used again and again."""
    counts = forward.counts()
    try:
        yield seen_of(walk, row, forward, counts)
    finally:
        counts[row.nodes] = 0.0
        counts[row.waiting] = 0.0
