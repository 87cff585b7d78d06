"""A worker process: takes tasks from its standard input, answers on its standard output, ends with its parent.

Started as `python -m inlink.engine.worker`: it never imports the program that asked for it, so a script that builds a
workspace needs no `if __name__ == "__main__"`.
"""

from __future__ import annotations

import importlib
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import IO, Any

import pyarrow as pa

from inlink.engine.channel import receive, send
from inlink.engine.protocol import Tell
from inlink.errors import InlinkError

REPORT_EVERY_S = 0.2


def main() -> None:
    """Serve tasks until the parent closes the pipe."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not stand among the answers
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    tasks: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, tasks), daemon=True).start()
    while True:
        function, argument = tasks.get()
        try:
            send(answers, _answer(function, argument, answers))
        except OSError:
            os._exit(1)


def _listen(stream: IO[bytes], tasks: queue.SimpleQueue[tuple[str, Any]]) -> None:
    """Pass tasks on; when the parent is gone, so is this process, whatever it is doing."""
    try:
        while True:
            tasks.put(receive(stream))
    except (EOFError, OSError):
        os._exit(0)


def _answer(function: str, argument: Any, answers: IO[bytes]) -> tuple[str, Any]:
    try:
        return "value", load(function)(argument, _teller(answers))
    except SystemExit as stop:
        os._exit(stop.code if isinstance(stop.code, int) else 1)
    except InlinkError as error:
        return "error", (type(error), error.message, error.hint, error.facts)
    except Exception as error:  # noqa: BLE001 a fault of ours in one input is that input's outcome, not the build's end
        place = traceback.format_exc().strip()
        return "error", (InlinkError, f"{type(error).__name__}: {error}", "", {"reason": "fault", "trace": place})


def load(function: str) -> Callable[[Any, Tell], Any]:
    """The function that `package.module:name` names."""
    module, _, name = function.partition(":")
    found: Callable[[Any, Tell], Any] = getattr(importlib.import_module(module), name)
    return found


def _teller(answers: IO[bytes]) -> Tell:
    last, last_note = time.monotonic(), ""

    def tell(done: int, note: str = "", total: int | None = None) -> None:
        nonlocal last, last_note
        now = time.monotonic()
        if now - last >= REPORT_EVERY_S or note != last_note:
            last, last_note = now, note
            send(answers, ("progress", (done, note, total)))

    return tell


if __name__ == "__main__":
    main()
