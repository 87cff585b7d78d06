"""The process that does one job: `python -m inlink.workbench.jobs_child`.

Its first line of input says what to do; a line `stop` asks it to end, and so does the end of the input: then whoever
started it is gone. A line `mine` says that the job's lease was prolonged: where none comes for as long as a lease, its
worker is frozen or cut off, another may have the job by now, and it is killed.
What it says goes out as lines of JSON: `step`, `line`, and at the end `end`.
"""

from __future__ import annotations

import _thread
import contextlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import IO, Any

from inlink.engine.protocol import Progress
from inlink.errors import Busy, InlinkError

STEP_EVERY_S = 0.5
ORPHAN_S = 10.0  # how long an orphan may take to end politely
LISTEN_S = 0.5
MINE = "mine\n"


class Stopped(KeyboardInterrupt):
    """The job is broken off, as by Ctrl-C."""


class Telling:
    """What the job says, and whether it is to end."""

    def __init__(self, out: IO[str], *, is_polite: bool) -> None:
        self.stop = threading.Event()
        self._out, self._is_polite = out, is_polite
        self._turn = threading.Lock()
        self._stage, self._at, self._remark = "", 0.0, ""

    def report(self, step: Progress) -> None:
        """How far the job is. Raises: Stopped, where it is to end and does not end by itself."""
        if self.stop.is_set() and not self._is_polite:
            raise Stopped
        now = time.monotonic()
        is_new = step.stage != self._stage
        if step.unit == "steps" and step.note and step.note != self._remark:
            self._remark = step.note
            self.say(f"{step.stage}: {step.note}")
        elif is_new:
            self.say(step.stage)
        if is_new or now - self._at >= STEP_EVERY_S or step.done == step.total:
            self._stage, self._at = step.stage, now
            self.send("step", [step.stage, step.done, step.total, step.unit, step.note])

    def say(self, text: str, *, is_fault: bool = False) -> None:
        """One line of the log."""
        self.send("line", [text, is_fault])

    def send(self, what: str, value: Any) -> None:
        """One message."""
        with self._turn, contextlib.suppress(OSError, ValueError):
            self._out.write(json.dumps({what: value}, default=str) + "\n")
            self._out.flush()


def main() -> None:
    """Do the job that the first line names."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not stand among the messages
    order = json.loads(sys.stdin.readline())
    telling = Telling(out, is_polite=bool(order["is_polite"]))
    prolonged = threading.Event()
    threading.Thread(target=_listen, args=(sys.stdin, telling, order, prolonged), daemon=True).start()
    if order.get("lease_s") is not None:
        threading.Thread(target=_hold, args=(prolonged, float(order["lease_s"]), _fall), daemon=True).start()
    ending = _ended(lambda: _work(order, telling))
    telling.send("end", ending)
    out.flush()
    os._exit(0)  # threads of libraries must not keep a finished job


def _work(order: dict[str, Any], telling: Telling) -> tuple[str, dict[str, Any]]:
    from inlink.workbench.jobs_work import work

    return work(order, telling)


def _ended(work: Callable[[], tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    try:
        said, result = work()
    except KeyboardInterrupt:
        return {"state": "stopped", "said": ""}
    except Busy as error:
        return {"state": "busy", "said": error.message}
    except InlinkError as error:
        return {"state": "failed", "error": error.message, "hint": error.hint}
    except Exception as error:  # noqa: BLE001  the job has failed; its log has the traceback
        place = traceback.format_exc().strip().splitlines()
        return {"state": "failed", "error": f"unexpected {type(error).__name__}: {error}", "trace": place[-40:]}
    return {"state": "stopped" if result.pop("is_stopped", False) else "done", "said": said, "result": result}


def _listen(stream: IO[str], telling: Telling, order: dict[str, Any], prolonged: threading.Event) -> None:
    """Hear of leases, and of the end; then a second word, or the end of the input, gives the job only so much time."""
    line = _word(stream, prolonged)
    telling.stop.set()
    if not order["is_polite"]:
        time.sleep(1.0)
        _thread.interrupt_main()
    if line:
        _word(stream, prolonged)
    time.sleep(ORPHAN_S)
    os._exit(1)


def _word(stream: IO[str], prolonged: threading.Event) -> str:
    """The next line that says something else than that the job is still this process's; empty at the end."""
    while (line := stream.readline()) == MINE:
        prolonged.set()
    return line


def _hold(prolonged: threading.Event, lease_s: float, fall: Callable[[], None]) -> None:
    """Wait until the lease was not prolonged for as long as it is.

    Only time counts in which this thread was awake and heard nothing: where the machine is slow, it counts slowly.
    """
    silent_s = 0.0
    while silent_s < lease_s:
        silent_s = 0.0 if prolonged.wait(LISTEN_S) else silent_s + LISTEN_S
        prolonged.clear()
    fall()


def _fall() -> None:
    """End at once, with all that was started: another process may be at the same work."""
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main()
