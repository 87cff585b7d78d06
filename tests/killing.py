"""A process that forks what it is told to, so that runs can be killed without starting Python anew."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path


class Pace:
    """How long runs take in peace, so that kills fall within them though the machine is now faster, now slower."""

    def __init__(self) -> None:
        self.took_s = 0.0

    def note(self, took_s: float) -> None:
        """One more run came to its end unharmed."""
        self.took_s = min(self.took_s or took_s, took_s)


class Runner:
    """Runs `script`, which forks for each line that it reads, and prints the child and then how it ended."""

    def __init__(self, script: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, *words: object, kill_after_s: float | None = None) -> int:
        """How what the words ask for ended, killed after some time."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        child = int(self.process.stdout.readline())
        timer = None
        if kill_after_s is not None:
            timer = threading.Timer(kill_after_s, _kill, (child,))
            timer.start()
        status = int(self.process.stdout.readline())
        if timer is not None:
            timer.cancel()
        return status

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(120)
        self.process.stdout.close()


def _kill(child: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
