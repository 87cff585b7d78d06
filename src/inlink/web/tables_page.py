"""The page of a working table: the view of the address, the workbench's answer, and what stands around the rows.

Where htmx asks for the part that changes, that part alone is sent; its address is the whole page's.
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from inlink.errors import BadInput, InlinkError
from inlink.failures import failure
from inlink.web.access import needs
from inlink.web.answers import READS, bench_of, page
from inlink.web.filtering import chips_of, datalists_of, operators_of, options_of
from inlink.web.tables import Table
from inlink.web.tables_list import SIDES, TABLES
from inlink.web.tables_panel import PANEL_COLUMNS, panel_of
from inlink.web.tables_rows import boxes_of, rows_as_html
from inlink.web.tables_saved import notes_about, saved_around
from inlink.web.tables_tabs import Tab, tabs_about, totals_of
from inlink.web.tables_view import PAGES, TableView
from inlink.web.tables_words import STATES, SWITCHES, label_of
from inlink.web.words import note as without_options
from inlink.workbench import Rows, Workbench
from inlink.workbench.fields import shown_fields
from inlink.workbench.people import Role
from inlink.workbench.totals import Totals

MANY_LINKS = 100_000  # of a target: a view that is not kept reads them all, and says so
TARGET = "div#view"  # what htmx swaps
EXPORTS = {"csv": "CSV", "jsonl": "JSON Lines", "parquet": "Parquet"}
EXAMPLES = (
    "nofollow = false",
    "region = main or region = bio",
    "anchor contains bread",
    "source_domain in (a.example, b.example)",
    "first_seen >= 2026-01-01",
    "strength >= 10 and not kind = image",
)
_SWITCH = re.compile(r"\b(infrastructure|embeds|indirect)=true shows them")
_STATE = re.compile(r"\bstate=(lost|all) shows them")


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence of an answer, and where the view is that shows what it tells of."""

    text: str
    href: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the workbench said: rows, or what is wrong with the view."""

    rows: Rows | None
    problem: InlinkError | None
    took_ms: int


def is_partial(request: Request) -> bool:
    """Whether the part that is swapped is asked for, not a page."""
    headers = request.headers
    return headers.get("hx-request") == "true" and headers.get("hx-target") == TARGET


def page_of(table: Table) -> Callable[[Request], Any]:
    """The endpoint of a table's page."""

    @needs(Role.VIEWER)
    def show(request: Request) -> Response:
        view = TableView.of(request, table)
        if not view.q:
            return RedirectResponse("/", status_code=303)
        if not is_partial(request) and {"field", "column"} & set(request.query_params):
            return RedirectResponse(view.same(), status_code=303)
        return table_response(request, view)

    show.__name__ = f"show_{table.question}"
    show.__doc__ = f"{table.title} a target."
    return show


def table_response(request: Request, view: TableView) -> Response:
    """The page of a view, or the part of it that is swapped."""
    bench = bench_of(request)
    answer = ask(bench, view, stay=is_partial(request))
    rows = answer.rows
    if rows is not None and rows.target is not None and not view.scope:
        view = dataclasses.replace(view, scope=rows.target.scope)
    links = rows.to_dicts() if rows is not None else []
    panel = panel_of(bench, view, links) if view.row and rows is not None else None
    status = 200 if answer.problem is None else failure(answer.problem).status
    template = "table_view.html" if is_partial(request) else "table.html"
    found = totals_of(bench, view.query)
    notes = notes_about(bench, panel.row) if panel is not None else None
    context = context_of(view, answer, links) | saved_around(request, bench, view)
    response = page(
        request,
        template,
        status_code=status,
        tabs=tabs_about(found, view.query, view.table.path),
        panel=panel,
        link_notes=notes,
        cost=cost_of(view, answer.rows, n_read(bench, view, found)),
        **context,
    )
    response.headers["vary"] = "HX-Request, HX-Target"
    if is_partial(request):
        response.headers["hx-push-url"] = view.here()
    return response


def ask(bench: Workbench, view: TableView, *, stay: bool = False) -> Answer:
    """The rows of a page; or what is wrong with the view, to be said beside the field with the view kept.

    stay: whatever fails is said in place. Raises: InlinkError where nothing of the view could be the cause.
    """
    started = time.perf_counter()
    columns = tuple(dict.fromkeys((*view.needed, *view.table.always, *(PANEL_COLUMNS if view.row else ()))))
    try:
        rows = rows_of(bench, view, columns)
    except BadInput as error:
        if stay or view.where or view.sort or view.cursor or view.from_ or view.to:
            return Answer(None, error, 0)
        raise
    except InlinkError as error:
        if stay:
            return Answer(None, error, 0)
        raise
    return Answer(rows, None, max(1, round((time.perf_counter() - started) * 1000)))


