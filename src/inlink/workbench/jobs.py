"""What can be asked of the jobs of a workspace: `bench.jobs`."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from inlink.errors import BadInput, NotFound
from inlink.store.db import job_queue
from inlink.store.db.job_queue import now_us
from inlink.store.db.jobs import STATES, Job, JobHold, JobLine, JobWorker
from inlink.workbench import import_roots
from inlink.workbench.audit import record
from inlink.workbench.jobs_kinds import HELD, KINDS, checked, kind_of
from inlink.workbench.jobs_results import JobLogLine, JobProgress, JobRow, WorkerRow
from inlink.workbench.jobs_runner import AT_ONCE, LEASE_S, Runner, made
from inlink.workbench.people import Role, Who

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from inlink.store.db.opening import WorkDatabase
    from inlink.store.workspace import Workspace
    from inlink.workbench.jobs_schedules import Schedules

KEPT_JOBS = 1_000  # that ended
_WAKE: dict[Path, threading.Event] = {}  # by workspace: workers of this process need not wait for their next look


class JobsDoor:
    """The jobs of an open workspace."""

    def __init__(self, workspace: Workspace, db: WorkDatabase) -> None:
        self._workspace, self._db = workspace, db
        self._wake = _WAKE.setdefault(workspace.path, threading.Event())

    def start(
        self,
        kind: str,
        arguments: Mapping[str, Any] | None = None,
        who: Who | None = None,
        *,
        then: Sequence[tuple[str, Mapping[str, Any]]] = (),
    ) -> JobRow:
        """A new job; `then` names jobs that follow when it has done its work.

        Raises: BadInput for a wrong kind or argument, Refused where the role does not reach, NotConfigured for a crawl
        or check while nobody is named whom webmasters can reach.
        """
        who = who or Who.local()
        who.require(Role.EDITOR)
        for name, given in ((kind, arguments or {}), *then):
            who.require(kind_of(name).role)
            made(name, dict(given), [], who.name, who.user_id)
            self._check(who, name, given)
        row = made(kind, dict(arguments or {}), [[n, dict(g)] for n, g in then], who.name, who.user_id)
        job_queue.set_aside_old(self._db, KEPT_JOBS)
        job_queue.add(self._db, row, _told(who, "job.start"))
        self._wake.set()
        return self.get(row.job_id)

    @property
    def schedules(self) -> Schedules:
        """Jobs that come again and again."""
        from inlink.workbench.jobs_schedules import Schedules

        return Schedules(self._db, self._check)

    def _check(self, who: Who, kind: str, given: Mapping[str, Any]) -> None:
        """What would fail at once is told at once; what may not be read is refused."""
        import_roots.check(self._workspace, who, checked(kind_of(kind), given))
        if kind == "crawl":
            from inlink.crawl.plan import plan_seeds
            from inlink.workbench.crawling import check_contact, manners_of, policy_of

            policy = policy_of(self._workspace)
            seeds = plan_seeds(tuple(given["seeds"]), policy)
            check_contact(seeds, policy, manners_of(self._workspace), is_wide=given.get("scope") == "web")
        elif kind == "check" and not given.get("urls") and not given.get("site"):
            raise BadInput("nothing to check is named", hint="name addresses, or a site whose links to check")

    def list(
        self,
        states: Sequence[str] = (),
        kinds: Sequence[str] = (),
        *,
        limit: int | None = 50,
        before: int | None = None,
    ) -> tuple[JobRow, ...]:
        """Jobs in some states and of some kinds, or all; the newest first. before: a number that all are below."""
        for state in states:
            if state not in STATES:
                raise BadInput(f"there is no state {state!r}", hint=f"use one of {', '.join(STATES)}")
        for kind in kinds:
            kind_of(kind)
        query = select(Job).order_by(Job.job_id.desc()).limit(limit)
        query = query.where(Job.state.in_(states)) if states else query
        query = query.where(Job.kind.in_(kinds)) if kinds else query
        query = query.where(Job.job_id < before) if before is not None else query
        with self._db.reading() as session:
            jobs = list(session.scalars(query))
        return self._rows(jobs)

    def counts(self, kinds: Sequence[str] = ()) -> dict[str, int]:
        """How many jobs are in each state."""
        query = select(Job.state, func.count()).group_by(Job.state)
        query = query.where(Job.kind.in_(kinds)) if kinds else query
        with self._db.reading() as session:
            found: dict[str, int] = {state: n for state, n in session.execute(query)}  # noqa: C416  rows are no pairs
        return {state: found.get(state, 0) for state in STATES}

    def get(self, job_id: int) -> JobRow:
        """One job. Raises: NotFound."""
        with self._db.reading() as session:
            job = session.get(Job, job_id)
        if job is None:
            raise _unknown(job_id)
        return self._rows([job])[0]

    def log(self, job_id: int, *, after: int = 0, limit: int = 1_000) -> tuple[JobLogLine, ...]:
        """Lines of a job's log after one, in order. Raises: NotFound."""
        query = select(JobLine).where(JobLine.job_id == job_id, JobLine.ordinal > after)
        with self._db.reading() as session:
            if session.get(Job, job_id) is None:
                raise _unknown(job_id)
            found = list(session.scalars(query.order_by(JobLine.ordinal).limit(limit)))
        return tuple(JobLogLine(line.ordinal, _sure(line.at), line.text, line.is_fault) for line in found)

    def cancel(self, job_id: int, who: Who | None = None) -> JobRow:
        """End a job for good: a waiting one now, a running one politely, and if need be by force. Raises: NotFound."""
        return self._ask(job_id, "cancelled", who)

    def pause(self, job_id: int, who: Who | None = None) -> JobRow:
        """Stop a job so that `retry` goes on with it. Raises: NotFound."""
        return self._ask(job_id, "stopped", who)

    def _ask(self, job_id: int, state: str, who: Who | None) -> JobRow:
        who = self._may(job_id, who)
        action = "job.cancel" if state == "cancelled" else "job.pause"
        job_queue.ask_to_end(self._db, job_id, state, who.name, _told(who, action))
        self._wake.set()
        return self.get(job_id)

    def retry(self, job_id: int, who: Who | None = None) -> JobRow:
        """Take up a job that failed, was cancelled or stopped. Raises: NotFound, BadInput for one that did its work."""
        who = self._may(job_id, who)
        if self.get(job_id).state == "done":
            raise BadInput(f"job {job_id} has done its work", hint="start a new one")
        job_queue.take_up(self._db, job_id, who.name, _told(who, "job.retry"))
        self._wake.set()
        return self.get(job_id)

    def _may(self, job_id: int, who: Who | None) -> Who:
        who = who or Who.local()
        who.require(kind_of(self.get(job_id).kind).role)
        return who

    def workers(self) -> tuple[WorkerRow, ...]:
        """Processes that take jobs, or took them lately."""
        with self._db.reading() as session:
            found = list(session.scalars(select(JobWorker).order_by(JobWorker.seen_at.desc())))
        alive_us = now_us() - int(LEASE_S * 1e6)
        return tuple(WorkerRow(w.owner, w.host, w.n_at_once, _sure(w.seen_at), w.seen_at >= alive_us) for w in found)

    def runner(self, at_once: int = AT_ONCE) -> Runner:
        """A worker for this workspace; whoever asks for it runs it."""
        return Runner(self._workspace.path, self._db, at_once=at_once, wake=self._wake)

    @contextmanager
    def working(self, at_once: int = AT_ONCE) -> Iterator[Runner]:
        """A worker in a thread of this process, while the block runs."""
        from inlink.workbench.demo_project import demo_web_at_hand

        runner = self.runner(at_once)
        thread = threading.Thread(target=runner.run, name="inlink-jobs")
        with demo_web_at_hand(self._workspace):
            thread.start()
            try:
                yield runner
            finally:
                runner.close()
                thread.join()

    def _rows(self, jobs: Sequence[Job]) -> tuple[JobRow, ...]:
        if all(job.state != "queued" for job in jobs):
            return tuple(_row(job, None) for job in jobs)
        with self._db.reading() as session:
            held = {hold.name: hold.job_id for hold in session.scalars(select(JobHold))}
        has_worker = any(worker.is_alive for worker in self.workers())
        return tuple(_row(job, _waits_for(job, held, has_worker=has_worker)) for job in jobs)


