"""Progress of long work on stderr: bars on a terminal, plain lines otherwise, nothing when quiet."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from inlink.cli.output import Output
from inlink.cli.shorten import shorten_middle
from inlink.cli.text import clean

STAGES = {
    "add": "looking at inputs",
    "crawl": "crawling",
    "check": "checking",
    "extract": "extracting links",
    "arrange": "arranging",
    "serve": "making the serving file",
    "verify": "verifying",
    "fetch": "fetching",
    "names": "reading names",
    "edges": "reading edges",
    "ranks": "reading ranks",
    "transpose": "turning lists round",
    "pagerank": "computing masses",
    "blocks": "writing blocks",
}
EVERY_S = 10.0


class Step(Protocol):
    """How far a stage is."""

    @property
    def stage(self) -> str:
        """Name of the stage."""

    @property
    def done(self) -> int:
        """How much is done."""

    @property
    def total(self) -> int | None:
        """Of how much, where that is known."""

    @property
    def unit(self) -> str:
        """Of what."""

    @property
    def note(self) -> str:
        """What is being worked on."""


Report = Callable[[Step], None]


@contextmanager
def progress(place: Output) -> Iterator[Report]:
    """A callback that shows progress for as long as the block runs."""
    if place.quiet:
        yield lambda step: None
    elif place.shows_progress:
        with _bars(place.errors) as bars:
            yield _Bars(bars)
    else:
        lines = _Lines(place.err)
        yield lines
        lines.finish()


def _bars(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[amount]}", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", style="dim", markup=False),
        console=console,
        transient=True,
    )


class _Bars:
    """One bar for each stage."""

    def __init__(self, bars: Progress) -> None:
        self.bars = bars
        self.tasks: dict[str, TaskID] = {}

    def __call__(self, step: Step) -> None:
        if step.stage not in self.tasks:
            for task in self.tasks.values():
                self.bars.update(task, note="")
            title = STAGES.get(step.stage, step.stage)
            self.tasks[step.stage] = self.bars.add_task(f"{title:<24}", total=step.total, amount="", note="")
        note = shorten_middle(clean(step.note), 40)
        self.bars.update(self.tasks[step.stage], completed=step.done, total=step.total, amount=amount(step), note=note)


class _Lines:
    """A line when a stage begins and ends, and one now and then between."""

    def __init__(self, stream: TextIO, every_s: float = EVERY_S) -> None:
        self.stream = stream
        self.every_s = every_s
        self.last: Step | None = None
        self.remark = ""
        self.said_at = 0.0

    def __call__(self, step: Step) -> None:
        if self.last is None or self.last.stage != step.stage:
            self.finish()
            self._say(f"{STAGES.get(step.stage, step.stage)} …")
        elif time.monotonic() - self.said_at > self.every_s:
            self._say(f"{STAGES.get(step.stage, step.stage)}: {amount(step)} {clean(step.note)}".rstrip())
        if step.total is None and step.unit == "steps" and step.note != self.remark:  # no step, but worth saying
            self.remark = step.note
            self._say(f"{STAGES.get(step.stage, step.stage)}: {clean(step.note)}")
        self.last = step

    def finish(self) -> None:
        """Say how far the last stage came."""
        if self.last is not None:
            self._say(f"{STAGES.get(self.last.stage, self.last.stage)}: {amount(self.last) or 'done'}")
            self.last = None

    def _say(self, text: str) -> None:
        self.stream.write(text + "\n")
        self.stream.flush()
        self.said_at = time.monotonic()


def amount(step: Step) -> str:
    """12.5 of 40.0 MB; 3 of 7 steps; 12 inputs; nothing where there is nothing to count."""
    if step.total == 0 or (step.total is None and not step.done):
        return ""
    if step.unit == "bytes":
        done, total, unit = f"{step.done / 1e6:,.1f}", f"{(step.total or 0) / 1e6:,.1f}", "MB"
    else:
        done, total, unit = f"{step.done:,}", f"{step.total or 0:,}", step.unit
    return f"{done} of {total} {unit}" if step.total is not None else f"{done} {unit}"
