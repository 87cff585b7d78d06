"""Scores: make runs, and read what they say of a target. Making a run loads the compiler; reading one does not."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from inlink.engine.protocol import Report, silent
from inlink.errors import BadInput
from inlink.graph.names import KINDS
from inlink.graph.policy import NOFOLLOW_SHARE, Policy
from inlink.graph.runs import LATEST, Run, open_run
from inlink.store.lock import Lease, readers_gate
from inlink.store.workspace import Workspace
from inlink.urls import identity
from inlink.urls.domains import SuffixRules
from inlink.workbench.results import Target

GRAPH_OF_SCOPE = {"url": "pages", "host": "hosts", "domain": "domains"}


@dataclass(frozen=True, slots=True)
class RankReport:
    """A run that was made, or was there. outcome: made, unchanged."""

    outcome: str
    run: str
    graph: str
    snapshot: str
    n: int
    m: int
    n_dangling: int
    iterations: int
    error_bound: float
    inputs: dict[str, object]


@dataclass(frozen=True, slots=True)
class Authority:
    """What a run says of a target; numbers are null where the target is not in the run's graph.

    times_average: mass against that of an average node. authority is null in small graphs; notes say why.
    """

    target: Target
    run: str
    graph: str
    snapshot: str
    n: int
    mass: float | None = None
    times_average: float | None = None
    position: int | None = None
    authority: float | None = None
    in_votes: int | None = None
    inputs: dict[str, object] | None = None
    notes: tuple[str, ...] = ()


def rank(
    workspace: Workspace,
    graphs: Sequence[str] = KINDS,
    *,
    follow: str = "drop",
    weight: str = "one",
    nofollow_share: float = NOFOLLOW_SHARE,
    damping: float | None = None,
    workers: int | None = None,
    report: Report = silent,
) -> tuple[RankReport, ...]:
    """A run for each kind of graph, over the served snapshot."""
    from inlink.engine.local import LocalEngine
    from inlink.graph import scoring
    from inlink.graph.runs import DAMPING

    policy = Policy(follow, weight, nofollow_share)
    for kind in graphs:
        if kind not in KINDS:
            raise BadInput(f"there is no graph of {kind!r}", hint=f"use one of {', '.join(KINDS)}")
        policy.check(kind)
    settings = workspace.settings.build
    engine = LocalEngine(workers or settings.workers, settings.memory_bytes)
    damping = DAMPING if damping is None else damping
    done = [scoring.rank(workspace, kind, engine, policy, damping=damping, report=report) for kind in graphs]
    return tuple(_report(ranked.outcome, ranked.run) for ranked in done)


def _report(outcome: str, run: Run) -> RankReport:
    facts = run.facts
    return RankReport(
        outcome, run.id, run.kind, run.snapshot, facts.n, facts.m, facts.n_dangling, facts.iterations,
        facts.error_bound, facts.inputs,
    )  # fmt: skip


def authority(workspace: Workspace, text: str, scope: str | None = None, run: str = LATEST) -> Authority:
    """Where a target stands in a run: by default the latest of its kind.

    Raises: BadInput for a path, which is no node of a graph; NotFound without such a run.
    """
    rules = SuffixRules(workspace.settings.suffixes)
    asked = identity.target(text, cast("identity.Scope | None", scope), rules=rules)
    kind = GRAPH_OF_SCOPE.get(asked.kind)
    if kind is None:
        raise BadInput(
            f"{text} stands for many pages, and a graph has one node a page, host or domain",
            hint="choose --scope url, host or domain",
        )
    opened = held_run(workspace, run, kind)
    name = {"url": asked.url, "host": asked.host, "domain": asked.domain}[asked.kind] or text
    target = Target(name, asked.kind, is_guessed=scope is None)
    node = opened.names.node_of_key(asked.key) if asked.kind == "url" and asked.key else opened.names.node(name)
    notes = [asked.reason] if scope is None and asked.reason else []
    notes += _about_snapshot(workspace, opened)
    about = {"target": target, "run": opened.id, "graph": kind, "snapshot": opened.snapshot, "n": opened.n,
             "inputs": opened.facts.inputs}  # fmt: skip
    if node is None:
        return Authority(**about, notes=(*notes, _not_there(name, kind)))
    found = opened.standing(node)
    return Authority(
        **about,
        mass=found.mass,
        times_average=found.mass * found.n,
        position=found.position,
        authority=found.authority,
        in_votes=int(opened.in_votes[node]),
        notes=(*notes, *([found.why_not] if found.why_not else [])),
    )


def held_run(workspace: Workspace, run: str, kind: str | None = None) -> Run:
    """An opened run that `gc` leaves alone until it is let go of.

    Raises: BadInput where a named run has another kind of graph; NotFound.
    """
    with readers_gate(workspace.locks):
        opened = open_run(workspace, run, kind=kind)
        lease = Lease(workspace.locks, opened.id)
    weakref.finalize(opened, lease.release)
    if kind not in (None, opened.kind):
        raise BadInput(
            f"the run {opened.id} is of {opened.kind}, not of {kind}",
            hint=f"name a run of {kind}, or choose another --scope",
        )
    return opened


def _about_snapshot(workspace: Workspace, run: Run) -> list[str]:
    current = workspace.current()
    if current is None or current.snapshot == run.snapshot:
        return []
    return [f"the run is of snapshot {run.snapshot}; {current.snapshot} is served: inlink rank makes a newer run"]


def _not_there(name: str, kind: str) -> str:
    what = kind.removesuffix("s")
    return f"{name} is not in the graph: no page of it was captured, and no {what} votes for it"
