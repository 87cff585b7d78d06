"""Scores: make runs, and read what they say of a target. Making a run loads the compiler; reading one does not."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypedDict, Unpack, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inlink.engine.protocol import Report, silent
from inlink.errors import BadInput, NotConfigured, Unreachable
from inlink.graph.names import KINDS
from inlink.graph.policy import NOFOLLOW_SHARE, Policy
from inlink.graph.run_names import LATEST
from inlink.graph.runs import DAMPING, Run, open_run
from inlink.store.lock import Lease, readers_gate
from inlink.store.workspace import Workspace
from inlink.urls import identity
from inlink.urls.domains import SuffixRules
from inlink.urls.surt import host_key
from inlink.workbench.results import Rows, Target

if TYPE_CHECKING:
    from inlink.graph.blocks import Release
    from inlink.graph.diff_runs import RunsDiff

GRAPH_OF_SCOPE = {"url": "pages", "host": "hosts", "domain": "domains"}
SCOPE_OF_GRAPH = {graph: scope for scope, graph in GRAPH_OF_SCOPE.items()}


@dataclass(frozen=True, slots=True)
class RankReport:
    """A run that was made, or was there. outcome: made, unchanged. is_served: rows are ordered by it.

    has_lists: origins, what-if and fragility can be asked of it, not only the flow.

    snapshot: whose votes were counted; the name of a release that was ranked alone.

    n_unknown_follow: links that counted as follow because their input cannot know whether they are.
    """

    outcome: str
    run: str
    graph: str
    snapshot: str
    n: int
    m: int
    n_unknown_follow: int | None
    n_dangling: int
    iterations: int
    error_bound: float
    inputs: dict[str, object]
    is_served: bool = False
    has_lists: bool = True


@dataclass(frozen=True, slots=True)
class Authority:
    """What a run says of a target; numbers are null where the target is not in the run's graph.

    times_average: mass against that of an average node. authority is null in small graphs; notes say why.
    n_unknown_follow: links of the run that counted as follow because their input cannot know whether they are.
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
    n_unknown_follow: int | None = None


class PolicyOptions(TypedDict, total=False):
    """What a run may be made by; see graph.policy.Policy. release: an imported one that votes are laid over."""

    follow: str
    weight: str
    nofollow_share: float | None
    damping: float
    release: str | None


class DiffOptions(TypedDict, total=False):
    """site: whose links are mine. target: one row only. order: model,mine,rest or shapley. limit: None for all."""

    site: Sequence[str]
    target: str | None
    order: str
    limit: int | None


def rank(
    workspace: Workspace,
    graphs: Sequence[str] | None = None,
    *,
    serves: bool = False,
    keeps_lists: bool = False,
    workers: int | None = None,
    report: Report = silent,
    **given: Unpack[PolicyOptions],
) -> tuple[RankReport, ...]:
    """A run for each kind of graph, over the served snapshot; with `serves` that of domains orders rows from now on.

    graphs: pages, hosts, domains; None: all of them, of a release the one that it is of.
    With a release own votes are laid over it; where nothing has been built it is ranked alone. keeps_lists: origins,
    what-if and fragility can be asked of the run, however large the release is (at most 12 bytes an edge and 68 a
    domain on disk).
    """
    from inlink.engine.local import LocalEngine
    from inlink.graph import joined, scoring

    if graphs is None:
        over = _release(workspace, given.get("release"), None)
        graphs = KINDS if over is None else (over.manifest.kind.removesuffix("s") + "s",)
    if serves and "domains" not in graphs:
        raise BadInput(
            "rows are ordered by a run of domains",
            hint="use --serve with --graph domains or all, and with a release of domains",
        )

    damping = given.get("damping", DAMPING)
    policy = _policy(given)
    for kind in graphs:
        if kind not in KINDS:
            raise BadInput(f"there is no graph of {kind!r}", hint=f"use one of {', '.join(KINDS)}")
        policy.check(kind)
    settings = workspace.settings.build
    engine = LocalEngine(workers or settings.workers, settings.memory_bytes)
    done = [
        scoring.rank(
            workspace, kind, engine, policy, damping=damping, release=_release(workspace, given.get("release"), kind),
            keeps_lists=keeps_lists, report=report,
        )
        for kind in graphs
    ]  # fmt: skip
    if serves:
        joined.serve_run(workspace, next(one.run for one in done if one.run.kind == "domains"), engine, report)
    current = workspace.current()
    served = None if current is None else current.run
    return tuple(_report(one.outcome, one.run, served) for one in done)


