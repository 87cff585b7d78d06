"""The mass after edits of links, by the Woodbury identity: no sweep over the graph.

    mass = b Z,  Z = (I - a P)^-1                     P without rows for dangling nodes: Z is local, all >= 0
    P' = P + E D                                      E unit columns of the k changed sources, D their differences
    q  = mass_E (I - a D Z E)^-1                      mass of the sources afterwards, before renormalising
    y_x = mass_x + a q (D Z e_x)                      for every node x; D Z e_x needs Z at sources and targets alone:
    P[s, .] Z e_x = (Z_sx - [s = x]) / a              the old row is never read
    g: leak of each node, c = Z g;  dY = q (a D c + dg)      mass that leaks more than before, dg at the sources
    returning by the restart vector:  mass'_x = y_x (1 - a) / (1 - a + (1 - a) rate new - a dY)
    returning uniformly:              mass'_x = y_x - a R y^u_x + a mu y^u'_x,  mu from the same leak equation
A new node (no in-links) has the restart of any other: n grows, v is shared among n + 1. Under a topical restart it has
none. Each part carries a bound of its error, from the pushes that gave Z; nothing else is neglected.
Source: Sherman-Morrison-Woodbury; for one edge Avrachenkov & Litvak 2006.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from inlink.graph.explain_numbers import Bounded, Floats, dot
from inlink.graph.explain_walk import Walk
from inlink.graph.what_if_rows import Edit, Row, n_new_nodes, rows_of

NO_BOUND = 1e100  # so little is known that any bound is as good
ROUNDING = 1e-14  # of the mass before: what sums in double precision may lose


class Columns(Protocol):
    """Columns of Z and c = Z g, each with a bound of its error: true values lie in [value, value + error]."""

    def entries(self, nodes: Sequence[int], column: int) -> tuple[Floats, float]:
        """Z at (nodes, column)."""
        ...

    def mean(self, column: int) -> tuple[float, float]:
        """Mean of a column of Z."""
        ...

    def leaks(self, nodes: Sequence[int]) -> tuple[Floats, float]:
        """c at nodes."""
        ...

    def mean_leak(self) -> tuple[float, float]:
        """Mean of c."""
        ...


@dataclass(frozen=True, slots=True)
class MassAfter:
    """Mass of a node before and after edits; `error` bounds |after - exact|, given the run's masses."""

    node: int
    before: float
    after: float
    error: float


def mass_after(walk: Walk, edits: Sequence[Edit], node: int, columns: Columns) -> MassAfter:
    """The node's mass once all edits are made together.

    Cost: O(k^3) for k changed sources, besides the columns of the node and of each source.
    Raises: BadInput where an edit takes more than an edge weighs.
    """
    rows = rows_of(walk, edits)
    n_new = n_new_nodes(walk, edits)
    before = float(walk.mass[node])
    if not rows and not n_new:
        return MassAfter(node, before, before, 0.0)
    found = _Change(walk, rows, columns).mass(node, n_new)
    return MassAfter(node, before, max(found.value, 0.0), found.error + ROUNDING * before)


@dataclass(frozen=True, slots=True)
class Linked:
    """A node once links to it were added, where what leaks returns by restarts.

    own: visits of the node itself by a walk from it; scale: what the new balance of restarts made of every mass.
    """

    mass: Bounded
    own: Bounded
    scale: Bounded


def linked(walk: Walk, edits: Sequence[Edit], node: int, columns: Columns) -> Linked:
    """As `mass_after` for new links of the graph's nodes, with what bounds need of the walk afterwards."""
    (own,), error = columns.entries([node], node)
    rows, before = rows_of(walk, edits), Bounded(float(walk.mass[node]))
    if not rows:
        return Linked(before, Bounded(float(own), error), Bounded(1.0))
    change = _Change(walk, rows, columns)
    mass, scale = change.mass(node, 0), change.scale()
    return Linked(Bounded(mass.value, mass.error + ROUNDING * before.value), change.own(node), scale)


