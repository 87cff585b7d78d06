"""Schedules: jobs that come again and again."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from inlink.store.db.base import Base, Micros, Number


class Schedule(Base):
    """What is to be done again and again. A due time is used in the transaction that makes its job: once."""

    __tablename__ = "schedules"
    __table_args__ = ({"sqlite_autoincrement": True},)

    schedule_id: Mapped[Number] = mapped_column(primary_key=True, doc="its number")
    kind: Mapped[str] = mapped_column(doc="crawl, add, build … (docs/jobs.md)")
    title: Mapped[str] = mapped_column(doc="what it is about, in words")
    arguments: Mapped[str] = mapped_column(doc="JSON object: what each job is told")
    then: Mapped[str] = mapped_column(default="[]", doc="JSON list of [kind, arguments]: what follows each job")
    every_s: Mapped[Number] = mapped_column(doc="seconds from one due time to the next")
    due_at: Mapped[Micros] = mapped_column(doc="the next due time")
    is_on: Mapped[bool] = mapped_column(default=True, doc="whether it makes jobs")
    said: Mapped[str] = mapped_column(default="", doc="why it makes none any more, where that was not asked for")
    last_at: Mapped[Micros | None] = mapped_column(doc="when it made a job last; null: never")
    last_job_id: Mapped[Number | None] = mapped_column(doc="that job, which may be kept no longer")
    n_left_out: Mapped[int] = mapped_column(default=0, doc="due times at which its last job had not ended")
    by_name: Mapped[str] = mapped_column(doc="who made or changed it last, by the name at that time")
    by_user_id: Mapped[Number | None] = mapped_column(doc="in whose name it acts; null: whoever sits at this machine")
    changed_at: Mapped[Micros] = mapped_column(doc="when that was")
    version: Mapped[int] = mapped_column(default=1, doc="rises with each change by people")
