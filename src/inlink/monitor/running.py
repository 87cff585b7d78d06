"""One run: all that is due is looked at, host by host, and each page's outcome is one step of the database.

Killed at any moment, the looks of finished pages stand with their events, and the others are due as before.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat

from inlink.check.addresses import host_of
from inlink.check.checking import Checker
from inlink.check.verdicts import Verdict
from inlink.engine.protocol import Progress, Report, silent
from inlink.errors import InlinkError
from inlink.fetch import Fetcher
from inlink.monitor.judging import Found, find, match
from inlink.monitor.keeping import MonitorStore
from inlink.monitor.looking import Look, Looker, key_of
from inlink.monitor.scripts import Renderer
from inlink.monitor.states import HOUR_US, LOST_AFTER_US, Finding, advance
from inlink.monitor.survival import next_look_us
from inlink.monitor.watches import Watch
from inlink.urls.domains import SuffixRules

SLICE = 2_000  # watches that are taken at a time
MAX_HOSTS = 200  # that are worked on at a time
MAX_DOWN = 3  # pages of a host in a row without an answer, before the rest are put off
PUT_OFF_US = HOUR_US

Clock = Callable[[], int]  # microseconds since 1970 UTC


@dataclass(slots=True)
class Tally:
    """What a run did: pages asked for, watches looked at, by finding; events by kind; watches put off.

    n_same: pages that were the same as before, by their servers' word. faults: pages that this program failed on, with
    the error; their watches are put off.
    """

    n_pages: int = 0
    n_watches: int = 0
    findings: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    n_put_off: int = 0
    n_same: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)
    is_stopped: bool = False


class _Asker:
    """Further questions of one page's watches; pages that were asked for are remembered while it is judged."""

    def __init__(self, run: Run, first: Look) -> None:
        self.rules = run.rules
        self._run = run
        self._looks = {key_of(first.asked): first}
        self._verdicts: dict[str, Verdict] = {}
        self._rendered: dict[str, Look | None] = {}

    async def look(self, url: str) -> Look:
        """A page."""
        key = key_of(url)
        if key not in self._looks:
            self._looks[key] = await self._run.looker.look(url)
        return self._looks[key]

    async def lands(self, url: str) -> tuple[str, int | None]:
        """Where redirects from a URL end."""
        return await self._run.looker.lands(url)

    async def verdict(self, url: str) -> Verdict:
        """What a page is now."""
        if url not in self._verdicts:
            self._verdicts[url] = await self._run.checker.check(url)
        return self._verdicts[url]

    async def rendered(self, look: Look) -> Look | None:
        """The page after its scripts have run."""
        if self._run.renderer is None or b"<script" not in look.html.lower():
            return None
        if look.url not in self._rendered:
            self._rendered[look.url] = await self._run.renderer.look(look)
        return self._rendered[look.url]

    def others(self, watch: Watch) -> tuple[frozenset[str], Iterable[str]]:
        """Pages with a link of their own, and pages that may hold this one."""
        return self._run.store.others(watch), ()