class _Change:
    """The parts of the formula for one set of rows."""

    def __init__(self, walk: Walk, rows: Sequence[Row], columns: Columns) -> None:
        self.walk, self.rows, self.columns = walk, rows, columns
        self.sources = [row.source for row in rows]
        self.kept = np.array([row.kept for row in rows])
        self.size = np.array([abs(row.kept) / walk.damping + sum(abs(s) for _, s in row.shares) for row in rows])
        k = len(rows)
        moved = np.zeros((k, k))
        errors = np.zeros(k)
        for j, source in enumerate(self.sources):
            moved[:, j], errors[j] = self._difference(source)
        self.inverse = np.linalg.inv(np.eye(k) - walk.damping * moved) if k else np.zeros((0, 0))
        self.spread = errors @ np.abs(self.inverse)  # what an error in D Z E does to q, per unit of sum |q| a size

    def mass(self, node: int, n_new: int) -> Bounded:
        """The node's mass after the change and the new balance of restarts."""
        walk, rate = self.walk, 1 - self.walk.damping
        q, q_error = self._after(*self._mass_of_sources())
        reached = self._reach(Bounded(float(walk.mass[node])), q, q_error, node)
        more = self._leaked(q, q_error)
        if walk.returns_by_restart:
            grown = rate * self._new_share() * n_new
            return reached * rate / (Bounded(rate + grown) - more * walk.damping)
        return self._uniform(node, n_new, reached, more)

    def scale(self) -> Bounded:
        """What a mass is multiplied by for the new balance of restarts, where leaks return by them."""
        rate = 1 - self.walk.damping
        more = self._leaked(*self._after(*self._mass_of_sources()))
        return Bounded(rate) / (Bounded(rate) - more * self.walk.damping)

    def own(self, node: int) -> Bounded:
        """Visits of a node by a walk from it, after the change."""
        found = [self._entries([node], source) for source in self.sources]
        start, error = np.array([float(value) for (value,), _ in found]), np.array([each for _, each in found])
        (known,), known_error = self._entries([node], node)
        return self._reach(Bounded(float(known), known_error), *self._after(start, error), node)

    def _new_share(self) -> float:
        """Mass of a new node, before renormalising, when what leaks returns by restarts."""
        walk = self.walk
        rate = 1 - walk.damping + walk.damping * walk.returned
        return rate / walk.n_all if walk.restart is None else 0.0

    def _mass_of_sources(self) -> tuple[Floats, Floats]:
        known, new = self.walk.mass, self._new_share() if self.walk.returns_by_restart else 0.0
        return np.array([known[s] if s < self.walk.n else new for s in self.sources]), np.zeros(len(self.sources))

    def _after(self, start: Floats, error: Floats) -> tuple[Floats, Floats]:
        """start (I - a D Z E)^-1 and a bound of its error."""
        q = start @ self.inverse
        own = error @ np.abs(self.inverse)
        size = self.walk.damping * self.size
        grown = float(self.spread @ size)
        total = float((np.abs(q) + own) @ size)
        factor = total / (1 - grown) if grown < 1 else NO_BOUND
        extra = factor * self.spread if np.any(self.spread) else np.zeros_like(own)
        return q, own + extra

    def _difference(self, column: int) -> tuple[Floats, float]:
        """D Z e_column and the bound of a column's entries."""
        nodes = [*self.sources, *(target for row in self.rows for target, _ in row.shares)]
        values, error = self._entries(nodes, column)
        return self._rows_times(values, [float(s == column) for s in self.sources]), error

    def _rows_times(self, values: Floats, own: Sequence[float]) -> Floats:
        """D times a vector that is known at sources and targets, and equals own + a P vector at the sources."""
        k = len(self.rows)
        old = (values[:k] - np.asarray(own)) / self.walk.damping
        result: Floats = np.asarray(self.kept * old)
        at = k
        for i, row in enumerate(self.rows):
            for _, share in row.shares:
                result[i] += share * values[at]
                at += 1
        return result

    def _entries(self, nodes: Sequence[int], column: int) -> tuple[Floats, float]:
        """Z at (nodes, column), new nodes included: nothing leads to them."""
        if column >= self.walk.n:
            return np.array([float(node == column) for node in nodes]), 0.0
        known = [node for node in nodes if node < self.walk.n]
        found, error = self.columns.entries(known, column)
        values = iter(found.tolist())
        return np.array([next(values) if node < self.walk.n else 0.0 for node in nodes]), error

    def _reach(self, start: Bounded, q: Floats, q_error: Floats, node: int) -> Bounded:
        """y at the node."""
        moved, error = self._difference(node)
        return start + dot(q, q_error, moved, self.size * error) * self.walk.damping

    def _leaked(self, q: Floats, q_error: Floats) -> Bounded:
        """dY: how much more leaks from the links than before, apart from what new nodes leak anyway."""
        grown = np.array([row.leak_after - row.leak for row in self.rows])
        moved, error = np.zeros(len(self.rows)), 0.0
        if self.walk.is_leaky:
            nodes = [*self.sources, *(target for row in self.rows for target, _ in row.shares)]
            values, error = self._leaks(nodes)
            moved = self._rows_times(values, [row.leak for row in self.rows])
        a = self.walk.damping
        return dot(q, q_error, a * moved + grown, a * self.size * error)

    def _leaks(self, nodes: Sequence[int]) -> tuple[Floats, float]:
        known = [node for node in nodes if node < self.walk.n]
        found, error = self.columns.leaks(known)
        values = iter(found.tolist())
        return np.array([next(values) if node < self.walk.n else 1.0 for node in nodes]), error

    def _uniform(self, node: int, n_new: int, reached: Bounded, more: Bounded) -> Bounded:
        """The balance when leaks return to all nodes alike while restarts are topical.

        Before, new nodes were not among those that leaks returned to; afterwards they are.
        """
        walk, a = self.walk, self.walk.damping
        old, old_leak = self._from_all(node, 0.0)
        new, new_leak = self._from_all(node, 1.0 / walk.n) if n_new else (old, old_leak)
        grown = n_new / walk.n
        back = a * walk.returned
        left = Bounded(walk.returned) + more - old_leak * back
        mu = left / (Bounded(1 + grown) - (new_leak + grown) * a)
        return reached - old * back + new * mu * a

    def _from_all(self, node: int, new_share: float) -> tuple[Bounded, Bounded]:
        """What a walk from all nodes alike leaves on the node, and what of it leaks, new nodes' first leak left out."""
        means = [self.columns.mean(s) if s < self.walk.n else (new_share, 0.0) for s in self.sources]
        q, q_error = self._after(np.array([m[0] for m in means]), np.array([m[1] for m in means]))
        leak = self._leaked(q, q_error)
        if self.walk.is_leaky:
            leak = leak + Bounded(*self.columns.mean_leak())
        return self._reach(Bounded(*self.columns.mean(node)), q, q_error, node), leak
