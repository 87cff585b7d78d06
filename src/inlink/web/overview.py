"""The overview of a target."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from inlink.errors import BadInput, CorruptIndex, NotConfigured, NotFound
from inlink.web.access import needs
from inlink.web.answers import READS, bench_of, page, paths_of
from inlink.web.charts import FlowBar, bars, drawn_page, flow_bars, stacked
from inlink.web.charts_scale import Scale, scale_of
from inlink.web.query import Query
from inlink.workbench import Overview, Rows, Workbench
from inlink.workbench.over_time import OverTime, Step
from inlink.workbench.people import Role
from inlink.workbench.ranking import Authority

TOP = 8
FLOWS = 6
MOST_RIVALS = 4
CHANGED = ("change", "reason", "changed_at", "source_url")
MISSING = (NotFound, NotConfigured, BadInput, CorruptIndex)


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the reports on a target; `more` is a count, or what changed."""

    label: str
    path: str
    more: str = ""


@needs(Role.VIEWER)
def overview(request: Request) -> Response:
    """The key numbers of a target."""
    query = Query.of(request)
    if not query.q:
        return RedirectResponse("/", status_code=303)
    bench = bench_of(request)
    found = bench.overview(query.q, scope=query.scope or None, strict=query.strict)
    query = query.with_scope(found.target.scope)
    changes = _changes(bench, query, found)
    standing = _standing(bench, query)
    over_time = bench.over_time(query.q, scope=query.scope, strict=query.strict)
    return page(
        request,
        "overview.html",
        query=query,
        found=found,
        tabs=tabs_of(request, found),
        is_own=found.target.scope == "domain" and found.target.text == bench.site.domain,
        anchors=_top(found.anchors),
        pages=_top(found.pages),
        domains=_top(found.domains),
        changes=changes,
        change_rows=changes.to_dicts() if changes else [],
        change_notes=[note for note in changes.notes if note not in found.notes] if changes else [],
        rel=stacked(rel_split(found)),
        areas=drawn_page(found.breakdowns.get("region", ())),
        regions={count.value: count.n_links for count in found.breakdowns.get("region", ())},
        tlds=bars(found.breakdowns.get("tld", ()), domains=True),
        languages=bars(found.breakdowns.get("lang", ()), 4),
        standing=standing,
        scale=_scale(bench, standing),
        flow=_flow(bench, query, standing),
        over_time=over_time,
        step_name=step_name,
        delta=_delta(over_time),
    )


def tabs_of(request: Request, found: Overview) -> list[Tab]:
    """The reports on a target that this site has, with what is known of their lengths."""
    tabs = [
        Tab("Overview", "/overview"),
        Tab("Backlinks", "/backlinks", f"{found.n_links:,}"),
        Tab("Referring domains", "/domains", f"{found.n_domains:,}"),
        Tab("Anchors", "/anchors"),
        Tab("Best pages", "/pages", f"{found.n_target_pages:,}"),
        Tab("Broken backlinks", "/broken"),
        Tab("New and lost", "/changes", f"+{found.n_new_links:,} −{found.n_newly_lost_links:,}"),
        Tab("Outgoing", "/outgoing"),
    ]
    paths = paths_of(request)
    return [tab for tab in tabs if tab.path in paths]


def step_name(step: Step, unit: str) -> str:
    """A step of time in words: 15 Oct 2026, week of 12 Oct 2026, Oct 2026, 2026."""
    if unit == "year":
        return str(step.start.year)
    if unit == "month":
        return f"{step.start:%b %Y}"
    return ("week of " if unit == "week" else "") + day_name(step.start)


def day_name(day: date) -> str:
    """15 Oct 2026."""
    return f"{day.day} {day:%b %Y}"


def _delta(over_time: OverTime) -> Step | None:
    """The latest step in which anything was looked at; None where nothing can be compared."""
    if not over_time.is_compared or len(over_time.steps) < 2:
        return None
    return over_time.steps[-1]


def _standing(bench: Workbench, query: Query) -> Authority | None:
    """Where the target stands in the latest run; nothing where there is no run, or the target is no node of a graph."""
    try:
        return bench.authority(query.q, scope=query.scope)
    except MISSING:
        return None


def _scale(bench: Workbench, standing: Authority | None) -> Scale | None:
    """Where the target stands among all, beside its competitors where they are domains of the same graph."""
    if standing is None or standing.position is None:
        return None
    rivals = []
    for name in bench.site.competitors[:MOST_RIVALS] if standing.graph == "domains" else ():
        try:
            rivals.append(bench.authority(name, scope="domain", run=standing.run))
        except MISSING:
            continue
    return scale_of(standing, [rival for rival in rivals if rival.target.text != standing.target.text])


def _flow(bench: Workbench, query: Query, standing: Authority | None) -> list[FlowBar]:
    """Where the target's mass comes from, in the run of its standing."""
    if standing is None or not standing.mass:
        return []
    try:
        return flow_bars(bench.explain(query.q, scope=query.scope, run=standing.run, limit=FLOWS), standing.mass)
    except CorruptIndex:
        return []


def _top(table: pa.Table | None) -> list[dict[str, Any]]:
    return table.slice(0, TOP).to_pylist() if table is not None else []


def rel_split(found: Overview) -> list[tuple[str, int]]:
    """Backlinks by what their rel says, each link once, follow first."""
    rel = {count.value or "unknown": count.n_links for count in found.breakdowns.get("rel", ())}
    first = [("follow", rel.pop("follow"))] if "follow" in rel else []
    return first + sorted(rel.items(), key=lambda item: (-item[1], item[0]))


def _changes(bench: Workbench, query: Query, found: Overview) -> Rows | None:
    """The latest links won and lost; nothing where nothing changed."""
    if not (found.n_new_links or found.n_newly_lost_links or found.n_lost_links):
        return None
    return bench.changes(query.q, scope=query.scope or None, limit=10, columns=CHANGED)


ROUTES = [Route("/overview", overview, methods=READS)]
