"""Table `pages`: every page that was captured or is linked to from another domain, numbered in the order of its key.

One pass over the links in their order cuts the keys into ranges; range by range, linked pages meet captured pages.
Nothing is sorted as a whole, so memory does not grow with the index.
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inlink.errors import CorruptIndex
from inlink.index.serving_columns import IS_EMBED
from inlink.index.serving_db import one, run
from inlink.index.serving_overview import SUMS, TALLIED
from inlink.index.serving_scan import Snapshot, external

MARK_EVERY = 2048

_PAGE_COLUMNS = """
    page INTEGER, key VARCHAR, url VARCHAR, host INTEGER, domain INTEGER, first_row BIGINT, n_rows INTEGER,
    n_internal INTEGER, n_links INTEGER, n_left_out_links INTEGER, n_embeds INTEGER,
    n_captures INTEGER, fetched_at TIMESTAMPTZ, http_status SMALLINT, title VARCHAR, lang VARCHAR,
    author VARCHAR, published_at TIMESTAMPTZ, modified_at TIMESTAMPTZ, canonical VARCHAR, page_kind VARCHAR,
    robots_noindex BOOLEAN, robots_nofollow BOOLEAN, n_internal_links INTEGER, n_external_links INTEGER,
    n_words INTEGER, content_type VARCHAR, redirect_target VARCHAR, ip_id INTEGER,
    first_capture TIMESTAMPTZ, previous_capture TIMESTAMPTZ, latest_capture TIMESTAMPTZ
"""

_LINKED = f"""
    INSERT INTO scratch.linked
    SELECT target_key, first(target_url), first(target_host), count(*) FILTER (NOT is_internal), sum(is_inside),
           {", ".join(SUMS[name] for name in TALLIED)}
    FROM (
        SELECT target_key, target_url, target_host, is_internal, is_internal AND is_live AS is_inside,
               is_live AND NOT is_internal AS is_live, {IS_EMBED} AS is_embed,
               source_domain IN (SELECT domain FROM domains WHERE is_left_out) AS is_left_out
        FROM chunk
    ) l
    GROUP BY target_key ORDER BY target_key
"""

_CAPTURED = """
    CREATE OR REPLACE TEMP TABLE seen AS
    WITH per_page AS (
        SELECT url_key, max_by(c, (is_current, is_conclusive, fetched_at, capture_id)) AS c,
               count(*)::INTEGER AS n_captures,
               min(fetched_at) FILTER (is_conclusive) AS first_capture,
               max(fetched_at, 2) FILTER (is_conclusive) AS latest
        FROM read_parquet(?) c WHERE {keys} GROUP BY url_key
    )
    SELECT *, c.url AS url, c.host AS host FROM per_page
"""

# Pages that only pages of their own domain link to and that were not captured have no row.
_RANGE = """
    CREATE OR REPLACE TEMP TABLE part AS
    WITH target AS (
        SELECT key, first(url) AS url, first(host) AS host, sum(n_rows) AS n_rows, sum(n_internal) AS n_internal,
               {sums}
        FROM scratch.linked WHERE rowid BETWEEN ? AND ? AND {keys} GROUP BY key
    ),
    both_sides AS (
        SELECT coalesce(t.key, s.url_key) AS key, coalesce(s.url, t.url) AS url, coalesce(s.host, t.host) AS host,
               coalesce(t.n_rows, 0)::INTEGER AS n_rows, coalesce(t.n_internal, 0)::INTEGER AS n_internal,
               {tallies}, s.c, s.n_captures, s.first_capture, s.latest
        FROM target t FULL JOIN seen s ON t.key = s.url_key
        WHERE s.url_key IS NOT NULL OR t.n_rows > 0
    )
    SELECT (? + row_number() OVER (ORDER BY key) - 1)::INTEGER AS page, key, url, h.host_id AS host,
           h.domain_id AS domain,
           (? + sum(n_rows) OVER (ORDER BY key) - n_rows)::BIGINT AS first_row,
           n_rows, n_internal, {names},
           coalesce(n_captures, 0) AS n_captures, c.fetched_at, c.http_status, c.title, c.lang,
           c.author, c.published_at, c.modified_at, c.canonical, c.page_kind, c.robots_noindex, c.robots_nofollow,
           c.n_internal_links, c.n_external_links, c.n_words, c.content_type, c.redirect_target, i.ip_id,
           first_capture, latest[2] AS previous_capture, latest[1] AS latest_capture
    FROM both_sides b LEFT JOIN hosts h ON h.host = b.host LEFT JOIN ips i ON i.ip = c.ip
    ORDER BY page
