"""Table `links` in row order, its permutation by source, and the tables that hang on rows."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inlink.errors import CorruptIndex
from inlink.index.serving_columns import IS_EMBED
from inlink.index.serving_db import arrow, one, run
from inlink.index.serving_overview import SUMS, TALLIED
from inlink.index.serving_scan import Snapshot, external
from inlink.schema.snapshot import SNAPSHOT_LINKS

Say = Callable[[str, int, int], None]
SORT_ROWS = 25_000_000  # sorted at once

_LINK_COLUMNS = (
    "link_id", "capture_id", "ordinal", "source_url", "source_host", "source_domain", "target_raw", "target_url",
    "target_host", "target_domain", "kind", "rel", "nofollow", "ugc", "sponsored", "rel_origin", "anchor", "alt",
    "text_before", "text_after", "heading", "region", "position_share", "block_link_share",
    "needs_script", "is_internal", "first_seen", "last_seen", "is_live", "lost_at", "lost_reason", "n_seen", "strength",
)  # fmt: skip

# Texts that hardly repeat: as small as in a dictionary, and a fifth of the time to read a few rows.
_UNREPEATING = ("source_url", "title", "text_before", "text_after", "heading")

_SOURCES = """
    CREATE TABLE scratch.rows AS
    SELECT r.row, p.page, i.ip_id AS ip, i.subnet_id AS subnet, d.tld, d.is_left_out,
           p.lang, p.title, p.author, p.published_at, p.page_kind, p.n_external_links, p.robots_noindex,
           p.first_capture, p.previous_capture, p.latest_capture, v.last_from, v.previous_end
    FROM scratch.sources r
    LEFT JOIN scratch.capture_pages c USING (capture_id)
    LEFT JOIN pages p USING (page)
    LEFT JOIN domains d ON d.domain_id = p.domain
    LEFT JOIN ips i ON i.ip_id = p.ip_id
    LEFT JOIN scratch.last_versions v ON v.row = r.row
    ORDER BY r.row
"""

# The state against the capture of the page before its latest: null where nothing changed.
_CHANGE = """
    CASE
        WHEN NOT is_live THEN CASE WHEN lost_at < latest_capture THEN NULL WHEN lost_reason = 'moved' THEN 'moved'
                                   ELSE 'lost' END
        WHEN first_capture IS NULL OR first_seen <= first_capture AND previous_capture IS NULL THEN 'found'
        WHEN previous_capture IS NULL THEN 'found'
        WHEN first_seen > previous_capture THEN 'new'
        WHEN last_from = latest_capture THEN CASE previous_end WHEN 'changed' THEN 'changed' ELSE 'restored' END
    END
"""

_NARROW = f"""
    row, target_page, target_host_id, target_domain_id, page AS source_page, source_host_id, source_domain_id,
    ip AS ip_id, subnet AS subnet_id, tld, kind,
    {IS_EMBED} AS is_embed, is_left_out, nofollow, ugc, sponsored, region,
    lang, is_live, {_CHANGE} AS change, first_seen, last_seen, lost_at, lost_reason, strength::INTEGER AS strength
"""

_WIDE = """
    link_id, ordinal, capture_id, source_url, source_host, length(source_domain)::USMALLINT AS source_domain_length,
    target_url, target_raw, target_host, target_domain, rel, rel_origin, anchor, alt, text_before, text_after, heading,
    position_share, block_link_share, needs_script, n_seen, title, author, published_at, page_kind, n_external_links,
    robots_noindex, first_seen > first_capture AS is_added
"""


_OUTGOING = """
    SELECT row, source_page, ordinal, source_domain_id, source_host_id, target_page, target_host_id,
           target_domain_id, kind, is_embed, t.is_left_out AS is_target_left_out, nofollow, ugc, sponsored, region,
           lang, is_live, change, l.first_seen, l.last_seen, lost_at, lost_reason, strength, link_id, source_url,
           source_host, source_domain_length, target_url, target_host, target_domain, rel, rel_origin, anchor,
           position_share, needs_script, alt
    FROM links l JOIN domains t ON t.domain_id = l.target_domain_id
    WHERE source_page >= $first AND source_page < $end
    ORDER BY source_page, ordinal, row
