"""Opening the workspace's database, and the transactions in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

from inlink.store.db.base import Base


class WorkDatabase:
    """The workspace's database. Safe to share between threads; each `step` has a connection of its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, where: str | Path) -> WorkDatabase:
        """The database at a URL (`postgresql://…`) or in a file of SQLite; missing tables are made."""
        url = where if isinstance(where, str) and "://" in where else f"sqlite:///{where}"
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _settle)
            event.listen(engine, "begin", _begin)
        Base.metadata.create_all(engine)
        return cls(engine)

    @contextmanager
    def step(self) -> Iterator[Session]:
        """One transaction: all of the block, or nothing of it where the block raises."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def _settle(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy says, not where the driver guesses
    for setting in ("journal_mode = wal", "synchronous = full", "foreign_keys = on", "busy_timeout = 60000"):
        connection.execute(f"pragma {setting}")


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("begin immediate")