def _told(who: Who, action: str) -> job_queue.Also:
    """A line of the audit log."""

    def also(session: Session, job: Job) -> None:
        record(session, who, action, f"job {job.job_id}", {"kind": job.kind, "title": job.title})

    return also


def _unknown(job_id: int) -> NotFound:
    return NotFound(f"there is no job {job_id}", hint="inlink jobs list shows all of them")


def _waits_for(job: Job, held: Mapping[str, int], *, has_worker: bool) -> str | None:
    if job.state != "queued":
        return None
    if not has_worker:
        return "a worker: start inlink serve or inlink jobs work"
    ahead = [(name, held[name]) for name in job.holds.split() if name in held]
    if ahead:
        name, number = ahead[0]
        return f"job {number}: {HELD[name]} at a time"
    return job.waits or "a free place"


def _row(job: Job, waits_for: str | None) -> JobRow:
    is_on = job.state == "running"
    ended = job.ended_at if not is_on else now_us()
    took_s = (ended - job.started_at) / 1e6 if ended and job.started_at else None
    return JobRow(
        job_id=job.job_id,
        kind=job.kind,
        title=job.title,
        state=job.state,
        by=job.by_name,
        made_at=_sure(job.made_at),
        started_at=_moment(job.started_at),
        ended_at=_moment(job.ended_at),
        took_s=took_s,
        n_tries=job.n_tries,
        ending=job.ending,
        waits_for=waits_for,
        progress=_progress(job) if job.stage else None,
        said=job.said,
        error=job.error,
        hint=job.hint,
        arguments=json.loads(job.arguments),
        result=json.loads(job.result) if job.result else None,
        then=tuple(name for name, _ in json.loads(job.then)),
    )


def _progress(job: Job) -> JobProgress:
    stages = KINDS[job.kind].stages if job.kind in KINDS else ()
    step = stages.index(job.stage) + 1 if job.stage in stages else None
    part = min(1.0, job.done / job.total) if job.total else None
    share = part
    if len(stages) > 1:
        share = (step - 1 + (part or 0.0)) / len(stages) if step else None
    per_s = left_s = None
    if job.stage_at and job.progress_at and job.progress_at - job.stage_at > 2_000_000 and job.unit != "steps":
        per_s = max(0, job.done - job.stage_done) / ((job.progress_at - job.stage_at) / 1e6)
        if job.total and per_s and job.done > 0.02 * job.total:
            left_s = (job.total - job.done) / per_s
    n_steps = len(stages) if len(stages) > 1 and step else None
    return JobProgress(
        job.stage, job.done, job.total, job.unit, job.note, share, per_s, left_s, step if n_steps else None, n_steps
    )


def _sure(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / 1e6, UTC)


def _moment(at_us: int | None) -> datetime | None:
    return None if at_us is None else _sure(at_us)
