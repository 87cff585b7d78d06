"""A workspace.db of before there were migrations: its rows are taken over, every one of them, in the same transaction.

It held the tables of two stages in forms of their own, told by a table `versions`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, insert, text

from inlink.errors import CorruptIndex
from inlink.store.db.base import Base, digest_of

_FORMS = {"check": 1, "monitor": 1}
# In this order rows find those that they refer to.
_TABLES = (
    *("checks", "check_tries", "check_states", "watches", "looks", "events", "messages", "message_events"),
    *("monitor_facts", "survival", "wishes"),
)
_OLD = "before_migrations_"
_MANY = 1000
Row = dict[str, Any]


def set_aside(connection: Connection) -> tuple[str, ...]:
    """Old tables get other names; gives theirs of before. Raises: CorruptIndex where their form is unknown."""
    if connection.dialect.name != "sqlite":
        return ()
    there = set(connection.execute(text("select name from sqlite_master where type = 'table'")).scalars())
    if "versions" not in there:
        return ()
    for stage, form in connection.execute(text("select stage, version from versions")):
        if _FORMS.get(stage) != form:
            raise CorruptIndex(f"the database holds tables of {stage} in form {form}", hint="use the inlink of then")
    old = tuple(name for name in _TABLES if name in there)
    for name in old:
        connection.execute(text(f"alter table {name} rename to {_OLD}{name}"))
    made = "select name from sqlite_master where type = 'index' and tbl_name like :old and sql is not null"
    for index in connection.execute(text(made), {"old": f"{_OLD}%"}).scalars().all():
        connection.execute(text(f"drop index {index}"))
    connection.execute(text("drop table versions"))
    return old


def adopt(connection: Connection, old: tuple[str, ...]) -> None:
    """The rows of tables that were set aside stand in the new ones; the old tables are gone."""
    for name in old:
        if name != "check_tries":
            table = Base.metadata.tables[name]
            for some in _batches(_rows(connection, name)):
                connection.execute(insert(table), some)
    for name in reversed(old):
        connection.execute(text(f"drop table {_OLD}{name}"))


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    for _, some in groupby(enumerate(rows), lambda one: one[0] // _MANY):
        yield [row for _, row in some]


def _rows(connection: Connection, name: str) -> Iterator[Row]:
    """Rows of an old table as the new one has them."""
    if name == "checks":
        yield from _checks(connection)
        return
    for row in connection.execute(text(f"select * from {_OLD}{name}")).mappings():  # noqa: S608
        yield {**row, **_new_columns(name, row)}


def _new_columns(name: str, row: Mapping[Any, Any]) -> Row:
    if name in ("check_states", "wishes"):
        return {"url_digest": digest_of(row["url"])}
    return {"source_digest": digest_of(row["source_key"])} if name == "watches" else {}


def _checks(connection: Connection) -> Iterator[Row]:
    """Checks with their tries, which had a table of their own."""
    query = f"""select * from {_OLD}check_tries order by check_id, ordinal"""  # noqa: S608
    tries = groupby(connection.execute(text(query)).mappings(), lambda one: one["check_id"])
    number, own = next(tries, (None, None))
    for row in connection.execute(text(f"select * from {_OLD}checks order by check_id")).mappings():  # noqa: S608
        told: list[Row] = []
        if number == row["check_id"]:
            told = [_try(one) for one in own or ()]
            number, own = next(tries, (None, None))
        yield {**row, "url_digest": digest_of(row["url"]), "tries": json.dumps(told, ensure_ascii=False)}


def _try(row: Mapping[Any, Any]) -> Row:
    names = ("kind", "method", "url", "status", "error", "location", "n_bytes", "took_s")
    return {"at_us": row["at"], **{name: row[name] for name in names}}
