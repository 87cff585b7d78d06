"""Read a serving file: targets found by bisection, and what is kept of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from inlink.errors import CorruptIndex, NotFound
from inlink.index import serving_db
from inlink.index.serving import FORMAT
from inlink.index.serving_database import ServingDatabase
from inlink.index.serving_overview import SUMS, TALLIED
from inlink.index.serving_pages import MARK_EVERY
from inlink.index.serving_sql import Span, Sql
from inlink.urls.surt import host_key


@dataclass(frozen=True, slots=True)
class Tally:
    """Live links of a target: those that default views show, those from flagged domains, embedded resources."""

    n_links: int
    n_left_out_links: int
    n_embeds: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a target stands: half-open runs of pages and of rows, and the number of its host or domain.

    answer: number of its kept answers; None for targets that have none.
    tally: what default views show and leave out of it.
    """

    pages: tuple[tuple[int, int], ...]
    rows: tuple[tuple[int, int], ...]
    host_id: int | None = None
    domain_id: int | None = None
    is_known: bool = True
    answer: int | None = None
    tally: Tally = Tally(0, 0, 0)

    def span(self, relation: str) -> Span:
        """The rows of links, indirect or outgoing that belong to the target."""
        if relation == "links":
            return Span("links", "row", self.rows, self._equal("target"))
        side = "target" if relation == "indirect" else "source"
        return Span(relation, f"{side}_page", self.pages, self._equal(side))

    def _equal(self, side: str) -> tuple[tuple[str, object], ...]:
        if self.host_id is not None:
            return ((f"{side}_host_id", self.host_id),)
        return ((f"{side}_domain_id", self.domain_id),) if self.domain_id is not None else ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What default views leave out: links from flagged domains, and resources that pages embed."""

    n_links: int
    n_domains: int
    n_embeds: int


_NOTHING = LeftOut(0, 0, 0)
_NOWHERE = Place((), (), is_known=False)
_TALLY = ", ".join(f"coalesce(sum({name}), 0)::BIGINT" for name in TALLIED)


class Serving(ServingDatabase):
    """An open serving file. Threads may share it."""

    def __init__(self, path: Path, *, memory_limit: str = "1GB", threads: int | None = None) -> None:
        if not path.exists():
            raise NotFound(f"no serving file at {path}", hint="run `inlink build`")
        super().__init__(path, memory_limit=memory_limit, threads=threads)
        self.meta = self._read_meta()
        self._marks = self._read_marks()
        heavy = serving_db.run(self._db, "SELECT scope, key, answer FROM heavy")
        self._answers: dict[tuple[str, str], int] = {(scope, key): answer for scope, key, answer in heavy}
        left = serving_db.run(
            self._db,
            """SELECT answer, n_left_out_links, n_left_out_domains, n_embeds FROM sums
            WHERE n_left_out_links > 0 OR n_embeds > 0""",
        )
        self._left_out = {answer: LeftOut(*counts) for answer, *counts in left}
        self._has_indirect = bool(serving_db.run(self._db, "SELECT 1 FROM indirect LIMIT 1"))

    @property
    def snapshot(self) -> str:
        """Identity of the snapshot that the file was made of."""
        return self.meta["snapshot"]

    def find(self, scope: str, ranges: Sequence[tuple[str, str]], *, key: str | None, host: str, domain: str) -> Place:
        """Where a target stands; runs are empty where the index does not know it."""
        name = {"host": host, "domain": domain, "prefix": prefix_of(key or "")}.get(scope, key or "")
        place = self._named(scope, name) if scope in ("host", "domain") else self._paths(ranges)
        return replace(place, answer=self._answers.get((scope, name)))

    def _named(self, scope: str, name: str) -> Place:
        """The place of a host or domain."""
        marks = self._marks[f"{scope}s"]
        if not marks.keys:
            return _NOWHERE
        start = marks.numbers[self._block(f"{scope}s", host_key(name))]
        rows = self.rows(
            Sql(
                f"""SELECT {scope}_id, first_page, end_page, first_row, end_row, {", ".join(TALLIED)}
                FROM {scope}_places WHERE {scope}_id BETWEEN ? AND ? AND {scope} = ?""",
                (start, start + MARK_EVERY - 1, name),
            )
        )
        if not rows:
            return _NOWHERE
        number, first_page, end_page, first_row, end_row, *tally = rows[0]
        pages = () if first_page is None else ((first_page, end_page),)
        runs = () if first_row is None else ((first_row, end_row),)
        return Place(pages, runs, tally=Tally(*tally), **{f"{scope}_id": number})

    def _paths(self, ranges: Sequence[tuple[str, str]]) -> Place:
        """The place of the pages whose keys lie in some ranges."""
        blocks = {self._block("pages", key) for both in ranges for key in both}
        if not self._marks["pages"].keys:
            return _NOWHERE
        if len(blocks) == 1:
            return self._within(blocks.pop(), ranges)
        runs = [self._run(low, high) for low, high in ranges]
        pages = tuple((a[0], b[0]) for a, b in runs if b[0] > a[0])
        rows = tuple((a[1], b[1]) for a, b in runs if b[1] > a[1])
        where = Span("pages", "page", pages).sql
        sums = self.rows(Sql(f"SELECT {_TALLY} FROM pages l WHERE {where.text}", where.params))[0]
        return Place(pages, rows, is_known=bool(pages), tally=Tally(*sums))

    def _within(self, block: int, ranges: Sequence[tuple[str, str]]) -> Place:
        """The place of keys that all lie between two marks: one query, a row for each range that has pages."""
        start = self._marks["pages"].numbers[block]
        either = " OR ".join("key >= ? AND key < ?" for _ in ranges)
        keys = tuple(key for both in ranges for key in both)
        text = f"""SELECT min(page), max(page) + 1, min(first_row), max(first_row + n_rows), {_TALLY}
            FROM pages WHERE page BETWEEN ? AND ? AND ({either})"""
        params: tuple[object, ...] = (start, start + MARK_EVERY - 1, *keys)
        if len(ranges) > 1:
            cases = " ".join(f"WHEN key >= ? AND key < ? THEN {n}" for n in range(len(ranges)))
            text, params = f"{text} GROUP BY CASE {cases} END ORDER BY 1", (*params, *keys)
        rows = [row for row in self.rows(Sql(text, params)) if row[0] is not None]
        pages = tuple((first, end) for first, end, *_ in rows)
        runs = tuple((first, end) for _, _, first, end, *_ in rows if end > first)
        sums = [sum(row[n] for row in rows) for n in range(4, 4 + len(TALLIED))]
        return Place(pages, runs, is_known=bool(pages), tally=Tally(*sums))

    def left_out(self, answer: int | None, span: Span, tally: Tally | None = None) -> LeftOut:
        """What default views of a target leave out; `tally` where the span is all of a target."""
        if answer is not None:
            return self._left_out.get(answer, _NOTHING)
        if tally is not None and not tally.n_left_out_links:
            return LeftOut(0, 0, tally.n_embeds)
        where = span.sql
        columns = ", ".join(SUMS[name] for name in ("n_left_out_links", "n_left_out_domains", "n_embeds"))
        return LeftOut(*self.rows(Sql(f"SELECT {columns} FROM links l WHERE {where.text}", where.params))[0])

    def internal(self, place: Place) -> tuple[int, int]:
        """Live links to the pages of a target from their own domain, and how many pages these are."""
        n_links = n_pages = 0
        name, number = ("host", place.host_id) if place.host_id is not None else ("domain", place.domain_id)
        only = f" AND {name} = {int(number)}" if number is not None else ""
        for low, high in place.pages:
            text = f"SELECT coalesce(sum(n_internal), 0)::BIGINT, count(*) FROM pages WHERE page BETWEEN ? AND ?{only}"
            found = self.rows(Sql(text, (low, high - 1)))[0]
            n_links, n_pages = n_links + found[0], n_pages + found[1]
        return n_links, n_pages

    def indirect(self, span: Span) -> int:
        """Live links that reach a target through a redirect or canonical, as default views show them."""
        if not self._has_indirect:
            return 0
        where = span.sql
        text = f"SELECT {SUMS['n_links']} FROM indirect l WHERE {where.text}"
        return int(self.rows(Sql(text, where.params))[0][0])

    def sizes(self) -> dict[str, int | None]:
        """How many pages were captured, and how many links between domains, hosts and domains there are."""
        queries = {
            "pages": "SELECT count(*) FROM pages WHERE n_captures > 0",
            "links": "SELECT count(*) FROM links",
            "hosts": "SELECT count(*) FROM hosts",
            "domains": "SELECT count(*) FROM domains",
        }
        return {name: int(self.rows(Sql(text))[0][0]) for name, text in queries.items()}

    def _run(self, low: str, high: str) -> tuple[tuple[int, int], tuple[int, int]]:
        """(page, row) where keys from `low` start, and where keys from `high` do."""
        first, last = self._block("pages", low), self._block("pages", high)
        if first == last:
            return self._positions(first, (low, high))
        return self._positions(first, (low, low))[0], self._positions(last, (high, high))[0]

    def _positions(self, block: int, keys: tuple[str, str]) -> tuple[tuple[int, int], tuple[int, int]]:
        """For each key, the page and the row at which pages with that key or a greater one start; both in one block."""
        marks = self._marks["pages"]
        if not marks.keys:
            return (0, 0), (0, 0)
        start, first_row = marks.numbers[block], marks.first_rows[block]
        low_n, low_row, high_n, high_row = serving_db.one(
            self.connection(),
            """
            SELECT count(*) FILTER (key < $1), max(first_row + n_rows) FILTER (key < $1),
                   count(*) FILTER (key < $2), max(first_row + n_rows) FILTER (key < $2)
            FROM pages WHERE page BETWEEN $3 AND $4
            """,
            [*keys, start, start + MARK_EVERY - 1],
        )
        low = (start + low_n, first_row if low_row is None else low_row)
        return low, (start + high_n, first_row if high_row is None else high_row)

    def _block(self, name: str, key: str) -> int:
        return max(bisect_right(self._marks[name].keys, key) - 1, 0)

    def _read_meta(self) -> dict[str, str]:
        try:
            meta = dict(serving_db.run(self._db, "SELECT name, value FROM meta"))
        except duckdb.Error as error:
            raise CorruptIndex(f"{self.path} is no serving file", hint="run `inlink build` again") from error
        if meta.get("format") != str(FORMAT):
            raise CorruptIndex(
                f"{self.path} has format {meta.get('format')}, this version reads {FORMAT}", hint="run `inlink build`"
            )
        return meta

    def _read_marks(self) -> dict[str, _Marks]:
        marks = {name: _Marks([], [], []) for name in ("pages", "hosts", "domains")}
        for name, number, key, first in serving_db.run(self._db, "SELECT * FROM marks ORDER BY name, number"):
            marks[name].keys.append(key)
            marks[name].numbers.append(number)
            marks[name].first_rows.append(first)
        return marks


def prefix_of(key: str) -> str:
    """The name under which answers for a path and all below it are kept."""
    return key.partition("?")[0].removesuffix("/")


@dataclass(frozen=True, slots=True)
class _Marks:
    """Every n-th key of a sorted table."""

    keys: list[str]
    numbers: list[int]
    first_rows: list[int]
