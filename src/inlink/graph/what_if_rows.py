"""Edits of links as changes of a walk's rows: one row for each source, however many of its links change.

    row of s before: w(s, .) / W,  after: (w(s, .) + changes) / W'      W' = W + changes + what evaporates more
    difference d_s = (W / W' - 1) P[s, .] + sum over edits of change / W' at their targets

An empty row (W = 0, dangling) has no P[s, .]; a row that loses its last link becomes empty and leaks all its mass.
Nodes that the graph does not have are numbered from n on: new nodes without in-links.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inlink.errors import BadInput
from inlink.graph.explain_walk import Walk

EMPTY = 1e-12  # of the weight before: what is left below this is rounding


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one edge's weight (negative: lost), and of the weight that evaporates at its source."""

    source: int
    target: int
    change: float
    evaporated: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """A source before and after its edits: out-weight, leak, and the changes at targets."""

    source: int
    weight: float
    weight_after: float
    leak: float
    leak_after: float
    changes: tuple[tuple[int, float], ...]

    @property
    def kept(self) -> float:
        """Factor of the old row in the difference: W / W' - 1; -1 where the row becomes empty; 0 where it was."""
        if self.weight == 0:
            return 0.0
        return self.weight / self.weight_after - 1 if self.weight_after else -1.0

    @property
    def shares(self) -> tuple[tuple[int, float], ...]:
        """What the difference has at the targets of the edits."""
        if self.weight_after == 0:
            return ()
        return tuple((target, change / self.weight_after) for target, change in self.changes)

    @property
    def is_moved(self) -> bool:
        """The walk takes other steps from here than before."""
        return self.kept != 0 or self.leak != self.leak_after or any(share != 0 for _, share in self.shares)


def rows_of(walk: Walk, edits: Sequence[Edit]) -> list[Row]:
    """The changed rows, by source. Raises: BadInput where an edit takes more than an edge weighs."""
    by_source: dict[int, list[Edit]] = {}
    for edit in edits:
        by_source.setdefault(edit.source, []).append(edit)
    rows = [_row(walk, source, by_source[source]) for source in sorted(by_source)]
    return [row for row in rows if row.is_moved]


def n_new_nodes(walk: Walk, edits: Sequence[Edit]) -> int:
    """How many sources the graph does not have."""
    return len({edit.source for edit in edits if edit.source >= walk.n})


def votes_after(walk: Walk, edits: Sequence[Edit], node: int) -> int:
    """How many nodes link to a node once edits are made."""
    changes: dict[int, float] = {}
    for edit in edits:
        if edit.target == node:
            changes[edit.source] = changes.get(edit.source, 0.0) + edit.change
    found = len(walk.in_links(node)[0])
    for source, change in changes.items():
        before = walk.weight(source, node) if source < walk.n else 0.0
        found += int(before + change > EMPTY * before) - int(before > 0)
    return found


def _row(walk: Walk, source: int, edits: Sequence[Edit]) -> Row:
    is_new = source >= walk.n
    weight = 0.0 if is_new else float(walk.out_weight[source])
    leak = 1.0 if is_new else walk.leak_of(source)
    changes: dict[int, float] = {}
    for edit in edits:
        if edit.target >= walk.n:
            raise BadInput("links of new nodes can only point to nodes of the graph", hint="name a known target")
        changes[edit.target] = changes.get(edit.target, 0.0) + edit.change
    for target, change in changes.items():
        _check_weight(walk, source, target, change, is_new=is_new)
    linked = weight * (1 - leak) if weight else 0.0
    evaporated = sum(edit.evaporated for edit in edits) + weight - linked
    linked_after = linked + sum(changes.values())
    linked_after = 0.0 if linked_after <= EMPTY * linked else linked_after
    evaporated = 0.0 if evaporated <= EMPTY * weight else evaporated
    after = linked_after + evaporated
    return Row(source, weight, after, leak, evaporated / after if after else 1.0, tuple(changes.items()))


def _check_weight(walk: Walk, source: int, target: int, change: float, *, is_new: bool) -> None:
    if change >= 0:
        return
    present = 0.0 if is_new else walk.weight(source, target)
    if present + change < -EMPTY * present:
        raise BadInput("an edit takes more weight than the edge has", hint="lose a link once", weight=present)
