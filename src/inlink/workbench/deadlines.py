"""A question's time: a `with` block in which what is asked of the served file ends when its seconds have run out.

One clock watches all questions of a process: starting a thread for each would cost them two waits for the interpreter.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count

import duckdb

from inlink.errors import TookTooLong
from inlink.index.serving_reader import Serving

AGAIN_S = 0.1


@contextmanager
def within(serving: Serving, seconds: float) -> Iterator[None]:
    """Interrupt what this thread asks the file when the time is over; streams and SQL have limits of their own.

    Raises: TookTooLong.
    """
    try:
        with interrupted(serving.interrupter(), seconds):
            yield
    except duckdb.InterruptException:
        raise TookTooLong(
            f"the question took longer than {seconds:g} s",
            hint="ask for less: a narrower scope, fewer columns, no sort; or export the rows and sort them yourself",
        ) from None


@contextmanager
def interrupted(interrupt: Callable[[], None], seconds: float) -> Iterator[None]:
    """Interrupt in so many seconds, and again and again: DuckDB forgets an interrupt that comes before a query runs."""
    alarm = _CLOCK.set(interrupt, seconds)
    try:
        yield
    finally:
        _CLOCK.stop(alarm)


@dataclass(order=True, slots=True)
class _Alarm:
    """When to interrupt, and what: nothing once the block has ended."""

    at: float
    number: int
    interrupt: Callable[[], None] | None = field(compare=False)


class _Clock:
    """A thread that interrupts what has run out of time, from the first alarm on."""

    def __init__(self) -> None:
        self._alarms: list[_Alarm] = []
        self._numbers = count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def set(self, interrupt: Callable[[], None], seconds: float) -> _Alarm:
        """Interrupt in so many seconds, and again and again until it is stopped."""
        with self._changed:
            alarm = _Alarm(time.monotonic() + seconds, next(self._numbers), interrupt)
            heapq.heappush(self._alarms, alarm)
            if self._thread is None or not self._thread.is_alive():  # a forked process has none
                self._thread = threading.Thread(target=self._watch, name="inlink-clock", daemon=True)
                self._thread.start()
            elif self._alarms[0] is alarm:
                self._changed.notify()
        return alarm

    def stop(self, alarm: _Alarm) -> None:
        """Interrupt no more; whatever is asked on this thread next is left alone."""
        with self._changed:
            alarm.interrupt = None

    def _watch(self) -> None:
        with self._changed:
            while True:
                wait_s = self._press()
                self._changed.wait(wait_s)

    def _press(self) -> float | None:
        """Interrupt what is over time; gives the seconds to wait. (Again: of a question in parts none is long.)"""
        now = time.monotonic()
        while self._alarms and (self._alarms[0].interrupt is None or self._alarms[0].at <= now):
            alarm = heapq.heappop(self._alarms)
            if alarm.interrupt is not None:
                with suppress(duckdb.Error):  # what was closed just now
                    alarm.interrupt()
                alarm.at = now + AGAIN_S
                heapq.heappush(self._alarms, alarm)
        return self._alarms[0].at - now if self._alarms else None


_CLOCK = _Clock()
