"""The view that an address asks of a table, and the addresses of views that differ from it by something."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request

from inlink.errors import BadInput
from inlink.web.filtering import with_row
from inlink.web.pager import Place
from inlink.web.query import LONGEST, SCOPES, Query, one_of
from inlink.web.tables import Column, Table
from inlink.workbench import ViewOptions

PAGE = 50
PAGES = (25, 50, 100, 200)
MAX_AT = 10**12
SWITCHES = ("infrastructure", "embeds", "indirect", "folded")
YES = ("1", "on", "true")
FRESH = {**Place().parameters, "row": ""}  # its first page, no row chosen


@dataclass(frozen=True, slots=True)
class TableView:
    """A target, and how its rows are narrowed, ordered, grouped and shown. `row` is the link whose panel is open."""

    table: Table
    q: str = ""
    scope: str = ""
    strict: bool = False
    where: str = ""
    sort: str = ""
    group: str = "none"
    state: str = "live"
    columns: tuple[str, ...] = ()
    switches: frozenset[str] = frozenset()
    from_: str = ""
    to: str = ""
    limit: int = PAGE
    cursor: str = ""
    at: int = 0
    way: str = ""
    row: str = ""
    saved: str = ""

    @classmethod
    def of(cls, request: Request, table: Table) -> TableView:
        """The view of a request; the fields of its forms (a filter row, chosen columns) are folded in.

        Raises: BadInput for a parameter that is too long or not of its list.
        """
        return cls.read(request.query_params, table)

    @classmethod
    def read(cls, given: QueryParams, table: Table) -> TableView:
        """The view of parameters, of an address or of a form. Raises: BadInput."""
        for name, value in given.items():
            if len(value) > LONGEST:
                raise BadInput(f"{name[:40]} is longer than {LONGEST:,} characters", hint="shorten it")
        return cls(
            table,
            q=_text(given, "q"),
            scope=one_of("scope", _text(given, "scope"), ("", *SCOPES)),
            strict=_text(given, "strict") in YES,
            where=with_row(_text(given, "where"), given),
            sort=_text(given, "sort"),
            group=_one_of_table("group", _text(given, "group"), tuple(table.groups), table.group),
            state=_one_of_table("state", _text(given, "state"), table.states, "live"),
            columns=_columns(given, table),
            switches=frozenset(name for name in table.switches if _text(given, name) in YES),
            from_=_text(given, "from") if table.question == "changes" else "",
            to=_text(given, "to") if table.question == "changes" else "",
            limit=_limit(_text(given, "limit")),
            cursor=_text(given, "cursor"),
            at=_number(_text(given, "at"), MAX_AT),
            way=_text(given, "way"),
            row=_row(_text(given, "row")),
            saved=_row(_text(given, "saved")),
        )

    @property
    def query(self) -> Query:
        """The target alone, for what stands around the table."""
        return Query(q=self.q, scope=self.scope, strict=self.strict)

    @property
    def shown(self) -> tuple[Column, ...]:
        """The columns of the page, in order."""
        found = self.table.columns_named(self.columns)
        return found if self.group != "none" else tuple(c for c in found if c.name != "links_in_group") or found

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns of the answer that the shown ones are made of: those of an export."""
        names: dict[str, None] = dict.fromkeys(name for column in self.shown for name in column.needs)
        if self.group != "none" and self.table.groups:
            names["links_in_group"] = None
        return tuple(names)

    def options(self, *, limit: int | None, cursor: str | None = None) -> ViewOptions:
        """The view as the workbench takes it."""
        options = ViewOptions(where=self.where, sort=self.sort, limit=limit, cursor=cursor, strict=self.strict)
        if self.table.groups:
            options["group"] = self.group
        if self.table.states:
            options["state"] = self.state
        for name in self.switches:
            options[name] = True  # type: ignore[literal-required]
        return options

    def parameters(self, **changed: Any) -> dict[str, object]:
        """What tells this view in an address, its defaults left out."""
        view = dataclasses.replace(self, **changed) if changed else self
        found: dict[str, object] = {"q": view.q, "scope": view.scope, "strict": "1" if view.strict else ""}
        found |= {"where": view.where, "sort": view.sort}
        found["group"] = "" if view.group == self.table.group else view.group
        found["state"] = "" if view.state == "live" else view.state
        found["columns"] = "" if view.columns == self.table.shown else ",".join(view.columns)
        found |= {name: "1" for name in self.table.switches if name in view.switches}
        found |= {"from": view.from_, "to": view.to, "limit": "" if view.limit == PAGE else view.limit}
        found |= {"saved": view.saved, **Place(view.cursor, view.at, view.way).parameters, "row": view.row}
        return {name: value for name, value in found.items() if value not in ("", None)}

    def same(self, **changed: Any) -> str:
        """The address of this view with something changed: its first page, no row chosen."""
        return self._address(self.table.path, self.parameters(**{**FRESH, **changed}))

    def here(self, **changed: Any) -> str:
        """The address of this very page with something changed."""
        return self._address(self.table.path, self.parameters(**changed))

    def export(self, form: str) -> str:
        """The address of the whole view in a format."""
        asked = self.parameters(**FRESH, limit=PAGE)
        return self._address(f"/export/{self.table.question}.{form}", asked)

    @property
    def as_api(self) -> str:
        """The address at which the API answers the same, in JSON."""
        asked = self.parameters(**FRESH, saved="")
        asked = {"target": asked.pop("q", ""), **asked, "columns": ",".join(self.needed)}
        group = {"group": self.group} if self.table.groups else {}
        return self._address(f"/api/v1/{self.table.question}", {**asked, **group, "limit": self.limit})

    def following(self, cursor: str, n_shown: int) -> str:
        """The address of the next page."""
        return self.same(**self._place.following(cursor, n_shown).parameters)

    @property
    def previous(self) -> str:
        """The address of the page before; empty where the way back is not known."""
        place = self._place.previous(self.limit)
        return self.same(**place.parameters) if place else ""

    @property
    def _place(self) -> Place:
        return Place(self.cursor, self.at, self.way)

    def switched(self, name: str) -> str:
        """The address with a switch turned."""
        return self.same(switches=self.switches ^ {name})

    def sorted_by(self, column: Column) -> str:
        """The address with the order that the head of a column asks for: its own first, then the other way round."""
        here, other = column.sort, column.sort.removeprefix("-") if column.sort.startswith("-") else f"-{column.sort}"
        return self.same(sort=other if self.direction(column) and self.sort in ("", here) else here)

    def direction(self, column: Column) -> str:
        """ascending or descending where the rows stand in a column's order; empty elsewhere."""
        name = column.sort.removeprefix("-")
        if not name:
            return ""
        if self.sort:
            first = self.sort.split(",")[0].strip()
            return "" if first.removeprefix("-") != name else "descending" if first.startswith("-") else "ascending"
        return "descending" if self.table.strongest == name else ""

    def fields(self, *left_out: str) -> list[tuple[str, object]]:
        """The view as hidden fields of a form that sets what is left out."""
        found = self.parameters(**FRESH)
        return [(name, value) for name, value in found.items() if name not in left_out]

    @staticmethod
    def _address(path: str, asked: dict[str, object]) -> str:
        return f"{path}?{urlencode(asked)}" if asked else path


