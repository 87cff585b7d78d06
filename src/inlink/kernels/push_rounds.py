"""The rounds of a reverse push: which residuals are pushed next, and when it is enough."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.csr import Csr
from inlink.kernels.push_kernels import PUSHED, find_large, push_nodes
from inlink.kernels.views import read_only

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

NO_LIMIT = 1 << 62
_NO_WEIGHTS = np.empty(0, np.float32)
_NO_MASS = read_only(np.empty(0))
_NO_NODES = read_only(np.empty(0, np.uint32))
_START = 1e-3  # the first threshold


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


class Scratch:
    """Places for one push after the other, clean in between: fresh memory costs more than a small push itself.

    Shapes: received, settled float64 (n,), all 0; frontier, touched uint32 (n,).
    """

    def __init__(self, n: int) -> None:
        self.received, self.settled = np.zeros(n), np.zeros(n)
        self.frontier, self.touched = np.empty(n, np.uint32), np.empty(n, np.uint32)

    def touch(self) -> None:
        """Have the memory there: the first push would wait for it, page by page."""
        self.received[:] = self.settled[:] = 0.0
        self.frontier[:] = self.touched[:] = 0

    def clean(self, n_touched: int, target: int) -> None:
        """Take back what a push left."""
        if n_touched > len(self.received) // 16:
            self.received[:] = self.settled[:] = 0.0
        else:
            nodes = self.touched[:n_touched]
            self.received[nodes] = self.settled[nodes] = 0.0
            self.settled[target] = 0.0


class Push:
    """One push, round by round: all residuals above a threshold at once, the threshold lower each time.

    A residual is kept as what was added up, received_u = r_u W_u / a, so that adding needs no division and no look at
    W. Places come from `scratch`, where it is given; then `close` gives them back.
    """

    def __init__(
        self,
        inward: Csr,
        out_weight: Floats,
        target: int,
        damping: float,
        mass: Floats | None,
        scratch: Scratch | None = None,
    ) -> None:
        self.links = arrays_of(inward, out_weight)
        self.target, self.damping = target, damping
        self.mass = None if mass is None else read_only(np.asarray(mass, np.float64))
        self.scratch = scratch or Scratch(inward.n)
        self.received, self.settled = self.scratch.received, self.scratch.settled
        self.frontier, self.touched = self.scratch.frontier, self.scratch.touched
        self.n_touched = self.edges = 0
        self.largest = 1.0
        self.waiting = True  # the target itself, whose residual of 1 was not received from a link

    def until_below(self, threshold: float, limit: int, most: int = NO_LIMIT) -> bool:
        """Push until no residual is above the threshold; False where work or rounds are used up first."""
        now, n_rounds = max(threshold, _START), 0
        while True:
            n_frontier, _ = self._look(now)
            if self.largest <= threshold:
                return True
            n_rounds += 1
            if n_rounds > most or not self._push(n_frontier, limit):
                return False
            now = max(threshold, now / 2)

    def until_resolved(self, aim: float, limit: int) -> bool:
        """Push until at most so much mass is unresolved; False where the work is used up first."""
        now, before = _START, (0.0, 0.0)
        while True:
            n_frontier, unresolved = self._look(now)
            if unresolved <= aim:
                return True
            if n_frontier and not self._push(n_frontier, limit):
                return False
            last, before = before, (now, unresolved)
            now /= _step(last, before, aim)

    def column(self, complete: bool) -> Column:
        """What was found, sparse and in order of the nodes."""
        is_dense = self.n_touched > len(self.received) // 4  # those touched are sorted sooner than all are looked at
        nodes = np.flatnonzero(self.settled).astype(np.uint32) if is_dense else self._known()
        left = np.flatnonzero(self.received > PUSHED) if is_dense else self._received()
        weight = self.links[3][left]
        residuals = np.divide(self.damping * self.received[left], weight, out=np.zeros(len(left)), where=weight > 0)
        left = left[residuals > 0].astype(np.uint32)
        residuals = residuals[residuals > 0]
        if self.waiting:
            left, residuals = np.array([self.target], np.uint32), np.ones(1)
        return Column(
            target=self.target,
            nodes=nodes,
            values=self.settled[nodes],
            residual_nodes=left,
            residuals=residuals,
            error_bound=float(residuals.max(initial=0.0)) / (1 - self.damping),
            unresolved=None if self.mass is None else float(residuals @ self.mass[left]),
            edges_pushed=self.edges,
            complete=complete,
        )

    def close(self) -> None:
        """Leave the scratch as it was found."""
        self.scratch.clean(self.n_touched, self.target)

    def _is_dense(self) -> bool:
        """So many nodes are touched that a look at all of them is as quick."""
        return self.n_touched > len(self.received) // 16

    def _received(self) -> Words:
        nodes = np.sort(self.touched[: self.n_touched])
        return nodes[self.received[nodes] > PUSHED]

    def _known(self) -> Words:
        nodes = self.touched[: self.n_touched]
        nodes = nodes[self.settled[nodes] > 0]
        return nodes if self.waiting else np.union1d(nodes, np.array([self.target], np.uint32))

    def _look(self, threshold: float) -> tuple[int, float]:
        """Find the nodes to push: how many there are, and how much mass is unresolved."""
        if self.waiting:
            self.frontier[0] = self.target
            return 1, 1.0 if self.mass is None else float(self.mass[self.target])
        if not self.n_touched:  # nothing leads to the target: an empty list would stand for all nodes
            self.largest = 0.0
            return 0, 0.0
        mass = _NO_MASS if self.mass is None else self.mass
        among = _NO_NODES if self._is_dense() else read_only(self.touched[: self.n_touched])
        args = (self.received, self.links[3], mass, among, self.damping, threshold, self.frontier)
        n_frontier, self.largest, unresolved = find_large(*args)
        return n_frontier, unresolved

    def _push(self, n_frontier: int, limit: int) -> bool:
        """Push the nodes found, in their order; False where the limit of edges comes first."""
        offsets, neighbours, weights, out_weight = self.links
        lists = (read_only(self.frontier[:n_frontier]), self.touched, self.n_touched)
        first = self.target if self.waiting else -1
        args = (offsets, neighbours, weights, out_weight, self.damping, *lists, first, limit - self.edges)
        pushed, self.n_touched, edges = push_nodes(*args, self.received, self.settled)
        self.edges += edges
        self.waiting = self.waiting and pushed == 0
        return bool(pushed == n_frontier)


def _step(last: tuple[float, float], now: tuple[float, float], aim: float) -> float:
    """By how much to lower the threshold: half, or less where the aim is near and the last step tells the slope."""
    if last[1] <= now[1] or last[0] <= now[0]:
        return 2.0
    slope = math.log(last[1] / now[1]) / math.log(last[0] / now[0])
    if slope * math.log(2.0) <= math.log(now[1] / aim):  # half a step does not reach the aim
        return 2.0
    return float(max(1.1, (now[1] / aim) ** (1 / slope)))


def arrays_of(links: Csr, out_weight: Floats) -> tuple[Longs, Words, Singles, Floats]:
    """What kernels read, marked as such: they are compiled once for arrays and memory maps."""
    weights = _NO_WEIGHTS if links.weights is None else links.weights
    return (
        read_only(links.offsets),
        read_only(links.neighbours),
        read_only(weights),
        read_only(np.asarray(out_weight, np.float64)),
    )
