"""Style, types, layers and tests in one go; says at the end what failed and what was skipped.

python scripts/check.py                     everything (`make test`)
python scripts/check.py lint format types   only these steps
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

sys.path.insert(0, str(Path(__file__).resolve().parent))
import browser
import postgresql
import webservers

ROOT = Path(__file__).resolve().parent.parent
# One more than CI has cores: many tests wait for a browser, for a server, or for a process that they kill.
WORKERS = "3"
# Files of one name in several folders are checked one by one: mypy takes them for one module.
CONFTESTS = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("tests/*/conftest.py"))
STEPS = {
    "lint": [["ruff", "check", "--quiet", "."]],
    "format": [["ruff", "format", "--check", "--quiet", "."]],
    "types": [["mypy"], *(["mypy", path] for path in CONFTESTS)],
    "layers": [["lint-imports"]],
    "tests": [["pytest", "-n", WORKERS, "--dist", "worksteal", "-m", "not gate", "--durations", "30"]],
}
BESIDE = "types"  # runs while the tests run, and is told of after them


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one step ended."""

    step: str
    passed: bool
    took_s: float


def tool(name: str) -> str:
    """Path of a program of this environment."""
    return shutil.which(name, path=sysconfig.get_path("scripts")) or name


def run_step(step: str, to: IO[str] | None = None) -> Outcome:
    """Run the commands of one step, their output under a heading; into a file where one is given."""
    start = time.monotonic()
    codes = []
    for name, *arguments in STEPS[step]:
        print(f"== {step}: {' '.join([name, *arguments])}", file=to, flush=True)
        done = subprocess.run([tool(name), *arguments], cwd=ROOT, env=environment(), stdout=to, stderr=to)
        codes.append(done.returncode)
    return Outcome(step, not any(codes), time.monotonic() - start)


def run_steps(wanted: list[str]) -> list[Outcome]:
    """Run the steps one after the other, but types beside tests."""
    if not {BESIDE, "tests"} <= set(wanted):
        return [run_step(step) for step in wanted]
    environment()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said, ThreadPoolExecutor(1) as thread:
        beside = thread.submit(run_step, BESIDE, said)
        outcomes = [run_step(step) for step in wanted if step != BESIDE]
        outcomes.append(beside.result())
        said.seek(0)
        print(said.read(), end="", flush=True)
    return outcomes


@cache
def environment() -> dict[str, str]:
    """The environment of the steps, looked for once: where tests find Chromium, PostgreSQL, nginx and Apache."""
    found = {"INLINK_CHROMIUM": browser.find(), "INLINK_POSTGRESQL": postgresql.find()}
    path = f"{os.environ.get('PATH', os.defpath)}:{webservers.SBIN}"
    return {**os.environ, "PATH": path, **{name: path for name, path in found.items() if path}}


def main(arguments: list[str]) -> int:
    """Run the steps, then say how each ended."""
    wanted = arguments or list(STEPS)
    needed = (browser, postgresql, webservers) if "tests" in wanted else ()
    notes = [note for each in needed if (note := each.ensure())]
    outcomes = run_steps(wanted)
    print()
    for outcome in outcomes:
        print(f"{'ok    ' if outcome.passed else 'FAILED'} {outcome.step:8} {outcome.took_s:6.1f} s")
    for note in notes:
        print(f"note: {note}")
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
