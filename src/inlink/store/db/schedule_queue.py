"""What happens to rows of schedules: each due time makes one job, in the transaction that moves to the next.

Of workers that look at once, on one database or another, one finds the row and the others pass it over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from inlink.store.db.base import Micros
from inlink.store.db.job_queue import now_us
from inlink.store.db.jobs import Job
from inlink.store.db.opening import WorkDatabase
from inlink.store.db.schedules import Schedule
from inlink.store.db.users import UserRow

WAITING = ("queued", "running")
_LOCK = 0x7363686564756C  # "schedul": who counts schedules of a PostgreSQL database to add one holds it


@dataclass(frozen=True, slots=True)
class Maker:
    """The user in whose name a schedule acts, as things stand now; role None: may do nothing any more."""

    role: str | None


Make = Callable[[Schedule, Maker | None], Job | str]  # a job, or why there can be none


def count_to_add(session: Session) -> int:
    """How many schedules there are; until the transaction ends nobody else can count them to add one.

    SQLite's transactions see to that by themselves: one writes at a time.
    """
    if session.connection().dialect.name == "postgresql":
        session.execute(text("select pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    return session.scalar(select(func.count()).select_from(Schedule)) or 0


def start_due(db: WorkDatabase, make: Make) -> list[int]:
    """Make a job for each schedule that is due; gives their numbers.

    What was missed while nobody worked is made up for once. While the last job of a schedule waits or runs, its due
    times are left out, and counted. A schedule for which there can be no job is turned off and says why.
    """
    due = (Schedule.is_on, Schedule.due_at <= now_us())
    with db.reading() as session:
        if session.scalar(select(Schedule.schedule_id).where(*due).limit(1)) is None:
            return []
    with db.step() as session:
        query = select(Schedule).where(*due).order_by(Schedule.schedule_id).with_for_update(skip_locked=True)
        return [number for row in session.scalars(query).all() if (number := _start(session, row, make)) is not None]


def _start(session: Session, row: Schedule, make: Make) -> int | None:
    now = now_us()
    row.due_at = after(row.due_at, row.every_s, now)
    if row.last_job_id is not None:
        last = session.get(Job, row.last_job_id)
        if last is not None and last.state in WAITING:
            row.n_left_out += 1
            return None
    made = make(row, _maker(session, row.by_user_id))
    if isinstance(made, str):
        row.is_on, row.said = False, made
        return None
    session.add(made)
    session.flush()
    row.last_job_id, row.last_at = made.job_id, now
    return made.job_id


def _maker(session: Session, user_id: int | None) -> Maker | None:
    if user_id is None:
        return None
    user = session.get(UserRow, user_id)
    return Maker(None if user is None or user.disabled else user.role)


def after(due_at: int, every_s: int, now: int) -> Micros:
    """The first due time after now; due times stay whole periods apart."""
    period = every_s * 1_000_000
    n = max(0, (now - due_at) // period + 1)
    return Micros(due_at + n * period)
