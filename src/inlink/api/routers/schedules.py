"""Schedules: jobs that come again and again."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request
from fastapi.responses import Response
from pydantic import Field

from inlink.api.access import needs
from inlink.api.answering import bench_of
from inlink.api.changing import Removed, Said, one_model, send_one, send_removed
from inlink.api.lists import send_list
from inlink.api.models import list_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Asked, Listed, Text
from inlink.api.routers.jobs import JobAsked
from inlink.api.routers.projects import Version, Versioned
from inlink.workbench.jobs_results import ScheduleRow
from inlink.workbench.people import Role, Who

router = noun("schedules")

Editor = Annotated[Who, needs(Role.EDITOR)]
ScheduleId = Annotated[int, Path(description="The number of a schedule.", ge=1, lt=2**63)]
Every = Annotated[Text, Field(description="The period: 30min, 6h, 1d or 1w; hourly, daily, weekly.")]
First = Annotated[Text | None, Field(description="When it is due next, as 2026-05-31T03:00, in UTC.")]


class NewSchedule(JobAsked):
    """A job to make again and again."""

    every: Every
    first: First = None


class ChangedSchedule(Said):
    """What is to change; what is left out stays."""

    version: Version
    every: Every | None = None
    first: First = None
    is_on: bool | None = None


@ask(router, "/schedules", list_model("Schedules", ScheduleRow), has_rows=True)
def schedules(request: Request, asked: Annotated[Listed, Query()]) -> Response:
    """Work that comes again and again, by when it is due; what is turned off comes last."""
    return send_list(request, asked, ScheduleRow, bench_of(request).jobs.schedules.all())


@ask(router, "/schedules", one_model(ScheduleRow, "NewScheduleAnswer"), method="POST")
def add_schedule(request: Request, asked: NewSchedule, who: Editor) -> Response:
    """Have a job made again and again, in one's own name.

    It needs the role that its kinds of jobs need, at each time that it is due. A worker makes the jobs.
    """
    then = [(each.kind, each.arguments) for each in asked.then]
    door = bench_of(request).jobs.schedules
    found = door.add(who, asked.kind, asked.arguments, every=asked.every, first=asked.first, then=then)
    return send_one(request, found)


@ask(router, "/schedules/{number}", one_model(ScheduleRow, "ScheduleAnswer"))
def schedule(request: Request, number: ScheduleId, _: Annotated[Asked, Query()]) -> Response:
    """One schedule, with the version that a change has to name."""
    return send_one(request, bench_of(request).jobs.schedules.get(number))


@ask(router, "/schedules/{number}", one_model(ScheduleRow, "ChangedScheduleAnswer"), method="PATCH")
def change_schedule(request: Request, number: ScheduleId, asked: ChangedSchedule, who: Editor) -> Response:
    """Another period or next time, off or on again; it acts in one's own name from then on.

    409 where somebody changed it meanwhile.
    """
    given = asked.model_dump(exclude={"version"})
    return send_one(request, bench_of(request).jobs.schedules.change(who, number, asked.version, **given))


@ask(router, "/schedules/{number}", Removed, method="DELETE")
def remove_schedule(
    request: Request, number: ScheduleId, asked: Annotated[Versioned, Query()], who: Editor
) -> Response:
    """Remove a schedule; jobs that it made stay."""
    bench_of(request).jobs.schedules.remove(who, number, asked.version)
    return send_removed(request)