def _text(given: QueryParams, name: str) -> str:
    return str(given.get(name, "")).strip()


def _one_of_table(name: str, value: str, allowed: tuple[str, ...], default: str) -> str:
    """The value where the table has it; tables without groups or states pass over them."""
    if not value or not allowed:
        return default
    return one_of(name, value, allowed)


def _columns(given: QueryParams, table: Table) -> tuple[str, ...]:
    """Chosen columns: `columns=a,b` of an address, or ticked boxes of a form. Raises: BadInput for an unknown one."""
    ticked = [name for name in given.getlist("column") if name]
    named = ticked or [name.strip() for name in _text(given, "columns").split(",") if name.strip()]
    chosen = tuple(dict.fromkeys(named))
    for name in chosen:
        if name not in table.columns:
            raise BadInput(f"there is no column {name[:60]!r}", hint=f"columns are {', '.join(table.columns)}")
    if ticked:
        order = (*table.shown, *(name for name in table.columns if name not in table.shown))
        chosen = tuple(name for name in order if name in chosen)
    return () if chosen == table.shown else chosen


def _number(text: str, most: int) -> int:
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _limit(text: str) -> int:
    found = _number(text, PAGES[-1])
    return found if found in PAGES else PAGE


def _row(text: str) -> str:
    """A number of a link; anything else chooses none."""
    return text if text.isascii() and text.isdigit() and int(text) < 2**64 else ""
