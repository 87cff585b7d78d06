"""Slots: so many at a time, in order, none lost where a waiter is cancelled in the moment that it is served."""

from __future__ import annotations

import asyncio

import pytest

from inlink.fetch.connecting import _could_be_too_long
from inlink.fetch.loops import finished
from inlink.fetch.waiting import Slots


def test_so_many_at_a_time_and_in_order() -> None:
    async def run() -> tuple[int, list[int]]:
        slots, order = Slots(3), []
        now = most = 0

        async def one(number: int) -> None:
            nonlocal now, most
            async with slots:
                now, most = now + 1, max(most, now + 1)
                order.append(number)
                await asyncio.sleep(0)
                now -= 1

        await asyncio.gather(*(one(number) for number in range(20)))
        return most, order

    assert finished(run()) == (3, list(range(20)))


@pytest.mark.parametrize("is_served", [False, True], ids=["still waiting", "served in the same moment"])
def test_a_cancelled_waiter_takes_no_slot(is_served: bool) -> None:
    async def run() -> bool:
        slots = Slots(1)
        await slots.acquire()
        waiting = asyncio.create_task(slots.acquire())
        await asyncio.sleep(0)
        if is_served:
            slots.release()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        if not is_served:
            slots.release()
        await asyncio.wait_for(slots.acquire(), 60)
        return waiting.cancelled()

    assert finished(run())


@pytest.mark.parametrize(
    ("head", "n_after", "could"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", 5, False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", 6, True),
        (b"HTTP/1.1 200 OK\r\ncontent-length:7 \r\nA: b\r\n", 6, False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n", 5, True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n", 5, True),
        (b"HTTP/1.1 200 OK\r\nX-Content-Length: 1\r\n", 5, False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", 5, False),
    ],
)
def test_answers_that_may_be_longer_than_they_say(head: bytes, n_after: int, could: bool) -> None:
    assert _could_be_too_long(head, n_after) is could
