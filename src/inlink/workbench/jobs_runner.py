"""Takes jobs of a workspace and has each done by a process of its own; several may take from one PostgreSQL.

The rows are the truth: a worker that dies leaves leases that run out, and another goes on with its jobs. What a job
says is written once a second at most, with the leases.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError

from inlink.errors import BadInput, InlinkError, Refused
from inlink.store.db import job_queue, schedule_queue
from inlink.store.db.job_queue import News, Outcome, now_us
from inlink.store.db.jobs import Job, JobWorker
from inlink.store.db.opening import WorkDatabase
from inlink.store.db.schedules import Schedule
from inlink.store.workspace import Workspace
from inlink.workbench import import_roots
from inlink.workbench.jobs_kinds import KINDS, checked, kind_of
from inlink.workbench.people import Role

CHILD = [sys.executable, "-m", "inlink.workbench.jobs_child"]
AT_ONCE = 2
LEASE_S = 30.0
ADOPT_S = 10.0  # between looks for jobs of workers that are gone
GRACE_S = 15.0  # for a polite end, before the process is killed
BUSY_S = 3.0  # before a job tries again that somebody outside stood in the way of
SPEAK_S = 1.0
IDLE_S = 10.0  # between words of a worker that has nothing to say
LOOK_S = 1.0
DUE_S = 5.0  # between looks at schedules


@dataclass(slots=True)
class _Child:
    """A job's process, and what it said that is not written yet."""

    job: Job
    process: subprocess.Popen[str]
    news: News = field(default_factory=News)
    turn: threading.Lock = field(default_factory=threading.Lock)
    end: dict[str, Any] | None = None
    asked: str = ""  # what it is asked to become
    asked_at: float = 0.0
    is_lost: bool = False
    readers: list[threading.Thread] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether the process has ended and all that it said was heard."""
        return self.process.poll() is not None and not any(reader.is_alive() for reader in self.readers)

    def taken(self) -> News:
        """What was said since the last time."""
        with self.turn:
            found, self.news = self.news, News()
        return found


class Runner:
    """A worker. Use `run` in a thread or process of its own; `close` ends it politely, and its jobs wait for another.

    wake: set by whoever made a job, so that it need not wait for the next look.
    """

    def __init__(
        self, folder: Path, db: WorkDatabase, *, at_once: int = AT_ONCE, wake: threading.Event | None = None
    ) -> None:
        self._folder, self._db, self._at_once = folder, db, at_once
        self._host = socket.gethostname()[:80]
        self.owner = f"{self._host}:{os.getpid()}:{secrets.token_hex(4)}"
        self._row = JobWorker(owner=self.owner, host=self._host, n_at_once=at_once, seen_at=0)
        self._children: dict[int, _Child] = {}
        self._wake = wake or threading.Event()
        self._stop = threading.Event()
        self._is_alone = db.engine.dialect.name == "sqlite"
        self._spoke_at = self._adopted_at = self._grumbled_at = self._due_at = float("-inf")

    def run(self, *, until_empty: bool = False) -> None:
        """Take jobs until closed; or until nothing waits and nothing runs."""
        lock = FileLock(self._folder / "locks" / "jobs.lock", thread_local=False)
        try:
            if not self._is_alone or self._get(lock):
                self._work(until_empty)
        finally:
            self._give_back()
            lock.release()

    def close(self) -> None:
        """End soon: what runs is asked to end and waits for the next worker."""
        self._stop.set()
        self._wake.set()

    def _get(self, lock: FileLock) -> bool:
        """One worker a workspace on SQLite: the others stand by."""
        while not self._stop.is_set():
            try:
                lock.acquire(timeout=0)
            except Timeout:
                self._stop.wait(LOOK_S)
            else:
                return True
        return False

    def _work(self, until_empty: bool) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                self._turn()
                if until_empty and not self._children and job_queue.is_empty(self._db):
                    return
            except (InlinkError, SQLAlchemyError) as error:  # what runs goes on, and is written when it is back
                self._grumble(str(error).partition("\n")[0])
            self._wake.wait(0.1 if self._children else LOOK_S)

    def _grumble(self, why: str) -> None:
        """Say now and then that the database is away."""
        now = time.monotonic()
        if now - self._grumbled_at >= LEASE_S:
            self._grumbled_at = now
            sys.stderr.write(f"jobs: the database cannot be used: {why}\n")

    def _turn(self) -> None:
        """One look at everything."""
        now = time.monotonic()
        if now - self._adopted_at >= ADOPT_S:
            self._adopted_at = now
            job_queue.take_over(self._db, self.owner, is_alone=self._is_alone)
        for child in [child for child in self._children.values() if child.is_over]:
            self._finish(child)
        self._speak()
        self._push()
        if now - self._due_at >= DUE_S:
            schedule_queue.start_due(self._db, partial(of_schedule, Workspace(self._folder)))
            self._due_at = now
        while len(self._children) < self._at_once:
            job = job_queue.take(self._db, self.owner, int(LEASE_S * 1e6), list(KINDS))
            if job is None:
                break
            self._begin(job)

    def _begin(self, job: Job) -> None:
        kind = kind_of(job.kind)
        order = {
            "job_id": job.job_id,
            "kind": job.kind,
            "arguments": json.loads(job.arguments),
            "folder": str(self._folder),
            "is_again": job.n_tries > 1,
            "began_us": job.started_at or now_us(),
            "is_polite": kind.is_polite,
            "lease_s": None if self._is_alone else LEASE_S,  # who is alone holds a lock: nobody takes its jobs
        }
        try:
            process = self._process()
        except OSError as error:  # no memory, or too many processes
            why = f"its process could not be started: {error.strerror}"
            job_queue.put_back(self._db, job.job_id, self.owner, why, after_us=int(LEASE_S * 1e6), counts=True)
            return
        child = _Child(job, process)
        self._children[job.job_id] = child
        for stream, hear in ((process.stdout, _hear), (process.stderr, _hear_fault)):
            reader = threading.Thread(target=_read, args=(stream, child, hear), daemon=True)
            reader.start()
            child.readers.append(reader)
        _tell(child, json.dumps(order))
        if sys.platform != "win32" and process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)  # a process that does not read holds up nobody

    @staticmethod
    def _process() -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603  our own module
            CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, encoding="utf-8", errors="replace", start_new_session=True,
        )  # fmt: skip

    def _speak(self) -> None:
        """Write what was said, once a second at most; hear who is asked to end."""
        now = time.monotonic()
        if now - self._spoke_at < (SPEAK_S if self._children else IDLE_S):
            return
        news: dict[int, News] = {job_id: child.taken() for job_id, child in self._children.items()}
        try:
            heard = job_queue.speak(self._db, self._row, int(LEASE_S * 1e6), news)
        except InlinkError:
            self._untaken(news)
            raise
        self._spoke_at = now
        for job_id, state in heard.endings.items():
            self._ask(self._children[job_id], state)
        for job_id in heard.lost:  # another worker has it: ours must not go on beside it
            self._children[job_id].is_lost = True
            _kill(self._children[job_id])
        for job_id in set() if self._is_alone else news.keys() - heard.lost:
            _tell(self._children[job_id], "mine")

    def _untaken(self, news: dict[int, News]) -> None:
        """What could not be written is kept for the next time."""
        for job_id, old in news.items():
            child = self._children[job_id]
            with child.turn:
                child.news.lines[:0] = old.lines
                child.news.step = child.news.step or old.step

    def _ask(self, child: _Child, state: str) -> None:
        if not child.asked:
            child.asked, child.asked_at = state, time.monotonic()
            _tell(child, "stop")

    def _push(self) -> None:
        """Kill what was asked to end and did not."""
        for child in self._children.values():
            if child.asked and time.monotonic() - child.asked_at > GRACE_S:
                _kill(child)

    def _finish(self, child: _Child) -> None:
        """Write how a job ended."""
        job_id = child.job.job_id
        news: dict[int, News] = {job_id: child.taken()}
        if not child.is_lost:
            try:
                job_queue.speak(self._db, self._row, int(LEASE_S * 1e6), news)
                self._settle(child)
            except InlinkError:
                self._untaken(news)
                raise
        _close(child)
        del self._children[job_id]

    def _settle(self, child: _Child) -> None:
        end, job_id, code = child.end, child.job.job_id, child.process.returncode
        if child.asked and (end is None or end["state"] in ("stopped", "busy")):
            if child.asked == "put back":
                why = "its worker was stopped; it goes on with the next one"
                job_queue.put_back(self._db, job_id, self.owner, why)
                return
            end = {**(end or {}), "state": child.asked}
        if end is None:
            self._died(job_id, code)
        elif end["state"] == "busy":
            job_queue.put_back(self._db, job_id, self.owner, end["said"], after_us=int(BUSY_S * 1e6))
        else:
            job_queue.end(self._db, job_id, self.owner, _outcome(end), _following(child.job, end["state"]))

    def _died(self, job_id: int, code: int) -> None:
        """The process ended without a word: it is tried again, but not for ever."""
        name = f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"
        why = f"its process ended without a word ({name})"
        if self._tries(job_id) < job_queue.MAX_TRIES:
            job_queue.put_back(self._db, job_id, self.owner, why, after_us=int(BUSY_S * 1e6), counts=True)
        else:
            hint = "the machine may be short of memory: see the log, then try it again"
            job_queue.end(self._db, job_id, self.owner, Outcome("failed", error=why, hint=hint))

    def _tries(self, job_id: int) -> int:
        return self._children[job_id].job.n_tries

    def _give_back(self) -> None:
        """The worker ends: what runs is asked to end, then killed, and waits for the next worker."""
        for child in self._children.values():
            self._ask(child, "put back")
        until = time.monotonic() + GRACE_S
        while any(not child.is_over for child in self._children.values()) and time.monotonic() < until:
            time.sleep(0.05)
        for child in list(self._children.values()):
            _kill(child)
            for reader in child.readers:
                reader.join(5)
            with contextlib.suppress(InlinkError):
                self._finish(child)
        with contextlib.suppress(InlinkError):
            job_queue.leave(self._db, self.owner)


def _outcome(end: dict[str, Any]) -> Outcome:
    result = json.dumps(end["result"]) if end.get("result") else None
    return Outcome(end["state"], end.get("said", ""), result, end.get("error", ""), end.get("hint", ""))


def _following(job: Job, state: str) -> list[Job]:
    """The jobs that are to follow, made when the one before has done its work."""
    if state != "done":
        return []
    rest = json.loads(job.then)
    if not rest:
        return []
    (name, arguments), *later = rest
    with contextlib.suppress(BadInput):
        return [made(name, arguments, later, job.by_name, job.by_user_id)]
    return []


def of_schedule(workspace: Workspace, row: Schedule, maker: schedule_queue.Maker | None) -> Job | str:
    """The job of a schedule that is due, or why there can be none: it acts as its maker may act now."""
    try:
        about, then = json.loads(row.arguments), json.loads(row.then)
        told = [(row.kind, about), *then]
        if maker:
            if not (maker.role and all(Role(maker.role).covers(kind_of(name).role) for name, _ in told)):
                return f"{row.by_name} may not do this any more: somebody who may should turn it on again"
            for name, given in told:
                import_roots.check_named(workspace, checked(kind_of(name), given))
        return made(row.kind, about, then, row.by_name, row.by_user_id)
    except (BadInput, Refused) as error:
        return error.message


def made(name: str, given: dict[str, Any], then: list[Any], by_name: str, by_user_id: int | None) -> Job:
    """A row for a new job. Raises: BadInput."""
    kind = kind_of(name)
    arguments = checked(kind, given)
    return Job(
        kind=kind.id,
        title=kind.title(arguments),
        arguments=json.dumps(given),
        then=json.dumps(then),
        holds=" ".join(kind.holds),
        by_name=by_name,
        by_user_id=by_user_id,
        made_at=now_us(),
    )


def _read(stream: IO[str], child: _Child, hear: Callable[[_Child, str], None]) -> None:
    try:
        for line in stream:
            hear(child, line)
    except ValueError:  # closed by a worker that has waited long enough for its end
        if not stream.closed:
            raise


def _hear(child: _Child, line: str) -> None:
    try:
        ((what, value),) = json.loads(line).items()
    except ValueError:  # the process was killed while it wrote
        return
    with child.turn:
        if what == "step":
            child.news.step = tuple(value)
        elif what == "line":
            child.news.lines.append((now_us(), bool(value[1]), str(value[0])))
        else:
            child.end = value
            child.news.lines += [(now_us(), True, text) for text in value.get("trace", ())]


def _hear_fault(child: _Child, line: str) -> None:
    if text := line.rstrip():
        with child.turn:
            child.news.lines.append((now_us(), True, text))


def _tell(child: _Child, line: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # it has ended
        if child.process.stdin is not None:
            child.process.stdin.write(line + "\n")
            child.process.stdin.flush()


def _kill(child: _Child) -> None:
    """The process with all that it started."""
    if child.process.poll() is None:
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                child.process.kill()
            else:
                os.killpg(child.process.pid, signal.SIGKILL)


def _close(child: _Child) -> None:
    child.process.wait()
    for stream in (child.process.stdin, child.process.stdout, child.process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
