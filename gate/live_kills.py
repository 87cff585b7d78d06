"""Crawls, checks and runs of the monitor, killed fifty times each at random moments: nothing is lost, nothing twice.

    python gate/live_kills.py [--kills 50]

Checks and runs of the monitor are killed fifty times with their rows in SQLite, and fifty times with them in PostgreSQL
(left out, and the gate fails, where there is none). What must hold after each kill, and at the end, is asked by the
tests of the same names, which make a few kills each: tests/crawl, tests/check and tests/monitor.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("gate", "tests", "tests/crawl", "tests/check", "tests/monitor")]

import test_check_kills as checks  # noqa: E402
import test_crawl_kills as crawls  # noqa: E402
import test_monitor_kills as monitor  # noqa: E402

import postgres  # noqa: E402
from frame import Gate  # noqa: E402
from inlink.store.db import WorkDatabase  # noqa: E402


def survived(name: str, kills: Callable[[Path], int], gate: Gate) -> None:
    """Measure how many kills of one kind were survived: none where one was not."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            n_killed, n_harmed = kills(Path(folder)), 0
        except AssertionError:
            traceback.print_exc()
            n_killed, n_harmed = 0, 1
    gate.measure(f"live_kills.{name}", n_killed)
    gate.measure(f"live_kills.{name}.harmed", n_harmed)
    print(f"{name}: {n_killed} kills", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    n = parser.parse_args().kills
    gate = Gate("live_kills")
    survived("crawl", lambda folder: crawls.survive(folder, n, 2), gate)
    survived("check", lambda folder: checks.survive(folder, n, 3), gate)
    survived("monitor", lambda folder: monitor.survive(folder, n, 4), gate)
    programs = postgres.programs()
    if programs is not None:
        with contextlib.closing(postgres.Server(programs)) as server:
            template = server.make()
            WorkDatabase.open(server.url(template)).close()

            def new_database() -> str:
                return server.url(server.make(template))

            survived("check.postgresql", lambda folder: checks.survive(folder, n, 5, new_database), gate)
            survived("monitor.postgresql", lambda folder: monitor.survive(folder, n, 6, new_database), gate)
    return gate.finish()


if __name__ == "__main__":
    sys.exit(main())
