"""SQL of the questions about links, made from parts that carry their own parameters; nothing of a user's is pasted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from inlink.index.serving_columns import FOLLOW, LinkColumn, columns_of, joins_of

MAX_ROW_BITS = 44
"""Of so many rows a question reads for tens of milliseconds: it is worth all processors."""


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL with the values of its question marks."""

    text: str = ""
    params: tuple[object, ...] = ()
    needs: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.text)


def all_of(parts: Iterable[Sql]) -> Sql:
    """The parts joined by AND; `true` for none."""
    kept = [part for part in parts if part]
    text = " AND ".join(f"({part.text})" for part in kept) or "true"
    return Sql(text, tuple(p for part in kept for p in part.params), frozenset(n for part in kept for n in part.needs))


@dataclass(frozen=True, slots=True)
class Span:
    """Where the rows of a target stand: half-open runs of a sorted number, and what is compared beyond them."""

    relation: str  # links, indirect, outgoing
    column: str  # row, target_page or source_page
    runs: tuple[tuple[int, int], ...]
    equal: tuple[tuple[str, object], ...] = ()

    @property
    def sql(self) -> Sql:
        """The condition that selects the rows."""
        runs = [run for run in self.runs if run[1] > run[0]]
        if not runs:
            return Sql("false")
        parts = [Sql(f"l.{self.column} BETWEEN ? AND ?", (min(a for a, _ in runs), max(b for _, b in runs) - 1))]
        if len(runs) > 1:
            either = " OR ".join(f"l.{self.column} BETWEEN ? AND ?" for _ in runs)
            parts.append(Sql(either, tuple(v for a, b in runs for v in (a, b - 1))))
        parts += [Sql(f"l.{name} = ?", (value,)) for name, value in self.equal]
        return all_of(parts)

    @property
    def first(self) -> int:
        """The least number of its runs; 0 where there are none."""
        return min((run[0] for run in self.runs), default=0)

    @property
    def end(self) -> int:
        """Beyond the greatest number of its runs; 0 where there are none."""
        return max((run[1] for run in self.runs), default=0)

    @property
    def width(self) -> int:
        """How many numbers its runs hold: an upper bound of its rows where they are rows, and none where they are
        pages.
        """
        return sum(max(b - a, 0) for a, b in self.runs)


LIVE = Sql("l.is_live")
LOST = Sql("NOT l.is_live")
KEPT = {"links": Sql("NOT l.is_left_out"), "indirect": Sql("NOT l.is_left_out"),
        "outgoing": Sql("NOT l.is_target_left_out")}  # fmt: skip
VOTES = Sql("NOT l.is_embed")


@dataclass(frozen=True, slots=True)
class Key:
    """One sort key: SQL over the selected rows."""

    sql: str
    is_descending: bool = False

    @property
    def order(self) -> str:
        """The key as ORDER BY writes it; unknown comes last."""
        return f"{self.sql} {'DESC' if self.is_descending else 'ASC'} NULLS LAST"


DEFAULT_ORDER = {
    "links": (Key("l.strength", True), Key("l.row")),
    "indirect": (Key("l.strength", True), Key("l.row")),
    "outgoing": (Key("l.source_page"), Key("l.ordinal"), Key("l.row")),
}

_RANK = f"(CASE WHEN l.is_live THEN 0 ELSE 6 END + CASE {FOLLOW} WHEN true THEN 0 WHEN false THEN 4 ELSE 2 END + CASE WHEN l.region = 'main' THEN 0 ELSE 1 END)"  # noqa: E501

_SHOWN_ROW = f"min({_RANK}::BIGINT * {1 << MAX_ROW_BITS} + l.row) & {(1 << MAX_ROW_BITS) - 1}"

COLLAPSE = {
    "similar": ("l.source_host_id, l.target_page, l.anchor, l.kind", "min(l.row)"),
    "page": ("l.source_page", _SHOWN_ROW),
    "domain": ("l.source_domain_id", _SHOWN_ROW),
}
"""Grouping of rows → (what makes rows one, the row that is shown: live, follow and main region first; what is not
known to be follow stands between)."""

