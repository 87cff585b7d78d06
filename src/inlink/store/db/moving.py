"""All rows of the workspace's database, out and in again: the same on every database, a line of JSON a row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, delete, func, insert, literal_column, select, text
from sqlalchemy.exc import CompileError, DataError, IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from inlink.errors import CorruptIndex
from inlink.store.db.base import Base
from inlink.store.db.migrating import newest
from inlink.store.db.opening import WorkDatabase, take_ones_time

# Who is signed in (whoever reads a copy must not be), whose the database is, and what counts for minutes.
LEFT_OUT = ("sessions", "belonging", "sign_in_tries")
_MANY = 1_000
Lines = Iterable[bytes]


@contextmanager
def all_rows(database: WorkDatabase) -> Iterator[Iterator[tuple[str, Iterator[bytes]]]]:
    """Each table with its rows, all as they are at one moment; take the rows of one before the next table."""
    with database.reading() as session:
        connection = session.connection()
        take_ones_time(connection)  # between two tables, the first is packed
        yield ((table.name, _lines(connection, table)) for table in _tables())


def count_rows(database: WorkDatabase) -> int:
    """How many rows there are; the audit log and what the monitor remembers of itself do not count."""
    beside = (*LEFT_OUT, "audit", "monitor_facts", "job_workers")
    with database.reading() as session:
        tables = [table for table in _tables() if table.name not in beside]
        return sum(session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def _tables() -> list[Table]:
    """Tables in an order in which rows find those that they refer to."""
    return [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]


def _lines(connection: Connection, table: Table) -> Iterator[bytes]:
    query = select(table).order_by(*table.primary_key.columns)
    for row in connection.execution_options(yield_per=_MANY).execute(query).mappings():
        yield json.dumps(dict(row), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def replace_rows(session: Session, tables: Mapping[str, Lines]) -> dict[str, int]:
    """The database has these rows and no others once the step ends; gives how many by table.

    Raises: CorruptIndex for rows that its tables do not take.
    """
    connection = session.connection()
    for table in reversed(Base.metadata.sorted_tables):
        connection.execute(delete(table))
    counts = {table.name: _fill(connection, table, tables.get(table.name, ())) for table in _tables()}
    for table in _tables():
        _go_on_counting(connection, table)
    return counts


def replace_older_rows(session: Session, tables: Mapping[str, Lines], form: str, folder: Path) -> dict[str, int]:
    """As `replace_rows`, for rows of an older form: they are brought to the newest in a file of SQLite in `folder`."""
    from inlink.store.db.stepping import take_steps  # with Alembic

    path = folder / "older.db"
    between = WorkDatabase.unprepared(path)
    try:
        with between.engine.begin() as connection:
            take_steps(connection, to=form)
            found = MetaData()
            found.reflect(connection)
            for table in found.sorted_tables:
                _fill(connection, table, tables.get(table.name, ()))
    finally:
        between.close()
    newer = WorkDatabase.open(path)
    try:
        with newer.reading() as source:
            rows = {table.name: _lines(source.connection(), table) for table in _tables()}
            return replace_rows(session, rows)
    finally:
        newer.close()
        path.unlink(missing_ok=True)


def is_older(form: str) -> bool:
    """Whether rows are of an older form than the newest."""
    return form < newest()


def _fill(connection: Connection, table: Table, lines: Lines) -> int:
    n = 0
    rows = iter(lines)
    try:
        while some := [json.loads(line) for line in islice(rows, _MANY)]:
            connection.execute(insert(table), some)
            n += len(some)
    except (ValueError, TypeError, CompileError, IntegrityError, DataError, ProgrammingError) as error:
        raise CorruptIndex(
            f"rows of {table.name} cannot be taken over: {type(error).__name__}", hint="make the backup again"
        ) from error
    return n


def _go_on_counting(connection: Connection, table: Table) -> None:
    """PostgreSQL gives the next row a number that no row has; SQLite sees to that by itself."""
    column = table.autoincrement_column
    if connection.dialect.name != "postgresql" or column is None:
        return
    top = connection.execute(select(func.coalesce(func.max(column), literal_column("0")) + 1)).scalar()
    sequence: Any = {"place": table.name, "name": column.name, "top": top}
    connection.execute(text("select setval(pg_get_serial_sequence(:place, :name), :top, false)"), sequence)
