"""Read-only SQL of users, in a database of its own that sees the served tables through views and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from inlink.errors import BadInput, Refused, TookTooLong
from inlink.index.serving_columns import columns_of
from inlink.index.serving_db import read_as_duckdb, run
from inlink.index.serving_heavy import kept_columns
from inlink.index.serving_reader import Serving
from inlink.workbench.deadlines import interrupted
from inlink.workbench.results import Rows

BATCH_ROWS = 2048


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a query may cost. limit: rows that are read; None for all."""

    limit: int | None = 1000
    timeout_s: float = 30.0
    memory_mb: int = 1024


def _link_view(relation: str) -> str:
    names = [name for name in (*kept_columns(), "via", "via_kind") if name in columns_of(relation)]
    shown = ", ".join(f'{columns_of(relation)[name].sql} AS "{name}"' for name in names)
    return f"SELECT {shown}, l.source_page, l.target_page FROM served.{relation} l"


VIEWS = {
    "links": _link_view("links"),
    "indirect": _link_view("indirect"),
    "pages": """SELECT p.page, p.key, p.url, h.host, h.domain, p.n_rows AS n_links_ever, p.n_captures, p.fetched_at,
        p.http_status, p.title, p.lang, p.author, p.published_at, p.modified_at, p.canonical, p.page_kind,
        p.robots_noindex, p.robots_nofollow, p.n_internal_links, p.n_external_links, p.n_words, p.content_type,
        p.redirect_target, i.ip
        FROM served.pages p JOIN served.hosts h ON h.host_id = p.host LEFT JOIN served.ips i ON i.ip_id = p.ip_id""",
    "hosts": "SELECT * EXCLUDE (host_id, domain_id) FROM served.hosts",
    "domains": "SELECT * EXCLUDE (domain_id, is_left_out) FROM served.domains",
    "pairs": "SELECT * EXCLUDE (source_domain_id, target_domain_id, is_left_out) FROM served.pairs",
    "captures": "SELECT * FROM served.captures",
}
"""Name → what it shows. links and indirect join pages by source_page and target_page, captures by page."""


def ask(serving: Serving, query: str, bounds: Bounds) -> Rows:
    """The rows of one SELECT.

    Raises: BadInput for SQL that is wrong, Refused for anything but one SELECT and where time or memory runs out.
    """
    with _sandbox(serving, bounds) as db:
        statement = _checked(db, query)
        table, is_cut = _read(db, statement, bounds)
    names = _unique(table.column_names)
    notes = (f"only the first {bounds.limit:,} rows are shown",) if is_cut else ()
    return Rows(table.rename_columns(names), names, None, None, None, serving.snapshot, notes)


@contextmanager
def _sandbox(serving: Serving, bounds: Bounds) -> Iterator[duckdb.DuckDBPyConnection]:
    """A fresh database in memory with the views; nothing can be reached from it but the served file, to read."""
    with duckdb.connect(":memory:") as db:
        run(db, "SET GLOBAL TimeZone = 'UTC'")
        run(db, f"ATTACH '{str(serving.path).replace(chr(39), chr(39) * 2)}' AS served (READ_ONLY)")
        for name, text in VIEWS.items():
            run(db, f"CREATE VIEW {name} AS {text}")
        for name, value in (
            ("memory_limit", f"'{int(bounds.memory_mb)}MB'"),
            ("temp_directory", "''"),
            ("threads", "2"),
            ("python_enable_replacements", "false"),
            ("enable_external_access", "false"),
            ("lock_configuration", "true"),
        ):
            run(db, f"SET GLOBAL {name} = {value}")
        yield db


def _checked(db: duckdb.DuckDBPyConnection, query: str) -> duckdb.Statement:
    try:
        query.encode()
        statements = db.extract_statements(query)
    except (duckdb.Error, UnicodeEncodeError) as error:
        raise _wrong(error) from None
    if len(statements) != 1:
        raise Refused(f"one statement is allowed, this text has {len(statements)}", hint="send one SELECT")
    if statements[0].type != duckdb.StatementType.SELECT:
        raise Refused("only SELECT is allowed here", hint=f"views are {', '.join(VIEWS)}")
    return statements[0]


def _read(db: duckdb.DuckDBPyConnection, statement: duckdb.Statement, bounds: Bounds) -> tuple[pa.Table, bool]:
    """The rows up to the limit, and whether there are more."""
    try:
        with interrupted(db.interrupt, bounds.timeout_s), read_as_duckdb():
            reader = db.sql(statement.query).to_arrow_reader(BATCH_ROWS)
            return _taken(reader, bounds)
    except duckdb.InterruptException:
        raise TookTooLong(f"the query took longer than {bounds.timeout_s:g} s", hint="ask for less") from None
    except duckdb.OutOfMemoryException:
        raise Refused(f"the query needs more than {bounds.memory_mb} MB", hint="ask for less") from None
    except duckdb.PermissionException as error:
        raise Refused(str(error).partition("\n")[0], hint=f"views are {', '.join(VIEWS)}") from None
    except (duckdb.Error, pa.ArrowInvalid) as error:
        raise _wrong(error) from None


def _taken(reader: pa.RecordBatchReader, bounds: Bounds) -> tuple[pa.Table, bool]:
    """The rows, which count towards the memory too: the database no longer holds them."""
    limit = bounds.limit
    batches: list[pa.RecordBatch] = []
    n_rows = n_bytes = 0
    for batch in reader:
        batches.append(batch)
        n_rows += batch.num_rows
        n_bytes += batch.nbytes
        if n_bytes > bounds.memory_mb * 1_000_000:
            raise Refused(f"the answer is larger than {bounds.memory_mb} MB", hint="ask for less, or set a limit")
        if limit is not None and n_rows > limit:
            break
    table = pa.Table.from_batches(batches, reader.schema)
    return (table, False) if limit is None or n_rows <= limit else (table.slice(0, limit), True)


def _wrong(error: Exception) -> BadInput:
    return BadInput(f"SQL: {str(error).strip()}", hint=f"views are {', '.join(VIEWS)}")


def _unique(names: list[str]) -> tuple[str, ...]:
    """Names made different where two columns have the same."""
    seen: dict[str, int] = {}
    made = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        made.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return tuple(made)
