"""Forty kills of jobs: real builds and crawls, their process or their worker killed at random moments.

    python gate/job_kills.py [--kills 40] [--seed 1]

Each round gives a workspace some jobs (an import of the demo web with a build and scores to follow, or a crawl of the
demo web over HTTP with a build) and starts a worker in a process of its own. At random moments the worker, or the
process of a job, is killed (SIGKILL), and the worker started anew. In the end every job has to be done or failed with
a reason; nothing may be there twice; what is served must be whole; and the links must be those of a calm run.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from frame import Gate
from inlink.demo import DemoWeb, generate
from inlink.demo.hosting import hosted
from inlink.index.manifest import read_manifest
from inlink.index.upkeep import verify
from inlink.store import Workspace
from inlink.workbench import Workbench

WORKER = (
    "import sys; from inlink.workbench import Workbench, jobs_runner\n"
    "jobs_runner.BUSY_S = 0.2\n"
    "bench = Workbench.open(sys.argv[1]); print('on', flush=True); bench.jobs.runner().run(until_empty=True)\n"
)
LONGEST_S = 600.0
SEED_PAGE = "https://crumbandcrust.example/"


@dataclass
class Tally:
    """What happened so far."""

    killed: int = 0
    of_children: int = 0
    rounds: int = 0
    harmed: int = 0
    twice: int = 0
    unreasoned: int = 0
    resumed: int = 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    gate = Gate("job_kills")
    dice, tally = random.Random(given.seed), Tally()
    with tempfile.TemporaryDirectory() as folder, hosted() as route:
        web = generate(Path(folder) / "web")
        calm = {kind: calm_links(Path(folder) / f"calm-{kind}", kind, web, route) for kind in ("add", "crawl")}
        while tally.killed < given.kills:
            tally.rounds += 1
            kind = "crawl" if tally.rounds % 3 == 0 else "add"
            round_of(Path(folder) / f"w{tally.rounds}", kind, web, route, dice, tally, given.kills, calm[kind])
    gate.measure("job_kills.survived", tally.killed - tally.harmed - tally.twice - tally.unreasoned)
    gate.measure("job_kills.harmed", tally.harmed)
    gate.measure("job_kills.twice", tally.twice)
    gate.measure("job_kills.without_reason", tally.unreasoned)
    gate.note("job_kills.of_processes", tally.of_children)
    gate.note("job_kills.resumed", tally.resumed)
    return gate.finish()


def made(folder: Path, kind: str, web: DemoWeb, route: str) -> None:
    """A workspace with jobs that wait."""
    with Workbench.create(folder) as bench:
        folder.joinpath("inlink.toml").write_text(
            f'[fetch]\nroutes = ["{route}"]\ndelay_s = 0.0\ncontact = "{SEED_PAGE}"\n', encoding="utf-8"
        )
        if kind == "add":
            warcs = [str(path) for path in web.warcs]
            bench.jobs.start("add", {"inputs": warcs}, then=[("build", {}), ("rank", {"graphs": ["domains"]})])
        else:
            bench.jobs.start("crawl", {"seeds": [SEED_PAGE], "scope": "web", "max_pages": 150}, then=[("build", {})])


def calm_links(folder: Path, kind: str, web: DemoWeb, route: str) -> int:
    """Links of a run that nobody disturbs."""
    made(folder, kind, web, route)
    with Workbench.open(folder) as bench:
        bench.jobs.runner().run(until_empty=True)
        return bench.status().n_links or 0


def round_of(
    folder: Path, kind: str, web: DemoWeb, route: str, dice: random.Random, tally: Tally, wanted: int, calm: int
) -> None:
    """One workspace through kills until nothing waits."""
    made(folder, kind, web, route)
    end = time.monotonic() + LONGEST_S
    while time.monotonic() < end:
        worker = subprocess.Popen([sys.executable, "-c", WORKER, str(folder)], stdout=subprocess.PIPE)
        if worker.stdout is None or not worker.stdout.readline():
            break
        if tally.killed < wanted and dice.random() < 0.85:
            disturb(worker, dice, tally)
        if worker.poll() is None and worker.wait(LONGEST_S) == 0:
            worker.stdout.close()
            break
        worker.stdout.close()
        if worker.returncode == 0:
            break
    judge(folder, kind, tally, calm)


def disturb(worker: subprocess.Popen[bytes], dice: random.Random, tally: Tally) -> None:
    """Kill the worker, or the process of its job and let the worker go on."""
    time.sleep(dice.uniform(0.1, 8.0))
    if worker.poll() is not None:
        return
    children = psutil.Process(worker.pid).children()
    if children and dice.random() < 0.5:
        try:
            os.killpg(children[0].pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        tally.of_children += 1
    else:
        worker.kill()
        worker.wait()
    tally.killed += 1


def judge(folder: Path, kind: str, tally: Tally, calm: int) -> None:
    """Whether all is as it should be."""
    with Workbench.open(folder) as bench:
        jobs = bench.jobs.list(limit=None)
        tally.resumed += sum(job.n_tries > 1 for job in jobs)
        wanted = {"add": ["add", "build", "rank"], "crawl": ["crawl", "build"]}[kind]
        failed = [job for job in jobs if job.state == "failed"]
        if [job for job in jobs if job.state not in ("done", "failed") or (job.state == "failed" and not job.error)]:
            tally.unreasoned += 1
        if not failed and sorted(job.kind for job in jobs) != sorted(wanted):
            tally.twice += 1
        if not failed and kind == "add" and bench.status().n_links != calm:
            tally.twice += 1
    workspace = Workspace.open(folder)
    current = workspace.current()
    if current is not None and verify(workspace).faults:
        tally.harmed += 1
    if current is not None and kind == "crawl":
        rows = read_manifest(workspace.snapshot(current.snapshot)).tables["links"]["n_rows"]
        tally.twice += int(rows) > 2 * calm


if __name__ == "__main__":
    sys.exit(main())
