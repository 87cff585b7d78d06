"""What happens to rows of jobs, a transaction each: taken, heard of, ended, taken over, asked to end, taken up again.

A worker's word counts only while the row names it: what it says of a job that another has taken over changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inlink.store.db.base import Micros, Number
from inlink.store.db.jobs import ENDED, Job, JobHold, JobLine, JobWorker
from inlink.store.db.opening import WorkDatabase

MAX_LINES = 500  # of a job's log: the first FIRST_LINES and the last ones
FIRST_LINES = 50
MAX_LINE = 500  # characters
MAX_TRIES = 5  # workers that may die of one job
LOOKED_AT = 50  # waiting jobs that are looked at for one that can start


Also = Callable[[Session, Job], None]  # what else belongs into the transaction


def _nothing(_session: Session, _job: Job) -> None:
    """Nothing else belongs into it."""


@dataclass(slots=True)
class News:
    """What a worker has to say of a job since it last spoke. step: stage, done, total, unit, note."""

    step: tuple[str, int, int | None, str, str] | None = None
    lines: list[tuple[int, bool, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a worker learns in turn: jobs that are asked to end, and as what; jobs that are not its own any more."""

    endings: Mapping[int, str]
    lost: frozenset[int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended: state done, failed, cancelled or stopped."""

    state: str
    said: str = ""
    result: str | None = None
    error: str = ""
    hint: str = ""


def now_us() -> Micros:
    """Microseconds since 1970 UTC."""
    return Micros(time.time_ns() // 1000)


def take(db: WorkDatabase, owner: str, lease_us: int, kinds: Sequence[str]) -> Job | None:
    """The first waiting job that nothing stands in the way of, now running under a lease; none where there is none."""
    now = now_us()
    with db.step() as session:
        held = set(session.scalars(select(JobHold.name)))
        waiting = (
            select(Job)
            .where(Job.state == "queued", Job.due_at <= now, Job.kind.in_(kinds))
            .order_by(Job.job_id)
            .limit(LOOKED_AT)
            .with_for_update(skip_locked=True)
        )
        for job in session.scalars(waiting):
            wanted = job.holds.split()
            if held.isdisjoint(wanted) and _hold(session, job.job_id, wanted):
                job.state, job.waits, job.ending = "running", "", None
                job.lease_owner, job.lease_at = owner, Micros(now + lease_us)
                job.started_at = job.started_at or now
                job.ended_at = None
                job.n_tries += 1
                return job
    return None


def _hold(session: Session, job_id: int, names: Iterable[str]) -> bool:
    """Whether the job has all of them now; another worker may have been quicker."""
    try:
        with session.begin_nested():
            session.add_all(JobHold(name=name, job_id=job_id) for name in names)
    except IntegrityError:
        return False
    return True


def speak(db: WorkDatabase, worker: JobWorker, lease_us: int, news: Mapping[int, News]) -> Heard:
    """Keep the leases of a worker's jobs and what it says of them, and hear what is asked of it."""
    now = now_us()
    endings, lost = {}, set()
    with db.step() as session:
        session.merge(JobWorker(owner=worker.owner, host=worker.host, n_at_once=worker.n_at_once, seen_at=now))
        for job_id, found in news.items():
            job = _mine(session, job_id, worker.owner)
            if job is None:
                lost.add(job_id)
                continue
            job.lease_at = Micros(now + lease_us)
            _tell(job, found, now)
            _write(session, job_id, found.lines)
            if job.ending:
                endings[job_id] = job.ending
    return Heard(endings, frozenset(lost))


def _mine(session: Session, job_id: int, owner: str) -> Job | None:
    query = select(Job).where(Job.job_id == job_id, Job.state == "running", Job.lease_owner == owner)
    return session.scalars(query.with_for_update()).one_or_none()


def _tell(job: Job, news: News, now: Micros) -> None:
    if news.step is None:
        return
    stage, done, total, unit, note = news.step
    if stage != job.stage:
        job.stage_at, job.stage_done = now, Number(done)
    job.stage, job.unit, job.note = stage[:60], unit[:20], note[:MAX_LINE]
    job.done, job.total = Number(done), None if total is None else Number(total)
    job.progress_at = now


def _write(session: Session, job_id: int, lines: Sequence[tuple[int, bool, str]]) -> None:
    """Add lines; of too many, those after the first ones go."""
    if not lines:
        return
    last = session.scalar(select(func.max(JobLine.ordinal)).where(JobLine.job_id == job_id)) or 0
    for ordinal, (at, is_fault, text) in enumerate(lines, last + 1):
        session.add(JobLine(job_id=job_id, ordinal=ordinal, at=at, is_fault=is_fault, text=text[:MAX_LINE]))
    session.flush()
    oldest = last + len(lines) - (MAX_LINES - FIRST_LINES)
    old = (JobLine.job_id == job_id, JobLine.ordinal > FIRST_LINES, JobLine.ordinal <= oldest)
    session.execute(delete(JobLine).where(*old))


def end(db: WorkDatabase, job_id: int, owner: str, outcome: Outcome, following: Sequence[Job] = ()) -> bool:
    """The job has ended so, and `following` are made with it. Gives whether the job was still the owner's."""
    with db.step() as session:
        job = _mine(session, job_id, owner)
        if job is None:
            return False
        _end(session, job, outcome)
        session.add_all(following)
    return True


def _end(session: Session, job: Job, outcome: Outcome) -> None:
    now = now_us()
    job.state, job.said, job.result = outcome.state, outcome.said, outcome.result
    job.error, job.hint = outcome.error, outcome.hint
    job.ended_at, job.ending, job.waits = now, None, ""
    if outcome.error:
        _write(session, job.job_id, [(now, True, outcome.error)])
    _let_go(session, job)


def _let_go(session: Session, job: Job) -> None:
    job.lease_owner = job.lease_at = None
    session.execute(delete(JobHold).where(JobHold.job_id == job.job_id))


def put_back(db: WorkDatabase, job_id: int, owner: str, why: str, *, after_us: int = 0, counts: bool = False) -> bool:
    """The job waits again, for `after_us` at least; counts: the try that ends here was one."""
    with db.step() as session:
        job = _mine(session, job_id, owner)
        if job is None:
            return False
        job.state, job.waits, job.due_at = "queued", why, Micros(now_us() + after_us)
        job.n_tries -= 0 if counts else 1
        _write(session, job_id, [(now_us(), False, why)])
        _let_go(session, job)
    return True


def take_over(db: WorkDatabase, owner: str, *, is_alone: bool) -> list[int]:
    """Running jobs whose worker is gone wait again, or have failed where too many died of them; gives their numbers.

    is_alone: no other worker can be there, so that jobs of others need no more time.
    """
    now = now_us()
    gone = or_(Job.lease_at < now, Job.lease_owner != owner) if is_alone else Job.lease_at < now
    found: list[int] = []
    with db.step() as session:
        query = select(Job).where(Job.state == "running", gone)
        for job in session.scalars(query.with_for_update(skip_locked=True)):
            found.append(job.job_id)
            if job.ending:
                _end(session, job, Outcome(job.ending, said="its worker is gone"))
            elif job.n_tries >= MAX_TRIES:
                why = f"its worker died, {job.n_tries} times over"
                _end(session, job, Outcome("failed", error=why, hint="read the log of the server; then try it again"))
            else:
                job.state, job.due_at, job.waits = "queued", now, "its worker died; it goes on where it was"
                _write(session, job.job_id, [(now, True, job.waits)])
                _let_go(session, job)
        session.execute(delete(JobWorker).where(JobWorker.seen_at < now - 86_400_000_000))
    return found


def is_empty(db: WorkDatabase) -> bool:
    """Whether nothing waits and nothing runs."""
    with db.reading() as session:
        return session.scalar(select(Job.job_id).where(Job.state.in_(("queued", "running"))).limit(1)) is None


def leave(db: WorkDatabase, owner: str) -> None:
    """A worker ends."""
    with db.step() as session:
        session.execute(delete(JobWorker).where(JobWorker.owner == owner))


def ask_to_end(db: WorkDatabase, job_id: int, state: str, by: str, also: Also = _nothing) -> Job | None:
    """A waiting job ends now, a running one when its worker hears of it; None where there is no such job."""
    with db.step() as session:
        job = session.scalars(select(Job).where(Job.job_id == job_id).with_for_update()).one_or_none()
        if job is None:
            return None
        if job.state == "running":
            job.ending = state
            _write(session, job_id, [(now_us(), False, f"{by} asks it to end")])
        elif job.state in ("queued", "stopped"):
            _end(session, job, Outcome(state, said=f"{state} before it began" if not job.n_tries else job.said))
        also(session, job)
        return job


def take_up(db: WorkDatabase, job_id: int, by: str, also: Also = _nothing) -> Job | None:
    """A job that failed, was cancelled or stopped waits again; others stay as they are. None: there is no such job."""
    with db.step() as session:
        job = session.scalars(select(Job).where(Job.job_id == job_id).with_for_update()).one_or_none()
        if job is not None and job.state in ("failed", "cancelled", "stopped"):
            job.state, job.waits, job.due_at, job.ended_at = "queued", "", now_us(), None
            job.error = job.hint = job.said = ""
            job.result, job.n_tries = None, min(job.n_tries, 1)
            _write(session, job_id, [(now_us(), False, f"{by} takes it up again")])
            also(session, job)
        return job


def add(db: WorkDatabase, job: Job, also: Also = _nothing) -> Job:
    """A new job."""
    with db.step() as session:
        session.add(job)
        session.flush()
        also(session, job)
    return job


def set_aside_old(db: WorkDatabase, keep: int) -> None:
    """Remove jobs that ended, all but the newest."""
    with db.step() as session:
        ended = select(Job.job_id).where(Job.state.in_(ENDED)).order_by(Job.job_id.desc())
        first = session.scalar(ended.offset(keep).limit(1))
        if first is None:
            return
        session.execute(delete(Job).where(Job.state.in_(ENDED), Job.job_id <= first))
