"""One clock for all questions: it interrupts what has run out of time, and nothing else."""

from __future__ import annotations

import threading
from typing import Any, cast

import duckdb
import pytest

from inlink.errors import TookTooLong
from inlink.index.serving_reader import Serving
from inlink.workbench import deadlines


class Asked:
    """Stands for a served file: says when it is interrupted."""

    def __init__(self, error: Exception | None = None) -> None:
        self.n = 0
        self.error = error
        self.is_over = threading.Event()

    def interrupter(self) -> Any:
        return self.interrupt

    def interrupt(self) -> None:
        self.n += 1
        if self.n > 1:
            self.is_over.set()
        if self.error is not None:
            raise self.error


def serving(asked: Asked) -> Serving:
    return cast(Serving, asked)


def test_what_takes_too_long_is_interrupted_again_and_again() -> None:
    long, short = Asked(), Asked()
    too_long = pytest.raises(TookTooLong, match=r"longer than 0.01 s")
    with deadlines.within(serving(long), 60.0), too_long, deadlines.within(serving(short), 0.01):
        assert short.is_over.wait(30)
        raise duckdb.InterruptException("interrupted")
    n = short.n
    later = Asked()
    with deadlines.within(serving(later), 0.01):
        assert later.is_over.wait(30)
    assert (long.n, short.n) == (0, n), "who has ended is left alone, and who has time too"


def test_a_connection_that_was_closed_stops_no_clock() -> None:
    closed, later = Asked(duckdb.ConnectionException("closed")), Asked()
    with deadlines.within(serving(closed), 0.0):
        assert closed.is_over.wait(30)
    with deadlines.within(serving(later), 0.0):
        assert later.is_over.wait(30)


def test_many_questions_share_one_thread() -> None:
    for _ in range(50):
        with deadlines.within(serving(Asked()), 60.0):
            clocks = [thread for thread in threading.enumerate() if thread.name == "inlink-clock"]
            assert len(clocks) == 1
