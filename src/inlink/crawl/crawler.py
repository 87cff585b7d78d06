"""A crawl from its first request to its last: workers by host, steps of the committer between, a polite end."""

from __future__ import annotations

import asyncio
import functools
import json
import re
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from inlink.crawl.archive import OPEN, Archive, recover
from inlink.crawl.committing import WELCOMED, Committer, Outcome, Tally, Wants
from inlink.crawl.frontier import DONE, SEED, Found, Frontier, Task, Unscripted
from inlink.crawl.judge import Judge
from inlink.crawl.plan import Plan, Scope, host_of
from inlink.crawl.scripts import archived_reply, made_of_all
from inlink.engine.protocol import Progress, Report, silent
from inlink.fetch import Fetcher, Manners, Memory, Policy
from inlink.fetch.browser import Browser, Scripted
from inlink.fetch.collecting import seldom_collected
from inlink.fetch.loops import finished
from inlink.fetch.memory import Known
from inlink.fetch.reply import NEVER_ASKED, Reply
from inlink.urls.domains import SuffixRules

MAX_HOSTS = 2_000  # that are worked on at a time
BATCH_PAGES = 96  # a step is made as soon as so many wait for it
BATCH_S = 0.25
HELD_PAGES = 512  # answers that wait for their step, at most
HELD_BYTES = 64 * 2**20
GRACE_S = 10.0
FREE_SITEMAPS = 1_000  # of a run: more of them count as pages, so that a limit ends lists of lists without end
SCRIPTED_AT_ONCE = 4  # pages whose scripts run at a time

