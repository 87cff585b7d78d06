"""Saved views of the tables: kept under a name for oneself or for all, opened, changed, removed; and notes on links."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from inlink.errors import BadInput, InlinkError, NotConfigured, NotFound, Outdated
from inlink.failures import failure
from inlink.web.access import needs, who_of
from inlink.web.answers import READS, bench_of, page
from inlink.web.forms import Form, posted
from inlink.web.tables_list import TABLES
from inlink.web.tables_view import FRESH, TableView
from inlink.workbench import Workbench
from inlink.workbench.people import Role, Who
from inlink.workbench.projects_notes import about_link
from inlink.workbench.projects_results import VIEW_OPTIONS, Note, SavedView

PAGES = {table.path: table for table in TABLES.values()}


def options_of(view: TableView) -> dict[str, str]:
    """What is kept of a view beside its page, target and scope."""
    found = view.parameters(**FRESH, saved="")
    return {name: str(value) for name, value in found.items() if name in VIEW_OPTIONS}


def address_of(saved: SavedView, q: str = "", scope: str = "") -> str:
    """Where a saved view is opened: with its own target, or with the one looked at where it is for any."""
    asked = {
        "q": saved.target or q,
        "scope": saved.scope if saved.target else scope,
        **saved.options,
        "saved": saved.id,
    }
    return f"{saved.page}?{urlencode({name: value for name, value in asked.items() if value not in ('', None)})}"


def saved_around(request: Request, bench: Workbench, view: TableView) -> dict[str, Any]:
    """The views of a page, and the one that is open; no views where there is no workspace to keep them."""
    who = who_of(request)
    try:
        views = bench.projects.views.all(who, page=view.table.path, target=view.q)
    except NotConfigured:
        return {"views": None, "saved": None, "is_edited": False}
    saved = next((one for one in views if str(one.id) == view.saved), None)
    links = [(one, address_of(one, view.q, view.scope)) for one in views]
    return {
        "views": links,
        "saved": saved,
        "is_edited": saved is not None and dict(saved.options) != options_of(view),
        "may_change": saved is not None and may_change(who, saved),
        "may_share": who.role.covers(Role.EDITOR),
    }


def may_change(who: Who, saved: SavedView) -> bool:
    """Whether one may change a view: its owner, or an admin."""
    return who.role.covers(Role.ADMIN) or (saved.owner_id is not None and saved.owner_id == who.user_id)


@needs(Role.VIEWER)
def views(request: Request) -> Response:
    """All saved views that one may see."""
    return _list(request)


def _list(request: Request, problem: InlinkError | None = None, mine: dict[str, str] | None = None) -> Response:
    who = who_of(request)
    found = bench_of(request).projects.views.all(who)
    site = bench_of(request).site.domain or ""
    rows = [(one, PAGES[one.page], _opened(one, site), may_change(who, one)) for one in found if one.page in PAGES]
    status = failure(problem).status if problem else 200
    return page(request, "views.html", status_code=status, rows=rows, problem=problem, mine=mine)


def _opened(saved: SavedView, site: str) -> str:
    """Where the list of views opens one: for any target it is that of one's own site, where that is known."""
    return address_of(saved, site) if saved.target or site else ""


def save(request: Request, form: Form) -> Response:
    """Keep the view of the form under a name, and open it."""
    view = view_of(form)
    is_bound = form.text("bound") == "1"
    try:
        saved = bench_of(request).projects.views.add(
            who_of(request),
            form.text("name"),
            view.table.path,
            target=view.q if is_bound else "",
            scope=view.scope if is_bound else "",
            options=options_of(view),
            is_shared=form.text("is_shared") == "1",
        )
    except BadInput as error:
        return _list(request, error, _mine(form, view))
    return RedirectResponse(address_of(saved, view.q, view.scope), status_code=303)


def change(request: Request, form: Form) -> Response:
    """Put the view of the form in the place of a saved one, in the version that was read."""
    number = _number(request)
    view = view_of(form)
    try:
        saved = bench_of(request).projects.views.change(
            who_of(request), number, _version(form), options=options_of(view)
        )
    except (Outdated, NotFound) as error:
        return _list(request, error, _mine(form, view))
    return RedirectResponse(address_of(saved, view.q, view.scope), status_code=303)


def remove(request: Request, form: Form) -> Response:
    """Remove a saved view, in the version that was read."""
    try:
        bench_of(request).projects.views.remove(who_of(request), _number(request), _version(form))
    except Outdated as error:
        return _list(request, error)
    return RedirectResponse("/views", status_code=303)


def _mine(form: Form, view: TableView) -> dict[str, str]:
    """What somebody wanted to keep, so that it is not lost: its address, and the fields that save it anew."""
    fields = {name: str(value) for name, value in view.fields("saved")}
    return {"page": view.table.path, "name": form.text("name"), **fields, "address": view.same(saved="")}


def view_of(form: Form) -> TableView:
    """The view that a form holds. Raises: BadInput for a page that has no views."""
    table = PAGES.get(form.text("page"))
    if table is None:
        raise BadInput("only tables have views", hint="save it from the table itself")
    given = QueryParams([(name, value) for name, values in form.texts.items() for value in values])
    return TableView.read(given, table)


def _number(request: Request) -> int:
    text = request.path_params["view_id"]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound(f"there is no view {text[:40]!r}", hint="choose one of the list")
    return int(text)


def _version(form: Form) -> int:
    return form.number("version", "the version") or 0


# Notes on links


def notes_about(bench: Workbench, row: dict[str, Any]) -> list[Note] | None:
    """The notes on a link; None where there is no workspace to keep them."""
    try:
        return bench.projects.notes.about("link", about_link(row["source_url"], row["target_url"]))
    except (NotConfigured, BadInput):
        return None


def add_note(request: Request, form: Form) -> Response:
    """Write a note on a link, and go back to it."""
    about = about_link(form.text("source_url"), form.text("target_url"))
    bench_of(request).projects.notes.add(who_of(request), "link", about, form.text("text"))
    view = view_of(form)
    return RedirectResponse(f"{view.here()}#panel", status_code=303)


ROUTES: list[BaseRoute] = [
    Route("/views", views, methods=READS),
    Route("/views", needs(Role.VIEWER)(posted(save)), methods=["POST"]),
    Route("/views/{view_id}", needs(Role.VIEWER)(posted(change)), methods=["POST"]),
    Route("/views/{view_id}/remove", needs(Role.VIEWER)(posted(remove)), methods=["POST"]),
    Route("/notes/link", needs(Role.EDITOR)(posted(add_note)), methods=["POST"]),
]
