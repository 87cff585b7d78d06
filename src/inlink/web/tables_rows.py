"""The rows of a working table as HTML, row by row and cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from markupsafe import Markup

from inlink.web.cells import CELLS, Row, Sheet, markup, said
from inlink.web.tables import Column
from inlink.web.tables_list import TABLES
from inlink.web.tables_view import TableView

WIDE_CELLS = ("context", "outgoing", "changed")
HEAD_CELLS = (
    "source",
    "own_page",
    "domain",
    "host",
    "linked_domain",
    "anchor",
    "page",
    "change",
)  # a card's first line


def rows_as_html(view: TableView, rows: Sequence[Row]) -> Markup:
    """The rows of a page in the columns of its view."""
    sheet = sheet_of(view, rows)
    cells = [(_opening(column), CELLS[column.cell], column.needs[0]) for column in view.shown]
    parts = []
    for row in rows:
        is_on = view.row and str(row.get("link_id")) == view.row
        parts.append('<tr class="on">\n' if is_on else "<tr>\n")
        parts += [f"{opening}{cell(row, sheet, name)}</td>\n" for opening, cell, name in cells]
        parts.append("</tr>\n")
    return markup("".join(parts))


def sheet_of(view: TableView, rows: Sequence[Row]) -> Sheet:
    """What the cells of a page need to know of it."""
    bars = [column.needs[0] for column in view.shown if column.cell == "bar"]
    return Sheet(
        query=view.query,
        row_base=said(f"{view.here(row='')}&row="),
        row=view.row,
        group=view.group,
        is_folded="folded" in view.switches,
        by_path=view.scope in ("host", "prefix", "url"),
        most={name: max((row[name] for row in rows), default=0) for name in bars},
    )


@lru_cache(512)
def boxes_of(question: str, shown: tuple[Column, ...]) -> Markup:
    """The boxes that choose columns. (A table has up to seventy, the same for most views.)"""
    parts = []
    for name, column in TABLES[question].columns.items():
        meaning = f' title="{said(column.meaning)}"' if column.meaning else ""
        is_on = " checked" if column in shown else ""
        box = f'<input type="checkbox" name="column" value="{said(name)}"{is_on}>'
        parts.append(f"<label{meaning}>{box} {said(column.label)}</label>")
    return markup("".join(parts))


def _opening(column: Column) -> str:
    return f'<td data-l="{said(column.label)}" class="{kind_of(column)}">'


def kind_of(column: Column) -> str:
    """The classes of a column's cells."""
    if column.is_number:
        return "r num"
    return "wide first" if column.cell in HEAD_CELLS else "wide ctx" if column.cell in WIDE_CELLS else ""
