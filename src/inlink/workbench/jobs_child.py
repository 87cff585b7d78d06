"""The process that does one job: `python -m inlink.workbench.jobs_child`.

Its first line of input says what to do; a line `stop` asks it to end, and so does the end of the input: then whoever
started it is gone. What it says goes out as lines of JSON: `step`, `line`, and at the end `end`.
"""

from __future__ import annotations

import _thread
import contextlib
import json
import os
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
    threading.Thread(target=_listen, args=(sys.stdin, telling, order), daemon=True).start()
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


def _listen(stream: IO[str], telling: Telling, order: dict[str, Any]) -> None:
    """Hear of the end; the second line, or the end of the input, gives the job only so much time."""
    line = stream.readline()
    telling.stop.set()
    if not order["is_polite"]:
        time.sleep(1.0)
        _thread.interrupt_main()
    if line:
        line = stream.readline()
    time.sleep(ORPHAN_S)
    os._exit(1)


if __name__ == "__main__":
    main()
