"""Functions that worker processes run in the tests of the engine."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from inlink.engine.protocol import Tell
from inlink.errors import BadInput


def double(number: int, report: Tell) -> int:
    sys.stdout.write("libraries print things")
    report(number)
    return 2 * number


def meet(argument: dict[str, Any], report: Tell) -> int:
    """Leave a mark, and wait until so many are there: this one is at work then, and so are the others."""
    folder, until = Path(argument["folder"]), time.monotonic() + 120
    (folder / str(argument["number"])).touch()
    while len(list(folder.iterdir())) < argument["n"] and time.monotonic() < until:
        time.sleep(0.01)
    return os.getpid()


def fail(kind: str, report: Tell) -> None:
    if kind == "bad-input":
        raise BadInput("this file is bad", hint="mend it", offset=7)
    if kind == "fault":
        raise ZeroDivisionError("a fault of ours")
    if kind == "exit":
        sys.exit(3)
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(argument: dict[str, Any], report: Tell) -> str:
    mark = Path(argument["mark"])
    if not mark.exists():
        mark.write_text("died")
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def report_much(n: int, report: Tell) -> int:
    for i in range(n):
        time.sleep(0.15)
        report(i)
    return n


def sleep_and_tell(argument: dict[str, Any], report: Tell) -> None:
    Path(argument["mark"]).write_text(str(os.getpid()))
    time.sleep(60)


def steps(n: int, report: Tell) -> int:
    for i in range(n):
        report(i, f"step {i}", n)
    return n