LINKS_IN_GROUP = "links_in_group"


@dataclass(frozen=True, slots=True)
class RowsQuery:
    """A question whose rows are links."""

    span: Span
    where: Sql
    columns: tuple[str, ...]
    order: tuple[Key, ...]
    group: str = "none"
    after: Sql = field(default_factory=Sql)
    limit: int | None = None

    def select(self) -> Sql:
        """The rows in order: the columns, then the sort keys as `_k0`, `_k1` …"""
        relation = self.span.relation
        known = columns_of(relation)
        shown, needs = _selected(known, self.columns, relation)
        where = all_of([self.span.sql, self.where])
        for key in self.order:
            needs |= _needs_of(known, key.sql, relation)
        keys = ", ".join(f"{key.sql} AS _k{n}" for n, key in enumerate(self.order))
        order = ", ".join(key.order for key in self.order)
        limit = "" if self.limit is None else f" LIMIT {int(self.limit)}"
        if self.group == "none":
            joins = joins_of(needs | set(where.needs))
            inside = all_of([where, self.after])
            text = f"SELECT {shown}, {keys} FROM {relation} l {joins} WHERE {inside.text} ORDER BY {order}{limit}"
            return Sql(text, inside.params)
        made, row = COLLAPSE[self.group]
        outside = all_of([self.span.sql, self.after])
        text = (
            f"WITH g AS (SELECT {row} AS row, count(*) AS {LINKS_IN_GROUP} FROM {relation} l "
            f"{joins_of(set(where.needs))} WHERE {where.text} GROUP BY {made}) "
            f"SELECT {shown}, {keys} FROM g JOIN {relation} l ON l.row = g.row {joins_of(needs)} "
            f"WHERE {outside.text} ORDER BY {order}{limit}"
        )
        return Sql(text, where.params + outside.params)

    def count(self) -> Sql:
        """How many rows the view has."""
        where = all_of([self.span.sql, self.where])
        body = f"{self.span.relation} l {joins_of(set(where.needs))} WHERE {where.text}"
        if self.group == "none":
            return Sql(f"SELECT count(*) FROM {body}", where.params)
        made, _ = COLLAPSE[self.group]
        return Sql(f"SELECT count(*) FROM (SELECT 1 FROM {body} GROUP BY {made})", where.params)


def _selected(known: dict[str, LinkColumn], names: Sequence[str], relation: str) -> tuple[str, set[str]]:
    shown, needs = [], set()
    for name in names:
        if name == LINKS_IN_GROUP:
            shown.append(f"g.{LINKS_IN_GROUP}")
            continue
        sql, joins = known[name].on(relation)
        shown.append(f'{sql} AS "{name}"')
        needs |= set(joins)
    return ", ".join(shown), needs


def _needs_of(known: dict[str, LinkColumn], sql: str, relation: str) -> set[str]:
    """The joins of the column that an expression is."""
    return {need for column in known.values() for own, needs in [column.on(relation)] if own == sql for need in needs}


