"""The workspace's database (`workspace.db`, SQLite): small rows that change, each stage's in tables of its own.

All changes of one step are one transaction, forced to disk: killed at any moment, a step is there or it is not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from inlink.errors import CorruptIndex

Row = sqlite3.Row
_HINT = "restore it from a copy; it holds what was watched, checked and sent"
_VERSIONS = "create table if not exists versions (stage text primary key, version integer not null) without rowid"


class Database:
    """`workspace.db` opened for one stage. Use it from one thread at a time.

    script makes the stage's tables where they are not there (`create … if not exists`); `version` names their form.
    Raises: CorruptIndex where the file cannot be read, or holds the stage's tables in another form.
    """

    def __init__(self, path: Path, stage: str, version: int, script: str) -> None:
        self._path = path
        try:
            self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise CorruptIndex(f"{path} cannot be opened: {error}", hint=_HINT) from error
        try:
            self._prepare(stage, version, script)
        except sqlite3.Error as error:
            self._db.close()
            raise CorruptIndex(f"{path} cannot be read: {error}", hint=_HINT) from error
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, stage: str, version: int, script: str) -> None:
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        self._db.execute("pragma foreign_keys = on")
        self._db.execute(_VERSIONS)
        row = self.first("select version from versions where stage = ?", (stage,))
        if row is not None and row["version"] != version:
            raise CorruptIndex(
                f"{self._path} holds tables of {stage} in form {row['version']}, this inlink reads form {version}",
                hint="use the inlink that made them",
            )
        self._db.executescript(script)
        self._db.execute("insert or ignore into versions values (?, ?)", (stage, version))

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def step(self) -> Iterator[None]:
        """One transaction: all of it or nothing."""
        with transaction(self._db):
            yield

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        """The rows of a query."""
        return self._db.execute(query, values).fetchall()

    def first(self, query: str, values: Sequence[object] = ()) -> Row | None:
        """The first row of a query."""
        row: Row | None = self._db.execute(query, values).fetchone()
        return row

    def run(self, statement: str, values: Sequence[object] = ()) -> int:
        """Run a statement; gives how many rows it changed."""
        return self._db.execute(statement, values).rowcount

    def insert(self, statement: str, values: Sequence[object] = ()) -> int:
        """Insert a row; gives its number."""
        return int(self._db.execute(statement, values).lastrowid or 0)

    def run_many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement for each row of values."""
        self._db.executemany(statement, rows)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All that is done in the block, or nothing of it where the block raises."""
    db.execute("begin immediate")
    try:
        yield
    except BaseException:
        db.execute("rollback")
        raise
    db.execute("commit")
