"""Checks of links: every verdict with its tries, and what all checks of a URL make of it."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from inlink.store.db.base import Base, Digest, Micros, Number


class CheckRow(Base):
    """One check of a URL: what its target was found to be, and on what that rests."""

    __tablename__ = "checks"
    __table_args__ = (Index("ix_checks_url", "url_digest", "checked_at"), Index("ix_checks_checked_at", "checked_at"))

    check_id: Mapped[Number] = mapped_column(primary_key=True, doc="its number")
    url_digest: Mapped[Digest] = mapped_column(doc="of the URL: it may be too long to be looked up by itself")
    url: Mapped[str] = mapped_column(doc="as it was asked for")
    checked_at: Mapped[Micros] = mapped_column(doc="when")
    verdict: Mapped[str] = mapped_column(doc="what the page is (docs/check.md)")
    reason: Mapped[str] = mapped_column(doc="a finer word for it (docs/check.md)")
    why: Mapped[str] = mapped_column(doc="the same as a sentence")
    status: Mapped[int | None] = mapped_column(doc="HTTP status of the last answer")
    final_url: Mapped[str | None] = mapped_column(doc="where redirects ended")
    ip: Mapped[str | None] = mapped_column(doc="address that answered")
    evidence: Mapped[str] = mapped_column(doc="JSON object of texts: what the verdict rests on")
    tries: Mapped[str] = mapped_column(
        doc="JSON list, one object a request: kind (page, hop, again, head, probe), method, url, at_us, status, "
        "error, location, n_bytes, took_s"
    )


class CheckStateRow(Base):
    """What all checks of a URL together say."""

    __tablename__ = "check_states"
    __table_args__ = (Index("ix_check_states_due_at", "due_at"), {"sqlite_with_rowid": False})

    url_digest: Mapped[Digest] = mapped_column(primary_key=True, doc="of the URL")
    url: Mapped[str] = mapped_column(doc="as it was asked for")
    state: Mapped[str] = mapped_column(doc="alive, changed, failing, dead or unknown (docs/check.md)")
    verdict: Mapped[str] = mapped_column(doc="the last conclusive one")
    reason: Mapped[str] = mapped_column(doc="a finer word for it")
    since: Mapped[Micros] = mapped_column(doc="when the state began; for failing and dead, the first failure")
    checked_at: Mapped[Micros] = mapped_column(doc="when it was checked last")
    n_checks: Mapped[int] = mapped_column(doc="checks in all")
    n_failed: Mapped[int] = mapped_column(doc="failures in an unbroken row")
    n_missing: Mapped[int] = mapped_column(doc="those of them that said 404 or 410")
    first_missing: Mapped[Micros | None] = mapped_column(doc="the first of those")
    last_alive: Mapped[Micros | None] = mapped_column(doc="when the page was found last")
    due_at: Mapped[Micros | None] = mapped_column(doc="from when on another check can confirm a failure")
