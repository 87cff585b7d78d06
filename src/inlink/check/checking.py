"""The checker: asks for a URL, for a made-up address beside it where that tells more, and gives a verdict."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from inlink.check.addresses import host_of, is_file, is_root, origin_of
from inlink.check.answers import is_of_host, is_passing, judge_answer
from inlink.check.judging import Finding, Seen, is_suspect, judge
from inlink.check.page import Page
from inlink.check.parking import ParkingLists, parking_lists
from inlink.check.siblings import Sibling, Siblings
from inlink.check.topics import Remembered
from inlink.check.verdicts import Try, Verdict
from inlink.fetch import Chain, Fetcher, Reply
from inlink.fetch.names import Names
from inlink.fetch.robots import Rules
from inlink.fetch.waiting import Slots
from inlink.urls.domains import SuffixRules
from inlink.urls.parse import normalise

MAX_REFRESHES = 2
DOWN_S = 300.0  # for so long a host that could not be reached is not tried again
AGAIN_S = 3.0
MAX_WAIT_S = 120.0
MAX_HOSTS = 2_000  # that are worked on at a time
RESTING = 2  # URLs of a host that wait to be asked for once more while others of it are
HELD_UP_S = 5.0  # beyond the time limit: then this process did not run, and the server is not to blame
HELD = 1_024  # verdicts that wait to be taken


@dataclass(frozen=True, slots=True)
class Look:
    """A verdict, and the page where one came."""

    verdict: Verdict
    page: Page | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How a check waits. Units: again_s before a request that failed is made once more; max_wait_s for a busy host."""

    again_s: float = AGAIN_S
    max_wait_s: float = MAX_WAIT_S


