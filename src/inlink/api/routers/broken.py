"""Broken: dead pages that others link to, redirects that mend them, and links that lead nowhere."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import PlainTextResponse, Response

from inlink.api.answering import Source, bench_of
from inlink.api.lists import page_of
from inlink.api.models import row_model, rows_model
from inlink.api.operations import ask, failures, noun
from inlink.api.parameters import MAX_PAGE, Listed, Placed, word
from inlink.api.rows import checked_format, send_rows
from inlink.errors import BadInput
from inlink.mending.redirects import written
from inlink.workbench import Rows
from inlink.workbench.broken import BROKEN_STATES, OUT_COLUMNS, OWN_COLUMNS, BrokenPages, check_size
from inlink.workbench.fields import FieldInfo

router = noun("broken")
REDIRECTS = ("nginx", "apache", "csv")
_TYPES = {
    "worth": "float", "likeness": "float", "since": "time", "linked_from": "list", "anchors": "list",
    "is_internal": "bool", **dict.fromkeys(("n_domains", "n_follow_domains", "n_links", "n_pages"), "int"),
}  # fmt: skip
_MEANINGS = {
    "state": "; ".join(f"{state}: {meaning}" for state, meaning in BROKEN_STATES.items()),
    "worth": "what its referring domains are worth together; a note says by what",
    "suggestion": "the living page of the site that comes nearest",
    "likeness": "how near it comes, 0 to 1",
    "because": "in what it is alike",
    "linked_from": "some pages that link to it",
    "anchors": "their most frequent words",
    "is_internal": "linked from the site's own pages",
}


def _fields(columns: tuple[str, ...]) -> dict[str, FieldInfo]:
    return {n: FieldInfo(n, _TYPES.get(n, "text"), _MEANINGS.get(n, n.replace("_", " "))) for n in columns}


class BrokenAsked(Placed, Listed):
    """A site."""


class RedirectsAsked(Placed):
    """A site, and the server that its redirects are for."""

    server: Annotated[str, word(REDIRECTS, "What reads the redirects.")] = "csv"


def _found(request: Request, asked: Placed) -> BrokenPages:
    """The dead pages of a site. Raises: BadInput for a site with too many links."""
    bench = bench_of(request)
    n_links = bench.broken_reads(asked.target, scope=asked.scope)
    check_size(n_links, asked.target, is_outgoing=False)
    return bench.broken(asked.target, scope=asked.scope)


def _page(rows: Rows, asked: BrokenAsked, format: str) -> Rows:
    """A page of what is found whole. Raises: BadInput for more than a JSON answer holds."""
    if format == "json" and min(len(rows), asked.limit or len(rows)) > MAX_PAGE:
        raise BadInput(f"JSON answers hold at most {MAX_PAGE:,} rows", hint="set a limit and follow `next`")
    numbers, cursor = page_of(range(len(rows)), asked.limit, asked.cursor)
    table = rows.table.slice(numbers[0], len(numbers)) if numbers else rows.table.slice(0, 0)
    notes = () if asked.cursor else rows.notes
    return Rows(table, rows.columns, rows.n_total, cursor, rows.target, rows.snapshot, notes)


@ask(router, "/broken", rows_model("BrokenPages", row_model("BrokenPage", _fields(OWN_COLUMNS))), has_rows=True)
def broken(request: Request, asked: Annotated[BrokenAsked, Query()]) -> Response:
    """Dead pages of a site that others still link to, the worthiest first.

    With the living page that comes nearest to each. Rests on the checker's verdicts and on captures, whichever are
    newer; it asks no page now.
    """
    format = checked_format(request, asked.format)
    return send_rows(request, _page(_found(request, asked).rows, asked, format), format, is_tagged=False)


@ask(
    router,
    "/broken/outgoing",
    rows_model("BrokenLinks", row_model("BrokenLink", _fields(OUT_COLUMNS))),
    has_rows=True,
)
def broken_outgoing(request: Request, asked: Annotated[BrokenAsked, Query()]) -> Response:
    """What a site links to that is dead, and from which pages."""
    format = checked_format(request, asked.format)
    bench = bench_of(request)
    n_links = bench.n_outgoing(asked.target, scope=asked.scope)
    check_size(n_links, asked.target, is_outgoing=True)
    found = bench.broken_outgoing(asked.target, scope=asked.scope)
    return send_rows(request, _page(found, asked, format), format, is_tagged=False)


@router.get(
    "/broken/redirects",
    response_class=PlainTextResponse,
    summary="Redirects that mend a site's dead pages",
    responses={200: {"description": "Lines for the server's configuration, or CSV."}, **failures()},
)
def broken_redirects(request: Request, asked: Annotated[RedirectsAsked, Query()]) -> Response:
    """From each dead page of a site to the nearest living one, for nginx, Apache or as CSV."""
    if asked.server not in REDIRECTS:
        raise BadInput(f"there are no redirects for {asked.server!r}", hint=f"use one of {', '.join(REDIRECTS)}")
    found = _found(request, asked)
    text = written(found.redirects, asked.server)
    return PlainTextResponse(text, headers=Source.of(found.rows.snapshot).headers)