def rows_of(bench: Workbench, view: TableView, columns: tuple[str, ...]) -> Rows:
    """One page of the answer."""
    known = tuple(name for name in columns if name in _known(view))
    options = {**view.options(limit=view.limit, cursor=view.cursor or None), "columns": known}
    if view.table.question == "changes":
        return bench.changes(view.q, scope=view.scope or None, from_=view.from_ or None, to=view.to or None, **options)  # type: ignore[arg-type]
    door: Callable[..., Rows] = getattr(bench, view.table.question)
    return door(view.q, scope=view.scope or None, **options)


def _known(view: TableView) -> Mapping[str, object]:
    found = dict(shown_fields(view.table.question, indirect="indirect" in view.switches))
    if view.group == "none":
        found.pop("links_in_group", None)
    return found


def context_of(view: TableView, answer: Answer, links: list[dict[str, Any]]) -> dict[str, Any]:
    """What the templates of a table show."""
    table, rows = view.table, answer.rows
    snapshot, _, run = rows.snapshot.partition("+") if rows is not None else ("", "", "")
    sorts = dict(table.sorts)
    if view.sort not in sorts:
        name = view.sort.removeprefix("-")
        sorts[view.sort] = f"by {label_of(name).lower()}{', down' if view.sort.startswith('-') else ''}"
    return {
        "table": table,
        "view": view,
        "query": view.query,
        "rows": rows,
        "problem": answer.problem,
        "took_ms": answer.took_ms,
        "links": links,
        "notes": [note_of(text, view) for text in rows.notes] if rows is not None else [],
        "snapshot": snapshot,
        "run": run,
        "from_note": STRONGER if run and table.from_note else table.from_note,
        "sorts": sorts,
        "sides": sides_of(view),
        "chips": chips_of(view.where, table.fields),
        "options_of": options_of,
        "datalists_of": datalists_of,
        "operators": lambda name: operators_of(table.fields, name),
        "examples": EXAMPLES,
        "exports": EXPORTS,
        "state_words": STATES,
        "switch_words": SWITCHES,
        "page_sizes": PAGES,
        "rows_as_html": rows_as_html,
        "boxes_of": boxes_of,
    }


STRONGER = "strength: domains that the source's domain stands above in the run"


def n_read(bench: Workbench, view: TableView, found: Totals | None) -> int:
    """The links among which the rows of a view are found where none are kept for it; 0 where that is not known."""
    if view.table.sides != "outgoing":
        return found.n_links + found.n_lost_links if found is not None else 0
    try:
        return bench.n_outgoing(view.q, scope=view.scope or None, strict=view.strict)
    except InlinkError:
        return 0


def cost_of(view: TableView, rows: Rows | None, n_read: int) -> str:
    """What a view of a large target reads beyond what is kept for it, so that nobody wonders why it takes longer."""
    if rows is None or rows.is_kept or n_read < MANY_LINKS:
        return ""
    asked = {"the filter": view.where, "the order": view.sort, "the state": view.state != "live",
             "what is counted also": view.switches, "the two days": view.from_ or view.to}  # fmt: skip
    causes = [name for name, is_asked in asked.items() if is_asked]
    if view.table.sides == "outgoing":
        return f"read: all {n_read:,} links that go out, of which no lists are kept"
    if causes:
        why = f"for {' and '.join(causes)}"
    else:
        why = "beyond the rows that are kept" if view.cursor else "as this list is not kept"
    return f"read: all {n_read:,} links of the target, {why}"


def sides_of(view: TableView) -> list[Tab]:
    """The depths at which the table's question is answered."""
    found = [TABLES[name] for name in SIDES.get(view.table.sides, ())]
    tabs = [Tab(table.rows[1].capitalize(), view.query.link(table.path), table is view.table) for table in found]
    if view.table.sides == "outgoing":
        tabs.append(Tab("Dead pages", view.query.link("/outgoing/broken"), is_here=False))
    return tabs


def note_of(text: str, view: TableView) -> Note:
    """A note, with the view that it speaks of one click away."""
    found = without_options(text)
    if match := _SWITCH.search(text):
        if match[1] in view.table.switches:
            return Note(found, view.switched(match[1]), "show them")
    elif (match := _STATE.search(text)) and match[1] in view.table.states:
        return Note(found, view.same(state=match[1]), "show them")
    return Note(found)


ROUTES: list[BaseRoute] = [Route(table.path, page_of(table), methods=READS) for table in TABLES.values()]
