"""A question's time: a `with` block in which what is asked of the served file ends when its seconds have run out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb

from inlink.errors import TookTooLong
from inlink.index.serving_reader import Serving

AGAIN_S = 0.1


@contextmanager
def within(serving: Serving, seconds: float) -> Iterator[None]:
    """Interrupt what this thread asks the file when the time is over; streams and SQL have limits of their own.

    Raises: TookTooLong.
    """
    over = threading.Event()
    clock = threading.Thread(target=_press, args=(serving.interrupter(), seconds, over), daemon=True)
    clock.start()
    try:
        yield
    except duckdb.InterruptException:
        raise TookTooLong(
            f"the question took longer than {seconds:g} s",
            hint="ask for less: a narrower scope, fewer columns, no sort; or export the rows and sort them yourself",
        ) from None
    finally:
        over.set()


def _press(interrupt: Callable[[], None], seconds: float, over: threading.Event) -> None:
    """Interrupt again and again until the block ends: of a question in many parts none is long by itself."""
    is_over = over.wait(seconds)
    while not is_over:
        interrupt()
        is_over = over.wait(AGAIN_S)
