"""Rows that are there or not: inserted, replaced, or left as they are, on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Insert, Table, inspect
from sqlalchemy.dialects import postgresql, sqlite

from inlink.store.db.base import Base


def table_of(model: type[Base]) -> Table:
    """The table of a model."""
    found = inspect(model).local_table
    if not isinstance(found, Table):
        raise TypeError(f"{model.__name__} has no table of its own")
    return found


def insert_new(connection: Connection, model: type[Base]) -> Insert:
    """Insert rows; those that break a unique key are left out."""
    found: Insert = _insert(connection, model).on_conflict_do_nothing()
    return found


def insert_or_replace(connection: Connection, model: type[Base], **instead: Any) -> Insert:
    """Insert rows; where the primary key is taken, the row gets the new values.

    instead: columns that get something else, made of `excluded` (the new row) by a function.
    """
    table = table_of(model)
    inserted = _insert(connection, model)
    new = {column.name: inserted.excluded[column.name] for column in table.columns if not column.primary_key}
    new.update({name: make(inserted.excluded) for name, make in instead.items()})
    found: Insert = inserted.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=new)
    return found


def _insert(connection: Connection, model: type[Base]) -> Any:
    table = table_of(model)
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
