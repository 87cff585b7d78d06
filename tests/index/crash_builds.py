"""Builds that are meant to be killed: one process imports everything once and forks a child for each build.

Run as a script: each line on standard input starts a build of the workspace it names; the answer is how it ended.
Extraction is replaced by `make_small_part`: what is tried here is how parts,
snapshots and serving files come to be, not how HTML is read.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
from small_parts import SmallPart

from inlink.engine.local import LocalEngine
from inlink.engine.protocol import Outcome, Progress, Report, Task, Tell, silent
from inlink.engine.worker import load
from inlink.index.build import build
from inlink.index.jobs import CODE, MAKE_PART, Job
from inlink.index.reports import BuildReport
from inlink.schema import CAPTURES, LINKS, PAGES
from inlink.store import Input, Workspace
from inlink.store.parts import PartInfo, PartWriter
from inlink.urls.domains import SuffixRules


class InProcess(LocalEngine):
    """The local engine without worker processes."""

    def map(self, function: str, tasks: Sequence[Task], report: Report = silent, stage: str = "") -> Iterator[Outcome]:
        for i, task in enumerate(tasks):
            report(Progress(stage, i, len(tasks), "inputs", task.key))
            run = make_small_part if function == MAKE_PART else load(function)
            yield Outcome(task, value=run(task.argument, untold))


def untold(done: int, note: str = "", total: int | None = None) -> None:
    """Nobody listens."""


def small_input(number: int) -> Input:
    """The n-th made-up input: pages of a few sites at one time, some links come and go."""
    return Input(f"{number}.warc.gz", "warc", 1000, f"{number:064d}", {"day": str(number)})


def make_small_part(job: Job, tell: Tell) -> PartInfo:
    """What `make_part` would do for a made-up input."""
    shutil.rmtree(job.folder, ignore_errors=True)
    part = _pages(int(job.input.facts["day"]), job.input.name, rules_of(job.suffixes))
    writer = PartWriter(job.folder)
    batches = [
        pa.RecordBatch.from_pylist(rows, schema=table.arrow)
        for table, rows in ((CAPTURES, part.captures), (PAGES, part.pages), (LINKS, part.links))
    ]
    writer.write(*batches)
    writer.errors.add("record-cut", file=job.input.name, offset=5)
    return writer.close(
        part=job.part, input=job.input.name, input_digest=job.input.digest, format="warc", code=CODE,
        suffixes=rules_of(job.suffixes).digest,
    )  # fmt: skip


@cache
def rules_of(suffixes: tuple[str, ...]) -> SuffixRules:
    """Suffix rules, made once."""
    return SuffixRules(suffixes)


def _pages(day: int, name: str, rules: SuffixRules) -> SmallPart:
    dice = random.Random(day)
    part = SmallPart(name, rules=rules)
    for page in range(12):
        links: list[Any] = [f"https://t{dice.randrange(5)}.example/{dice.randrange(3)}" for _ in range(6)]
        part.see(f"https://s{page % 4}.example/{page}", day, links)
    return part


def run_build(folder: str | Path, *, workers: int = 1) -> BuildReport:
    """Build a workspace of made-up inputs."""
    return build(Workspace.open(folder), InProcess(workers, memory_bytes=700 * 2**20))


def main() -> None:
    """Serve builds until standard input ends. A line: after how many seconds to kill the build (0: never), a folder."""
    for line in sys.stdin:
        kill_after, _, folder = line.strip().partition(" ")
        pid = os.fork()
        if pid == 0:
            run_build(folder)
            os._exit(0)
        sys.stdout.write(f"{_ended(pid, float(kill_after))}\n")
        sys.stdout.flush()


def _ended(pid: int, kill_after_s: float) -> int:
    deadline = time.monotonic() + kill_after_s
    while kill_after_s and time.monotonic() < deadline:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    if kill_after_s:
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    main()
