"""Crawls, checks and runs of the monitor, killed fifty times each at random moments: nothing is lost, nothing twice.

    python gate/live_kills.py [--kills 50]

Checks and runs of the monitor are killed fifty times with their rows in SQLite, and fifty times with them in PostgreSQL
(left out, and the gate fails, where there is none). What must hold after each kill, and at the end, is asked by the
tests of the same names, which make a few kills each: tests/crawl, tests/check and tests/monitor. The five kinds go side
by side, each in a process of its own with its own web, database server and random numbers.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import sys
import tempfile
import traceback
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("gate", "tests", "tests/crawl", "tests/check", "tests/monitor")]

import test_check_kills as checks  # noqa: E402
import test_crawl_kills as crawls  # noqa: E402
import test_monitor_kills as monitor  # noqa: E402

import postgres  # noqa: E402
from frame import Gate  # noqa: E402
from inlink.store.db import WorkDatabase  # noqa: E402

KINDS = {
    "crawl": (crawls.survive, 2),
    "check": (checks.survive, 3),
    "monitor": (monitor.survive, 4),
    "check.postgresql": (checks.survive, 5),
    "monitor.postgresql": (monitor.survive, 6),
}


def survived(name: str, n_kills: int) -> int | None:
    """How many kills of one kind were survived; None where one was not."""
    survive, seed = KINDS[name]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        more = []
        programs = postgres.programs() if name.endswith("postgresql") else None
        if programs is not None:
            server = stack.enter_context(contextlib.closing(postgres.Server(programs)))
            template = server.make()
            WorkDatabase.open(server.url(template)).close()
            more = [lambda: server.url(server.make(template))]
        try:
            return survive(Path(folder), n_kills, seed, *more)
        except AssertionError:
            traceback.print_exc()
            return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    n = parser.parse_args().kills
    gate = Gate("live_kills")
    names = [name for name in KINDS if "postgresql" not in name or postgres.programs() is not None]
    with ProcessPoolExecutor(len(names), multiprocessing.get_context("spawn")) as pool:
        found = {name: pool.submit(survived, name, n) for name in names}
        for name, ended in found.items():
            n_killed = ended.result()
            gate.measure(f"live_kills.{name}", n_killed or 0)
            gate.measure(f"live_kills.{name}.harmed", int(n_killed is None))
            print(f"{name}: {n_killed} kills", flush=True)
    return gate.finish()


if __name__ == "__main__":
    sys.exit(main())
