"""Rows that several people may change: who changes one says which version was read."""

from __future__ import annotations

import time
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inlink.errors import BadInput, InlinkError, NotFound, Outdated
from inlink.store.db.base import Micros
from inlink.store.db.projects import NoteRow, ProjectRow, ViewRow
from inlink.workbench.people import Who

MAX_NAME = 200
Kept = TypeVar("Kept", ProjectRow, ViewRow, NoteRow)


def found(session: Session, model: type[Kept], number: int) -> Kept:
    """The row to read. Raises: NotFound."""
    row = session.get(model, number)
    if row is None:
        raise NotFound(f"there is no {_word(model)} {number}", hint="somebody may have removed it")
    return row


def held(session: Session, model: type[Kept], number: int, version: int) -> Kept:
    """The row to change, in the version that was read; nobody else changes it before the step ends.

    Raises: NotFound; Outdated, where facts["version"] is the present one and facts["changed_by"] who made it.
    """
    row = session.get(model, number, with_for_update=True)
    if row is None:
        raise NotFound(f"there is no {_word(model)} {number}", hint="somebody may have removed it")
    if row.version != version:
        raise Outdated(
            f"{row.changed_by} has changed this {_word(model)} since you read it",
            hint="nothing was written: read it again, then change what you wanted to",
            version=row.version,
            changed_by=row.changed_by,
        )
    return row


def _word(model: type[ProjectRow | ViewRow | NoteRow]) -> str:
    return {ProjectRow: "project", ViewRow: "view", NoteRow: "note"}[model]


def touch(row: ProjectRow | ViewRow | NoteRow, who: Who) -> None:
    """Write down who changes a row, and when."""
    row.changed_at, row.changed_by = now_us(), who.name


def name_of(text: str) -> str:
    """A name as it is kept. Raises: BadInput."""
    name = " ".join(text.split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise BadInput("a name is needed", hint=f"write 1 to {MAX_NAME} letters on one line")
    return name


def taken(name: str, _error: IntegrityError) -> InlinkError:
    """What a name that another row has is told as."""
    return BadInput(f"the name {name!r} is taken", hint="choose another")


def now_us() -> Micros:
    """Microseconds since 1970 UTC."""
    return Micros(time.time_ns() // 1000)
