"""The working table of backlinks, and the evidence behind a link."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from inlink.errors import BadInput, InlinkError, NotFound
from inlink.web.access import needs
from inlink.web.answers import READS, bench_of, page
from inlink.web.query import Query
from inlink.workbench import STATES, Evidence, Rows, Workbench
from inlink.workbench.people import Role

PAGE = 50
AROUND = 4000  # characters of an archived record shown on each side of the link
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


@needs(Role.VIEWER)
def backlinks(request: Request) -> Response:
    """The working table of a target's backlinks."""
    query = Query.of(request)
    if not query.q:
        return RedirectResponse("/", status_code=303)
    rows, problem = _ask(bench_of(request), query)
    if rows is not None and rows.target is not None:
        query = query.with_scope(rows.target.scope)
    return page(
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


@needs(Role.VIEWER)
def evidence(request: Request) -> Response:
    """The archived record of a link, as text, with the link marked."""
    found = _evidence(request)
    low, high = max(0, found.start - AROUND), min(len(found.html), found.end + AROUND)
    parts = (found.html[low : found.start], found.html[found.start : found.end], found.html[found.end : high])
    return page(request, "evidence.html", found=found, record=parts, cut=(low > 0, high < len(found.html)))


@needs(Role.VIEWER)
def evidence_text(request: Request) -> Response:
    """The same as plain text: a browser draws none of it."""
    return PlainTextResponse(_evidence(request).html)


def _evidence(request: Request) -> Evidence:
    text = request.path_params["link_id"]
    if not (text.isascii() and text.isdigit()) or int(text) >= 2**64:
        raise NotFound(f"no link has the id {text!r}", hint="follow a link from the table of backlinks")
    return bench_of(request).evidence(int(text))


ROUTES = [
    Route("/backlinks", backlinks, methods=READS),
    Route("/evidence/{link_id}", evidence, methods=READS),
    Route("/evidence/{link_id}/record.txt", evidence_text, methods=READS),
]
