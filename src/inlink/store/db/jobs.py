"""Jobs: work that goes on behind the pages. A row a job, its log, what it holds, and the workers that are there."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from inlink.store.db.base import Base

STATES = ("queued", "running", "done", "failed", "cancelled", "stopped")
ENDED = ("done", "failed", "cancelled")  # stopped ones can go on


class Job(Base):
    """One job. arguments, then, result: JSON. holds: names of what it needs for itself, with spaces between.

    ending: what a running job is asked to become (cancelled, stopped). lease_at: until when its worker's word counts.
    """

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_state", "state", "job_id"),)

    job_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(Text)
    arguments: Mapped[str] = mapped_column(Text)
    then: Mapped[str] = mapped_column(Text, default="[]")
    holds: Mapped[str] = mapped_column(String(100), default="")
    by_name: Mapped[str] = mapped_column(String(200))
    by_user_id: Mapped[int | None] = mapped_column(Integer)

    state: Mapped[str] = mapped_column(String(10), default="queued")
    ending: Mapped[str | None] = mapped_column(String(10))
    waits: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[int] = mapped_column(BigInteger)
    due_at: Mapped[int] = mapped_column(BigInteger, default=0)
    started_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    n_tries: Mapped[int] = mapped_column(Integer, default=0)

    stage: Mapped[str] = mapped_column(String(60), default="")
    stage_at: Mapped[int | None] = mapped_column(BigInteger)
    done: Mapped[int] = mapped_column(BigInteger, default=0)
    stage_done: Mapped[int] = mapped_column(
        BigInteger, default=0
    )  # how much was done when the stage was first heard of
    total: Mapped[int | None] = mapped_column(BigInteger)
    unit: Mapped[str] = mapped_column(String(20), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    progress_at: Mapped[int | None] = mapped_column(BigInteger)

    said: Mapped[str] = mapped_column(Text, default="")
    result: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str] = mapped_column(Text, default="")
    hint: Mapped[str] = mapped_column(Text, default="")

    lease_owner: Mapped[str | None] = mapped_column(String(120))
    lease_at: Mapped[int | None] = mapped_column(BigInteger)


class JobLine(Base):
    """One line of a job's log."""

    __tablename__ = "job_lines"

    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.job_id", ondelete="CASCADE"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger)
    is_fault: Mapped[bool] = mapped_column(Boolean, default=False)
    text: Mapped[str] = mapped_column(Text)


class JobHold(Base):
    """Something that one job at a time may have: the build, the network, the releases."""

    __tablename__ = "job_holds"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.job_id", ondelete="CASCADE"))


class JobWorker(Base):
    """A process that takes jobs. seen_at: when it was heard of last."""

    __tablename__ = "job_workers"

    owner: Mapped[str] = mapped_column(String(120), primary_key=True)
    host: Mapped[str] = mapped_column(String(80))
    n_at_once: Mapped[int] = mapped_column(Integer)
    seen_at: Mapped[int] = mapped_column(BigInteger)
