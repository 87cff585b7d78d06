"""The mass of a node if links to it were added or lost: exact, several edits together, nothing recomputed.

The formula and its bounds are in `what_if_masses`; what a graph makes of a link is in `what_if_wishes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inlink.graph.explain_numbers import Floats
from inlink.graph.explain_walk import Walk
from inlink.graph.flow import check_node
from inlink.graph.policy import Policy
from inlink.graph.what_if_columns import WORK, PushColumns
from inlink.graph.what_if_forward import Forward
from inlink.graph.what_if_masses import MassAfter, mass_after
from inlink.graph.what_if_row import ROW_WORK, TargetRow, seen_of
from inlink.graph.what_if_rows import Edit
from inlink.graph.what_if_wishes import CountsOf, Judged, Wish, counts_of_plain, judge
from inlink.kernels.push import Column
from inlink.kernels.push_sweeps import Swept

TOLERANCE = 5e-10
FIRST_WORK = 150_000  # edges to begin with where a column is known already
MORE = 8  # times the work where that is not enough
OF_CHANGE, OF_MASS = 1e-3, 1e-7  # well enough known: so small a share of the change, or of the mass


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier questions about a walk left: places and leaks for all of them, the target's column, and its row."""

    forward: Forward
    column: Column | Swept
    row: TargetRow | None = None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The target's mass before and after all edits together, each wish's case, and the mass after each alone.

    Effects of single wishes do not add up to that of all: links of one source share its vote.
    """

    node: int
    together: MassAfter
    judged: tuple[Judged, ...]
    alone: tuple[MassAfter, ...]


def what_if(
    walk: Walk,
    node: int,
    wishes: Sequence[Wish],
    *,
    policy: Policy | None = None,
    counts_of: CountsOf | None = None,
    by_pages: bool = False,
    leaks: Floats | None = None,
    known: Known | None = None,
    work: int = WORK,
) -> WhatIf:
    """What the wishes do to the node's mass. `leaks`, `known`: from an earlier question; `work`: edges that may be
    looked at.

    Raises: NotFound for an unknown node.
    Cost: one reverse push for the node and one for each changed source; more where the bound asks for it. With `known`
    the work grows step by step, until the change is known to three digits or the mass to seven.
    """
    check_node(walk, node)
    policy, counts_of = policy or Policy(), counts_of or counts_of_plain(walk)
    judged = judge(walk, node, wishes, policy, counts_of, by_pages=by_pages)
    edits = [one.edit for one in judged if one.edit]
    together, columns = known_enough(walk, edits, node, leaks=leaks, known=known, work=work)
    singly = [judge(walk, node, [wish], policy, counts_of, by_pages=by_pages)[0].edit for wish in wishes]
    alone = tuple(solved(walk, [edit] if edit else [], node, columns) for edit in singly)
    return WhatIf(node, together, tuple(judged), alone)


def nodes_of(node: int, edits: Sequence[Edit]) -> list[int]:
    """The nodes at which the columns are needed."""
    return [node, *(edit.source for edit in edits), *(edit.target for edit in edits)]


def known_enough(
    walk: Walk, edits: Sequence[Edit], node: int, *, leaks: Floats | None, known: Known | None, work: int
) -> tuple[MassAfter, PushColumns]:
    """The mass after edits, and the columns that gave it. Raises: as `solved`."""
    nodes = nodes_of(node, edits)
    if known is None:
        columns = PushColumns(walk, nodes, leaks=leaks, work=work)
        return solved(walk, edits, node, columns), columns
    allowed = min(FIRST_WORK, work)
    while True:
        known.forward.forget()  # what was asked before changes no answer
        columns = PushColumns(walk, nodes, leaks=leaks, work=allowed, forward=known.forward, target=known.row)
        columns.know(known.column)
        found = solved(walk, edits, node, columns)
        if allowed >= work or is_known(found):
            return found, columns
        allowed = min(allowed * MORE, work)


def target_row(walk: Walk, forward: Forward, column: Column | Swept, *, work: int = ROW_WORK) -> TargetRow:
    """The row of a target whose column is known, for all what-ifs about it.

    Raises: BadInput.    Cost: `work` out-links looked at, and 4 n bytes.
    """
    forward.forget()
    row = forward.visits(column.target, most_edges=work)
    columns = PushColumns(walk, [column.target], forward=forward, work=0)
    columns.know(column)
    (own,), error = columns.entries([column.target], column.target)
    (leak,), leak_error = columns.leaks([column.target])
    forward.forget()
    return TargetRow(seen_of(walk, row, forward), (float(own), error), (float(leak), leak_error))


def is_known(found: MassAfter) -> bool:
    """Known well enough: its change to three digits, or the mass to seven."""
    return found.error <= max(OF_CHANGE * abs(found.after - found.before), OF_MASS * found.after)


def solved(
    walk: Walk, edits: Sequence[Edit], node: int, columns: PushColumns, *, tolerance: float = TOLERANCE
) -> MassAfter:
    """The mass after edits, columns refined until its bound is a share `tolerance` of it or they are as fine as can be.

    Raises: BadInput where an edit takes more than an edge weighs.
    """
    found = mass_after(walk, edits, node, columns)
    while found.error > tolerance * found.after and columns.refine():
        found = mass_after(walk, edits, node, columns)
    return found
