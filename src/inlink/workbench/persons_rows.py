"""A person in the rows of the workspace's database: every text of every table is looked at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, ColumnElement, String, Table, Text, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from inlink.store.db import Base, WorkDatabase

ERASED = "[erased]"
EXCERPT = 60  # letters on either side
# Digests and hashes, which name nobody.
_OPAQUE = frozenset(
    ("url_digest", "source_digest", "about_digest", "digest", "password_hash", "token_key", "session_key")
)
# Rows that are about an address: with the person in it, the row goes as a whole.
_ADDRESSES = {
    "checks": ("url", "final_url"),
    "check_states": ("url",),
    "watches": ("source_url", "source_key", "source_domain", "target", "place"),
    "looks": ("url",),
    "events": ("source_url", "target", "place"),
    "survival": ("place",),
    "wishes": ("url",),
    "notes": ("about",),
    "saved_views": ("target",),
    "projects": ("domain",),
}


class Needle:
    """What is looked for: a name or an address, as words of their own."""

    def __init__(self, text: str) -> None:
        self.text = text
        forms = [text, json.dumps(text)[1:-1]]  # as it stands in JSON too
        self._pattern = re.compile("|".join(rf"(?<!\w){re.escape(form)}(?!\w)" for form in dict.fromkeys(forms)), re.I)
        spelled = {text, text.lower(), text.upper(), text.title()}
        self.forms = sorted({_ascii_lower(form) for form in spelled | {json.dumps(one)[1:-1] for one in spelled}})

    def is_in(self, text: str) -> bool:
        """Whether a text has it."""
        return self._pattern.search(text) is not None

    def is_all_of(self, text: str) -> bool:
        """Whether a text is it."""
        return text.strip().casefold() == self.text.casefold()

    def without(self, text: str) -> str:
        """The text with something else in its place."""
        return self._pattern.sub(ERASED, text)

    def excerpt(self, text: str) -> str:
        """What stands around it."""
        found = self._pattern.search(text)
        if found is None:
            return ""
        before, after = max(found.start() - EXCERPT, 0), found.end() + EXCERPT
        return f"{'…' if before else ''}{text[before:after]}{'…' if after < len(text) else ''}"


def _ascii_lower(text: str) -> str:
    """As SQLite lowers text: other letters stay."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


@dataclass(frozen=True, slots=True)
class Place:
    """One text that names the person. row: the row's primary key."""

    table: str
    row: str
    column: str
    excerpt: str


@dataclass(slots=True)
class Erasing:
    """What an erasure has done so far."""

    needle: Needle
    n_changed: int = 0
    n_removed: int = 0
    tables: set[str] = field(default_factory=set)


def find_rows(database: WorkDatabase, needle: Needle) -> tuple[Place, ...]:
    """Every text of every table that names the person."""
    with database.reading() as session:
        return tuple(_places(session, needle))


def _places(session: Session, needle: Needle) -> Iterator[Place]:
    for table in Base.metadata.sorted_tables:
        for row in _rows(session, table, needle):
            key = " ".join(str(row[column.name]) for column in table.primary_key.columns)
            for column in _texts(table):
                if needle.is_in(row[column.name] or ""):
                    yield Place(table.name, key, column.name, needle.excerpt(row[column.name]))


def erase_rows(session: Session, erasing: Erasing) -> None:
    """Rows about an address with the person in it go; all other texts get "[erased]" in the person's place.

    Users stay as they are: another's name may hold the person's.
    """
    for table in reversed(Base.metadata.sorted_tables):
        if table.name == "users":
            continue
        for row in _rows(session, table, erasing.needle):
            _erase_row(session, table, row, erasing)


def _erase_row(session: Session, table: Table, row: dict[str, Any], erasing: Erasing) -> None:
    needle = erasing.needle
    named = [column.name for column in _texts(table) if needle.is_in(row[column.name] or "")]
    if not named:
        return
    is_it = and_(*(column == row[column.name] for column in table.primary_key.columns))
    erasing.tables.add(table.name)
    is_key = any(table.c[name].primary_key for name in named)
    if is_key or set(named) & set(_ADDRESSES.get(table.name, ())):
        session.execute(delete(table).where(is_it))
        erasing.n_removed += 1
        return
    values: dict[str, Any] = {name: _new(table.c[name], row, needle) for name in named}
    if "version" in table.c:
        values["version"] = table.c["version"] + 1  # who has the old text before them must not write it back
    session.execute(update(table).where(is_it).values(values))
    erasing.n_changed += len(named)


def _new(column: Column[Any], row: dict[str, Any], needle: Needle) -> str:
    text = needle.without(row[column.name])
    if column.unique:  # two people may be erased
        return f"{text} {' '.join(str(row[key.name]) for key in column.table.primary_key.columns)}"
    return text


def _rows(session: Session, table: Table, needle: Needle) -> list[dict[str, Any]]:
    """Rows that may name the person."""
    texts = _texts(table)
    if not texts:
        return []
    return [dict(row) for row in session.execute(select(table).where(_may_name(texts, needle))).mappings()]


def _may_name(texts: list[Column[Any]], needle: Needle) -> ColumnElement[bool]:
    return or_(*(func.lower(column).contains(form, autoescape=True) for column in texts for form in needle.forms))


def _texts(table: Table) -> list[Column[Any]]:
    kinds = (String, Text)
    return [column for column in table.columns if isinstance(column.type, kinds) and column.name not in _OPAQUE]
