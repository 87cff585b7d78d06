"""Opening the workspace's database, and the transactions in it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from inlink.errors import BadInput, NotConfigured
from inlink.store.db.failures import told
from inlink.store.db.migrating import make_schema, migrate
from inlink.store.db.text import storable

_CONNECT_S = 10
_SETTINGS = ("busy_timeout = 60000", "journal_mode = wal", "synchronous = full", "foreign_keys = on")
_SWITCH_S, _SWITCH_AGAIN_S = 60.0, 0.02
# A process that is frozen or cut off within a transaction keeps rows locked (a worker its job, which nobody takes up
# then) until the server ends it. Twice a lease: steps pause for milliseconds, and a busy machine may stand for seconds.
_STILL_S = 60.0
_READS = "inlink_reads"
_POSTGRESQL = "postgresql+psycopg"
_POSTGRESQL_READS: dict[str, Any] = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}


class WorkDatabase:
    """The workspace's database. Safe to share between threads; each `step` has a connection of its own.

    name: what may be shown of where it is. After a fork, a child opens its own.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine, self.name = engine, name
        options = _POSTGRESQL_READS if engine.dialect.name == "postgresql" else {_READS: True}
        self._reader = engine.execution_options(**options)

    @classmethod
    def open(cls, where: str | Path, *, schema: str = "") -> WorkDatabase:
        """The database at a URL (a text) or in a file of SQLite (a path), in the form that this inlink reads.

        schema: of PostgreSQL, in which the tables are; made where it is missing.
        Raises: BadInput, NotConfigured, Unreachable, CorruptIndex.
        """
        made = cls.unprepared(where, schema=schema)
        try:
            with told(made.name):
                if made.engine.dialect.name == "postgresql" and schema:
                    make_schema(made.engine, schema)
                migrate(made.engine, made._reader, made.name)
        except BaseException:
            made.close()
            raise
        return made

    @classmethod
    def unprepared(cls, where: str | Path, *, schema: str = "") -> WorkDatabase:
        """The database in whatever form it has."""
        url = _url(where)
        if url.drivername == "sqlite" or not schema:
            return cls(_engine(url), _name(url))
        options = f"{url.query.get('options', '')} -csearch_path={schema}".strip()
        own = url.update_query_dict({"options": options})
        return cls(_engine(own), f"{_name(url)}, schema {schema}")

    @contextmanager
    def step(self) -> Iterator[Session]:
        """One transaction: all of the block, or nothing of it where the block raises.

        Raises: Unreachable, Busy, Outdated, BadInput, CorruptIndex, NotConfigured for what the database says; a
        broken constraint is SQLAlchemy's IntegrityError.
        """
        with told(self.name), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One view of the rows that nobody changes meanwhile; it waits for no writer and holds none up.

        Raises: as `step`.
        """
        with told(self.name), Session(self._reader, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def _url(where: str | Path) -> URL:
    if isinstance(where, Path):
        return URL.create("sqlite", database=str(where))
    try:
        url = make_url(where)
    except (ArgumentError, ValueError):
        url = URL.create("")
    if url.drivername not in ("sqlite", "postgresql", _POSTGRESQL):  # what was given may hold a password
        raise BadInput(
            "the address of the database cannot be used",
            hint='write [database] url or INLINK_DATABASE_URL as "postgresql://user@host/name"',
        )
    return url if url.drivername == "sqlite" else url.set(drivername=_POSTGRESQL)


def _name(url: URL) -> str:
    """What may be shown of a URL."""
    if url.drivername == "sqlite":
        return url.database or ":memory:"
    shown = url.set(drivername="postgresql", query={k: v for k, v in url.query.items() if k == "host"})
    return shown.render_as_string(hide_password=True)


def _engine(url: URL) -> Engine:
    if url.drivername == "sqlite":
        engine = create_engine(url, hide_parameters=True)
        event.listen(engine, "connect", _settle)
        event.listen(engine, "begin", _begin)
    else:
        settings = {"connect_timeout": _CONNECT_S, "application_name": "inlink", "client_encoding": "utf8"}
        extra = {key: value for key, value in settings.items() if key not in url.query}
        try:
            engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=extra)
        except ImportError as error:
            raise NotConfigured(
                "PostgreSQL needs psycopg, which is not installed", hint="pip install 'inlink[postgresql]'"
            ) from error
        event.listen(engine, "connect", _end_when_still)
    event.listen(engine, "before_cursor_execute", storable, retval=True)
    return engine


def _settle(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy says, not where the driver guesses
    for setting in _SETTINGS:
        _set(connection, setting)


def _set(connection: Any, setting: str) -> None:
    """Set it; again while another process has a new file open, since no busy_timeout counts for the change to WAL."""
    until = time.monotonic() + _SWITCH_S
    while True:
        try:
            connection.execute(f"pragma {setting}")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(_SWITCH_AGAIN_S)


def _end_when_still(connection: Any, _record: object) -> None:
    """PostgreSQL ends a transaction in which nothing is asked for long, unless its user has another bound."""
    name = "idle_in_transaction_session_timeout"
    query = f"select set_config('{name}', '{round(1000 * _STILL_S)}ms', false) where current_setting('{name}') = '0'"
    connection.execute(query)
    connection.commit()


def take_ones_time(connection: Connection) -> None:
    """This transaction may stand still for as long as it likes: one that holds no row and waits for a disk."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("set local idle_in_transaction_session_timeout = 0")


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get(_READS)
    connection.exec_driver_sql("begin" if reads else "begin immediate")