@dataclass(frozen=True, slots=True)
class GroupColumn:
    """One column of a grouped answer: an aggregate over link rows."""

    name: str
    type: str
    sql: str
    meaning: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grouping:
    """A question whose rows are groups of links: its key, its columns, its order."""

    name: str
    relation: str
    key: str
    columns: tuple[GroupColumn, ...]
    sort: tuple[tuple[str, bool], ...]
    only: str = ""
    key_needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupsQuery:
    """A grouped question with its filters."""

    grouping: Grouping
    span: Span
    where: Sql  # over rows
    having: Sql  # over the groups, aliased g
    columns: tuple[str, ...]
    order: tuple[Key, ...]
    after: Sql = field(default_factory=Sql)
    limit: int | None = None

    def select(self, *, counted: bool = False) -> Sql:
        """The groups in order: the columns, then the sort keys as `_k0`, `_k1` …

        counted: each row says in `_total` how many groups there are from here on, beyond the limit.
        """
        shown = ", ".join(f'g."{name}"' for name in self.columns) + (", count(*) OVER () AS _total" if counted else "")
        keys = ", ".join(f"{key.sql} AS _k{n}" for n, key in enumerate(self.order))
        order = ", ".join(key.order for key in self.order)
        limit = "" if self.limit is None else f" LIMIT {int(self.limit)}"
        inner = self._groups()
        outside = all_of([self.having, self.after])
        text = f"SELECT {shown}, {keys} FROM ({inner.text}) g WHERE {outside.text} ORDER BY {order}{limit}"
        return Sql(text, inner.params + outside.params)

    def count(self) -> Sql:
        """How many groups the view has."""
        inner = self._groups()
        text = f"SELECT count(*) FROM ({inner.text}) g WHERE {all_of([self.having]).text}"
        return Sql(text, inner.params + self.having.params)

    def _groups(self) -> Sql:
        grouping = self.grouping
        where = all_of([self.span.sql, self.where, Sql(grouping.only)])
        wanted = {key.sql for key in self.order} | {f'g."{name}"' for name in self.columns}
        used = [c for c in grouping.columns if f'g."{c.name}"' in wanted or f'"{c.name}"' in self.having.text]
        needs = set(where.needs) | set(grouping.key_needs) | {need for c in used for need in c.needs}
        columns = ", ".join([f"{grouping.key} AS _key", *(f'{c.sql} AS "{c.name}"' for c in used)])
        text = (
            f"SELECT {columns} FROM {grouping.relation} l {joins_of(needs)} WHERE {where.text} GROUP BY {grouping.key}"
        )
        return Sql(text, where.params)


@dataclass(frozen=True, slots=True)
class DerivedQuery:
    """A question whose rows are made by a query of its own, then filtered, sorted and cut; columns are `g."name"`.

    narrow: the same rows, with `_row` and no more columns than filter and order need; a page is found by it, and
    `of_rows` makes the query of its rows alone, so that the other columns are read for these.
    """

    inner: Sql
    columns: tuple[str, ...]
    order: tuple[Key, ...]
    where: Sql = field(default_factory=Sql)
    after: Sql = field(default_factory=Sql)
    limit: int | None = None
    narrow: Sql = field(default_factory=Sql)
    of_rows: Callable[[Sequence[int]], Sql] | None = None
    is_long: bool = False

    def page(self) -> Sql:
        """The numbers of the rows, in order, by the narrow query."""
        outside = all_of([self.where, self.after])
        limit = "" if self.limit is None else f" LIMIT {int(self.limit)}"
        text = f"SELECT g._row FROM ({self.narrow.text}) g WHERE {outside.text} ORDER BY {self._order}{limit}"
        return Sql(text, self.narrow.params + outside.params)

    def select_rows(self, rows: Sequence[int]) -> Sql:
        """What `select` gives, for the rows of a page."""
        if self.of_rows is None:
            raise TypeError("there is no query of rows alone")
        return replace(self, inner=self.of_rows(rows), after=Sql(), where=Sql(), limit=None).select()

    def select(self) -> Sql:
        """The rows in order: the columns, then the sort keys as `_k0`, `_k1` …"""
        shown = ", ".join(f'g."{name}"' for name in self.columns)
        keys = ", ".join(f"{key.sql} AS _k{n}" for n, key in enumerate(self.order))
        outside = all_of([self.where, self.after])
        limit = "" if self.limit is None else f" LIMIT {int(self.limit)}"
        text = f"SELECT {shown}, {keys} FROM ({self.inner.text}) g WHERE {outside.text} ORDER BY {self._order}{limit}"
        return Sql(text, self.inner.params + outside.params)

    @property
    def _order(self) -> str:
        return ", ".join(key.order for key in self.order)

    def count(self) -> Sql:
        """How many rows the view has."""
        where, inner = all_of([self.where]), self.narrow or self.inner
        return Sql(f"SELECT count(*) FROM ({inner.text}) g WHERE {where.text}", inner.params + where.params)
