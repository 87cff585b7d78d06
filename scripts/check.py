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
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import browser
import postgresql
import webservers

ROOT = Path(__file__).resolve().parent.parent
# Files of one name in several folders are checked one by one: mypy takes them for one module.
CONFTESTS = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("tests/*/conftest.py"))
STEPS = {
    "lint": [["ruff", "check", "--quiet", "."]],
    "format": [["ruff", "format", "--check", "--quiet", "."]],
    "types": [["mypy"], *(["mypy", path] for path in CONFTESTS)],
    "layers": [["lint-imports"]],
    "tests": [["pytest", "-n", "2", "--dist", "worksteal", "-m", "not gate", "--durations", "30"]],
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one step ended."""

    step: str
    passed: bool
    took_s: float


def tool(name: str) -> str:
    """Path of a program of this environment."""
    return shutil.which(name, path=sysconfig.get_path("scripts")) or name


def run_step(step: str) -> Outcome:
    """Run the commands of one step, their output under a heading."""
    start = time.monotonic()
    codes = []
    for name, *arguments in STEPS[step]:
        print(f"== {step}: {' '.join([name, *arguments])}", flush=True)
        codes.append(subprocess.run([tool(name), *arguments], cwd=ROOT, env=environment()).returncode)
    return Outcome(step, not any(codes), time.monotonic() - start)


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
    outcomes = [run_step(step) for step in wanted]
    print()
    for outcome in outcomes:
        print(f"{'ok    ' if outcome.passed else 'FAILED'} {outcome.step:8} {outcome.took_s:6.1f} s")
    for note in notes:
        print(f"note: {note}")
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
