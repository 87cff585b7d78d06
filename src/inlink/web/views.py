"""The pages: each reads its parameters, asks the workbench, and gives a template what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from inlink.errors import BadInput, CorruptIndex, InlinkError, NotConfigured, NotFound
from inlink.web.charts import FlowBar, bars, drawn_page, flow_bars, stacked
from inlink.workbench import GROUPS, STATES, Evidence, Overview, Rows, Workbench
from inlink.workbench.ranking import Authority

PAGE = 50
TOP = 8
LONGEST = 4000  # characters of one parameter
SCOPES = ("url", "prefix", "host", "domain")
GROUP_WORDS = {
    "none": "not grouped",
    "similar": "similar links",
    "page": "one a page",
    "domain": "one a domain",
}
SORTS = {
    "": "strongest first",
    "-first_seen": "newest first",
    "first_seen": "oldest first",
    "-last_seen": "seen last first",
    "source_url": "by source",
    "target_url": "by target",
}
COLUMNS = (
    *("link_id", "strength", "source_url", "title", "target_url", "kind"),
    *("anchor", "alt", "text_before", "text_after", "region", "follow", "nofollow", "ugc", "sponsored", "rel_origin"),
    *("first_seen", "last_seen", "is_live", "lost_at", "lost_reason", "change"),
)
TARGETS_SQL = """
select domain, in_domains, in_links, in_follow_links, in_unknown_follow_links, n_pages
from domains where in_domains > 0 and len(flags) = 0 order by in_domains desc, in_links desc, domain limit 25
"""
FLAGGED_SQL = """
select domain, in_domains from domains where in_domains > 0 and len(flags) > 0
order by in_domains desc, in_links desc, domain limit 8
"""
AROUND = 4000  # characters of an archived record shown on each side of the link


@dataclass(frozen=True, slots=True)
class Query:
    """What the address asks: a target and a view of it."""

    q: str
    scope: str = ""
    strict: bool = False
    where: str = ""
    sort: str = ""
    group: str = "similar"
    state: str = "live"
    cursor: str = ""
    at: int = 0

    @classmethod
    def of(cls, request: Request) -> Query:
        """The parameters of a request.

        Raises: BadInput for one that is too long or not of its list.
        """
        given = {name: value.strip() for name, value in request.query_params.items()}
        for name, value in given.items():
            if len(value) > LONGEST:
                raise BadInput(f"{name} is longer than {LONGEST:,} characters", hint="shorten it")
        at = given.get("at", "0")
        return cls(
            q=given.get("q", ""),
            scope=_one_of("scope", given.get("scope", ""), ("", *SCOPES)),
            strict=given.get("strict", "") in ("1", "on", "true"),
            where=given.get("where", ""),
            sort=given.get("sort", ""),
            group=_one_of("group", given.get("group", "similar"), GROUPS),
            state=_one_of("state", given.get("state", "live"), STATES),
            cursor=given.get("cursor", ""),
            at=int(at) if at.isascii() and at.isdigit() and len(at) < 13 else 0,
        )

    def link(self, page: str, **changed: object) -> str:
        """The address of a page for this target; what is not named keeps to its default."""
        kept: dict[str, object] = {"q": self.q, "scope": self.scope, "strict": "1" if self.strict else ""}
        kept.update(changed)
        return f"{page}?{urlencode({name: value for name, value in kept.items() if value not in ('', None)})}"

    def same_view(self, **changed: object) -> str:
        """The address of backlinks in this view, with something changed."""
        view: dict[str, object] = {"where": self.where, "sort": self.sort, "group": self.group, "state": self.state}
        return self.link("/backlinks", **{**view, **changed})


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise BadInput(f"there is no {name} {value!r}", hint=f"use one of {', '.join(a for a in allowed if a)}")
    return value


def home(request: Request) -> Response:
    """The first page: what is in the index, and how to look something up."""
    if request.query_params.get("q", "").strip():
        return RedirectResponse(Query.of(request).link("/overview"), status_code=303)
    bench = _bench(request)
    status = bench.status()
    targets = bench.sql(TARGETS_SQL).to_dicts() if status.snapshot else []
    flagged = bench.sql(FLAGGED_SQL).to_dicts() if status.snapshot else []
    return _page(request, "home.html", query=Query(q=""), status=status, targets=targets, flagged=flagged)


def overview(request: Request) -> Response:
    """The key numbers of a target."""
    query = Query.of(request)
    if not query.q:
        return RedirectResponse("/", status_code=303)
    bench = _bench(request)
    found = bench.overview(query.q, scope=query.scope or None, strict=query.strict)
    query = _resolved(query, found.target.scope)
    changes = _changes(bench, query, found)
    return _page(
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


def backlinks(request: Request) -> Response:
    """The working table of a target's backlinks."""
    query = Query.of(request)
    if not query.q:
        return RedirectResponse("/", status_code=303)
    rows, problem = _ask(_bench(request), query)
    if rows is not None and rows.target is not None:
        query = _resolved(query, rows.target.scope)
    return _page(
        request,
        "backlinks.html",
        status_code=200 if problem is None else 400,
        query=query,
        rows=rows,
        problem=problem,
        links=rows.to_dicts() if rows else [],
        group_words=GROUP_WORDS,
        states=STATES,
        sorts=SORTS if query.sort in SORTS else {**SORTS, query.sort: query.sort},
        page=PAGE,
    )


def _ask(bench: Workbench, query: Query) -> tuple[Rows | None, InlinkError | None]:
    """The rows; or, where the filter is wrong, what is wrong with it, to be said beside the field."""
    try:
        return bench.backlinks(
            query.q,
            scope=query.scope or None,
            strict=query.strict,
            where=query.where,
            sort=query.sort,
            group=query.group,
            state=query.state,
            cursor=query.cursor or None,
            limit=PAGE,
            columns=COLUMNS if query.group == "none" else (*COLUMNS, "links_in_group"),
        ), None
    except BadInput as error:
        if query.where or query.sort or query.cursor:
            return None, error
        raise


def evidence(request: Request) -> Response:
    """The archived record of a link, as text, with the link marked."""
    found = _evidence(request)
    low, high = max(0, found.start - AROUND), min(len(found.html), found.end + AROUND)
    parts = (found.html[low : found.start], found.html[found.start : found.end], found.html[found.end : high])
    return _page(
        request, "evidence.html", query=Query(q=""), found=found, record=parts, cut=(low > 0, high < len(found.html))
    )


def evidence_text(request: Request) -> Response:
    """The same as plain text: a browser draws none of it."""
    return PlainTextResponse(_evidence(request).html)


def _evidence(request: Request) -> Evidence:
    text = request.path_params["link_id"]
    if not (text.isascii() and text.isdigit()) or int(text) >= 2**64:
        raise NotFound(f"no link has the id {text!r}", hint="follow a link from the table of backlinks")
    return _bench(request).evidence(int(text))


def _resolved(query: Query, scope: str) -> Query:
    return Query(**{**{name: getattr(query, name) for name in Query.__dataclass_fields__}, "scope": scope})


def _bench(request: Request) -> Workbench:
    bench: Workbench = request.app.state.bench
    return bench


def _page(request: Request, template: str, *, status_code: int = 200, **context: Any) -> Response:
    return render(request, template, context, status_code)


def render(request: Request, template: str, context: Mapping[str, Any], status_code: int) -> Response:
    """A template as a response."""
    response: Response = request.app.state.templates.TemplateResponse(
        request, template, dict(context), status_code=status_code
    )
    return response
