"""The audit log: who changed what, and when. Rows are added and never changed, save where a person is erased."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from inlink.store.db.base import Base, Micros, Number


class AuditRow(Base):
    """One change: who made it, when, and what it was."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_at", "at"), Index("ix_audit_subject", "subject"))

    audit_id: Mapped[Number] = mapped_column(primary_key=True, doc="rises with time")
    at: Mapped[Micros] = mapped_column(doc="when it happened")
    user_id: Mapped[Number | None] = mapped_column(doc="null: who sat at this machine, before any user was made")
    who: Mapped[str] = mapped_column(doc="the name at that time")
    via: Mapped[str] = mapped_column(doc="local, session, token or job")
    action: Mapped[str] = mapped_column(doc="what was done: noun.verb, such as note.add")
    subject: Mapped[str] = mapped_column(doc="what it was done to")
    details: Mapped[str] = mapped_column(doc="JSON object of texts; never a password or a token")
