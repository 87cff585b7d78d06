"""Two hundred kills: builds of real archives are killed at random moments, and nothing that was served is harmed.

    python gate/kills.py [--kills 200] [--seed 1]

Each round adds a real archive to a workspace and starts `build` with two worker processes in a process of its own,
which is killed (SIGKILL) at a random moment; one time in five a worker is killed instead, and the build has to do
without it. After each kill what CURRENT names must be whole: every digest is compared. Once all archives are in, the
workspace must equal one that was built in peace from the same archives in another order.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psutil

from frame import Gate
from inlink.engine.local import LocalEngine
from inlink.index.adding import add
from inlink.index.build import build
from inlink.index.manifest import read_manifest
from inlink.index.upkeep import verify
from inlink.store import Workspace

DATA = Path(os.environ.get("INLINK_TEST_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
BUILD = (
    "import sys; from inlink.engine.local import LocalEngine; from inlink.index.build import build\n"
    "from inlink.store import Workspace\n"
    "workspace = Workspace.open(sys.argv[1]); print('on', flush=True); build(workspace, LocalEngine(2))\n"
)
FOLDERS = ("warc/commoncrawl", "html-corpora/temporal", "warc/crawl")
MAX_BYTES = 800_000  # archives above this would make the rounds long and show nothing new


@dataclass
class Tally:
    """What happened so far."""

    killed: int = 0
    workers_killed: int = 0
    harmed: int = 0
    completed: int = 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, default=DATA)
    given = parser.parse_args()
    archives = archives_of(given.data)
    gate = Gate("kills", data=archives)
    dice, tally = random.Random(given.seed), Tally()
    with tempfile.TemporaryDirectory() as folder:
        calm = digests(built_in_peace(Path(folder) / "calm", archives[::-1]))
        usual_s = 10.0
        n = 0
        while tally.killed < given.kills:
            n += 1
            workspace = Workspace.create(Path(folder) / f"w{n}")
            usual_s = round_of(workspace, archives, dice, tally, usual_s, given.kills)
            if len(workspace.inputs) == len(archives) and digests(workspace) != calm:
                tally.harmed += 1
    gate.measure("kills.survived", tally.killed - tally.harmed)
    gate.measure("kills.harmed", tally.harmed)
    gate.note("kills.of_workers", tally.workers_killed)
    gate.note("builds.completed", tally.completed)
    return gate.finish()


def archives_of(data: Path) -> list[Path]:
    """The small real archives, the same wherever the data lies."""
    found = [path for name in FOLDERS for path in sorted((data / name).iterdir())]
    return [path for path in found if path.stat().st_size <= MAX_BYTES and ".warc" in path.name]


def built_in_peace(folder: Path, archives: list[Path]) -> Workspace:
    workspace = Workspace.create(folder)
    add(workspace, [str(path) for path in archives])
    build(workspace, LocalEngine(2))
    return workspace


def round_of(
    workspace: Workspace, archives: list[Path], dice: random.Random, tally: Tally, usual_s: float, wanted: int
) -> float:
    """Build one workspace from all archives, one after the other, through kills; the usual time of a build."""
    for archive in archives:
        add(workspace, [str(archive)])
        while True:
            before = workspace.current()
            start = time.monotonic()
            is_worker = dice.random() < 0.2 and tally.killed < wanted
            after_s = dice.uniform(0, usual_s) if tally.killed < wanted else None
            code = run_build(workspace, after_s, is_worker=is_worker, tally=tally)
            if is_harmed(workspace, before is not None):
                tally.harmed += 1
            if code == 0:
                tally.completed += 1
                if not is_worker:
                    usual_s = 0.7 * usual_s + 0.3 * (time.monotonic() - start)
                break
    return usual_s


def run_build(workspace: Workspace, after_s: float | None, *, is_worker: bool, tally: Tally) -> int:
    """Exit code of a build, killed after some seconds where it lasts that long."""
    child = subprocess.Popen([sys.executable, "-c", BUILD, str(workspace.path)], stdout=subprocess.PIPE)
    if child.stdout is None:
        return 1
    child.stdout.readline()
    if after_s is not None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(after_s)
        if child.poll() is None:
            kill(child, is_worker=is_worker, tally=tally)
    code = child.wait()
    child.stdout.close()
    return code


def kill(child: subprocess.Popen[bytes], *, is_worker: bool, tally: Tally) -> None:
    """The build, or one of its workers where it has any just now."""
    workers = psutil.Process(child.pid).children() if is_worker else []
    if workers:
        with contextlib.suppress(psutil.NoSuchProcess):
            workers[0].send_signal(signal.SIGKILL)
            tally.workers_killed += 1
    else:
        child.kill()
    tally.killed += 1


def is_harmed(workspace: Workspace, was_served: bool) -> bool:
    """Whether what is served is not whole."""
    current = workspace.current()
    if current is None:
        return was_served
    if verify(workspace).faults:
        return True
    with duckdb.connect(str(workspace.serving(current.snapshot)), read_only=True) as db:
        return db.execute("SELECT count(*) FROM links").fetchone() is None


def digests(workspace: Workspace) -> dict[str, str]:
    current = workspace.current()
    if current is None:
        return {}
    tables = read_manifest(workspace.snapshot(current.snapshot)).tables
    return {name: table["digest"] for name, table in tables.items()}


if __name__ == "__main__":
    sys.exit(main())
