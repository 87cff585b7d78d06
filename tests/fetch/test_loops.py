"""Work that runs to its end, and the collector of circles, are as they were afterwards."""

from __future__ import annotations

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from inlink.fetch.collecting import seldom_collected
from inlink.fetch.loops import finished


async def where() -> int:
    await asyncio.sleep(0)
    return threading.get_ident()


async def fails() -> None:
    raise ValueError("as it was")


def test_work_is_finished_in_this_thread_or_beside_a_loop_that_runs() -> None:
    async def inside() -> tuple[int, int]:
        return finished(where()), threading.get_ident()

    def judged() -> None:
        assert finished(where()) == threading.get_ident()
        there, here = asyncio.run(inside())
        assert there != here
        with pytest.raises(ValueError, match="as it was"):
            finished(fails())

    with ThreadPoolExecutor(1) as thread:  # of its own: in this one a browser of another test may hold a loop
        thread.submit(judged).result()


def test_circles_are_collected_as_before_after_the_last_block() -> None:
    before, n_frozen = gc.get_threshold(), gc.get_freeze_count()
    with pytest.raises(KeyError), seldom_collected():
        with seldom_collected():
            assert gc.get_threshold()[0] > before[0]
        assert gc.get_freeze_count() > 0
        raise KeyError
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, n_frozen)
