"""The masses of candidates for new links, one after the other: what several questions need is found once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inlink.graph.explain_numbers import Floats
from inlink.graph.explain_walk import Walk
from inlink.graph.what_if import Known, is_known, solved, target_row
from inlink.graph.what_if_columns import EXACT, SWEEPS, Entries, PushColumns
from inlink.graph.what_if_forward import Forward
from inlink.graph.what_if_masses import Linked, MassAfter, linked, mass_after
from inlink.graph.what_if_pairs import PairColumns
from inlink.graph.what_if_row import TargetRow
from inlink.graph.what_if_rows import Edit
from inlink.kernels.push import Column, exact_column, reverse_push
from inlink.kernels.push_sweeps import Swept

EPSILON = 1e-7
SOURCE_WORK = 1 / 200  # of all work: a push of one source, at most
ROW_EDGES = 1 << 21
LEVELS = ((0, 20_000, 50_000), (16_000_000, 160_000, 400_000))  # links of the target's row, a source's row, its push


@dataclass(frozen=True, slots=True)
class Gain:
    """A source and the node's mass after its new link (and, in a set, after the links before it)."""

    source: int
    after: MassAfter


@dataclass(frozen=True, slots=True)
class Begun:
    """What all questions about a target begin with."""

    forward: Forward
    column: Column | Swept
    row: TargetRow


class Masses(Protocol):
    """The node's mass after links from some chosen sources and one more."""

    def after(self, chosen: Sequence[int], source: int) -> MassAfter:
        """With its bound."""
        ...

    def linked(self, chosen: Sequence[int]) -> Linked:
        """What bounds need to know, after the links of those chosen alone."""
        ...

    def is_known(self, gain: Gain) -> bool:
        """The mass is known well enough."""
        ...


def started(walk: Walk, node: int, known: Known | None, work: int) -> Begun:
    """Of an earlier question what it knows; else one push backwards, and one forwards."""
    if known is not None:
        row = known.row or target_row(walk, known.forward, known.column)
        return Begun(known.forward, known.column, row)
    forward = Forward(walk)
    column = reverse_push(
        walk.inward, walk.out_weight, node, damping=walk.damping, epsilon=EPSILON, most_edges=work,
        scratch=forward.scratch,
    )  # fmt: skip
    return Begun(forward, column, target_row(walk, forward, column, work=min(work, ROW_EDGES)))


def masses_of(
    walk: Walk,
    begun: Begun,
    weight: float,
    pool: NDArray[np.int64],
    *,
    leaks: Floats | None,
    known: Known | None,
    work: int,
) -> list[Masses]:
    """Masses to ask, one after the other until they are known well enough; only the last must answer.

    pool: all candidates, ascending. Without `known` there is one kind, as fine as the work allows.
    """
    if known is None:
        return [FineMasses(walk, begun, weight, pool, leaks=leaks, work=work)]
    return [QuickMasses(walk, begun, weight, level) for level in LEVELS if level[0] <= work]


class QuickMasses:
    """From rows and pushes of little work, each made once. level: one of `LEVELS`."""

    def __init__(self, walk: Walk, begun: Begun, weight: float, level: tuple[int, int, int]) -> None:
        self.walk, self.begun, self.weight, self.level = walk, begun, weight, level
        self.node = begun.row.node
        self._columns: PairColumns | None = None
        self._found: dict[tuple[int, ...], MassAfter] = {}

    def after(self, chosen: Sequence[int], source: int) -> MassAfter:
        """As `Masses`."""
        key = (*chosen, source)
        if key not in self._found:
            self._found[key] = mass_after(self.walk, _edits(key, self.node, self.weight), self.node, self._pairs())
        return self._found[key]

    def linked(self, chosen: Sequence[int]) -> Linked:
        """As `Masses`."""
        return linked(self.walk, _edits(chosen, self.node, self.weight), self.node, self._pairs())

    def is_known(self, gain: Gain) -> bool:
        """As a what-if is."""
        return is_known(gain.after)

    def _pairs(self) -> PairColumns:
        if self._columns is None:
            row_edges, row_work, column_work = self.level
            begun, row = self.begun, self.begun.row
            if row_edges and row.seen.left:
                row = target_row(self.walk, begun.forward, begun.column, work=row_edges)
            of_work = {"row_work": row_work, "column_work": column_work}
            self._columns = PairColumns(self.walk, begun.forward, begun.column, row, **of_work)
        return self._columns


class FineMasses:
    """From columns that are refined until the bound is a billionth, or as fine as the work allows."""

    def __init__(
        self,
        walk: Walk,
        begun: Begun,
        weight: float,
        pool: NDArray[np.int64],
        *,
        leaks: Floats | None,
        work: int,
    ) -> None:
        self.walk, self.begun, self.weight, self.leaks, self.work = walk, begun, weight, leaks, work
        self.node = begun.row.node
        self.places = np.union1d(pool, [self.node])
        self.exact: dict[int, Floats] = {}
        self._pushes: dict[int, Column] = {}
        self._found: dict[tuple[int, ...], MassAfter] = {}

    def after(self, chosen: Sequence[int], source: int) -> MassAfter:
        """As `Masses`."""
        key = (*chosen, source)
        if key not in self._found:
            columns = self._columns_of([*chosen, source])
            self._found[key] = solved(self.walk, _edits(key, self.node, self.weight), self.node, columns)
        return self._found[key]

    def linked(self, chosen: Sequence[int]) -> Linked:
        """As `Masses`."""
        columns, edits = self._columns_of(chosen), _edits(chosen, self.node, self.weight)
        solved(self.walk, edits, self.node, columns)
        return linked(self.walk, edits, self.node, columns)

    def is_known(self, gain: Gain) -> bool:
        """Nothing finer is to be had."""
        return True

    def _columns_of(self, sources: Sequence[int]) -> PushColumns:
        nodes = [self.node, *sources]
        columns = _Columns(self.walk, nodes, leaks=self.leaks, work=self.work // 8, forward=self.begun.forward)
        columns.keep(self.places, self.exact)
        if isinstance(self.begun.column, Column):
            columns.know(self.begun.column)
        for source in sources:
            columns.know(self._push(source))
        return columns

    def _push(self, source: int) -> Column:
        """The column of a source, pushed once."""
        if source not in self._pushes:
            walk, most = self.walk, max(int(self.work * SOURCE_WORK), 1000)
            scratch = self.begun.forward.scratch
            of_walk = (walk.inward, walk.out_weight, source)
            self._pushes[source] = reverse_push(
                *of_walk, damping=walk.damping, epsilon=EPSILON, most_edges=most, scratch=scratch
            )
        return self._pushes[source]


class _Columns(PushColumns):
    """Columns that keep what is exact for the next question."""

    def keep(self, places: NDArray[np.int64], exact: dict[int, Floats]) -> None:
        """Take exact columns from there and leave them there, at `places` (ascending) alone."""
        self._places, self._kept = places, exact

    def _exact(self, column: int) -> Entries:
        if column not in self._kept:
            walk = self.walk
            dense = exact_column(walk.inward, walk.out_weight, column, damping=walk.damping, tolerance=EXACT)
            self._kept[column] = dense[self._places]
            self._spend(SWEEPS * walk.inward.m)
        at = np.searchsorted(self._places, self.nodes)
        return Entries(self._kept[column][at], EXACT, float("nan"), 0.0)


def _edits(sources: Sequence[int], node: int, weight: float) -> list[Edit]:
    return [Edit(source, node, weight) for source in sources]
