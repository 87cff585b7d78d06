"""Columns of Z by reverse push, as fine as an answer needs them; and c = Z g, the share of a walk that leaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inlink.graph.explain_numbers import Floats
from inlink.graph.explain_walk import Walk
from inlink.kernels.push import exact_column, leak_visits, reverse_push

EXACT = 1e-14
STEPS = (1e-6, 1e-8, EXACT)


@dataclass(frozen=True, slots=True)
class Entries:
    """A column of Z at the nodes that matter, what its values may lack, and its mean over all nodes."""

    values: Floats
    error: float
    mean: float


class PushColumns:
    """Columns of Z for one question, kept at the nodes that matter to it.

    leaks: c of all nodes where it is known already, else None: it is computed when it is first needed.
    """

    def __init__(self, walk: Walk, nodes: Sequence[int], *, leaks: Floats | None = None) -> None:
        self.walk = walk
        self.nodes = np.array(sorted({node for node in nodes if node < walk.n}), np.int64)
        self.step = 0
        self.all_leaks = leaks
        self._columns: dict[int, Entries] = {}

    def refine(self) -> bool:
        """Compute all more finely from now on; False where nothing finer is to be had."""
        if self.step + 1 == len(STEPS):
            return False
        self.step += 1
        self._columns.clear()
        return True

    def know(self, column: int, values: Floats, error: float, mean: float) -> None:
        """Take a column's entries at `nodes` from elsewhere."""
        self._columns[column] = Entries(values, error, mean)

    def entries(self, nodes: Sequence[int], column: int) -> tuple[Floats, float]:
        """Z at (nodes, column), and a bound of the error."""
        found = self._column(column)
        return found.values[np.searchsorted(self.nodes, np.asarray(nodes, np.int64))], found.error

    def mean(self, column: int) -> tuple[float, float]:
        """Mean of a column of Z."""
        found = self._column(column)
        return found.mean, found.error

    def leaks(self, nodes: Sequence[int]) -> tuple[Floats, float]:
        """c at nodes."""
        return self._leaks()[np.asarray(nodes, np.int64)], EXACT

    def mean_leak(self) -> tuple[float, float]:
        """Mean of c."""
        return float(np.mean(self._leaks())), EXACT

    def _column(self, column: int) -> Entries:
        if column not in self._columns:
            self._columns[column] = self._computed(column)
        return self._columns[column]

    def _computed(self, column: int) -> Entries:
        walk, epsilon = self.walk, STEPS[self.step]
        if epsilon <= EXACT:
            dense = exact_column(walk.inward, walk.out_weight, column, damping=walk.damping, tolerance=EXACT)
            return Entries(dense[self.nodes], EXACT, float(np.mean(dense)))
        found = reverse_push(walk.inward, walk.out_weight, column, damping=walk.damping, epsilon=epsilon)
        values = np.array([found.value(node) for node in self.nodes])
        return Entries(values, found.error_bound, float(np.sum(found.values)) / walk.n)

    def _leaks(self) -> Floats:
        if self.all_leaks is None:
            walk = self.walk
            self.all_leaks = leak_visits(walk.links_out(), walk.out_weight, damping=walk.damping, tolerance=EXACT)
        return self.all_leaks