_Run = tuple[Unscripted, Reply | None, Scripted | None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a crawl lives: its frontier, the folder of archives, and the beginning of its archives' names.

    citable: archives of earlier crawls whose records a revisit may stand for: they are there, and are read.
    """

    frontier: Path
    archive: Path
    prefix: str
    citable: frozenset[str] = frozenset()

    def number(self, name: str) -> int | None:
        """Which of the crawl's archives has this name, open or not; None for those of others."""
        match = re.fullmatch(rf"{re.escape(self.prefix)}-(\d{{5,}})\.warc\.gz({re.escape(OPEN)})?", name)
        return None if match is None else int(match[1])


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended (words.ENDINGS), and what it did."""

    ending: str
    tally: Tally
    took_s: float


@contextmanager
def opened(place: Place) -> Iterator[Frontier]:
    """The frontier of a crawl, with archives that a crash left open finished."""
    frontier = Frontier(place.frontier)
    try:
        with frontier.step():
            for name, n_bytes in frontier.files(registered=False).items():
                if not recover(place.archive, name, n_bytes):
                    frontier.drop_file(name)
        for stray in place.archive.glob(f"{place.prefix}-*{OPEN}"):  # of a step that never became true
            if place.number(stray.name) is not None:
                stray.unlink()
        yield frontier
    finally:
        frontier.close()


def _next_number(place: Place, frontier: Frontier) -> int:
    """The number of the next archive: above all that are, or were once registered."""
    names = [*frontier.files(), *(path.name for path in place.archive.glob(f"{place.prefix}-*"))]
    return max((number for name in names if (number := place.number(name)) is not None), default=-1) + 1


class Crawl:
    """One run of a crawl over an open frontier."""

    def __init__(
        self,
        plan: Plan,
        frontier: Frontier,
        place: Place,
        memory: Memory,
        *,
        policy: Policy,
        manners: Manners,
        rules: SuffixRules,
        report: Report = silent,
        stop: threading.Event | None = None,
    ) -> None:
        self._plan, self._frontier, self._place = plan, frontier, place
        self._policy, self._manners, self._memory = policy, manners, memory
        self._report = report
        self._stop = stop or threading.Event()
        self._scope = Scope(plan, rules)
        for url in json.loads(frontier.fact(WELCOMED) or "[]"):
            self._scope.welcome(url)
        self._archive = Archive(place.archive, place.prefix, _next_number(place, frontier))
        judge = Judge(plan, self._scope, frontier)
        self._committer = Committer(
            frontier, self._archive, judge, self._scope, memory, place.archive, scripts=plan.scripts
        )
        self._queues: dict[int, deque[Task]] = {}
        self._workers: dict[int, set[asyncio.Task[None]]] = {}
        self._outcomes: list[Outcome] = []
        self._held_bytes = 0
        self._ready, self._room = asyncio.Event(), asyncio.Event()
        self._aside: list[tuple[int, str]] = []
        self._returned: list[Task] = []
        self._seen_origins: set[str] = set()
        self._broken: BaseException | None = None  # what ended a worker and should not have
        self._n_before = 0
        self._n_asked = 0

    def run(self) -> Ended:
        """Crawl until nothing is left, a limit is reached or the user stops it."""
        began = time.monotonic()
        with self._frontier.step():
            self._frontier.welcome_back(self._plan.max_depth)
            self._frontier.add([Found(url, host_of(url), 0, None, SEED) for url in self._plan.seeds])
        self._n_before = sum(n for state, _, _, n in self._frontier.counts() if state == DONE)
        try:
            with seldom_collected():
                ending = finished(self._crawl())
        finally:
            self._archive.close()
            self._memory.flush()
        return Ended(ending, self._committer.tally, time.monotonic() - began)

    async def _crawl(self) -> str:
        with ThreadPoolExecutor(1, thread_name_prefix="inlink-crawl") as thread:
            async with Fetcher(self._policy, self._manners, self._memory) as fetcher:
                await self._ask_all(thread, fetcher)
                while self._plan.scripts != "no" and await self._run_scripts(thread, fetcher):
                    await self._ask_all(thread, fetcher)
        return self._ending()

    async def _ask_all(self, thread: ThreadPoolExecutor, fetcher: Fetcher) -> None:
        """Ask for all pages that wait."""
        began = time.monotonic()
        while True:
            was_full = self._is_full()
            had_work = bool(self._workers or self._outcomes or self._returned or self._aside)
            if self._broken is not None:
                raise self._broken
            more = await self._step(thread)
            self._start(fetcher, more)
            self._tell(time.monotonic() - began)
            is_idle = not (had_work or self._workers or self._outcomes or more)
            if self._stop.is_set() or (is_idle and was_full == self._is_full()):
                break
            await self._pause()
        await self._end()
        while self._outcomes:
            await self._step(thread, ends=True)

    async def _run_scripts(self, thread: ThreadPoolExecutor, fetcher: Fetcher) -> bool:
        """Run the scripts of all pages that wait for it; whether any were run, and may have led on."""
        n_run = 0
        pages = self._frontier.unscripted(SCRIPTED_AT_ONCE)
        if not pages or self._stop.is_set():
            return False
        async with Browser(fetcher) as browser:
            while pages and not self._stop.is_set():
                run = await self._scripted(browser, pages)
                await asyncio.get_running_loop().run_in_executor(thread, self._keep_scripted, run)
                n_run += len(run)
                self._report(Progress("crawl", n_run, None, "pages", "scripts run"))
                pages = self._frontier.unscripted(SCRIPTED_AT_ONCE)
        return n_run > 0 and not self._is_over()

    async def _scripted(self, browser: Browser, pages: list[Unscripted]) -> list[_Run]:
        """Pages with their answers, and with what their scripts made of them; those done before the user stops it."""
        replies = [archived_reply(self._place.archive, page) for page in pages]
        tasks = [None if reply is None else asyncio.create_task(browser.render(reply)) for reply in replies]
        pending = {task for task in tasks if task is not None}
        while pending and not self._stop.is_set():
            _, pending = await asyncio.wait(pending, timeout=BATCH_S)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        return [
            (page, reply, None if task is None else task.result())
            for page, reply, task in zip(pages, replies, tasks, strict=True)
            if task is None or not task.cancelled()
        ]

    def _keep_scripted(self, run: list[_Run]) -> None:
        self._committer.script_step(made_of_all(run))

    async def _step(self, thread: ThreadPoolExecutor, *, ends: bool = False) -> dict[int, list[Task]]:
        """One step of the committer with the answers that are there."""
        outcomes, self._outcomes, self._held_bytes = self._outcomes, [], 0
        self._ready.clear()
        self._room.set()
        wants = Wants() if ends or self._is_over() else self._wants()
        wants.aside, self._aside = tuple(self._aside), []
        wants.returned, self._returned = tuple(self._returned), []
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(thread, self._committer.step, outcomes, wants)

    def _wants(self) -> Wants:
        full = 32 if self._manners.delay_s >= 0.1 else 512
        short = {
            host_id: full - len(queue)
            for host_id, queue in self._queues.items()
            if len(queue) < full // 2 and host_id in self._workers
        }
        return Wants(short, MAX_HOSTS - len(self._workers), full, frozenset(self._workers))

    def _start(self, fetcher: Fetcher, more: dict[int, list[Task]]) -> None:
        """Workers for hosts with pages to ask for."""
        for host_id, tasks in more.items():
            queue = self._queues.setdefault(host_id, deque())
            queue.extend(tasks)
            workers = self._workers.setdefault(host_id, set())
            for _ in range(min(self._manners.per_host, len(queue)) - len(workers)):
                worker = asyncio.create_task(self._work(fetcher, host_id, queue))
                workers.add(worker)
                worker.add_done_callback(functools.partial(self._worker_ended, host_id))

    def _worker_ended(self, host_id: int, worker: asyncio.Task[None]) -> None:
        if not worker.cancelled() and worker.exception() is not None:
            self._broken = self._broken or worker.exception()
        workers = self._workers.get(host_id, set())
        workers.discard(worker)
        if not workers:
            self._workers.pop(host_id, None)
            self._returned += self._queues.pop(host_id, ())
            self._ready.set()

    async def _work(self, fetcher: Fetcher, host_id: int, queue: deque[Task]) -> None:
        """Ask for the pages of one host, one after the other."""
        while queue and not self._is_over():
            if host_id in self._committer.aside:
                return
            if await self._is_busy(fetcher, queue[0]):
                self._aside.append((host_id, "busy"))
                return
            while self._has_no_room() and not self._is_over():
                self._room.clear()
                await self._room.wait()
            if not queue or self._is_over():  # emptied by another worker meanwhile, or stopped
                return
            task = queue.popleft()
            self._n_asked += not task.is_sitemap
            known = self._known(task.url)
            reply = await fetcher.ask(task.url, known.conditions if known else {})
            if reply.status is None and reply.error not in NEVER_ASKED:
                fetcher.lanes.failed(task.host)
            self._outcomes.append(Outcome(task, reply, known, self._sitemaps(fetcher, task.url)))
            self._held_bytes += len(reply.body)
            if len(self._outcomes) >= BATCH_PAGES:
                self._ready.set()

    async def _is_busy(self, fetcher: Fetcher, task: Task) -> bool:
        """Whether a page's host wants to be left alone for longer than the crawl waits; its robots.txt may say so."""
        limit = self._plan.max_wait_s
        return fetcher.lanes.wait_s(task.host) > limit or await fetcher.wait_s(task.url) > limit

    def _has_no_room(self) -> bool:
        return len(self._outcomes) >= HELD_PAGES or self._held_bytes >= HELD_BYTES

    def _known(self, url: str) -> Known | None:
        """What was archived of a page before, where that is still there to be referred to."""
        known = self._memory.known(url)
        return known if known is not None and known.file in self._place.citable else None

    def _sitemaps(self, fetcher: Fetcher, url: str) -> tuple[str, ...]:
        """Sitemaps that the robots.txt of the URL's origin names, told once."""
        rules = fetcher.known_rules(url) if self._plan.reads_sitemaps and self._plan.scope != "list" else None
        origin = url.partition("://")[0] + host_of(url)
        if rules is None or origin in self._seen_origins:
            return ()
        self._seen_origins.add(origin)
        return rules.sitemaps

    async def _pause(self) -> None:
        """Wait until there is enough for a step, workers have run out of pages, or some time has passed."""
        if len(self._outcomes) >= BATCH_PAGES or not self._workers:
            return
        try:
            async with asyncio.timeout(BATCH_S):
                await self._ready.wait()
        except TimeoutError:
            pass

    async def _end(self) -> None:
        """Let requests under way come to their end; those that take long are given up, and asked again another time."""
        workers = [worker for each in self._workers.values() for worker in each]
        self._room.set()
        if workers:
            _, pending = await asyncio.wait(workers, timeout=GRACE_S)
            for worker in pending:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    def _is_over(self) -> bool:
        return self._stop.is_set() or self._is_full()

    def _is_full(self) -> bool:
        """Whether all pages that the limit allows are done or under way."""
        limit = self._plan.max_pages
        if limit is None:
            return False
        tally = self._committer.tally
        n_more = max(0, tally.n_sitemaps - FREE_SITEMAPS)
        return self._n_before + tally.n_pages + n_more + self._n_asked - tally.n_answered >= limit

    def _ending(self) -> str:
        if self._stop.is_set():
            return "stopped"
        n_waiting = self._frontier.n_waiting()
        if not n_waiting:
            return "done"
        return "page-limit" if self._is_full() else "waiting"

    def _tell(self, took_s: float) -> None:
        tally = self._committer.tally
        rate = tally.n_pages / took_s if took_s > 0 else 0.0
        note = f"{rate:,.1f} a second, {tally.n_failed:,} failed, {len(self._workers):,} hosts at work"
        self._report(Progress("crawl", self._n_before + tally.n_pages, self._plan.max_pages, "pages", note))