class Run:
    """A run over an open store, on the event loop of its fetcher."""

    def __init__(
        self,
        store: MonitorStore,
        fetcher: Fetcher,
        rules: SuffixRules,
        *,
        robots: frozenset[str] = frozenset(),
        renderer: Renderer | None = None,
        clock: Clock | None = None,
        lost_after_us: int = LOST_AFTER_US,
        report: Report = silent,
        stop: threading.Event | None = None,
    ) -> None:
        self.store, self.rules, self.renderer = store, rules, renderer
        self.looker = Looker(fetcher, rules, robots)
        self.checker = Checker(fetcher, rules=rules)
        self.tally = Tally()
        self._clock = clock or _now
        self._lost_after_us = lost_after_us
        self._report, self._stop = report, stop or threading.Event()

    async def work(self) -> Tally:
        """Look at all that is due when the run begins."""
        until = self._clock()
        seen: set[int] = set()
        while not self._stop.is_set():
            due = [watch for watch in self.store.due(until, SLICE) if watch.id not in seen]
            if not due:
                break
            seen |= {watch.id for watch in due}
            await self._slice(due)
        self.tally.is_stopped = self._stop.is_set()
        return self.tally

    async def _slice(self, due: Sequence[Watch]) -> None:
        """All hosts of some watches side by side, the pages of each one after the other."""
        hosts: dict[str, dict[str, list[Watch]]] = {}
        for watch in due:
            hosts.setdefault(host_of(watch.source), {}).setdefault(watch.source, []).append(watch)
        queue = deque(hosts.values())

        async def worker() -> None:
            while queue and not self._stop.is_set():
                await self._host(list(queue.popleft().items()))

        async with asyncio.TaskGroup() as group:
            for _ in range(min(MAX_HOSTS, len(queue))):
                group.create_task(worker())

    async def _host(self, pages: list[tuple[str, list[Watch]]]) -> None:
        """The pages of one host; where it does not answer, the rest are put off."""
        n_down = 0
        for number, (url, watches) in enumerate(pages):
            if self._stop.is_set():
                return
            if n_down >= MAX_DOWN:
                self._put_off([watch for _, more in pages[number:] for watch in more])
                return
            look = await self._page(url, watches)
            if look is not None:
                n_down = n_down + 1 if look.outcome == "failing" and look.status is None else 0

    def _put_off(self, watches: Sequence[Watch]) -> None:
        self.store.put_off([watch.id for watch in watches], self._clock() + PUT_OFF_US)
        self.tally.n_put_off += len(watches)

    async def _page(self, url: str, watches: Sequence[Watch]) -> Look | None:
        """One page, for all its watches: judged, then kept in one step; None where this program fails on it."""
        try:
            look, found = await self._judged(url, watches)
        except InlinkError:  # the database's: nothing can be kept
            raise
        except Exception as error:  # noqa: BLE001  a page that a reader of pages breaks on is no reason to end the run
            self.tally.faults.append((url, f"{type(error).__name__}: {error}"[:300]))
            self._put_off(watches)
            return None
        at_us = self._clock()
        with self.store.db.step():
            for watch, one in zip(watches, found, strict=True):
                self._keep(watch, look, one, at_us)
        self.looker.keep(look, is_alive=all(map(_is_there, watches, found, repeat(look))))
        self.tally.n_pages += 1
        self.tally.n_same += look.outcome == "same"
        self._report(Progress("monitor", self.tally.n_pages, None, "pages", url))
        return look

    async def _judged(self, url: str, watches: Sequence[Watch]) -> tuple[Look, list[Found]]:
        """A look at a page, and what it says of each watch."""
        look = await self.looker.look(url, is_known=all(_is_settled(watch) for watch in watches))
        if look.outcome == "same":
            return look, [Found(Finding("alive")) for _ in watches]
        asker = _Asker(self, look)
        return look, [await find(watch, look, asker) for watch in watches]

    def _keep(self, watch: Watch, look: Look, found: Found, at_us: int) -> None:
        moved = advance(watch.standing, found.finding, at_us, lost_after_us=self._lost_after_us)
        first = watch.first_seen_us if watch.first_seen_us is not None else at_us
        next_us = next_look_us(
            moved.standing, at_us, age_us=at_us - first, rate=self.store.rate(watch), every_us=watch.every_us,
            seed=f"{watch.id} {watch.source}",
        )  # fmt: skip
        self.store.keep(
            watch, look, found.finding, moved.standing, moved.event,
            expected=found.expected, next_us=next_us, at_us=at_us,
        )  # fmt: skip
        tally = self.tally
        tally.n_watches += 1
        kind = found.finding.kind
        tally.findings[kind] = tally.findings.get(kind, 0) + 1
        if moved.event is not None:
            tally.events[moved.event.kind] = tally.events.get(moved.event.kind, 0) + 1


def _is_there(watch: Watch, found: Found, look: Look) -> bool:
    """Whether the page alone shows that the link is as it should be: nothing else was asked."""
    return found.finding.kind == "alive" and (look.outcome == "same" or match(watch, look) is not None)


def _is_settled(watch: Watch) -> bool:
    """Whether the last look at the page found the link as it should be."""
    standing = watch.standing
    is_calm = standing.state == "alive" and not standing.doubt and not standing.n_failed and standing.place is None
    return watch.expected is not None and is_calm


def _now() -> int:
    return time.time_ns() // 1000