def _policy(given: PolicyOptions) -> Policy:
    follow, share = given.get("follow", "drop"), given.get("nofollow_share")
    if share is not None and follow != "weight":
        raise BadInput(f"with --follow {follow} nofollow links have no share", hint="use --follow weight")
    return Policy(follow, given.get("weight", "one"), NOFOLLOW_SHARE if share is None else share)


def _release(workspace: Workspace, spec: str | None, kind: str | None) -> Release | None:
    """An imported release by its name or folder: that of hosts for a graph of hosts, for none (None) any.

    Raises: BadInput for an address: all of it is read.
    """
    if spec is None:
        return None
    from inlink.workbench import who

    if who.is_address(spec):
        raise BadInput("a run reads all of a release", hint="import it: inlink cc import, then name it")
    wanted = None if kind is None else "host" if kind == "hosts" else "domain"
    return who.open_here(workspace, spec, who.Asked(), wanted, addresses=False).release


def _report(outcome: str, run: Run, served: str | None) -> RankReport:
    facts = run.facts
    return RankReport(
        outcome, run.id, run.kind, run.snapshot, facts.n, facts.m, facts.n_unknown_follow, facts.n_dangling,
        facts.iterations, facts.error_bound, facts.inputs, run.id == served, run.has_lists,
    )  # fmt: skip


def authority(workspace: Workspace, text: str, scope: str | None = None, run: str = LATEST) -> Authority:
    """Where a target stands in a run: by default the latest of its kind.

    Raises: BadInput for a path, which is no node of a graph; NotFound without such a run.
    """
    asked, key = asked_for(workspace, text, scope)
    kind = GRAPH_OF_SCOPE[asked.kind]
    opened = held_run(workspace, run, kind)
    name = {"url": asked.url, "host": asked.host, "domain": asked.domain}[asked.kind] or text
    target = Target(name, asked.kind, is_guessed=scope is None)
    node = opened.names.node_of_key(key, None if asked.kind == "url" else name)
    notes = [asked.reason] if scope is None and asked.reason else []
    notes += about_snapshot(workspace, opened)
    notes += about_unknown(opened)
    about = Authority(
        target, opened.id, kind, opened.snapshot, opened.n, inputs=opened.facts.inputs,
        n_unknown_follow=opened.facts.n_unknown_follow,
    )  # fmt: skip
    if node is None:
        return replace(about, notes=(*notes, not_there(name, kind)))
    found = opened.standing(node)
    return replace(
        about,
        mass=found.mass,
        times_average=found.mass * found.n,
        position=found.position,
        authority=found.authority,
        in_votes=int(opened.in_votes[node]),
        notes=(*notes, *([found.why_not] if found.why_not else [])),
    )


@lru_cache(maxsize=4)
def rules_of(suffixes: tuple[str, ...]) -> SuffixRules:
    """The suffix list with the user's own suffixes: reading it takes as long as a question."""
    return SuffixRules(suffixes)


def asked_for(workspace: Workspace, text: str, scope: str | None) -> tuple[identity.Target, str]:
    """The page, host or domain that a text means, and its key in a graph."""
    rules = rules_of(workspace.settings.suffixes)
    asked = identity.target(text, cast("identity.Scope | None", scope), rules=rules)
    if asked.kind not in GRAPH_OF_SCOPE:
        raise BadInput(
            f"{text} stands for many pages, and a graph has one node a page, host or domain",
            hint="choose --scope url, host or domain",
        )
    return asked, asked.key or host_key(asked.host if asked.kind == "host" else asked.domain)


def held_run(workspace: Workspace, run: str, kind: str | None = None) -> Run:
    """An opened run that `gc` leaves alone until it is let go of.

    Raises: BadInput where a named run has another kind of graph; NotFound.
    """
    try:
        with readers_gate(workspace.locks):
            opened = open_run(workspace, run, kind=kind)
            lease = Lease(workspace.locks, opened.id)
    except Unreachable:  # nothing can be written here: then nothing can be removed either
        opened = open_run(workspace, run, kind=kind)
        lease = Lease(None, opened.id)
    weakref.finalize(opened, lease.release)
    if kind not in (None, opened.kind):
        raise BadInput(
            f"the run {opened.id} is of {opened.kind}, not of {kind}",
            hint=f"name a run of {kind}, or choose another --scope",
        )
    return opened


