"""The audit log: `record` stands in the transaction of the change that it tells of."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from inlink.errors import BadInput
from inlink.store.db.audit import AuditRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from inlink.store.db import WorkDatabase
    from inlink.workbench.people import Who

MAX_DETAIL = 2_000  # characters of one value


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change, as it was told. Units: at_us microseconds since 1970 UTC."""

    id: int
    at_us: int
    user_id: int | None
    who: str
    via: str
    action: str
    subject: str
    details: Mapping[str, str]


def record(session: Session, who: Who, action: str, subject: str, details: Mapping[str, object] | None = None) -> None:
    """Write down a change in the transaction that makes it: both stand, or neither.

    action: noun.verb (`user.add`, `note.change`); subject: what was changed. Never hand a password or a token in.
    """
    told = {name: str(value)[:MAX_DETAIL] for name, value in (details or {}).items()}
    session.add(
        AuditRow(
            at=time.time_ns() // 1000,
            user_id=who.user_id,
            who=who.name,
            via=who.via,
            action=action,
            subject=subject[:MAX_DETAIL],
            details=json.dumps(told, ensure_ascii=False),
        )
    )


def tell(
    database: WorkDatabase, who: Who, action: str, subject: str, details: Mapping[str, object] | None = None
) -> None:
    """Write down a change that was made outside of the database: of a file, or by a stage."""
    with database.step() as session:
        record(session, who, action, subject, details)


def entries(
    database: WorkDatabase, *, limit: int = 100, before_id: int | None = None, action: str = "", subject: str = ""
) -> list[AuditEntry]:
    """What was changed, the latest first. before_id: older ones than this; action: those that begin so.

    Raises: BadInput for a limit below 1.
    """
    if limit < 1:
        raise BadInput("limit should be at least 1", hint="leave it out for 100")
    query = select(AuditRow).order_by(AuditRow.audit_id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(AuditRow.audit_id < before_id)
    if action:
        query = query.where(AuditRow.action.startswith(action, autoescape=True))
    if subject:
        query = query.where(AuditRow.subject == subject)
    with database.reading() as session:
        return [_entry(row) for row in session.scalars(query)]


def _entry(row: AuditRow) -> AuditEntry:
    details = json.loads(row.details)
    return AuditEntry(row.audit_id, row.at, row.user_id, row.who, row.via, row.action, row.subject, details)
