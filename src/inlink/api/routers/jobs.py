"""Jobs: what goes on behind the pages, and who takes it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query, Request
from fastapi.responses import Response
from pydantic import Field

from inlink.api.access import needs
from inlink.api.answering import bench_of
from inlink.api.changing import Said, one_model, send_one
from inlink.api.lists import send_list
from inlink.api.models import list_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Asked, Listed, Text, one_of
from inlink.store.db.jobs import STATES
from inlink.workbench.jobs_kinds import KINDS
from inlink.workbench.jobs_results import JobLogLine, JobRow
from inlink.workbench.people import Role, Who

router = noun("jobs")
MAX_JOBS = 1_000

JobId = Annotated[int, Path(description="The number of a job.", ge=1, lt=2**63)]
Editor = Annotated[Who, needs(Role.EDITOR)]
Kind = Annotated[Text, Field(description="What is to be done.", json_schema_extra={"enum": list(KINDS)})]
Arguments = Annotated[
    dict[str, Any],
    Field(description="What it is told; a wrong one is refused with the names that it takes.", default_factory=dict),
]


class Following(Said):
    """A job that follows another."""

    kind: Kind
    arguments: Arguments


class JobAsked(Following):
    """A job to start."""

    then: Annotated[
        list[Following],
        Field(description="Jobs that follow when it has done its work.", max_length=10, default_factory=list),
    ]


class JobsAsked(Listed):
    """Which jobs."""

    state: Annotated[
        list[Text],
        Field(description="Only in this state; may be repeated.", max_length=10, default_factory=list,
              json_schema_extra={"items": one_of(tuple(STATES))}),
    ]  # fmt: skip
    kind: Annotated[
        list[Text],
        Field(description="Only of this kind; may be repeated.", max_length=20, default_factory=list,
              json_schema_extra={"items": one_of(tuple(KINDS))}),
    ]  # fmt: skip


@ask(router, "/jobs", list_model("Jobs", JobRow), has_rows=True)
def jobs(request: Request, asked: Annotated[JobsAsked, Query()]) -> Response:
    """Jobs of the workspace, the newest first; those that ended long ago are not kept."""
    found = bench_of(request).jobs.list(asked.state, asked.kind, limit=MAX_JOBS)
    return send_list(request, asked, JobRow, found)


@ask(router, "/jobs", one_model(JobRow, "StartedJob"), method="POST")
def start_job(request: Request, asked: JobAsked, who: Editor) -> Response:
    """Start a job: crawl, add, build, rank, check, import and the like.

    It needs the role editor, some kinds that of an admin. It begins when a worker is free; `waits_for` says what for.
    """
    then = [(each.kind, each.arguments) for each in asked.then]
    return send_one(request, bench_of(request).jobs.start(asked.kind, asked.arguments, who, then=then))


@ask(router, "/jobs/{job_id}", one_model(JobRow, "JobAnswer"))
def job(request: Request, job_id: JobId, _: Annotated[Asked, Query()]) -> Response:
    """One job as it stands, with its progress."""
    return send_one(request, bench_of(request).jobs.get(job_id))


@ask(router, "/jobs/{job_id}/log", list_model("JobLog", JobLogLine), has_rows=True)
def job_log(request: Request, job_id: JobId, asked: Annotated[Listed, Query()]) -> Response:
    """The lines of a job's log, in order."""
    return send_list(request, asked, JobLogLine, bench_of(request).jobs.log(job_id, limit=100_000))


@ask(router, "/jobs/{job_id}/cancel", one_model(JobRow, "CancelledJob"), method="POST")
def cancel_job(request: Request, job_id: JobId, who: Editor) -> Response:
    """End a job for good: a waiting one now, a running one politely, and if need be by force."""
    return send_one(request, bench_of(request).jobs.cancel(job_id, who))


@ask(router, "/jobs/{job_id}/pause", one_model(JobRow, "PausedJob"), method="POST")
def pause_job(request: Request, job_id: JobId, who: Editor) -> Response:
    """Stop a job so that it can go on later."""
    return send_one(request, bench_of(request).jobs.pause(job_id, who))


@ask(router, "/jobs/{job_id}/retry", one_model(JobRow, "RetriedJob"), method="POST")
def retry_job(request: Request, job_id: JobId, who: Editor) -> Response:
    """Take up a job that failed, was cancelled or stopped."""
    return send_one(request, bench_of(request).jobs.retry(job_id, who))