DIFF_COLUMNS = (
    *("name", "change", "model", "my_links", "rest", "mass_a", "mass_b"),
    *("position_a", "position_b", "authority_a", "authority_b", "is_mine"),
)


def diff_runs(
    workspace: Workspace,
    run_a: str,
    run_b: str,
    *,
    site: Sequence[str] = (),
    target: str | None = None,
    order: str = "model,mine,rest",
    limit: int | None = 50,
) -> Rows:
    """What changed each target's mass from one run to another, the greatest change first.

    site: whose links are mine; by default the settings' site with its aliases.
    Raises: NotConfigured where no site is known; BadInput; NotFound.
    """
    from inlink.graph import diff_runs as compared

    own = workspace.settings.site
    site = tuple(site) or ((own.domain, *own.aliases) if own.domain else ())
    if not site:
        raise NotConfigured(
            "which links are yours is not known",
            hint="name your site: --site example.org, or [site] domain in inlink.toml",
        )
    a, b = held_run(workspace, run_a), held_run(workspace, run_b)
    found = compared.diff_runs(workspace, a, b, site, order=order, threads=workspace.settings.build.workers)
    nodes = np.lexsort((np.arange(len(found.keys)), -np.abs(found.columns["change"])))
    if target is not None:
        key = asked_for(workspace, target, SCOPE_OF_GRAPH[a.kind])[1]
        nodes = np.flatnonzero(pc.equal(found.keys, key).to_numpy(zero_copy_only=False))
    shown = nodes[:limit]
    table = pa.Table.from_pylist([_diff_row(found, int(node), a, b) for node in shown], schema=_diff_schema())
    return Rows(
        table,
        DIFF_COLUMNS,
        len(nodes),
        None,
        None,
        f"{a.snapshot} to {b.snapshot}",
        (
            *([f"{target} is in neither run"] if target is not None and not len(nodes) else []),
            *_diff_notes(a, b, site, order),
        ),
    )


def _diff_schema() -> pa.Schema:
    kinds = {"name": pa.string(), "position_a": pa.int64(), "position_b": pa.int64(), "is_mine": pa.bool_()}
    return pa.schema([(name, kinds.get(name, pa.float64())) for name in DIFF_COLUMNS])


def _diff_row(found: RunsDiff, node: int, a: Run, b: Run) -> dict[str, object]:
    row: dict[str, object] = {"name": found.names[node].as_py(), "is_mine": bool(found.columns["is_mine"][node])}
    for name, part in (("change", "change"), ("model", "model"), ("my_links", "mine"), ("rest", "rest")):
        row[name] = float(found.columns[part][node])
    for letter, run in (("a", a), ("b", b)):
        place = int(found.columns[f"node_{letter}"][node])
        if place >= 0:
            stands = run.standing(place)
            about = {"mass": stands.mass, "position": stands.position, "authority": stands.authority}
            row |= {f"{name}_{letter}": value for name, value in about.items()}
    return row


def _diff_notes(a: Run, b: Run, site: Sequence[str], order: str) -> list[str]:
    switched = "the mean over all orders" if order == "shapley" else f"switched in the order {order}"
    notes = [
        f"A: run {a.id} of snapshot {a.snapshot}; B: run {b.id} of snapshot {b.snapshot}",
        f"change = model + my links + rest, {switched}; my links are those from or to {', '.join(site)}",
    ]
    if a.facts.votes == b.facts.votes:
        notes.append("both runs count the votes of one snapshot: only the model differs")
    return notes


def about_snapshot(workspace: Workspace, run: Run) -> list[str]:
    """Says so where a run is not of the served snapshot."""
    current = workspace.current()
    if current is None or current.snapshot == run.snapshot:
        return []
    if run.snapshot == run.recipe.release:
        return [
            f"the run is of {run.snapshot} alone: inlink rank --release lays the links of {current.snapshot} over it"
        ]
    return [f"the run is of snapshot {run.snapshot}; {current.snapshot} is served: inlink rank makes a newer run"]


def about_unknown(run: Run) -> list[str]:
    """Says so where links counted as follow of which that is not known."""
    n = run.facts.n_unknown_follow
    if not n:
        return []
    links = "1 link counts" if n == 1 else f"{n:,} links count"
    return [f"{links} as follow in this run, whose inputs cannot know whether they are"]


def not_there(name: str, kind: str) -> str:
    """Why a name is no node."""
    what = kind.removesuffix("s")
    return f"{name} is not in the graph: no page of it was captured, and no {what} votes for it"
