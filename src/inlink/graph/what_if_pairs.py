"""Entries of Z one by one, each found once for all questions about a target: by rows of little work and short pushes.

Where sources are compared, the same few meet again and again. Of the target a long row is known, which most of any
bound comes from (`TargetRow`); a source that half of the graph leads to is met by its last links, others by a push.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inlink.graph.explain_numbers import Floats
from inlink.graph.explain_walk import Walk
from inlink.graph.what_if_columns import Lack, lack_of, sharpened
from inlink.graph.what_if_forward import Forward, Visits
from inlink.graph.what_if_row import Bound, TargetRow, seen_for_now
from inlink.kernels.push import Column, reverse_push
from inlink.kernels.push_sweeps import Swept

EPSILON = 1e-9


class PairColumns:
    """Columns of Z for questions about one target (`what_if_masses.Columns`), where leaks return by restarts.

    row_work, column_work: links that the row and the push of each source may look at. forward: its rows are of this
    work alone.
    """

    def __init__(
        self,
        walk: Walk,
        forward: Forward,
        column: Column | Swept,
        row: TargetRow,
        *,
        row_work: int,
        column_work: int,
    ) -> None:
        self.walk, self.forward, self.row = walk, forward, row
        self.row_work, self.column_work = row_work, column_work
        self._known: dict[int, tuple[Column | Swept, Lack]] = {row.node: (column, lack_of(walk, column))}
        self._pairs: dict[tuple[int, int], Bound] = {}
        self._leaks: dict[int, Bound] = {row.node: row.leak}
        forward.forget()

    def entries(self, nodes: Sequence[int], column: int) -> tuple[Floats, float]:
        """Z at (nodes, column), and the widest bound."""
        found = [self._pair(int(node), column) for node in nodes]
        return np.array([value for value, _ in found]), max((error for _, error in found), default=0.0)

    def mean(self, column: int) -> tuple[float, float]:
        """Not known: only where leaks return to all nodes alike it is asked for."""
        return float("nan"), 0.0

    def leaks(self, nodes: Sequence[int]) -> tuple[Floats, float]:
        """c at nodes."""
        found = [self._leak(int(node)) for node in nodes]
        return np.array([value for value, _ in found]), max((error for _, error in found), default=0.0)

    def mean_leak(self) -> tuple[float, float]:
        """As `mean`."""
        return float("nan"), 0.0

    def _leak(self, node: int) -> Bound:
        if node not in self._leaks:
            self._leaks[node] = self.forward.leak(self._visits(node))
        return self._leaks[node]

    def _pair(self, node: int, column: int) -> Bound:
        if (node, column) not in self._pairs:
            self._pairs[node, column] = self._found(node, column)
        return self._pairs[node, column]

    def _found(self, node: int, column: int) -> Bound:
        walk = self.walk
        if node == self.row.node:
            return self.row.own if column == node else self.row.seen.visits_of(walk, column)
        if walk.out_weight[node] == 0:
            return float(node == column), 0.0
        row = self._visits(node)
        if (
            column not in self._known
            and walk.inward.offsets[column + 1] - walk.inward.offsets[column] > self.column_work
        ):
            with seen_for_now(walk, row, self.forward) as seen:
                return seen.visits_of(walk, column)
        known, lack = self._pushed(column)
        return sharpened(walk, row, known, lack, self.forward.leaked)

    def _visits(self, node: int) -> Visits:
        return self.forward.visits(node, most_edges=self.row_work)

    def _pushed(self, column: int) -> tuple[Column | Swept, Lack]:
        if column not in self._known:
            walk, most, scratch = self.walk, self.column_work, self.forward.scratch
            of_walk = (walk.inward, walk.out_weight, column)
            found = reverse_push(*of_walk, damping=walk.damping, epsilon=EPSILON, most_edges=most, scratch=scratch)
            self._known[column] = found, lack_of(walk, found)
        return self._known[column]