def now_us() -> int:
    """The time, in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


class Checker:
    """Checks URLs through one fetcher, on its event loop.

    clock: the time that verdicts bear, in microseconds since 1970. known: what an index holds of a URL, for changes of
    topic. names: who asks DNS, only where a page may be a parked
    one; the system's resolver else. aliases: domains that are one site.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        *,
        rules: SuffixRules | None = None,
        lists: ParkingLists | None = None,
        known: Callable[[str], Remembered | None] | None = None,
        names: Names | None = None,
        aliases: frozenset[str] = frozenset(),
        patience: Patience | None = None,
        clock: Callable[[], int] = now_us,
    ) -> None:
        self._clock = clock
        self._fetcher = fetcher
        self._rules = rules or SuffixRules()
        self._lists = lists or parking_lists()
        self._known = known or _nothing
        self._names = names or Names(fetcher.policy)
        self._aliases = aliases
        self._patience = patience or Patience()
        self._siblings = Siblings(self._probed)
        self._down: dict[str, tuple[float, Reply, Rules | None]] = {}

    async def check(self, url: str) -> Verdict:
        """What the URL's target is now. It never raises for what servers do."""
        return (await self.look(url)).verdict

    async def look(self, url: str) -> Look:
        """The verdict with the page that came."""
        return await self._look(url, normalise(url))

    async def _look(self, url: str, asked: str | None, places: Slots | None = None) -> Look:
        """The verdict; asked: the URL normalised; places: of the host, one of which it has, but not while it rests."""
        began_us = self._clock()
        if asked is None:
            return Look(_verdict(url, began_us, _NO_URL))
        if (down := self._down_before(asked)) is not None:
            chain = Chain((down[0],))
            return Look(_verdict(url, began_us, judge_answer(chain, down[1]) or _BUSY, chain))
        if await self._wait_s(asked) > self._patience.max_wait_s:
            return Look(_verdict(url, began_us, _BUSY))
        tries: list[Try] = []
        chain, page = await self._answer(asked, tries, places)
        rules = self._fetcher.known_rules(chain.last.url)
        finding = judge_answer(chain, rules)
        if finding is not None:
            self._note_down(chain.last, rules)
            return Look(_verdict(url, began_us, finding, chain, tries))
        finding = await self._judged(asked, page, tries)
        return Look(_verdict(url, began_us, finding, chain, tries), page)

    async def check_all(
        self, urls: Iterable[str], *, at_once: int = MAX_HOSTS, stop: threading.Event | None = None
    ) -> AsyncIterator[Verdict]:
        """A verdict for each URL in the order in which they come; all hosts side by side, one by one on each."""
        queues: dict[str, deque[tuple[str, str | None]]] = {}
        for url in dict.fromkeys(urls):
            asked = normalise(url)
            queues.setdefault(host_of(asked or url), deque()).append((url, asked))
        found: asyncio.Queue[Verdict | None] = asyncio.Queue()
        room = Slots(HELD)
        work = asyncio.create_task(self._work(deque(queues.values()), found, room, at_once, stop or threading.Event()))
        work.add_done_callback(lambda _: found.put_nowait(None))
        try:
            while (verdict := await found.get()) is not None:
                room.release()
                yield verdict
            await work
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def _work(
        self,
        hosts: deque[deque[tuple[str, str | None]]],
        found: asyncio.Queue[Verdict | None],
        room: Slots,
        at_once: int,
        stop: threading.Event,
    ) -> None:
        per_host = self._fetcher.manners.per_host

        async def lane(queue: deque[tuple[str, str | None]], places: Slots) -> None:
            while queue and not stop.is_set():
                async with places:
                    if not queue:
                        return
                    url, asked = queue.popleft()
                    await room.acquire()
                    found.put_nowait((await self._look(url, asked, places)).verdict)

        async def worker() -> None:
            while hosts and not stop.is_set():
                queue = hosts.popleft()
                places = Slots(per_host)
                await asyncio.gather(*(lane(queue, places) for _ in range(min(per_host + RESTING, len(queue)))))

        async with asyncio.TaskGroup() as group:
            for _ in range(min(at_once, len(hosts))):
                group.create_task(worker())

    async def _answer(self, url: str, tries: list[Try], places: Slots | None) -> tuple[Chain, Page]:
        """The answer to a URL: with HEAD where that is safe, asked again where it may pass, with cookies in a loop."""
        if is_file(url):
            chain = await self._follow(url, tries, "head", method="HEAD")
            if _is_surely_a_file(chain.last):
                return chain, Page(chain.last)
        chain = await self._follow(url, tries, "page")
        if self._may_pass(chain):
            await self._rest(places)
            if self._is_soon(chain):  # others of the host were asked for meanwhile
                chain = await self._follow(url, tries, "again")
        if chain.last.error == "bad-answer":  # a body that is longer than it says breaks the reading of its own head
            headed = await self._follow(url, tries, "head", method="HEAD")
            chain = headed if headed.last.status is not None else chain
        if chain.problem is not None and (cookies := _cookies(chain)):
            chain = await self._follow(url, tries, "again", {"Cookie": cookies})
        return await self._refreshed(chain, tries)

    def _may_pass(self, chain: Chain) -> bool:
        """Whether asking again may bring another answer, soon enough; so it is where we ourselves were held up."""
        last = chain.last
        was_held_up = last.error == "timeout" and last.took_s > self._fetcher.manners.total_timeout_s + HELD_UP_S
        return self._is_soon(chain) and (was_held_up or is_passing(chain))

    def _is_soon(self, chain: Chain) -> bool:
        """Whether the last host of a chain may be asked again before long."""
        return self._fetcher.lanes.wait_s(host_of(chain.last.url)) <= self._patience.max_wait_s

    async def _rest(self, places: Slots | None) -> None:
        """Wait before asking once more; meanwhile others of the host have its place."""
        if places is not None:
            places.release()
        try:
            await asyncio.sleep(self._patience.again_s)
        finally:
            if places is not None:
                await places.acquire()

    async def _refreshed(self, chain: Chain, tries: list[Try]) -> tuple[Chain, Page]:
        """The chain with redirects by <meta> refresh."""
        page = Page(chain.last)
        for _ in range(MAX_REFRESHES):
            target = _refresh(page)
            if target is None or any(hop.url == target for hop in chain.hops):
                break
            more = await self._follow(target, tries, "hop")
            chain = Chain((*chain.hops, *more.hops), more.problem)
            page = Page(chain.last)
        return chain, page

    async def _follow(
        self, url: str, tries: list[Try], kind: str, headers: dict[str, str] | None = None, *, method: str = "GET"
    ) -> Chain:
        chain = await self._fetcher.follow(url, headers, method=method)
        for n, reply in enumerate(chain.hops):
            tries.append(_try(reply, kind if n == 0 else "hop", method))
        return chain

    async def _judged(self, asked: str, page: Page, tries: list[Try]) -> Finding:
        """The verdict on a page that came."""
        final = page.url
        domain, final_domain = (self._rules.domain(host_of(url)) for url in (asked, final))
        is_same_site = domain == final_domain or {domain, final_domain} <= self._aliases
        sibling = await self._sibling(asked, page)
        if sibling is not None:
            tries += sibling.tries
        seen = Seen(asked, page, domain, final_domain, is_same_site, sibling, known=self._known(asked))
        if page.is_html and is_suspect(seen):
            seen = replace(seen, served=await self._names.of(host_of(final), final_domain))
        return judge(seen, self._lists)

    async def _sibling(self, asked: str, page: Page) -> Sibling | None:
        """What a made-up address beside the asked one says, where that tells more about the page."""
        if is_root(asked) or not (page.is_html or page.url != asked) or page.reply.request[:4] == b"HEAD":
            return None
        return await self._siblings.beside(asked)

    async def _probed(self, url: str) -> tuple[Chain, tuple[Try, ...]]:
        chain = await self._fetcher.follow(url, kind="probe")
        return chain, tuple(_try(reply, "probe", "GET") for reply in chain.hops)

    async def _wait_s(self, url: str) -> float:
        """How long until the host may be asked; its robots.txt is read first, once."""
        if self._fetcher.known_rules(url) is None:
            return await self._fetcher.wait_s(url)
        return self._fetcher.lanes.wait_s(host_of(url))

    def _down_before(self, url: str) -> tuple[Reply, Rules | None] | None:
        until, reply, rules = self._down.get(origin_of(url), (0.0, None, None))
        return (reply, rules) if reply is not None and time.monotonic() < until else None

    def _note_down(self, last: Reply, rules: Rules | None) -> None:
        if is_of_host(last):
            self._down[origin_of(last.url)] = (time.monotonic() + DOWN_S, last, rules)


