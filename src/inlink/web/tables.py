"""The working tables: what each of the questions asks, and which columns, orders, groups and states its page offers.

One engine shows all of them (`tables_page`); a table is a declaration and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from inlink.web.tables_words import label_of
from inlink.workbench.fields import FieldInfo, filter_fields, shown_fields


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a page: its cell is one of `cells.CELLS`, `needs` are the columns of the answer that it shows.

    sort: what its head sorts by, the first direction first. width: a class of tables.css.
    """

    name: str
    label: str
    cell: str
    needs: tuple[str, ...]
    sort: str = ""
    width: str = ""
    is_number: bool = False
    meaning: str = ""


@dataclass(frozen=True)
class Table:
    """One page: `title` stands before the target, `rows` is what is counted (one, many)."""

    question: str
    path: str
    label: str
    title: str
    rows: tuple[str, str]
    own: tuple[Column, ...]
    shown: tuple[str, ...]
    sorts: Mapping[str, str]
    strongest: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)
    states: tuple[str, ...] = ("live", "lost", "all")
    group: str = "none"
    sides: str = ""
    always: tuple[str, ...] = ()
    switches: tuple[str, ...] = ("infrastructure", "embeds")
    from_note: str = ""

    @cached_property
    def fields(self) -> dict[str, FieldInfo]:
        """What its filter may name."""
        return filter_fields(self.question)

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Every column that can be chosen: those made for the page, then each of the answer's by itself."""
        found = {column.name: column for column in self.own}
        taken = {name for column in self.own if len(column.needs) == 1 for name in column.needs}
        for info in shown_fields(self.question).values():
            if info.name not in found and info.name not in taken:
                found[info.name] = plain_column(info)
        return found

    def columns_named(self, names: tuple[str, ...]) -> tuple[Column, ...]:
        """The columns of these names, or those that are shown unless others are chosen; unknown names are left out."""
        known = tuple(self.columns[name] for name in names if name in self.columns)
        return known or tuple(self.columns[name] for name in self.shown)


CELLS = {"int": "number", "float": "number", "bool": "truth", "time": "time", "list": "several", "text": "text"}


def plain_column(info: FieldInfo) -> Column:
    """A column of the answer, shown as its type is."""
    is_url = info.name.endswith("_url") or info.name in ("target_raw", "canonical")
    cell = "address" if is_url else CELLS[info.type]
    is_number = info.type in ("int", "float") and not info.name.endswith("_id")
    sort = "" if info.type == "list" else f"-{info.name}" if info.type in ("int", "float", "time") else info.name
    return Column(info.name, label_of(info.name), cell, (info.name,), sort, is_number=is_number, meaning=info.meaning)
