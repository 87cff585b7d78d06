"""`inlink jobs schedule …`: work that comes again and again."""

from __future__ import annotations

import dataclasses

from inlink.cli.actions.jobs import told
from inlink.cli.declare import Call
from inlink.cli.output import Output
from inlink.cli.tables import draw
from inlink.workbench import Workbench
from inlink.workbench.jobs_results import ScheduleRow
from inlink.workbench.json_values import to_json
from inlink.workbench.people import Who

TABLE = ("schedule_id", "kind", "title", "every", "due_at", "last_job_id", "by", "said")


def schedules(call: Call, *, output: str | None) -> None:
    """List schedules by when they are due."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        found = bench.jobs.schedules.all()
    if output == "json":
        place.line(to_json({"schedules": [dataclasses.asdict(row) for row in found]}, indent=2))
    elif found:
        draw(place, TABLE, [_row(row) for row in found])
    else:
        place.line("nothing is scheduled: inlink jobs schedule monitor --every 6h")


def _row(row: ScheduleRow) -> dict[str, object]:
    said = row.said or ("" if row.is_on else "turned off")
    said = said or (f"left out {row.n_left_out} times: the last job had not ended" if row.n_left_out else "")
    due = f"{row.due_at:%Y-%m-%d %H:%M}" if row.is_on else None
    return {**{name: getattr(row, name) for name in TABLE}, "due_at": due, "said": said}


def schedule(
    call: Call,
    *,
    kind: str,
    given: tuple[str, ...],
    then: tuple[str, ...],
    every: str,
    first: str | None,
    output: str | None,
) -> None:
    """Make a schedule."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        found = bench.jobs.schedules.add(
            Who.local(), kind, told(kind, given), every=every, first=first, then=[(name, {}) for name in then]
        )
    _show(place, found, output)


def reschedule(call: Call, *, number: int, every: str | None, first: str | None, is_on: bool | None) -> None:
    """Change a schedule."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        found = bench.jobs.schedules.change(Who.local(), number, every=every, first=first, is_on=is_on)
    _show(place, found, None)


def unschedule(call: Call, *, number: int) -> None:
    """Remove a schedule."""
    with Workbench.open(call.folder) as bench:
        bench.jobs.schedules.remove(Who.local(), number)
    Output(quiet=call.quiet).line(f"schedule {number} is removed")


def _show(place: Output, row: ScheduleRow, output: str | None) -> None:
    if output == "json":
        place.line(to_json(dataclasses.asdict(row), indent=2))
        return
    when = f"every {row.every}, next at {row.due_at:%Y-%m-%d %H:%M} UTC" if row.is_on else "turned off"
    place.line(f"schedule {row.schedule_id}: {row.kind}, {when}")
