"""The scoring runs of a workspace, as a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from inlink.graph.runs import Run, remembered, runs_of
from inlink.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class RunRow:
    """A scoring run. is_latest: the one of its graph that was asked for last; is_served: rows are ordered by it.

    n: nodes; m: votes. error_bound: of the sum of all errors of masses. release: what the votes are laid over.
    has_lists: origins, what-if and fragility can be asked of it, not only the flow.
    """

    run: str
    graph: str
    snapshot: str
    made_at: datetime
    n: int
    m: int
    n_dangling: int
    n_unknown_follow: int | None
    iterations: int
    error_bound: float
    follow: str
    weight: str
    damping: float
    release: str | None
    is_latest: bool
    is_served: bool
    has_lists: bool


def runs(workspace: Workspace) -> tuple[RunRow, ...]:
    """All runs that can be read, the newest first."""
    found = runs_of(workspace)
    latest = {run.kind: run.id for run in found} | remembered(workspace)
    current = workspace.current()
    served = None if current is None else current.run
    return tuple(_row(run, latest.get(run.kind), served) for run in reversed(found))


def _row(run: Run, latest: str | None, served: str | None) -> RunRow:
    facts, inputs = run.facts, run.facts.inputs
    return RunRow(
        run=run.id,
        graph=run.kind,
        snapshot=run.snapshot,
        made_at=datetime.fromisoformat(facts.made_at),
        n=facts.n,
        m=facts.m,
        n_dangling=facts.n_dangling,
        n_unknown_follow=facts.n_unknown_follow,
        iterations=facts.iterations,
        error_bound=facts.error_bound,
        follow=str(inputs["follow"]),
        weight=str(inputs["weight"]),
        damping=float(inputs["damping"]),
        release=inputs.get("release"),
        is_latest=run.id == latest,
        is_served=run.id == served,
        has_lists=run.has_lists,
    )
