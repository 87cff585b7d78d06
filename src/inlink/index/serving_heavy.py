"""Answers kept for targets with many rows: sums, and the first rows of each question in its default order.

They are made by the same queries that answer all other targets, so a kept answer is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from inlink.index.serving_changes import LATEST, OWN_COLUMNS, among, changed_sql
from inlink.index.serving_columns import columns_of
from inlink.index.serving_db import AVOIDED, AVOIDED_ALWAYS, one, run, without_optimizers
from inlink.index.serving_groups import GROUPINGS
from inlink.index.serving_overview import cards_sql, stays_sql, sums_sql
from inlink.index.serving_sql import (
    DEFAULT_ORDER,
    KEPT,
    LINKS_IN_GROUP,
    LIVE,
    VOTES,
    DerivedQuery,
    GroupsQuery,
    Key,
    RowsQuery,
    Span,
    Sql,
    all_of,
)

KEPT_ROWS = 300
"""Rows of each kept list: three pages of 100."""

COMMIT_EVERY = 50
KEPT_GROUPINGS = ("domains", "hosts", "anchors", "pages")
KEPT_GROUPS = ("none", "similar", "domain")
KEPT_CHANGES = "top_changes"


@dataclass(frozen=True, slots=True)
class Heavy:
    """A target with kept answers."""

    scope: str
    key: str
    runs: tuple[tuple[int, int], ...]
    equal: tuple[tuple[str, object], ...] = ()

    @property
    def span(self) -> Span:
        """Its rows."""
        return Span("links", "row", self.runs, self.equal)


def kept_columns() -> tuple[str, ...]:
    """The columns of links that kept lists hold: all that need no join."""
    return tuple(name for name, column in columns_of("links").items() if not column.needs)


def default_rows(span: Span, group: str, limit: int | None) -> RowsQuery:
    """The question for backlinks as nobody narrowed it."""
    columns = (*kept_columns(), *((LINKS_IN_GROUP,) if group != "none" else ()))
    where = all_of([LIVE, KEPT["links"], VOTES])
    return RowsQuery(span, where, columns, DEFAULT_ORDER["links"], group, limit=limit)


def default_groups(span: Span, name: str, limit: int | None) -> GroupsQuery:
    """A grouped question as nobody narrowed it."""
    grouping = GROUPINGS[name]
    columns = tuple(c.name for c in grouping.columns)
    order = (*(Key(f'g."{n}"', down) for n, down in grouping.sort), Key("g._key"))
    where = all_of([KEPT[grouping.relation], VOTES])
    columns = (*columns, *(n for n, _ in grouping.sort if n not in columns))
    return GroupsQuery(grouping, span, where, Sql('g."n_links" > 0'), columns, order, limit=limit)


def default_changes(span: Span, limit: int | None) -> DerivedQuery:
    """The latest changes as nobody narrowed them, with all that needs no join."""
    names = tuple(name for name in kept_columns() if name not in OWN_COLUMNS)
    columns, rows = (*OWN_COLUMNS, *names), (span.first, span.end)
    where = all_of([span.sql, KEPT["links"], VOTES])
    order = (Key('g."changed_at"', True), Key('g."change"'), Key('g."_row"'))

    def of_rows(page: Sequence[int]) -> Sql:
        return changed_sql(all_of([where, among(page)]), LATEST, set(columns), rows, page)

    return DerivedQuery(
        changed_sql(where, LATEST, set(columns), rows),
        columns,
        order,
        limit=limit,
        narrow=changed_sql(where, LATEST, {"changed_at", "change"}, rows),
        of_rows=of_rows,
    )


def build_heavy(db: duckdb.DuckDBPyConnection, heavy_rows: int, say: Callable[[str, int, int], None]) -> None:
    """Tables `heavy` (scope, key, answer), `sums`, `cards`, `stays` and one `top_…` table for each kept list."""
    run(db, "CREATE TABLE heavy (scope VARCHAR, key VARCHAR, answer INTEGER, n_rows BIGINT)")
    answers: dict[tuple[object, ...], int] = {}
    found = list(_heavy_targets(db, heavy_rows))
    _make_tables(db)
    run(db, "BEGIN")
    for done, (target, identity, n_rows) in enumerate(found):
        if identity not in answers:
            answers[identity] = len(answers)
            with without_optimizers(db, AVOIDED_ALWAYS):
                _keep(db, target.span, answers[identity])
            keep_history(db, target.span, answers[identity])
        run(db, "INSERT INTO heavy VALUES (?, ?, ?, ?)", [target.scope, target.key, answers[identity], n_rows])
        if done % COMMIT_EVERY == 0:
            run(db, "COMMIT")
            run(db, "BEGIN")
            say("answers", done, len(found))
    run(db, "COMMIT")
    say("answers", len(found), len(found))


def _make_tables(db: duckdb.DuckDBPyConnection) -> None:
    """Empty tables with the columns of the queries that fill them."""
    nowhere = Span("links", "row", ())
    for name, query in {**_lists(nowhere), KEPT_CHANGES: default_changes(nowhere, KEPT_ROWS)}.items():
        sql = query.select()
        head = "SELECT 0 AS answer, 0 AS pos, 0::BIGINT AS n_total"
        _run(db, f"CREATE TABLE {name} AS {head}, q.* FROM ({sql.text}) q LIMIT 0", sql)
    sums = sums_sql(nowhere, "links")
    _run(db, f"CREATE TABLE sums AS SELECT 0 AS answer, q.* FROM ({sums.text}) q LIMIT 0", sums)
    cards = cards_sql(nowhere)
    _run(db, f"CREATE TABLE cards AS SELECT 0 AS answer, q.* FROM ({cards.text}) q LIMIT 0", cards)
    stays = stays_sql(nowhere)
    _run(db, f"CREATE TABLE stays AS SELECT 0 AS answer, q.* FROM ({stays.text}) q LIMIT 0", stays)


def _keep(db: duckdb.DuckDBPyConnection, span: Span, answer: int) -> None:
    sums = sums_sql(span, "links")
    _run(db, f"INSERT INTO sums SELECT {answer}, q.* FROM ({sums.text}) q", sums)
    counted = one(db, f"SELECT {', '.join(_TOTALS.values())} FROM sums WHERE answer = ?", [answer])
    totals = dict(zip(_TOTALS, counted, strict=True))
    for name, query in _lists(span).items():
        sql, count = query.select(), query.count()
        total = totals[name] if name in totals else one(db, count.text, count.params)[0]
        text = f"INSERT INTO {name} SELECT {answer}, row_number() OVER () - 1, {total}, q.* FROM ({sql.text}) q"
        _run(db, text, sql)
    cards = cards_sql(span)
    _run(db, f"INSERT INTO cards SELECT {answer}, q.* FROM ({cards.text}) q", cards)


def keep_history(db: duckdb.DuckDBPyConnection, span: Span, answer: int) -> None:
    """What became of a target's links: its domains' days, and its latest changes."""
    stays = stays_sql(span)
    _run(db, f"INSERT INTO stays SELECT {answer}, q.* FROM ({stays.text}) q", stays)
    with without_optimizers(db, AVOIDED):
        _keep_changes(db, span, answer)


def _keep_changes(db: duckdb.DuckDBPyConnection, span: Span, answer: int) -> None:
    changes = default_changes(span, KEPT_ROWS)
    page, count = changes.page(), changes.count()
    rows = [row for (row,) in run(db, page.text, page.params)]
    total = one(db, count.text, count.params)[0] if len(rows) == KEPT_ROWS else len(rows)
    sql = changes.select_rows(rows)
    text = f"INSERT INTO {KEPT_CHANGES} SELECT {answer}, row_number() OVER () - 1, {total}, q.* FROM ({sql.text}) q"
    _run(db, text, sql)


# Lists whose number of rows is one of the sums.
_TOTALS = {
    "top_backlinks_none": "n_links",
    "top_backlinks_domain": "n_domains",
    "top_domains": "n_domains",
    "top_hosts": "n_hosts",
    "top_pages": "n_target_pages",
}


def _lists(span: Span) -> dict[str, RowsQuery | GroupsQuery]:
    """Table → the query for its rows."""
    queries: dict[str, RowsQuery | GroupsQuery] = {}
    for group in KEPT_GROUPS:
        queries[f"top_backlinks_{group}"] = default_rows(span, group, KEPT_ROWS)
    for name in KEPT_GROUPINGS:
        queries[f"top_{name}"] = default_groups(span, name, KEPT_ROWS)
    return queries


def _run(db: duckdb.DuckDBPyConnection, text: str, sql: Sql) -> None:
    run(db, text, list(sql.params))


def _heavy_targets(db: duckdb.DuckDBPyConnection, heavy_rows: int) -> list[tuple[Heavy, tuple[object, ...], int]]:
    """Domains, hosts, path prefixes and pages with more rows than `heavy_rows`, with what tells equal sets."""
    found: list[tuple[Heavy, tuple[object, ...], int]] = []
    for scope, table in (("domain", "domains"), ("host", "hosts")):
        rows = run(
            db,
            f"""
            WITH counted AS (
                SELECT target_{scope}_id AS number, min(row) AS low, max(row) + 1 AS high, count(*) AS n_rows
                FROM links GROUP BY ALL HAVING count(*) > ?
            )
            SELECT n.{scope}, number, low, high, n_rows FROM counted JOIN {table} n ON n.{scope}_id = number
            ORDER BY number
            """,
            [heavy_rows],
        )
        for name, number, low, high, n_rows in rows:
            heavy = Heavy(scope, name, ((low, high),), ((f"target_{scope}_id", number),))
            found.append((heavy, (low, high, n_rows), n_rows))
    return found + _heavy_paths(db, heavy_rows)


def _heavy_paths(db: duckdb.DuckDBPyConnection, heavy_rows: int) -> list[tuple[Heavy, tuple[object, ...], int]]:
    """Pages and path prefixes: a prefix holds the page itself, what is below it, and it with a query."""
    run(
        db,
        """
        CREATE OR REPLACE TEMP TABLE heavy_pages AS
        WITH many AS (
            SELECT split_part(key, ')', 1) AS host FROM pages WHERE n_rows > 0 GROUP BY ALL HAVING sum(n_rows) > ?
        )
        SELECT page, key, first_row, n_rows, split_part(key, '?', 1) AS path
        FROM pages WHERE n_rows > 0 AND split_part(key, ')', 1) IN (FROM many)
        """,
        [heavy_rows],
    )
    pages = run(
        db,
        "SELECT key, first_row, first_row + n_rows, n_rows FROM heavy_pages WHERE n_rows > ? ORDER BY page",
        [heavy_rows],
    )
    found: list[tuple[Heavy, tuple[object, ...], int]] = [
        (Heavy("url", key, ((low, high),)), (low, high, n_rows), n_rows) for key, low, high, n_rows in pages
    ]
    prefixes = run(
        db,
        r"""
        WITH heads AS (
            SELECT first_row, n_rows, unnest(list_distinct(list_transform(
                range(1, length(path) - length(replace(path, '/', '')) + 2),
                lambda n: array_to_string(string_split(path, '/')[1:n], '/')
            ))) AS head
            FROM heavy_pages
        )
        SELECT head, list((first_row, first_row + n_rows) ORDER BY first_row), sum(n_rows)::BIGINT
        FROM heads GROUP BY head HAVING sum(n_rows) > ? ORDER BY head
        """,
        [heavy_rows],
    )
    for head, runs, n_rows in prefixes:
        merged = _merged(runs)
        found.append((Heavy("prefix", head, merged), (merged[0][0], merged[-1][1], n_rows), n_rows))
    return found


def _merged(runs: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Runs that touch made one."""
    merged: list[tuple[int, int]] = []
    for low, high in runs:
        if merged and merged[-1][1] == low:
            merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return tuple(merged)
