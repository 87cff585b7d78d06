"""The form of the workspace's database: what it is, what it should be, and the steps between."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from inlink.errors import CorruptIndex, NotConfigured

FOLDER = Path(str(files("inlink.store.db").joinpath("migrations")))
_LOCK = 0x696E6C696E6B  # "inlink": who changes the tables of a PostgreSQL database holds it
_STEP = re.compile(r"v(\d{4})_\w+\.py\Z")


def newest() -> str:
    """The form that this inlink reads: the number of the last step."""
    steps = (_STEP.match(path.name) for path in (FOLDER / "versions").iterdir())
    return max(step[1] for step in steps if step)


def form_of(connection: Connection) -> str | None:
    """The form that a database has; None for one without."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("select version_num from alembic_version")).scalar()
    return found


def migrate(engine: Engine, reader: Engine, name: str) -> None:
    """The database has the newest form: an empty one gets its tables, an older one the steps that it lacks.

    All steps are one transaction. Of two processes that come at once, one waits for the other.
    Raises: CorruptIndex for a database of a newer inlink; NotConfigured for one that cannot hold all text.
    """
    wanted = newest()
    with reader.connect() as connection:
        found = form_of(connection)
    if found == wanted:
        return
    _check(found, wanted, name)
    with engine.begin() as connection:
        _lock(connection, name)
        found = form_of(connection)
        _check(found, wanted, name)
        if found != wanted:
            _run(connection, found)


def make_schema(engine: Engine, schema: str) -> None:
    """A schema of PostgreSQL is there. schema: letters, digits and _ (`config.values` sees to it)."""
    there = text("select 1 from pg_namespace where nspname = :name")
    with engine.begin() as connection:
        if connection.execute(there, {"name": schema}).scalar() is None:
            connection.execute(text("select pg_advisory_xact_lock(:number)"), {"number": _LOCK})
            connection.execute(text(f'create schema if not exists "{schema}"'))


def _check(found: str | None, wanted: str, name: str) -> None:
    if found is not None and found > wanted:
        raise CorruptIndex(
            f"a newer inlink has made {name} (form {found}; this one reads up to {wanted})",
            hint="use that inlink, or restore a backup of before (inlink restore)",
        )


def _lock(connection: Connection, name: str) -> None:
    """Nobody else changes the tables before the transaction ends; SQLite's transactions see to that by themselves."""
    if connection.dialect.name != "postgresql":
        return
    connection.execute(text("select pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    encoding = connection.execute(text("show server_encoding")).scalar()
    if encoding != "UTF8":
        raise NotConfigured(f"{name} holds text as {encoding}", hint="make it: createdb --encoding UTF8 NAME")


def _run(connection: Connection, found: str | None) -> None:
    from inlink.store.db.adopting import adopt, set_aside  # with Alembic, which is slow to load: hardly ever needed
    from inlink.store.db.stepping import take_steps

    old = set_aside(connection) if found is None else ()
    take_steps(connection)
    adopt(connection, old)
