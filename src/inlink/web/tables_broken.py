"""Broken backlinks: a site's dead pages that others link to, what would mend them, and the dead ends it links to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from inlink.errors import NotFound
from inlink.mending.redirects import written
from inlink.web.access import needs
from inlink.web.answers import READS, bench_of, page
from inlink.web.exporting import file_name, file_of
from inlink.web.query import SCOPES, Query, one_of, parameters
from inlink.web.tables_tabs import tabs_about, totals_of
from inlink.workbench import Rows, RowStream, Workbench
from inlink.workbench.broken import BROKEN_STATES, check_size
from inlink.workbench.exporting import FORMATS
from inlink.workbench.people import Role

PAGE = 50
MANY_LINKS = 200_000  # of a site; more are read only when asked for once more
SERVERS = {"nginx": "nginx", "apache": "Apache", "csv": "CSV"}
ENDINGS = {"nginx": "conf", "apache": "htaccess.txt", "csv": "csv"}
SORTS = {
    "": ("worthiest first", ()),
    "domains": ("most domains first", (("n_domains", "descending"), ("worth", "descending"))),
    "links": ("most links first", (("n_links", "descending"), ("worth", "descending"))),
    "url": ("by address", (("target_url", "ascending"),)),
    "since": ("dead longest first", (("since", "ascending"), ("worth", "descending"))),
}
SIDES = (("Own pages that are dead", "/broken"), ("Dead pages that it links to", "/outgoing/broken"))


@dataclass(frozen=True, slots=True)
class BrokenView:
    """A site, and which of its dead pages are shown in which order. go: read them all the same, however many."""

    q: str = ""
    scope: str = ""
    sort: str = ""
    state: str = ""
    at: int = 0
    go: bool = False

    @classmethod
    def of(cls, request: Request) -> BrokenView:
        """The view of a request. Raises: BadInput for what is not of its list."""
        given = parameters(request)
        at = given.get("at", "0")
        return cls(
            q=given.get("q", ""),
            scope=one_of("scope", given.get("scope", ""), ("", *SCOPES)),
            sort=one_of("order", given.get("sort", ""), tuple(SORTS)),
            state=one_of("state", given.get("state", ""), ("", *BROKEN_STATES)),
            at=int(at) if at.isascii() and at.isdigit() and len(at) < 10 else 0,
            go=given.get("go", "") == "1",
        )

    @property
    def query(self) -> Query:
        """The target alone."""
        return Query(q=self.q, scope=self.scope)

    def link(self, path: str = "/broken", **changed: Any) -> str:
        """The address of this view with something changed, from its first row."""
        view = replace(self, at=0, **{name: value for name, value in changed.items() if name != "at"})
        return view.query.link(
            path, sort=view.sort, state=view.state, go="1" if view.go else "", at=changed.get("at") or ""
        )


@needs(Role.VIEWER)
def broken(request: Request) -> Response:
    """The dead pages of a site that others link to, the worthiest first, each with what would mend it."""
    view = BrokenView.of(request)
    if not view.q:
        return RedirectResponse("/", status_code=303)
    bench = bench_of(request)
    n_links = n_links_of(bench, view, is_outgoing=False)
    if n_links > MANY_LINKS and not view.go:
        return _shown(request, bench, view, None, n_links=n_links)
    found = bench.broken(view.q, scope=view.scope or None)
    return _shown(request, bench, view, found.rows, n_redirects=sum(each.to is not None for each in found.redirects))


@needs(Role.VIEWER)
def broken_outgoing(request: Request) -> Response:
    """What a site links to that is dead."""
    view = BrokenView.of(request)
    if not view.q:
        return RedirectResponse("/", status_code=303)
    bench = bench_of(request)
    n_links = n_links_of(bench, view, is_outgoing=True)
    if n_links > MANY_LINKS and not view.go:
        return _shown(request, bench, view, None, path="/outgoing/broken", n_links=n_links)
    rows = bench.broken_outgoing(view.q, scope=view.scope or None)
    return _shown(request, bench, view, rows, path="/outgoing/broken")


def _shown(
    request: Request, bench: Workbench, view: BrokenView, rows: Rows | None, *, path: str = "/broken", **more: Any
) -> Response:
    table = arranged(rows, view) if rows is not None else None
    if rows is not None and rows.target is not None:
        view = replace(view, scope=view.scope or rows.target.scope)
    context = {
        "query": view.query,
        "view": view,
        "path": path,
        "rows": rows,
        "links": table.slice(view.at, PAGE).to_pylist() if table is not None else [],
        "n_shown": table.num_rows if table is not None else 0,
        "page": PAGE,
        "tabs": tabs_about(totals_of(bench, view.query), view.query, path),
        "sides": SIDES,
        "sorts": {name: words for name, (words, _) in SORTS.items()},
        "states": BROKEN_STATES,
        "servers": SERVERS,
        "forms": {"csv": "CSV", "jsonl": "JSON Lines", "parquet": "Parquet"},
        "n_links": 0,
        "n_redirects": 0,
        **more,
    }
    return page(request, "broken.html", **context)


def n_links_of(bench: Workbench, view: BrokenView, *, is_outgoing: bool) -> int:
    """How many links the answer rests on: those that go out, or all that lead to the site's domain.

    Raises: BadInput where they are more than are read.
    """
    asked = bench.n_outgoing if is_outgoing else bench.broken_reads
    n_links = asked(view.q, scope=view.scope or None)
    check_size(n_links, view.q, is_outgoing=is_outgoing)
    return n_links


def _page_that_asks(bench: Workbench, view: BrokenView, *, is_outgoing: bool = False) -> Response | None:
    """Where a file rests on many links that nobody asked to read: the page of the view, which says so."""
    n_links = n_links_of(bench, view, is_outgoing=is_outgoing)
    if n_links <= MANY_LINKS or view.go:
        return None
    return RedirectResponse(view.link("/outgoing/broken" if is_outgoing else "/broken"), status_code=303)


def arranged(rows: Rows, view: BrokenView) -> pa.Table:
    """The rows of the view's state in its order; the workbench's own order where none is asked for."""
    table = rows.table
    if view.state:
        table = table.filter(pc.equal(table["state"], view.state))
    keys = [key for key in SORTS[view.sort][1] if key[0] in table.column_names]
    return table.sort_by([*keys, ("target_url", "ascending")]) if keys else table


@needs(Role.VIEWER)
def broken_file(request: Request) -> Response:
    """The rows of a view as a file."""
    form = request.path_params["form"]
    if form not in FORMATS:
        raise NotFound(f"there is no format {form[:40]!r}", hint=f"use one of {', '.join(FORMATS)}")
    view = BrokenView.of(request)
    bench = bench_of(request)
    is_outgoing = request.url.path.startswith("/outgoing")
    if asking := _page_that_asks(bench, view, is_outgoing=is_outgoing):
        return asking
    asked = bench.broken_outgoing if is_outgoing else bench.broken
    found = asked(view.q, scope=view.scope or None)
    rows = found if isinstance(found, Rows) else found.rows
    table = arranged(rows, view)
    stream = RowStream(rows.columns, table.schema, iter(table.to_batches()), rows.target, rows.snapshot, rows.notes)
    return file_of(stream, "broken-outgoing" if is_outgoing else "broken", form)


@needs(Role.VIEWER)
def redirects_file(request: Request) -> Response:
    """The redirects that would mend all dead pages of a site, as a server reads them."""
    server = request.path_params["server"]
    if server not in SERVERS:
        raise NotFound(f"redirects are not written for {server[:40]!r}", hint=f"use one of {', '.join(SERVERS)}")
    view = BrokenView.of(request)
    bench = bench_of(request)
    if asking := _page_that_asks(bench, view):
        return asking
    found = bench.broken(view.q, scope=view.scope or None)
    target = found.rows.target.text if found.rows.target else view.q
    name = file_name(target, "redirects", found.rows.snapshot, ENDINGS[server])
    return Response(
        written(found.redirects, server),
        media_type="text/csv; charset=utf-8" if server == "csv" else "text/plain; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


ROUTES: list[BaseRoute] = [
    Route("/broken", broken, methods=READS),
    Route("/broken/pages.{form}", broken_file, methods=READS),
    Route("/broken/redirects/{server}", redirects_file, methods=READS),
    Route("/outgoing/broken", broken_outgoing, methods=READS),
    Route("/outgoing/broken/pages.{form}", broken_file, methods=READS),
]
