"""What all models share: names of constraints, so that migrations can tell them apart on both databases, and types."""

from __future__ import annotations

import hashlib
from typing import NewType

from sqlalchemy import BigInteger, Double, Integer, MetaData, String, Text
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
Digest = NewType("Digest", str)  # of a text that may be too long for an index (PostgreSQL takes 2,700 bytes)


class Base(DeclarativeBase):
    """The root of the workspace's models. Times are microseconds since 1970 UTC.

    The docstring of a model and the `doc` of a column are their documentation (docs/tables.md).
    """

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012  as SQLAlchemy declares it
        str: Text(),
        float: Double(),
        Micros: BigInteger(),
        Number: BigInteger().with_variant(Integer(), "sqlite"),
        Digest: String(32),
    }


def digest_of(text: str) -> Digest:
    """128 bits of a text, as 32 letters and digits: nobody can make two texts of one digest."""
    return Digest(hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32])
