"""The masses of candidates for new links, one after the other: what several questions need is found once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inlink.graph.explain_numbers import Floats
from inlink.graph.explain_walk import Walk
from inlink.graph.what_if import Known, is_known, solved, target_row
from inlink.graph.what_if_columns import EXACT, SWEEPS, Entries, Lack, PushColumns, lack_of, sharpened
from inlink.graph.what_if_forward import Forward
from inlink.graph.what_if_masses import Linked, MassAfter, linked, mass_after
from inlink.graph.what_if_pairs import PairColumns
from inlink.graph.what_if_row import Bound, TargetRow
from inlink.graph.what_if_rows import Edit
from inlink.kernels.push import Column, exact_column, reverse_push
from inlink.kernels.push_sweeps import Swept

EPSILON = 1e-7
KEPT = 1 << 25  # values of pushes that are kept: 12 bytes each
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
        self._shared = Shared(np.union1d(pool, [self.node]))
        self._columns: dict[tuple[int, ...], PushColumns] = {}
        self._found: dict[tuple[int, ...], MassAfter] = {}

    def after(self, chosen: Sequence[int], source: int) -> MassAfter:
        """As `Masses`."""
        key = (*chosen, source)
        if key not in self._found:
            edits = _edits(key, self.node, self.weight)
            self._found[key] = solved(self.walk, edits, self.node, self._columns_of(key))
        return self._found[key]

    def linked(self, chosen: Sequence[int]) -> Linked:
        """As `Masses`."""
        return linked(self.walk, _edits(chosen, self.node, self.weight), self.node, self._columns_of(tuple(chosen)))

    def is_known(self, gain: Gain) -> bool:
        """Nothing finer is to be had."""
        return True

    def _columns_of(self, sources: tuple[int, ...]) -> PushColumns:
        """Columns at the target and some sources, as fine as the last question left them."""
        if sources not in self._columns:
            nodes, most = [self.node, *sources], max(int(self.work * SOURCE_WORK), 1000)
            columns = SharedColumns(self.walk, nodes, leaks=self.leaks, work=self.work // 8, forward=self.begun.forward)
            columns.shared = self._shared
            columns.know(self.begun.column)
            for source in sources:
                columns.know(columns.pushed(source, EPSILON, most))
            self._columns[sources] = columns
        return self._columns[sources]


def _edits(sources: Sequence[int], node: int, weight: float) -> list[Edit]:
    return [Edit(source, node, weight) for source in sources]


class Shared:
    """What is known of columns. places: nodes, ascending, at which exact columns are kept."""

    def __init__(self, places: NDArray[np.int64]) -> None:
        self.places = places
        self.exact: dict[int, Floats] = {}
        self.lacks: dict[tuple[int, float], Lack] = {}
        self.bounds: dict[tuple[int, int, float], Bound] = {}
        self.leaks: Floats | None = None
        self._pushes: OrderedDict[tuple[int, float], Column] = OrderedDict()
        self._size = 0

    def push(self, key: tuple[int, float]) -> Column | None:
        """A push of a column to an epsilon, if it is still there."""
        if key in self._pushes:
            self._pushes.move_to_end(key)
        return self._pushes.get(key)

    def keep(self, key: tuple[int, float], column: Column) -> None:
        """Keep a push, and let go of the oldest where all are too large."""
        self._pushes[key] = column
        self._size += _size(column)
        while self._size > KEPT and len(self._pushes) > 1:
            self._size -= _size(self._pushes.popitem(last=False)[1])


def _size(column: Column) -> int:
    return len(column.nodes) + len(column.residual_nodes)


class SharedColumns(PushColumns):
    """Columns for one of many questions about the same nodes. shared: to be set before the first question."""

    shared: Shared

    def pushed(self, column: int, epsilon: float, most: int) -> Column:
        """A push of this question or an earlier one."""
        found = self.shared.push((column, epsilon))
        if found is None:
            found = super()._pushed(column, epsilon, most)
            self.shared.keep((column, epsilon), found)
        return found

    def _pushed(self, column: int, epsilon: float, most: int) -> Column:
        return self.pushed(column, epsilon, most)

    def _leaks(self) -> Floats:
        if self.all_leaks is None:
            if self.shared.leaks is None:
                self.shared.leaks = super()._leaks()
            self.all_leaks = self.shared.leaks
        return self.all_leaks

    def _bounds(self, column: Column | Swept) -> list[Bound]:
        walk, key, leaked = self.walk, (column.target, column.error_bound), self._rows_forward().leaked
        lack, known = self.shared.lacks.get(key), self.shared.bounds
        self.shared.lacks[key] = lack = lack or lack_of(walk, column)
        for row in self._visits():
            if (row.start, *key) not in known:
                known[row.start, *key] = sharpened(walk, row, column, lack, leaked)
        return [known[row.start, *key] for row in self._visits()]

    def _exact(self, column: int) -> Entries:
        shared, walk = self.shared, self.walk
        if column not in shared.exact:
            dense = exact_column(walk.inward, walk.out_weight, column, damping=walk.damping, tolerance=EXACT)
            shared.exact[column] = dense[shared.places]
            self._spend(SWEEPS * walk.inward.m)
        return Entries(shared.exact[column][np.searchsorted(shared.places, self.nodes)], EXACT, float("nan"), 0.0)
