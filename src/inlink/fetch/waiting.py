"""Whose turn it is: requests to one host come one after the other, as far apart as it wants them."""

from __future__ import annotations

import asyncio
import email.utils
import time
from collections import deque
from dataclasses import dataclass, field

_MAX_RETRY_AFTER_S = 7 * 24 * 3600.0
_IDLE_LANES = 50_000


class Slots:
    """So many at a time, first come first served; a slot that is given back goes straight to who waits longest.

    asyncio.Semaphore looks through its waiters with every release, which is dear where hundreds wait.
    """

    __slots__ = ("_n_free", "_waiting")

    def __init__(self, n: int) -> None:
        self._n_free = n
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def acquire(self) -> None:
        """Wait for a slot and take it."""
        if self._n_free > 0:
            self._n_free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was given in the same moment
                self.release()
            raise

    def release(self) -> None:
        """Give a slot back."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._n_free += 1

    def taken(self) -> bool:
        """Whether a slot was free; then it is taken."""
        is_free = self._n_free > 0
        self._n_free -= is_free
        return is_free

    async def __aenter__(self) -> None:
        if not self.taken():
            await self.acquire()

    async def __aexit__(self, *_: object) -> None:
        self.release()


@dataclass(slots=True)
class Lane:
    """One host's queue. Units: next_at on the clock of time.monotonic; n_refused 429 and 503 in a row."""

    places: Slots
    delay_s: float
    next_at: float = 0.0
    n_refused: int = 0
    users: int = field(default=0)


class Turn:
    """A host's turn, as long as an `async with` block lasts."""

    __slots__ = ("_lane",)

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    async def __aenter__(self) -> None:
        lane = self._lane
        lane.users += 1
        try:
            if not lane.places.taken():
                await lane.places.acquire()
        except BaseException:
            lane.users -= 1
            raise
        try:
            while (wait := lane.next_at - time.monotonic()) > 0:
                await asyncio.sleep(wait)
        except BaseException:
            await self.__aexit__()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._lane.places.release()
        self._lane.users -= 1

    def started(self, at: float | None = None) -> None:
        """The request goes out now, or went at a time of time.monotonic: the next one is due after the delay."""
        lane = self._lane
        lane.next_at = max(lane.next_at, (time.monotonic() if at is None else at) + lane.delay_s)


class Lanes:
    """Queues by host."""

    def __init__(self, delay_s: float, per_host: int, backoff_s: float, max_backoff_s: float) -> None:
        self._delay_s = delay_s
        self._per_host = per_host
        self._backoff_s, self._max_backoff_s = backoff_s, max_backoff_s
        self._lanes: dict[str, Lane] = {}
        self._forget_at = _IDLE_LANES

    def of(self, host: str) -> Lane:
        """The host's lane."""
        lane = self._lanes.get(host)
        if lane is None:
            if len(self._lanes) >= self._forget_at:
                self._forget()
            lane = self._lanes[host] = Lane(Slots(self._per_host), self._delay_s)
        return lane

    def wait_s(self, host: str) -> float:
        """How long until the host may be asked again."""
        lane = self._lanes.get(host)
        return 0.0 if lane is None else max(0.0, lane.next_at - time.monotonic())

    def slow_down(self, host: str, delay_s: float | None) -> None:
        """Keep a host's Crawl-delay where it is longer than ours, from its last request on."""
        lane = self.of(host)
        longer_s = max(self._delay_s, delay_s or 0.0) - lane.delay_s
        lane.delay_s += longer_s
        if lane.next_at:
            lane.next_at += max(longer_s, 0.0)

    def turn(self, host: str) -> Turn:
        """The host's turn: earlier askers are done, its delay is over. Call its `started` when the request goes out."""
        return Turn(self.of(host))

    def answered(self, host: str, status: int | None, retry_after: str | None) -> None:
        """Take note of an answer: after 429 and 503 the host is left alone, longer each time."""
        lane = self.of(host)
        if status not in (429, 503):
            lane.n_refused = 0
            return
        wait = retry_after_s(retry_after)
        if wait is None:
            wait = min(self._backoff_s * 2**lane.n_refused, self._max_backoff_s)
        lane.n_refused += 1
        lane.next_at = max(lane.next_at, time.monotonic() + max(wait, lane.delay_s))

    def failed(self, host: str) -> None:
        """Take note that a host did not answer at all: it is left alone for as long as after a 503."""
        lane = self.of(host)
        wait = min(self._backoff_s * 2**lane.n_refused, self._max_backoff_s)
        lane.n_refused += 1
        lane.next_at = max(lane.next_at, time.monotonic() + wait)

    def _forget(self) -> None:
        """Lanes that nobody waits in, that owe no delay and know of none of their own are made again when needed."""
        now = time.monotonic()
        self._lanes = {
            host: lane
            for host, lane in self._lanes.items()
            if lane.users or lane.next_at > now or lane.delay_s > self._delay_s
        }
        self._forget_at = max(_IDLE_LANES, 2 * len(self._lanes))


def retry_after_s(value: str | None, now_s: float | None = None) -> float | None:
    """Seconds that a Retry-After header asks for: a number, or a date; None where it says neither.

    Source: RFC 9110, 10.2.3.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return min(float(text), _MAX_RETRY_AFTER_S)
    try:
        moment = email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    wait = moment - (time.time() if now_s is None else now_s)
    return min(max(wait, 0.0), _MAX_RETRY_AFTER_S)
