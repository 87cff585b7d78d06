"""How long `inlink --help` takes, beside an empty Python and a plain import of click.

taskset -c 1 .venv/bin/python bench/startup.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 21
BOUND_S = 0.3
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import click": ["-c", "import click"],
    "inlink --help": ["-m", "inlink", "--help"],
    "inlink backlinks --help": ["-m", "inlink", "backlinks", "--help"],
    "inlink --version": ["-m", "inlink", "--version"],
}


def seconds(arguments: list[str]) -> float:
    """One run, output thrown away."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main() -> int:
    """Interleaved rounds; prints medians; fails where help is slower than the bound."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for arguments in COMMANDS.values():
        seconds(arguments)
    for _ in range(ROUNDS):
        for name, arguments in COMMANDS.items():
            times[name].append(seconds(arguments))
    print(f"{'command':<28}{'median s':>10}{'min s':>10}")
    for name, values in times.items():
        print(f"{name:<28}{statistics.median(values):>10.3f}{min(values):>10.3f}")
    return 0 if statistics.median(times["inlink --help"]) <= BOUND_S else 1


if __name__ == "__main__":
    sys.exit(main())
