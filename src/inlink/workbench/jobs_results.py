"""What is said of jobs: plain rows that cost nothing to import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

COLUMNS = ("job_id", "kind", "title", "state", "made_at", "started_at", "ended_at", "by", "said")


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a job is. share: 0..1 of its steps, None where nobody knows. Units: per_s of `unit`, left_s seconds.

    step, n_steps: which of the steps that its kind usually takes; None where it has none.
    """

    stage: str
    done: int
    total: int | None
    unit: str
    note: str
    share: float | None
    per_s: float | None
    left_s: float | None
    step: int | None
    n_steps: int | None


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as it stands.

    state: queued, running, done, failed, cancelled or stopped (it can go on). ending: what a running job is asked to
    become. waits_for: why it does not run yet, in words. said: what came of it, in words; result: the same as an
    object; error, hint: why it failed. then: kinds of jobs that follow it.
    """

    job_id: int
    kind: str
    title: str
    state: str
    by: str
    made_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    took_s: float | None
    n_tries: int
    ending: str | None
    waits_for: str | None
    progress: JobProgress | None
    said: str
    error: str
    hint: str
    arguments: Mapping[str, Any]
    result: Mapping[str, Any] | None
    then: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobLogLine:
    """One line of a job's log; ordinal counts from 1, and gaps are lines that are kept no longer."""

    ordinal: int
    at: datetime
    text: str
    is_fault: bool = False


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A process that takes jobs."""

    owner: str
    host: str
    n_at_once: int
    seen_at: datetime
    is_alive: bool


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """Work that comes again and again.

    every: its period, as in 6h. said: why it was turned off by itself. n_left_out: due times at which its last job had
    not ended. by: in whose name it acts. version: hand it in with a change.
    """

    schedule_id: int
    kind: str
    title: str
    every: str
    is_on: bool
    due_at: datetime
    last_at: datetime | None
    last_job_id: int | None
    n_left_out: int
    said: str
    by: str
    arguments: Mapping[str, Any]
    then: tuple[str, ...]
    version: int
