"""Links that are watched: looks, what was told and to whom, and what the monitor learnt by it."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from inlink.store.db.base import Base, Digest, Micros, Number


class WatchRow(Base):
    """One link that is watched: a page, what it should link to, and how that stands."""

    __tablename__ = "watches"
    __table_args__ = (
        Index("ix_watches_next_at", "next_at"),
        Index("ix_watches_source_domain", "source_domain"),
        Index("ix_watches_source_digest", "source_digest"),
        {"sqlite_autoincrement": True},
    )

    watch_id: Mapped[Number] = mapped_column(primary_key=True, doc="its number")
    origin: Mapped[str] = mapped_column(doc="placement, list or site: where the wish came from")
    source_url: Mapped[str] = mapped_column(doc="the page that should link")
    source_key: Mapped[str] = mapped_column(doc="its same-page key")
    source_digest: Mapped[Digest] = mapped_column(doc="of that key")
    source_domain: Mapped[str] = mapped_column(doc="its registrable domain")
    target: Mapped[str] = mapped_column(doc="as the user wrote it")
    scope: Mapped[str] = mapped_column(doc="url, prefix, host or domain")
    label: Mapped[str] = mapped_column(doc="the user's own word for it")
    wanted_anchor: Mapped[str | None] = mapped_column(doc="null: as it was when first seen")
    wants_follow: Mapped[int] = mapped_column(doc="1: nofollow is a change worth telling")
    every: Mapped[Micros | None] = mapped_column(doc="microseconds between looks; null: by the risk of loss")
    added_at: Mapped[Micros] = mapped_column(doc="when it was added")
    first_seen: Mapped[Micros | None] = mapped_column(doc="when the link is known to have been there first")
    expected: Mapped[str | None] = mapped_column(doc="JSON: the link as it should be; null until it was seen")
    state: Mapped[str] = mapped_column(doc="how it stands (docs/monitor.md)")
    since: Mapped[Micros] = mapped_column(doc="since when")
    reasons: Mapped[str] = mapped_column(doc="why, as words with spaces between")
    place: Mapped[str | None] = mapped_column(doc="the page that holds the link now, if another")
    standing: Mapped[str] = mapped_column(doc="JSON: all that the next look needs to know")
    looked_at: Mapped[Micros | None] = mapped_column(doc="when it was looked at last")
    next_at: Mapped[Micros] = mapped_column(doc="when it is due")
    digest: Mapped[Digest] = mapped_column(
        unique=True, doc="of source, target, scope and wanted anchor: nothing is watched twice"
    )


class LookRow(Base):
    """One look at a watched link."""

    __tablename__ = "looks"
    __table_args__ = (Index("ix_looks_watch_id", "watch_id", "at"), Index("ix_looks_at", "at"))

    look_id: Mapped[Number] = mapped_column(primary_key=True, doc="its number")
    watch_id: Mapped[Number] = mapped_column(
        ForeignKey("watches.watch_id", ondelete="CASCADE"), doc="whose it is; it goes with its watch"
    )
    at: Mapped[Micros] = mapped_column(doc="when")
    finding: Mapped[str] = mapped_column(doc="what was found (docs/monitor.md)")
    reasons: Mapped[str] = mapped_column(doc="JSON object: reason and what was seen")
    status: Mapped[int | None] = mapped_column(doc="HTTP status")
    url: Mapped[str] = mapped_column(doc="where redirects ended")


class EventRow(Base):
    """One change of a watched link that is told; it stays when the watch goes."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_at", "at"), {"sqlite_autoincrement": True})

    event_id: Mapped[Number] = mapped_column(primary_key=True, doc="its number")
    watch_id: Mapped[Number] = mapped_column(doc="the watch, which may be gone")
    at: Mapped[Micros] = mapped_column(doc="when it was found")
    kind: Mapped[str] = mapped_column(doc="what happened (docs/monitor.md)")
    before: Mapped[str] = mapped_column(doc="the state before")
    reasons: Mapped[str] = mapped_column(doc="JSON object: reason and what was seen")
    source_url: Mapped[str] = mapped_column(doc="the page that should link")
    target: Mapped[str] = mapped_column(doc="what it should link to")
    anchor: Mapped[str] = mapped_column(doc="the link's text")
    label: Mapped[str] = mapped_column(doc="the user's own word for it")
    place: Mapped[str | None] = mapped_column(doc="the page that holds the link now, if another")


class MessageRow(Base):
    """One message of events, on its way by one channel."""

    __tablename__ = "messages"
    __table_args__ = (Index("ix_messages_channel", "channel", "state"), {"sqlite_autoincrement": True})

    message_id: Mapped[Number] = mapped_column(primary_key=True, doc="its number")
    channel: Mapped[str] = mapped_column(doc="mail or webhook")
    made_at: Mapped[Micros] = mapped_column(doc="when it was made")
    state: Mapped[str] = mapped_column(
        doc="waiting, sending, sent, failed or unconfirmed (sent or not: nobody can say)"
    )
    n_tries: Mapped[int] = mapped_column(default=0, doc="how often it was sent")
    next_at: Mapped[Micros] = mapped_column(doc="when it is sent next")
    sent_at: Mapped[Micros | None] = mapped_column(doc="when the other side took it")
    said: Mapped[str] = mapped_column(default="", doc="what the other side answered")


class MessageEventRow(Base):
    """Which events a message tells."""

    __tablename__ = "message_events"
    __table_args__ = (Index("ix_message_events_message_id", "message_id"), {"sqlite_with_rowid": False})

    channel: Mapped[str] = mapped_column(primary_key=True, doc="mail or webhook")
    event_id: Mapped[Number] = mapped_column(
        ForeignKey("events.event_id", ondelete="CASCADE"), primary_key=True, autoincrement=False, doc="what is told"
    )
    message_id: Mapped[Number] = mapped_column(
        ForeignKey("messages.message_id", ondelete="CASCADE"), doc="in which message"
    )


class MonitorFactRow(Base):
    """What the monitor has to remember of itself."""

    __tablename__ = "monitor_facts"
    __table_args__ = ({"sqlite_with_rowid": False},)

    name: Mapped[str] = mapped_column(primary_key=True, doc="of the fact")
    value: Mapped[str] = mapped_column(doc="of the fact")


class SurvivalRow(Base):
    """Deaths of watched links that were seen, and those that published rates expect, by place."""

    __tablename__ = "survival"
    __table_args__ = ({"sqlite_with_rowid": False},)

    place: Mapped[str] = mapped_column(primary_key=True, doc="a domain, or region:…")
    n_lost: Mapped[float] = mapped_column(doc="seen")
    n_expected: Mapped[float] = mapped_column(doc="expected")


class WishRow(Base):
    """A page that is worth a capture: what an index knows of it is not so any more."""

    __tablename__ = "wishes"
    __table_args__ = ({"sqlite_with_rowid": False},)

    url_digest: Mapped[Digest] = mapped_column(primary_key=True, doc="of the URL")
    url: Mapped[str] = mapped_column(doc="the page")
    stage: Mapped[str] = mapped_column(doc="who wishes")
    reason: Mapped[str] = mapped_column(doc="why")
    wished_at: Mapped[Micros] = mapped_column(doc="since when")