_NO_URL = Finding(
    "unknown", "never-asked", "no http(s) URL: write it like https://example.org/page", {"reason": "not-a-url"}
)
_BUSY = Finding("unknown", "busy", "the host wants to be left alone for longer than the check waits")


def _verdict(url: str, began_us: int, found: Finding, chain: Chain | None = None, tries: Sequence[Try] = ()) -> Verdict:
    last = chain.last if chain is not None else None
    return Verdict(
        url,
        began_us,
        found.verdict,
        found.reason,
        found.why,
        last.status if last else None,
        last.url if last else None,
        last.ip if last else None,
        found.evidence,
        tuple(tries),
    )


def _nothing(_: str) -> Remembered | None:
    return None


def _try(reply: Reply, kind: str, method: str) -> Try:
    n_bytes = len(reply.body)
    return Try(
        kind,
        method,
        reply.url,
        reply.asked_at_us,
        reply.status,
        reply.error,
        reply.location,
        n_bytes,
        round(reply.took_s, 4),
    )


def _is_surely_a_file(reply: Reply) -> bool:
    """Whether HEAD told enough: 2xx, and no page in place of the file."""
    content_type = (reply.header("content-type") or "").lower()
    is_page = not content_type or content_type.startswith(("text/html", "application/xhtml"))
    return reply.status is not None and 200 <= reply.status < 300 and not is_page


def _cookies(chain: Chain) -> str:
    """Cookies that the last host of a chain set, as a browser would send them back."""
    host = host_of(chain.last.url)
    found: dict[str, str] = {}
    for reply in chain.hops:
        if host_of(reply.url) != host:
            continue
        for name, value in reply.headers:
            if name.lower() == "set-cookie":
                key, _, rest = value.partition(";")[0].strip().partition("=")
                found[key] = rest
    return "; ".join(f"{key}={value}" for key, value in found.items())[:4096]


def _refresh(page: Page) -> str | None:
    """Where a page leads by <meta> refresh."""
    reply = page.reply
    if reply.status is None or not 200 <= reply.status < 300 or len(reply.body) > 1 << 16:
        return None
    return page.refresh if page.is_html and page.html else None
