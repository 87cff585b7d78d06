"""Verbs about scores: rank, authority, runs, diff-runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from inlink.cli.declare import Call
from inlink.cli.output import Output
from inlink.cli.progress import progress
from inlink.cli.rendering import show
from inlink.cli.tables import draw, footer, heading
from inlink.cli.text import clean
from inlink.workbench import Workbench
from inlink.workbench.json_values import to_json
from inlink.workbench.ranking import Authority, RankReport
from inlink.workbench.run_lists import RunRow

LISTED = ("run", "used", "snapshot", "made_at", "n", "m", "follow", "weight", "damping", "release")


def rank(
    call: Call,
    *,
    graph: str,
    follow: str,
    weight: str,
    nofollow_share: float | None,
    damping: float,
    release: str | None,
    serves: bool,
    keeps_lists: bool,
    workers: int | None,
    output: str | None,
) -> None:
    """Make the scoring runs of the served snapshot."""
    place = Output(quiet=call.quiet)
    graphs = None if graph == "all" else (graph,)
    with Workbench.open(call.folder) as bench, progress(place) as report:
        done = bench.rank(
            graphs, follow=follow, weight=weight, nofollow_share=nofollow_share, damping=damping, release=release,
            serves=serves, keeps_lists=keeps_lists, workers=workers, report=report,
        )  # fmt: skip
    if output == "json":
        place.line(to_json([dataclasses.asdict(one) for one in done], indent=2))
        return
    for one in done:
        place.line(clean(_ranked(one)))


def runs(call: Call, *, limit: int | None, output: str | None) -> None:
    """List the scoring runs."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        found = bench.runs()
    if output == "json":
        place.line(
            to_json({"runs": [dataclasses.asdict(one) for one in found[:limit]], "n_total": len(found)}, indent=2)
        )
        return
    if not found:
        place.line("no scoring runs yet: inlink rank")
        return
    draw(place, LISTED, [{**dataclasses.asdict(one), "used": _used(one)} for one in found[:limit]])
    if limit is not None and len(found) > limit:
        place.line()
        place.line(f"{limit:,} of {len(found):,} shown, --limit all lists all")


def _used(one: RunRow) -> str:
    """What a run stands for where none is named."""
    return ", ".join(word for word, is_so in (("latest", one.is_latest), ("served", one.is_served)) if is_so)


def _ranked(one: RankReport) -> str:
    made = "made" if one.outcome == "made" else "is there already: same inputs, same scores"
    size = f"{one.n:,} {one.graph}, {one.m:,} votes, {one.n_dangling:,} vote for nobody"
    served = " · orders links and referring domains" if one.is_served else ""
    if not one.has_lists:
        served += " · origins, what-if and fragility need --keep-lists"
    if one.n_unknown_follow:
        size += f" · {one.n_unknown_follow:,} links count as follow though it is not known whether they are"
    return f"run {one.run} {made} · {size} · {one.iterations} steps, error at most {one.error_bound:.1g}{served}"


def authority(call: Call, *, target: str, scope: str | None, run: str, output: str | None) -> None:
    """Where a target stands."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        found = bench.authority(target, scope=scope, run=run)
    if output == "json":
        place.line(to_json(as_object(found), indent=2))
        return
    heading(place, f"{found.target.text} ({found.target.scope})")
    place.line()
    for label, value, more in _lines(found):
        place.line(clean(f"{label:<10}{value:>14}  {more}".rstrip()))
    place.line()
    footer(place, [said(found), *found.notes])


def as_object(found: Authority) -> dict[str, object]:
    """A standing as a JSON object."""
    rest = {f.name: getattr(found, f.name) for f in dataclasses.fields(found) if f.name != "target"}
    return {
        "target": found.target.text,
        "scope": found.target.scope,
        "scope_is_guessed": found.target.is_guessed,
        **rest,
        "notes": list(found.notes),
    }


def _lines(found: Authority) -> Iterator[tuple[str, str, str]]:
    if found.mass is None or found.position is None:
        yield "Authority", "–", "not in the graph"
        return
    score = "–" if found.authority is None else f"{found.authority:.1f}"
    yield "Authority", score, "" if found.authority is None else "of 100"
    yield "Position", f"{found.position:,}", f"of {found.n:,} {found.graph}"
    times = found.times_average or 0.0
    shown = f"{times:,.0f}" if times >= 100 else f"{times:.2g}"
    yield "Mass", f"{found.mass:.6g}", f"{shown} times the average"
    yield "Votes", f"{found.in_votes or 0:,}", f"{found.graph} that vote for it"


def said(found: Authority) -> str:
    """Which run a number is of, and by what policy."""
    return f"run {found.run} · snapshot {found.snapshot} · {policy_words(found.inputs or {})}"


def policy_words(inputs: Mapping[str, object]) -> str:
    """The policy of a run in words."""
    share = f" {inputs['nofollow_share']}" if "nofollow_share" in inputs else ""
    over = f", over {inputs['release']}" if "release" in inputs else ""
    weight, damping = inputs.get("weight"), inputs.get("damping")
    return f"nofollow: {inputs.get('follow')}{share}, weight: {weight}, damping {damping}{over}"


def diff_runs(
    call: Call,
    *,
    run_a: str,
    run_b: str,
    site: tuple[str, ...],
    target: str | None,
    order: str,
    limit: int | None,
    output: str | None,
) -> None:
    """What changed between two runs, target by target."""
    with Workbench.open(call.folder) as bench:
        found = bench.diff_runs(run_a, run_b, site=site, target=target, order=order, limit=limit)
    show(Output(quiet=call.quiet), found, output)
