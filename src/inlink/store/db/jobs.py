"""Jobs: work that goes on behind the pages. A row a job, its log, what it holds, and the workers that are there."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from inlink.store.db.base import Base, Micros, Number

STATES = ("queued", "running", "done", "failed", "cancelled", "stopped")
ENDED = ("done", "failed", "cancelled")  # stopped ones can go on


class Job(Base):
    """One job: what it is told, who takes it, how far it is, what came of it."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_state", "state", "job_id"),)

    job_id: Mapped[Number] = mapped_column(primary_key=True, doc="rises with time")
    kind: Mapped[str] = mapped_column(doc="crawl, add, build … (docs/jobs.md)")
    title: Mapped[str] = mapped_column(doc="what it is about, in words")
    arguments: Mapped[str] = mapped_column(doc="JSON object: what it is told")
    then: Mapped[str] = mapped_column(default="[]", doc="JSON list of [kind, arguments]: what follows it")
    holds: Mapped[str] = mapped_column(default="", doc="names of what it needs for itself, with spaces between")
    by_name: Mapped[str] = mapped_column(doc="who made it, by the name at that time")
    by_user_id: Mapped[Number | None] = mapped_column(doc="null: who sat at this machine, before any user was made")

    state: Mapped[str] = mapped_column(default="queued", doc="queued, running, done, failed, cancelled, stopped")
    ending: Mapped[str | None] = mapped_column(doc="what a running job is asked to become: cancelled or stopped")
    waits: Mapped[str] = mapped_column(default="", doc="why it waits, where it ran before")
    made_at: Mapped[Micros] = mapped_column(doc="when it was made")
    due_at: Mapped[Micros] = mapped_column(default=0, doc="from when on it may run")
    started_at: Mapped[Micros | None] = mapped_column(doc="when its first try began")
    ended_at: Mapped[Micros | None] = mapped_column(doc="when it ended")
    n_tries: Mapped[int] = mapped_column(default=0, doc="how often it was begun")

    stage: Mapped[str] = mapped_column(default="", doc="the step it is at")
    stage_at: Mapped[Micros | None] = mapped_column(doc="when that step was first heard of")
    stage_done: Mapped[Number] = mapped_column(default=0, doc="how much was done then")
    done: Mapped[Number] = mapped_column(default=0, doc="how much is done")
    total: Mapped[Number | None] = mapped_column(doc="of how much; null: nobody knows")
    unit: Mapped[str] = mapped_column(default="", doc="of what: pages, bytes …")
    note: Mapped[str] = mapped_column(default="", doc="what is being worked on")
    progress_at: Mapped[Micros | None] = mapped_column(doc="when that was so")

    said: Mapped[str] = mapped_column(default="", doc="what came of it, in words")
    result: Mapped[str | None] = mapped_column(doc="the same as a JSON object")
    error: Mapped[str] = mapped_column(default="", doc="why it failed")
    hint: Mapped[str] = mapped_column(default="", doc="what can be done about it")

    lease_owner: Mapped[str | None] = mapped_column(doc="the worker that has it")
    lease_at: Mapped[Micros | None] = mapped_column(doc="until when that worker's word counts")


class JobLine(Base):
    """One line of a job's log. Of a long one the first 50 and the last 450 are kept."""

    __tablename__ = "job_lines"

    job_id: Mapped[Number] = mapped_column(
        ForeignKey("jobs.job_id", ondelete="CASCADE"), primary_key=True, doc="the job"
    )
    ordinal: Mapped[int] = mapped_column(primary_key=True, doc="its place in the log, from 1")
    at: Mapped[Micros] = mapped_column(doc="when it was said")
    is_fault: Mapped[bool] = mapped_column(default=False, doc="whether it tells of something that went wrong")
    text: Mapped[str] = mapped_column(doc="what was said, at most 500 characters")


class JobHold(Base):
    """Something that one job at a time may have: build, network, releases."""

    __tablename__ = "job_holds"

    name: Mapped[str] = mapped_column(primary_key=True, doc="what is held")
    job_id: Mapped[Number] = mapped_column(ForeignKey("jobs.job_id", ondelete="CASCADE"), doc="the job that has it")


class JobWorker(Base):
    """A process that takes jobs."""

    __tablename__ = "job_workers"

    owner: Mapped[str] = mapped_column(primary_key=True, doc="its host, process and a word of chance")
    host: Mapped[str] = mapped_column(doc="the machine it runs on")
    n_at_once: Mapped[int] = mapped_column(doc="how many jobs it does at a time")
    seen_at: Mapped[Micros] = mapped_column(doc="when it was heard of last")
