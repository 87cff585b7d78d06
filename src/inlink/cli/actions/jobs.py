"""`inlink jobs …`: work that goes on behind the pages; start it, see it, end it, and take it from another machine."""

from __future__ import annotations

import dataclasses
import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from inlink.cli.declare import Call
from inlink.cli.output import Output
from inlink.cli.tables import draw
from inlink.cli.text import clean
from inlink.errors import BadInput
from inlink.workbench import Workbench
from inlink.workbench.import_roots import from_here
from inlink.workbench.jobs_kinds import kind_of
from inlink.workbench.jobs_results import JobRow
from inlink.workbench.jobs_runner import Runner
from inlink.workbench.json_values import to_json

TABLE = ("job_id", "kind", "title", "state", "far", "made_at", "by", "said")


def list_(
    call: Call, *, states: tuple[str, ...], kinds: tuple[str, ...], limit: int | None, output: str | None
) -> None:
    """List jobs, the newest first."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        found = bench.jobs.list(states, kinds, limit=limit)
    if output == "json":
        place.line(to_json({"jobs": [dataclasses.asdict(job) for job in found]}, indent=2))
    elif found:
        draw(place, TABLE, [_row(job) for job in found])
    else:
        place.line("no jobs" if states or kinds else "no jobs yet: inlink jobs start KIND")


def _row(job: JobRow) -> dict[str, object]:
    said = job.error or job.said or (f"waits for {job.waits_for}" if job.waits_for else "")
    return {**{name: getattr(job, name, None) for name in TABLE}, "far": _far(job), "said": said}


def _far(job: JobRow) -> str | None:
    """62 %, or how much is done."""
    far = job.progress
    if job.state != "running" or far is None:
        return None
    return f"{100 * far.share:.0f} %" if far.share is not None else f"{far.done:,} {far.unit}"


def show(call: Call, *, number: int, output: str | None) -> None:
    """One job with what is known of it."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        _show(place, bench.jobs.get(number), output)


def _show(place: Output, job: JobRow, output: str | None) -> None:
    if output == "json":
        place.line(to_json(dataclasses.asdict(job), indent=2))
        return
    place.line(f"job {job.job_id}, {job.kind}: {clean(job.title)}")
    far = _far(job)
    place.line(f"{job.state}{f', {far}' if far else ''}{f', asked to be {job.ending}' if job.ending else ''}")
    texts = {"waits for": job.waits_for, "came of it": job.said, "error": job.error, "hint": job.hint}
    for title, text in texts.items():
        if text:
            place.line(f"{title}: {clean(text)}")
    place.line(f"made {job.made_at:%Y-%m-%d %H:%M:%S} UTC by {clean(job.by)}, {job.n_tries} tries")
    place.line(f"told: {json.dumps(dict(job.arguments), ensure_ascii=False)}")
    if job.then:
        place.line(f"then: {', '.join(job.then)}")


def start(call: Call, *, kind: str, given: tuple[str, ...], then: tuple[str, ...], output: str | None) -> None:
    """Make a job for a worker to do."""
    place = Output(quiet=call.quiet)
    arguments = told(kind, given)
    with Workbench.open(call.folder) as bench:
        job = bench.jobs.start(kind, arguments, then=[(name, {}) for name in then])
        has_worker = any(worker.is_alive for worker in bench.jobs.workers())
    _show(place, job, output)
    if not has_worker:
        place.say("nobody takes jobs now: inlink serve does, and inlink jobs work")


def told(kind: str, given: tuple[str, ...]) -> dict[str, Any]:
    """NAME=VALUE as arguments: lists are collected, other values read as JSON where they are some.

    Relative paths are those of the folder that the command is given in. Raises: BadInput.
    """
    types = kind_of(kind).arguments.__annotations__
    found: dict[str, Any] = {}
    for word in given:
        name, equals, text = word.partition("=")
        if not equals:
            raise BadInput(
                f"{word!r} is not NAME=VALUE", hint="inlink jobs start crawl seeds=example.org max_pages=100"
            )
        annotation = str(types.get(name, ""))
        if "list[" in annotation or annotation == "Names":
            found.setdefault(name, []).append(text)
        else:
            found[name] = text if annotation.startswith(("Text", "Name")) else _value(text)
    return from_here(found)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def cancel(call: Call, *, number: int, pauses: bool) -> None:
    """End a job, or stop it for now."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        job = bench.jobs.pause(number) if pauses else bench.jobs.cancel(number)
    place.line(f"job {number} is {job.state}{f' and asked to be {job.ending}' if job.ending else ''}")


def retry(call: Call, *, number: int) -> None:
    """Take up a job that failed, was cancelled or stopped."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        job = bench.jobs.retry(number)
    place.line(f"job {number} is {job.state}")


def log(call: Call, *, number: int, after: int, output: str | None) -> None:
    """Lines of a job's log."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        found = bench.jobs.log(number, after=after)
    if output == "json":
        place.line(to_json({"lines": [dataclasses.asdict(line) for line in found]}, indent=2))
        return
    for line in found:
        place.line(f"{line.at:%Y-%m-%d %H:%M:%S}  {'! ' if line.is_fault else ''}{clean(line.text)}")


def work(call: Call, *, at_once: int, until_empty: bool) -> None:
    """Take jobs until Ctrl-C."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        runner = bench.jobs.runner(at_once)
        place.say(f"taking jobs of {call.folder}, {at_once} at once (Ctrl-C stops; what runs goes on later)")
        with _until_told(runner):
            runner.run(until_empty=until_empty)


@contextmanager
def _until_told(runner: Runner) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the worker politely."""

    def on_signal(number: int, frame: FrameType | None) -> None:
        threading.Thread(target=runner.close).start()  # not here: the worker may hold what it sets

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