"""


def build_links(db: duckdb.DuckDBPyConnection, snapshot: Snapshot, say: Say) -> None:
    """Tables `links` and `versions`."""
    _build_versions(db, snapshot)
    run(db, _SOURCES)
    (n_lost,) = one(db, "SELECT count(*) FROM scratch.rows WHERE page IS NULL")
    if n_lost:
        raise CorruptIndex(
            f"{n_lost} links name a capture that is not in the snapshot", hint="run `inlink build` again"
        )
    _make_links(db)
    start = done = 0
    for chunk in snapshot.links(_LINK_COLUMNS):
        rows = external(chunk)
        _insert(db, rows, start, "INSERT INTO links")
        start += rows.num_rows
        done += chunk.num_rows
        del chunk, rows  # before the next chunk is read
        say("links", done, snapshot.n_links)
    run(db, "DROP TABLE scratch.rows")


def _make_links(db: duckdb.DuckDBPyConnection) -> None:
    """Table `links`, empty."""
    _insert(db, SNAPSHOT_LINKS.arrow.empty_table().select(_LINK_COLUMNS), 0, "CREATE TEMP TABLE shape AS")
    columns = run(db, "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'shape'")
    packing = dict.fromkeys(_UNREPEATING, "USING COMPRESSION zstd")
    run(db, f"CREATE TABLE links ({', '.join(f'{name} {kind} {packing.get(name, str())}' for name, kind in columns)})")
    run(db, "DROP TABLE shape")


def _insert(db: duckdb.DuckDBPyConnection, rows: pa.Table, start: int, statement: str) -> None:
    """Append rows, in order: what the snapshot says of each, its source's facts and its target's numbers."""
    end = start + rows.num_rows
    facts = arrow(db, "SELECT * FROM scratch.rows WHERE row >= ? AND row < ? ORDER BY row", [start, end])
    numbers = {
        "target_page": pa.array(_targets(db, start, end)),
        **_hosts(db, rows, "source"),
        **_hosts(db, rows, "target"),
    }
    columns = {**dict(zip(facts.column_names, facts.columns, strict=True)), **numbers}
    for name, column in columns.items():
        rows = rows.append_column(name, column)
    db.register("chunk", rows)
    run(db, f"{statement} SELECT {_NARROW}, {_WIDE} FROM chunk")
    db.unregister("chunk")


def _targets(db: duckdb.DuckDBPyConnection, start: int, end: int) -> np.ndarray:
    """Numbers of the target pages of rows start..end: pages own consecutive rows."""
    pages = db.execute(
        """SELECT page, greatest(first_row, ?) AS a, least(first_row + n_rows, ?) AS b FROM pages
        WHERE n_rows > 0 AND first_row < ? AND first_row + n_rows > ? ORDER BY page""",
        [start, end, end, start],
    ).fetchnumpy()
    return np.repeat(np.asarray(pages["page"]), np.asarray(pages["b"] - pages["a"]))


def _hosts(db: duckdb.DuckDBPyConnection, rows: pa.Table, side: str) -> dict[str, pa.Array]:
    """Numbers of hosts and domains. A page may be linked to under several hosts: www. is folded in keys, not here."""
    coded = pc.dictionary_encode(rows[f"{side}_host"].cast(pa.string())).combine_chunks()
    names = pa.table({"name": coded.dictionary, "place": pa.array(np.arange(len(coded.dictionary)))})
    db.register("names", names)
    found = arrow(
        db,
        "SELECT h.host_id, h.domain_id FROM names n LEFT JOIN hosts h ON h.host = n.name ORDER BY n.place",
    )
    db.unregister("names")
    if found["host_id"].null_count:
        raise CorruptIndex("the snapshot has links whose host is missing in its hosts", hint="run `inlink build` again")
    return {f"{side}_{name}": found[name].combine_chunks().take(coded.indices) for name in ("host_id", "domain_id")}


def _build_versions(db: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    """Table `versions`: the runs of links that changed or came back; of all others `links` says everything."""
    run(
        db,
        """
        CREATE TABLE versions AS
        WITH several AS (
            SELECT link_id FROM read_parquet($files) WHERE NOT is_internal GROUP BY link_id HAVING count(*) > 1
        )
        SELECT s.row, v.seen_from, v.seen_to, v.ended_at, v.ended_by, v.nofollow, v.ugc, v.sponsored, v.rel,
               v.rel_origin, v.anchor, v.alt
        FROM read_parquet($files) v JOIN several USING (link_id) JOIN scratch.sources s USING (link_id)
        ORDER BY s.row, v.seen_from
        """,
        {"files": snapshot.files("versions")},
    )
    run(
        db,
        """
        CREATE TABLE scratch.last_versions AS
        SELECT row, max(seen_from) AS last_from,
               arg_max(ended_by, seen_from) FILTER (ended_by IS NOT NULL) AS previous_end
        FROM versions GROUP BY row
        """,
    )


def build_places(db: duckdb.DuckDBPyConnection) -> None:
    """Tables `host_places` and `domain_places`: where the rows and pages of each lie, and its tallies."""
    sums = ", ".join(f"({SUMS[name]})::INTEGER AS {name}" for name in TALLIED)
    known = ", ".join(f"coalesce({name}, 0) AS {name}" for name in TALLIED)
    for name in ("host", "domain"):
        # A page may be linked to, and link, under several hosts: www. is folded in keys.
        run(
            db,
            f"""
            CREATE TABLE {name}_places AS
            WITH targets AS (
                SELECT target_{name}_id AS number, min(target_page) AS low, max(target_page) AS high,
                       min(row) AS first_row, max(row) + 1 AS end_row, {sums}
                FROM links l GROUP BY ALL
            ),
            pages_of AS (
                SELECT number, min(low) AS first_page, max(high) + 1 AS end_page FROM (
                    SELECT number, low, high FROM targets
                    UNION ALL
                    SELECT source_{name}_id, min(source_page), max(source_page) FROM links GROUP BY ALL
                    UNION ALL
                    SELECT {name}, min(page), max(page) FROM pages GROUP BY ALL
                ) GROUP BY number
            )
            SELECT n.{name}_id, n.{name}, first_page, end_page, first_row, end_row, {known}
            FROM {name}s n LEFT JOIN pages_of p ON p.number = n.{name}_id LEFT JOIN targets t ON t.number = n.{name}_id
            ORDER BY n.{name}_id
            """,
        )


def build_outgoing(db: duckdb.DuckDBPyConnection, say: Say) -> None:
    """Table `outgoing`: links in the order of their source page; narrow, with the texts that lists show."""
    (n_links,) = one(db, "SELECT count(*) FROM links")
    passes = max(1, -(-n_links // SORT_ROWS))
    ends = _page_ends(db, passes)
    statement, first = "CREATE TABLE outgoing AS", 0
    for done, end in enumerate(ends):  # a sort on disk takes the more memory the more rows it has
        say("outgoing", done, len(ends))
        run(db, f"{statement} {_OUTGOING}", {"first": first, "end": end})
        statement, first = "INSERT INTO outgoing", end
    say("outgoing", len(ends), len(ends))


def build_retargets(db: duckdb.DuckDBPyConnection) -> None:
    """Table `retargets`: lost links whose page gained, at that very capture, one link with the same anchor and kind."""
    run(
        db,
        """
        CREATE TABLE retargets AS
        SELECT lost.row, any_value(gained.target_url) AS target_now
        FROM links lost
        JOIN outgoing gained ON gained.source_page = lost.source_page AND gained.anchor = lost.anchor
            AND gained.kind = lost.kind AND gained.first_seen = lost.lost_at AND gained.row <> lost.row
        WHERE lost.anchor <> '' AND lost.lost_reason = 'removed'
        GROUP BY lost.row HAVING count(*) = 1 ORDER BY lost.row
        """,
    )


def _page_ends(db: duckdb.DuckDBPyConnection, passes: int) -> list[int]:
    """Numbers of pages that split links by their source about evenly; the last is beyond all pages."""
    shares = [share / passes for share in range(1, passes)]
    cuts = one(db, f"SELECT approx_quantile(source_page, {shares}) FROM links")[0] if shares else []
    return [*sorted({cut + 1 for cut in cuts}), 2**32]


def build_indirect(db: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    """Table `indirect`: links that reach a page through a redirect or canonical, with the chain; own row numbers."""
    run(
        db,
        f"""
        CREATE TABLE indirect AS
        WITH facts AS (
            SELECT x.*, t.page AS target_page, th.host_id AS target_host_id, th.domain_id AS target_domain_id, p.page,
                   sh.host_id AS source_host_id, sh.domain_id AS source_domain_id, i.ip_id AS ip,
                   i.subnet_id AS subnet, d.tld, d.is_left_out, p.lang, p.title, p.author,
                   p.published_at, p.page_kind, p.n_external_links, p.robots_noindex, p.first_capture,
                   p.previous_capture, p.latest_capture, NULL::TIMESTAMPTZ AS last_from, NULL::VARCHAR AS previous_end
            FROM read_parquet(?) x
            JOIN pages t ON t.key = x.target_key
            JOIN hosts th ON th.host = x.target_host
            JOIN hosts sh ON sh.host = x.source_host
            JOIN scratch.capture_pages c ON c.capture_id = x.capture_id
            JOIN pages p ON p.page = c.page
            JOIN domains d ON d.domain_id = p.domain
            LEFT JOIN ips i ON i.ip_id = p.ip_id
            WHERE NOT x.is_internal
        ),
        numbered AS (
            SELECT *, row_number() OVER (
                ORDER BY target_page, strength DESC, source_url, ordinal, link_id, target_url) - 1 AS row
            FROM facts
        )
        SELECT {_NARROW}, {_WIDE}, via, via_kind FROM numbered ORDER BY row
        """,
        [snapshot.files("indirect")],
    )


def build_pairs(db: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    """Table `pairs`: source and target domains with their sums, the strongest source of each target first."""
    run(
        db,
        """
        CREATE TABLE pairs AS
        SELECT t.domain_id AS target_domain_id, s.domain_id AS source_domain_id, p.*, s.is_left_out
        FROM read_parquet(?) p
        JOIN domains t ON t.domain = p.target_domain
        JOIN domains s ON s.domain = p.source_domain
        ORDER BY target_domain_id, strength DESC, source_domain_id
        """,
        [snapshot.files("pairs")],
    )


def build_captures(db: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    """Table `captures`: every attempt to see a page, in the order of pages and time, with where its record lies."""
    run(
        db,
        """
        CREATE TABLE captures AS
        SELECT p.page, c.capture_id, c.url, c.host, c.domain, c.fetched_at, c.http_status, c.error, c.depth,
               c.payload_digest, c.ip, c.content_type, c.redirect_target, c.is_revisit, c.is_conclusive, c.is_current,
               c.title, c.lang, c.evidence_file, c.evidence_offset, c.evidence_length
        FROM read_parquet(?) c JOIN scratch.capture_pages p USING (capture_id)
        ORDER BY p.page, c.fetched_at, c.capture_id
        """,
        [snapshot.files("captures")],
    )
