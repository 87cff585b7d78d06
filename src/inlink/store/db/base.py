"""What all models share: names of constraints, so that migrations can tell them apart on both databases, and types."""

from __future__ import annotations

from typing import NewType

from sqlalchemy import BigInteger, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Micros = NewType("Micros", int)  # a time: microseconds since 1970 UTC
Number = NewType("Number", int)  # a row's number, given by the database; 64 bits on both


class Base(DeclarativeBase):
    """The root of the workspace's models. Times are microseconds since 1970 UTC.

    The docstring of a model and the `comment` of a column are their documentation (docs/tables.md).
    """

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012  as SQLAlchemy declares it
        Micros: BigInteger(),
        Number: BigInteger().with_variant(Integer(), "sqlite"),
    }
