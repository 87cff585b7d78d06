"""The workspace's database as one stage uses it: small rows that change, on SQLite and PostgreSQL alike.

All changes of one step are one transaction, forced to disk: killed at any moment, a step is there or it is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import Connection, CursorResult, Executable, Insert, Row

from inlink.store.db import WorkDatabase


class StageDatabase:
    """The workspace's database for one stage. Use it from one thread at a time.

    What is asked and changed within a `step` belongs to its transaction; outside, every call has one of its own.
    Raises: what `WorkDatabase.step` raises.
    """

    def __init__(self, database: WorkDatabase) -> None:
        self._database = database
        self._within: Connection | None = None

    @contextmanager
    def step(self) -> Iterator[Connection]:
        """One transaction: all of it or nothing. Steps do not nest."""
        if self._within is not None:
            raise RuntimeError("a step within a step")
        with self._database.step() as session:
            self._within = session.connection()
            try:
                yield self._within
            finally:
                self._within = None

    def rows(self, query: Executable) -> Sequence[Row[Any]]:
        """The rows of a query."""
        with self._reading() as connection:
            return connection.execute(query).all()

    def first(self, query: Executable) -> Row[Any] | None:
        """The first row of a query."""
        with self._reading() as connection:
            return connection.execute(query).first()

    def run(self, statement: Executable) -> int:
        """Run a statement; gives how many rows it changed."""
        with self.writing() as connection:
            done = connection.execute(statement, execution_options={"preserve_rowcount": True})
            return cast("CursorResult[Any]", done).rowcount

    def run_many(self, statement: Executable, rows: Sequence[Mapping[str, object]]) -> int:
        """Run a statement for each row of values; gives how many rows it changed."""
        if not rows:
            return 0
        with self.writing() as connection:
            done = connection.execute(statement, rows, execution_options={"preserve_rowcount": True})
            return cast("CursorResult[Any]", done).rowcount

    def insert(self, statement: Insert) -> int:
        """Insert a row; gives its number."""
        with self.writing() as connection:
            key = connection.execute(statement).inserted_primary_key
        return int(key[0]) if key else 0

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        if self._within is not None:
            yield self._within
        else:
            with self._database.reading() as session:
                yield session.connection()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The connection of the step that is under way, or of one of its own."""
        if self._within is not None:
            yield self._within
        else:
            with self._database.step() as session:
                yield session.connection()
