"""Columns of Z by reverse push, as fine as an answer needs them; and c = Z g, the share of a walk that leaks.

A coarse column p with residual r is sharpened at the nodes that matter by their forward rows q with |f|_1 left:

    z_x = p_x + sum of z_xu r_u = p_x + q r + f Z r,    0 <= f Z r <= |f|_1 max r / (1 - a)

so that the two bounds multiply; and it is less where q spreads widely (`Lack`). The same sum is q_x + f p + f (z - p):
of a column that came from sweeps p is known at all nodes, and no r. The first step of f is taken: f r is added, and
f (Z - 1) r left. Where the work allowed is used up, what is known is kept with its bound. Of a target asked before, a
longer row is known (`what_if_row`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from inlink.graph.explain_numbers import Floats
from inlink.graph.explain_walk import Walk
from inlink.graph.what_if_forward import Forward, Visits
from inlink.graph.what_if_row import OPEN, ROW_WORK, Bound, TargetRow, seen_for_now
from inlink.kernels.push import Column, exact_column, leak_visits, reverse_push
from inlink.kernels.push_sweeps import Leaked, Swept

EXACT = 1e-14
STEPS = (1e-5, 1e-9, EXACT)
SWEEPS = 230  # passes over the edges until an exact column is one
LEAK_SWEEPS = 12  # until leaks are known coarsely
WORK = 4_000_000_000
SHARE_OF_ROWS = 1 / 2
ROUNDING = 1e-6  # of a mass: what single precision may have attributed too much
GROWTH = 8  # finer columns cost so many times what was spent, at least


@dataclass(frozen=True, slots=True)
class Entries:
    """A column of Z at the nodes that matter, what its values may lack, and its mean over all nodes with the same.

    The mean is only known (else nan) where leaks return uniformly, which alone asks for it.
    """

    values: Floats
    error: float
    mean: float
    mean_error: float

    def is_as_good_as(self, other: Entries) -> bool:
        """No bound is wider."""
        return self.error <= other.error and self.mean_error <= other.mean_error


@dataclass(frozen=True, slots=True)
class Lack:
    """What a column lacks: at most `most` at each node, and `total` over all.

    The second is exact mass: with x = b Z, the mass that is not attributed is the sum of b_u times what y_u lacks, and
    where all b are the same it tells their sum. after: only what is lacked after the first step counts: everywhere
    ("all"), or at nodes that link on; "": from the beginning.
    """

    most: float
    total: float
    after: Literal["", "all", "linking"] = ""

    def along(self, row: Visits, leaked: Leaked | None, damping: float) -> float:
        """What a row's waiting part may lack at most: the largest of it at as many nodes as the total allows.

        A walk that leaks soon visits little: with c known, it lacks (1 - a c) of the most, (1 - c) after the first
        step, and (1 - c / a) where nodes that do not link on lack nothing.
        """
        if self.most <= 0 or row.left <= 0:
            return 0.0
        n_full = self.total / self.most
        by_total = row.left if n_full >= len(row.on_way) else _sum_of_largest(row.on_way, int(n_full) + 1)
        if leaked is None:
            return self.most * min(1.0, by_total)
        factor = {"": damping, "all": 1.0, "linking": 1 / damping}[self.after]
        short = 1 - factor * (leaked.values[row.waiting] - np.float64(leaked.error_bound))
        return self.most * min(1.0, by_total, float(row.on_way @ np.clip(short, 0.0, 1.0)))


def _sum_of_largest(values: Floats, n: int) -> float:
    return float(values.sum() if n >= len(values) else np.partition(values, len(values) - n)[-n:].sum())


def lack_of(walk: Walk, column: Column | Swept) -> Lack:
    """By how much a column is too low, at any node and summed over all."""
    after: Literal["", "all", "linking"] = ""
    most = column.error_bound
    if isinstance(column, Swept):
        mass = column.unresolved + ROUNDING * float(walk.mass[column.target]) + OPEN
    else:
        mass = float(column.residuals @ walk.mass[column.residual_nodes])
        are_linking = walk.leak is None and bool(np.all(walk.out_weight[column.residual_nodes] > 0))
        after, most = "linking" if are_linking else "all", walk.damping * most
    return Lack(most, np.inf if walk.restart is not None else mass / sum(walk.base_of(0)), after)


def sharpened(walk: Walk, row: Visits, column: Column | Swept, lack: Lack, leaked: Leaked | None) -> Bound:
    """A column at the start of a row, which goes beyond what the column knows."""
    if isinstance(column, Swept):
        way = row.to(column.target) + float(row.on_way @ column.values[row.waiting])
    else:
        way = column.value(row.start) + row.times(column.residual_nodes, column.residuals)
    return way, lack.along(row, leaked, walk.damping)


class PushColumns:
    """Columns of Z for one question, kept at the nodes that matter to it.

    work: edges that may be looked at. leaks: c of all nodes where it is known already. forward: rows found earlier.
    target: a longer row of one of the nodes.
    """

    def __init__(
        self,
        walk: Walk,
        nodes: Sequence[int],
        *,
        leaks: Floats | None = None,
        work: int = WORK,
        forward: Forward | None = None,
        target: TargetRow | None = None,
    ) -> None:
        self.walk = walk
        self.target = target
        self.nodes = np.array(sorted({node for node in nodes if node < walk.n}), np.int64)
        self.step = 0
        self.work = work
        self.all_leaks = leaks
        self.spent = 0
        self._columns: dict[int, Entries] = {}
        self._coarse: dict[int, Entries] = {}
        self._met: dict[int, Entries] = {}
        self._rows: list[Visits] | None = None
        self._forward = forward

    def refine(self) -> bool:
        """Compute all more finely from now on; False where that is too much work or nothing finer is to be had."""
        if self.step + 1 == len(STEPS) or self.work < GROWTH * self.spent:
            return False
        if STEPS[self.step + 1] <= EXACT and not self._affords_exact():
            return False
        self.step += 1
        self._coarse.update(self._columns)
        self._columns.clear()
        return True

    def know(self, column: Column | Swept) -> None:
        """Take a column from an earlier push or from sweeps, as it is."""
        self._columns[column.target] = self._sharpened(column)

    def entries(self, nodes: Sequence[int], column: int) -> tuple[Floats, float]:
        """Z at (nodes, column), and a bound of the error."""
        found = self._column(column)
        return found.values[np.searchsorted(self.nodes, np.asarray(nodes, np.int64))], found.error

    def mean(self, column: int) -> tuple[float, float]:
        """Mean of a column of Z."""
        found = self._column(column)
        return found.mean, found.mean_error

    def leaks(self, nodes: Sequence[int]) -> tuple[Floats, float]:
        """c at nodes."""
        at = np.asarray(nodes, np.int64)
        if self._knows_leaks():
            return self._leaks()[at], EXACT
        forward = self._rows_forward()
        if forward.leaked is None and LEAK_SWEEPS * self.walk.inward.m <= self.work // 4:
            forward.know_leaks()
            self._spend(LEAK_SWEEPS * self.walk.inward.m)
        found = [forward.leak(row) for row in self._visits()]
        values, error = self._joined(found, self.target.leak if self.target else None)
        return values[np.searchsorted(self.nodes, at)], error

    def mean_leak(self) -> tuple[float, float]:
        """Mean of c; 1 at most where it costs too much to know."""
        return (float(np.mean(self._leaks())), EXACT) if self._knows_leaks() else (0.0, 1.0)

    def _column(self, column: int) -> Entries:
        if column not in self._columns:
            found, known = self._computed(column), self._coarse.get(column)
            self._columns[column] = known if known is not None and known.is_as_good_as(found) else found
        return self._columns[column]

    def _computed(self, column: int) -> Entries:
        walk, epsilon = self.walk, STEPS[self.step]
        if epsilon <= EXACT:
            return self._exact(column)
        most = max(self.work // (len(self.nodes) + 1), 1000)
        if walk.returns_by_restart and len(walk.in_links(column)[0]) > most:  # a push would not even begin
            if column not in self._met:
                self._met[column] = self._by_last_links(column)
            return self._met[column]
        return self._sharpened(self._pushed(column, epsilon, most))

    def _pushed(self, column: int, epsilon: float, most: int) -> Column:
        walk, scratch = self.walk, self._rows_forward().scratch
        of_walk = (walk.inward, walk.out_weight, column)
        found = reverse_push(*of_walk, damping=walk.damping, epsilon=epsilon, most_edges=most, scratch=scratch)
        self._spend(found.edges_pushed)
        return found

    def _exact(self, column: int) -> Entries:
        walk = self.walk
        dense = exact_column(walk.inward, walk.out_weight, column, damping=walk.damping, tolerance=EXACT)
        self._spend(SWEEPS * walk.inward.m)
        return Entries(dense[self.nodes], EXACT, float(np.mean(dense)), EXACT)

    def _sharpened(self, column: Column | Swept) -> Entries:
        values, error = self._joined(self._bounds(column), self._of_target(column.target))
        if self.walk.returns_by_restart:
            return Entries(values, error, float("nan"), 0.0)
        whole = column.values
        return Entries(values, error, float(np.sum(whole, dtype=np.float64)) / self.walk.n, column.error_bound)

    def _bounds(self, column: Column | Swept) -> list[Bound]:
        lack, leaked = lack_of(self.walk, column), self._rows_forward().leaked
        return [sharpened(self.walk, row, column, lack, leaked) for row in self._visits()]

    def _by_last_links(self, column: int) -> Entries:
        """A column from the rows of the nodes, each met with the last links to it."""
        found = []
        for row in self._visits():
            if not len(row.waiting) and self.walk.out_weight[row.start] == 0:
                found.append((float(row.start == column), 0.0))
                continue
            with seen_for_now(self.walk, row, self._rows_forward()) as seen:
                found.append(seen.visits_of(self.walk, column))
        return Entries(*self._joined(found, self._of_target(column)), float("nan"), 0.0)

    def _of_target(self, column: int) -> Bound | None:
        """A column at the target whose row is known."""
        if self.target is None:
            return None
        return self.target.own if column == self.target.node else self.target.seen.visits_of(self.walk, column)

    def _joined(self, found: Sequence[Bound], of_target: Bound | None) -> tuple[Floats, float]:
        """Values at the nodes, and the widest bound: those found from rows, and the target's in its place."""
        every = list(found)
        if self.target is not None and of_target is not None:
            every.insert(int(np.searchsorted(self.nodes, self.target.node)), of_target)
        return np.array([value for value, _ in every]), max((error for _, error in every), default=0.0)

    def _visits(self) -> list[Visits]:
        """The forward rows of the nodes that matter, within a part of the work."""
        if self._rows is None:
            most = max(int(self.work * SHARE_OF_ROWS) // (len(self.nodes) + 1), 10)
            if self.target is not None and most > ROW_WORK:
                self.target = None  # a better row is allowed
            forward, known = self._rows_forward(), None if self.target is None else self.target.node
            self._rows = [forward.visits(int(node), most_edges=most) for node in self.nodes if node != known]
        return self._rows

    def _rows_forward(self) -> Forward:
        self._forward = self._forward or Forward(self.walk)
        return self._forward

    def _affords_exact(self) -> bool:
        return SWEEPS * self.walk.inward.m * len(self.nodes) <= self.work

    def _knows_leaks(self) -> bool:
        return self.all_leaks is not None or SWEEPS * self.walk.inward.m <= self.work

    def _leaks(self) -> Floats:
        if self.all_leaks is None:
            walk = self.walk
            self.all_leaks = leak_visits(walk.links_out(), walk.out_weight, damping=walk.damping, tolerance=EXACT)
            self._spend(SWEEPS * walk.inward.m)
        return self.all_leaks

    def _spend(self, n_edges: int) -> None:
        self.work -= n_edges
        self.spent += n_edges
