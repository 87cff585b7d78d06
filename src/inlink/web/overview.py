"""The overview of a target."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from inlink.errors import BadInput, CorruptIndex, NotConfigured, NotFound
from inlink.web.access import needs
from inlink.web.answers import READS, bench_of, page
from inlink.web.charts import FlowBar, bars, drawn_page, flow_bars, stacked
from inlink.web.query import Query
from inlink.workbench import Overview, Rows, Workbench
from inlink.workbench.people import Role
from inlink.workbench.ranking import Authority

TOP = 8


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
    return page(
        request,
        "overview.html",
        anchors=_top(found.anchors),
        pages=_top(found.pages),
        domains=_top(found.domains),
        changes=changes,
        change_rows=changes.to_dicts() if changes else [],
        change_notes=[note for note in changes.notes if note not in found.notes] if changes else [],
        query=query,
        found=found,
        rel=stacked(rel_split(found)),
        areas=drawn_page(found.breakdowns.get("region", ())),
        regions={count.value: count.n_links for count in found.breakdowns.get("region", ())},
        tlds=bars(found.breakdowns.get("tld", ()), domains=True),
        languages=bars(found.breakdowns.get("lang", ()), 4),
        standing=(standing := _standing(bench, query)),
        flow=_flow(bench, query, standing),
    )


def _standing(bench: Workbench, query: Query) -> Authority | None:
    """Where the target stands in the latest run; nothing where there is no run, or the target is no node of a graph."""
    try:
        return bench.authority(query.q, scope=query.scope)
    except (NotFound, NotConfigured, BadInput, CorruptIndex):
        return None


def _flow(bench: Workbench, query: Query, standing: Authority | None) -> list[FlowBar]:
    """Where the target's mass comes from, in the run of its standing."""
    if standing is None or not standing.mass:
        return []
    try:
        return flow_bars(bench.explain(query.q, scope=query.scope, run=standing.run, limit=TOP), standing.mass)
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
    return bench.changes(query.q, scope=query.scope or None, limit=10)


ROUTES = [Route("/overview", overview, methods=READS)]
