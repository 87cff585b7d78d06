"""A serving file attached for questions: short ones by the thread that asks, long ones with all processors.

Threads of DuckDB's own cost a short question as much as it takes by itself, and their number belongs to a database,
not to a question. So short questions share a database without any, whose pages stay in memory; long ones and streams
open the file for themselves (some 25 ms) and let go of it.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from inlink.errors import Busy, CorruptIndex
from inlink.index import serving_db
from inlink.index.serving_db import AVOIDED, AVOIDED_ALWAYS
from inlink.index.serving_sql import Sql

T = TypeVar("T")


class ServingDatabase:
    """The file, open for questions. Threads may share it."""

    def __init__(self, path: Path, *, memory_limit: str, threads: int | None) -> None:
        self.path = path
        self._memory, self._threads = memory_limit, threads
        self._db = self._open(threads=1)
        self._opening = threading.Lock()
        self._local = threading.local()
        self._turns = threading.BoundedSemaphore(os.cpu_count() or 1)

    def close(self) -> None:
        """Let go of the file; connections of other threads end with it."""
        self._db.close()

    def connection(self) -> duckdb.DuckDBPyConnection:
        """This thread's connection."""
        db, found = getattr(self._local, "of", (None, None))
        if found is None or db is not self._db:
            mine = self._mine()
            if found in mine:
                mine.remove(found)
            db = self._db
            found = _cursor(db)
            mine.append(found)
            self._local.of = (db, found)
        return found

    def interrupter(self) -> Callable[[], None]:
        """What ends, from another thread, whatever this one is asking by then."""
        self.connection()
        mine = self._mine()

        def interrupt() -> None:
            for connection in tuple(mine):
                connection.interrupt()

        return interrupt

    def rows(self, sql: Sql, *, is_long: bool = False) -> list[tuple[Any, ...]]:
        """The rows of a query, as Python values. Raises: as `arrow`."""
        return self._asked(lambda db: serving_db.run(db, sql.text, sql.params), is_long=is_long)

    def arrow(self, sql: Sql, *, is_long: bool = False) -> pa.Table:
        """The rows of a query, as an Arrow table; is_long: it reads so much that more processors make it shorter.

        Raises: Busy where the memory for queries does not do.
        """
        return self._asked(lambda db: serving_db.arrow(db, sql.text, sql.params), is_long=is_long)

    def stream(self, sql: Sql, *, batch_rows: int = 10_000) -> pa.RecordBatchReader:
        """The rows of a query in batches, from a database of their own, which ends with the reader."""
        db = self._open(threads=self._threads)
        with self._asking(db):
            reader = serving_db.stream(db, sql.text, sql.params, batch_rows=batch_rows)
        return pa.RecordBatchReader.from_batches(reader.schema, self._batches(db, reader))

    def _batches(self, db: duckdb.DuckDBPyConnection, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        """The batches: each is a question of the thread that waits for it."""
        while True:
            with self._asking(db):
                batch = _next(reader)
            if batch is None:
                return
            yield batch

    @contextmanager
    def _asking(self, db: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """A block in which what this thread asks of a database can be interrupted."""
        mine = self._mine()
        mine.append(db)
        try:
            yield
        finally:
            mine.remove(db)

    def _asked(self, ask: Callable[[duckdb.DuckDBPyConnection], T], *, is_long: bool) -> T:
        """The answer; a few are worked on at once, for they share the memory."""
        with self._turns:
            db = self._db
            try:
                return self._alone(ask) if is_long else ask(self.connection())
            except duckdb.OutOfMemoryException as error:
                hint = "ask for less (a filter, a smaller target), or try again when less is asked at once"
                raise Busy(f"this question needs more than the {self._memory} that queries have", hint=hint) from error
            except (duckdb.FatalException, duckdb.InternalException) as error:
                if is_long:
                    return self._alone(ask, AVOIDED)
                # An error within DuckDB ends its database for all who ask it, but not the file.
                with self._opening:
                    if self._db is db:
                        self._db = self._open(threads=1)
                if isinstance(error, duckdb.FatalException):  # of somebody else's question
                    return ask(self.connection())
                return self._alone(ask, AVOIDED)

    def _alone(self, ask: Callable[[duckdb.DuckDBPyConnection], T], avoided: str = AVOIDED_ALWAYS) -> T:
        """The answer from a database for this question alone."""
        with closing(self._open(avoided, threads=self._threads)) as db, self._asking(db):
            return ask(db)

    def _mine(self) -> list[duckdb.DuckDBPyConnection]:
        """This thread's connections: that of its short questions, and those of a long one."""
        found: list[duckdb.DuckDBPyConnection] | None = getattr(self._local, "mine", None)
        if found is None:
            found = self._local.mine = []
        return found

    def _open(self, avoided: str = AVOIDED_ALWAYS, *, threads: int | None) -> duckdb.DuckDBPyConnection:
        """The file, attached to a database in memory: nobody else in this process shares its settings or faults."""
        config: dict[str, Any] = {"memory_limit": self._memory, **({"threads": threads} if threads else {})}
        db = duckdb.connect(":memory:", config=config)
        # What does not fit into memory goes to a folder that DuckDB makes when it needs it, and takes away.
        serving_db.run(db, "SET temp_directory = ?", [f"{tempfile.gettempdir()}/inlink-{os.getpid()}-{id(db):x}"])
        serving_db.run(db, "SET GLOBAL TimeZone = 'UTC'")
        serving_db.run(db, "SET GLOBAL disabled_optimizers = ?", [avoided])
        try:
            serving_db.run(db, f"ATTACH '{str(self.path).replace(chr(39), chr(39) * 2)}' AS served (READ_ONLY)")
        except duckdb.Error as error:
            hint = "run `inlink build`: it is made anew"
            raise CorruptIndex(f"{self.path} cannot be opened: {error}", hint=hint) from None
        serving_db.run(db, "USE served")
        return db


def _cursor(db: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A connection of its own to the same file."""
    found = db.cursor()
    serving_db.run(found, "USE served")
    return found


def _next(reader: pa.RecordBatchReader) -> pa.RecordBatch | None:
    """The next batch."""
    with serving_db.read_as_duckdb():
        return next(reader, None)