"""

_TALLY_SQL = {
    "sums": ", ".join(f"sum({name}) AS {name}" for name in TALLIED),
    "tallies": ", ".join(f"coalesce(t.{name}, 0)::INTEGER AS {name}" for name in TALLIED),
    "names": ", ".join(TALLIED),
}

_CAPTURE_PAGES = """
    INSERT INTO scratch.capture_pages
    SELECT c.capture_id, p.page FROM read_parquet(?) c JOIN part p ON p.key = c.url_key WHERE {keys}
"""


def build_pages(db: duckdb.DuckDBPyConnection, snapshot: Snapshot, say: Callable[[str, int, int], None]) -> None:
    """Tables `pages` and `marks`; in the scratch file `sources` (row, capture_id, link_id) and `capture_pages`."""
    sums = ", ".join(f"{name} BIGINT" for name in ("n_rows", "n_internal", *TALLIED))
    run(db, f"CREATE TABLE scratch.linked (key VARCHAR, url VARCHAR, host VARCHAR, {sums})")
    run(db, "CREATE TABLE scratch.sources (row BIGINT, capture_id UBIGINT, link_id UBIGINT)")
    run(db, "CREATE TABLE scratch.capture_pages (capture_id UBIGINT, page INTEGER)")
    run(db, f"CREATE TABLE pages ({_PAGE_COLUMNS})")
    cuts = _scan_links(db, snapshot, say)
    _add_indirect(db, snapshot)
    _fill_pages(db, snapshot, cuts, say)
    _write_marks(db)


def _scan_links(
    db: duckdb.DuckDBPyConnection, snapshot: Snapshot, say: Callable[[str, int, int], None]
) -> list[tuple[str, int]]:
    """Fill the scratch tables; the cuts are (last key, rows of `linked` up to here) of each chunk."""
    cuts: list[tuple[str, int]] = []
    n_rows = n_done = 0
    columns = (
        "target_key", "target_url", "target_host", "is_internal", "is_live", "kind", "source_domain", "capture_id",
        "link_id",
    )  # fmt: skip
    for chunk in snapshot.links(columns):
        _check_order(chunk["target_key"])
        db.register("chunk", chunk)
        run(db, _LINKED)
        rows = external(chunk.select(["is_internal", "capture_id", "link_id"]))
        numbers = pa.array(np.arange(n_rows, n_rows + rows.num_rows))
        db.register("chunk", rows.append_column("row", numbers))
        run(db, "INSERT INTO scratch.sources SELECT row, capture_id, link_id FROM chunk")
        db.unregister("chunk")
        n_rows += rows.num_rows
        n_done += chunk.num_rows
        cuts.append((chunk["target_key"][-1].as_py(), _count(db, "scratch.linked")))
        say("pages", n_done, 2 * snapshot.n_links)
    return cuts


def _check_order(keys: pa.ChunkedArray) -> None:
    if len(keys) > 1 and not pc.all(pc.less_equal(keys.slice(0, len(keys) - 1), keys.slice(1))).as_py():
        raise CorruptIndex("the links of the snapshot are not in the order of their targets", hint="build again")


def _add_indirect(db: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    """Targets that are only reached through a redirect or canonical are pages too."""
    run(
        db,
        """
        CREATE TABLE scratch.reached AS
        SELECT target_key AS url_key, first(target_url) AS url, first(target_host) AS host
        FROM read_parquet(?) WHERE NOT is_internal GROUP BY target_key ORDER BY target_key
        """,
        [snapshot.files("indirect")],
    )


def _fill_pages(
    db: duckdb.DuckDBPyConnection,
    snapshot: Snapshot,
    cuts: list[tuple[str, int]],
    say: Callable[[str, int, int], None],
) -> None:
    files = snapshot.files("captures")
    bounds = _bounds(cuts)
    n_pages = n_rows = 0
    for done, (low, high, first, last) in enumerate(bounds):
        ours, params = _between("url_key", low, high)
        run(db, _CAPTURED.format(keys=ours), [files, *params])
        run(
            db,
            f"""INSERT INTO seen BY NAME SELECT url_key, url, host, 0 AS n_captures FROM scratch.reached
            WHERE {ours} AND url_key NOT IN (SELECT url_key FROM seen)""",
            params,
        )
        theirs, _ = _between("key", low, high)
        run(db, _RANGE.format(keys=theirs, **_TALLY_SQL), [first, last, *params, n_pages, n_rows])
        run(db, "INSERT INTO pages SELECT * FROM part ORDER BY page")
        run(db, _CAPTURE_PAGES.format(keys=ours), [files, *params])
        found = one(db, "SELECT count(*), coalesce(sum(n_rows), 0)::BIGINT FROM part")
        n_pages, n_rows = n_pages + found[0], n_rows + found[1]
        say("pages", len(bounds) + done + 1, 2 * len(bounds))
    run(db, "DROP TABLE IF EXISTS part")
    run(db, "DROP TABLE IF EXISTS seen")
    _check(db, "pages", "host IS NULL", "a page whose host is missing in the table of hosts")


def _bounds(cuts: list[tuple[str, int]]) -> list[tuple[str | None, str | None, int, int]]:
    """Half-open key ranges (low, high] that cover all keys, with the rows of `linked` that can lie in each."""
    ranges: list[tuple[str | None, str | None, int, int]] = []
    low: str | None = None
    first = 0
    for key, n_linked in cuts:
        if key == low:
            ranges[-1] = (*ranges[-1][:3], n_linked - 1)
        else:
            ranges.append((low, key, first, n_linked - 1))
        # A key may go on in the next chunk: its rows are read from where this chunk's last row stands.
        low, first = key, n_linked
    return _with_tails(ranges, cuts)


def _with_tails(
    ranges: list[tuple[str | None, str | None, int, int]], cuts: list[tuple[str, int]]
) -> list[tuple[str | None, str | None, int, int]]:
    """Each range reads one row further, where the next chunk may go on with its last key; the last is open."""
    n_linked = cuts[-1][1] if cuts else 0
    tailed = [(low, high, first, min(last + 1, n_linked - 1)) for low, high, first, last in ranges]
    tailed.append((cuts[-1][0] if cuts else None, None, n_linked, n_linked))
    return tailed


def _between(column: str, low: str | None, high: str | None) -> tuple[str, list[str]]:
    """SQL and parameters for low < column <= high; an open end is None."""
    parts = [f"{column} > ?"] * (low is not None) + [f"{column} <= ?"] * (high is not None)
    return " AND ".join(parts) or "true", [bound for bound in (low, high) if bound is not None]


def _write_marks(db: duckdb.DuckDBPyConnection) -> None:
    """Every n-th key of the sorted tables: what the reader keeps in memory to find the rest."""
    run(db, "CREATE TABLE marks (name VARCHAR, number BIGINT, key VARCHAR, first_row BIGINT)")
    for name, number, key, first in (
        ("pages", "page", "key", "first_row"),
        ("hosts", "host_id", "host_key", "0"),
        ("domains", "domain_id", "domain_key", "0"),
    ):
        run(
            db,
            f"""INSERT INTO marks SELECT '{name}', {number}, {key}, {first} FROM {name}
            WHERE {number} % {MARK_EVERY} = 0 ORDER BY {number}""",
        )


def _count(db: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(one(db, f"SELECT count(*) FROM {table}")[0])


def _check(db: duckdb.DuckDBPyConnection, table: str, wrong: str, what: str) -> None:
    (n_wrong,) = one(db, f"SELECT count(*) FROM {table} WHERE {wrong}")
    if n_wrong:
        raise CorruptIndex(f"the snapshot has {what} ({n_wrong} times)", hint="run `inlink build` again")
