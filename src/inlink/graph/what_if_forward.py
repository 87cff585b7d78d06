"""Rows of Z by pushing forwards: where a walk from one node goes, as far as an amount of work allows.

    z_x. = q + f Z      q visits found, f what is not followed yet, |f|_1 known: so far z_x. may be off, in all

A forward push is a reverse push on the graph turned round, in units of the out-weights: g_w = f_w / W_w. Dangling nodes
get the weight 1 there; nothing is pushed out of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.graph.explain_numbers import Floats
from inlink.graph.explain_walk import Walk
from inlink.kernels.push import Column, Scratch, reverse_push
from inlink.kernels.push_sweeps import Leaked


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits of a walk from `start`: at least `counts` of `nodes` (ascending), `left` more probability on its way.

    Shapes: nodes uint32 (k,), counts float64 (k,); waiting uint32 (j,) ascending, on_way float64 (j,): where it is now.
    """

    start: int
    nodes: NDArray[np.uint32]
    counts: Floats
    left: float
    waiting: NDArray[np.uint32]
    on_way: Floats

    def to(self, node: int) -> float:
        """The lower bound of the visits of one node."""
        at = int(np.searchsorted(self.nodes, np.uint32(node)))
        return float(self.counts[at]) if at < len(self.nodes) and int(self.nodes[at]) == node else 0.0

    def times(self, nodes: NDArray[np.uint32], values: Floats) -> float:
        """Sum of known visits times values, which are 0 at other nodes; `nodes` ascending.

        Walks on their way visit the node where they are.
        """
        return _times(self.nodes, self.counts, nodes, values) + _times(self.waiting, self.on_way, nodes, values)


def _times(own: NDArray[np.uint32], counts: Floats, nodes: NDArray[np.uint32], values: Floats) -> float:
    """Product of two sparse vectors, each in the order of its nodes: the shorter is looked up in the longer."""
    if len(own) > len(nodes):
        own, counts, nodes, values = nodes, values, own, counts
    if not len(own):
        return 0.0
    at = np.minimum(np.searchsorted(nodes, own), len(nodes) - 1)
    return float(np.sum(np.where(nodes[at] == own, values[at], 0.0) * counts))


class Forward:
    """Forward pushes over one walk; rows are remembered, and what all of them need is made once."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.outward = walk.links_out()
        self.weight = np.where(walk.out_weight > 0, walk.out_weight, 1.0)
        self.scratch = Scratch(walk.n)
        self.leaked = walk.prepared.leaked
        self._found: dict[int, Visits] = {}
        self._counts: NDArray[np.float32] | None = None

    def touch(self) -> None:
        """Have all places in memory before the first question. Cost: 28 bytes a node."""
        self.scratch.touch()
        self.counts()[:] = 0.0

    def counts(self) -> NDArray[np.float32]:
        """A place for a value of each node: all 0, and to be left so. Shape: float32 (n,)."""
        if self._counts is None:
            self._counts = np.zeros(self.walk.n, np.float32)
        return self._counts

    def know_leaks(self, *, threads: int | None = None) -> Leaked:
        """c of all nodes, coarsely: rows sharpen it. Cost: some ten sweeps over the edges, once a graph."""
        self.leaked = self.walk.coarse_leaks(threads=threads)
        return self.leaked

    def forget(self) -> None:
        """Forget the rows that were found."""
        self._found.clear()

    def visits(self, start: int, *, epsilon: float = 1e-9, most_edges: int | None = None) -> Visits:
        """The row of a node, or what was found of it before. Raises: BadInput. Cost: `most_edges` out-links at most."""
        if start in self._found:
            return self._found[start]
        own = float(self.weight[start])
        found: Column = reverse_push(
            self.outward,
            self.weight,
            start,
            damping=self.walk.damping,
            epsilon=epsilon / own,
            most_edges=most_edges,
            scratch=self.scratch,
        )
        counts = found.values * self.weight[found.nodes] / own
        on_way = found.residuals * self.weight[found.residual_nodes] / own
        self._found[start] = Visits(start, found.nodes, counts, float(np.sum(on_way)), found.residual_nodes, on_way)
        return self._found[start]

    def leak(self, row: Visits) -> tuple[float, float]:
        """How likely a walk is to leave the links at their end, and by how much that may be wrong."""
        out = self.walk.out_weight[row.nodes]
        leak = (out == 0).astype(np.float64) if self.walk.leak is None else self.walk.leak[row.nodes]
        done = float(np.sum(row.counts * np.where(out == 0, 1.0, leak)))
        if self.leaked is None:
            return done, row.left
        return done + float(row.on_way @ self.leaked.values[row.waiting]), row.left * self.leaked.error_bound
