"""Interleaved rounds of several commands on one pinned core: each run in a process of its own, medians over rounds."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Series:
    """What the rounds of one engine gave. Units: seconds of wall and of processor time, MiB of peak memory."""

    seconds: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    peak_mib: list[float] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def median_cpu(self) -> float:
        return statistics.median(self.cpu_s)

    def spread(self) -> str:
        """Median with least and greatest."""
        return f"{self.median:.2f} ({min(self.seconds):.2f}-{max(self.seconds):.2f})"


def interleave(commands: Mapping[str, Sequence[str]], *, rounds: int, core: int) -> dict[str, Series]:
    """Runs every command once a round, pinned. A command may print one JSON object with `seconds`, `cpu_s` and counts.

    Without one, the times of the whole process count.
    """
    series = {name: Series() for name in commands}
    for number in range(rounds):
        for name, command in commands.items():
            seconds, usage, said = _run(command, core)
            series[name].seconds.append(said.pop("seconds", seconds))
            series[name].cpu_s.append(said.pop("cpu_s", usage.ru_utime + usage.ru_stime))
            series[name].peak_mib.append(usage.ru_maxrss / 1024)
            series[name].counts = said
            print(f"round {number + 1} {name}: {series[name].seconds[-1]:.2f} s", file=sys.stderr)
    return series


def _run(command: Sequence[str], core: int) -> tuple[float, resource.struct_rusage, dict[str, Any]]:
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {core})
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with {process.returncode}")
    line = said.strip().splitlines()[-1] if said.strip() else ""
    return time.perf_counter() - started, usage, json.loads(line) if line.startswith("{") else {}
