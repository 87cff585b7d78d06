"""The polite client: robots.txt, one request to a host at a time, delays, back-off, and a ledger of what was asked."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType

from inlink.errors import BadInput, Refused
from inlink.fetch.bodies import decoded
from inlink.fetch.exchange import Exchanger
from inlink.fetch.guard import Place, check_url
from inlink.fetch.manners import DEFAULT_MANNERS, Manners
from inlink.fetch.memory import Asked, Memory
from inlink.fetch.policy import DEFAULT_POLICY, Policy
from inlink.fetch.reply import NEVER_ASKED, Chain, Reply
from inlink.fetch.robots import MAX_BYTES, MAX_REDIRECTS, Rules, rules_of
from inlink.fetch.waiting import Lanes

_KEPT_RULES = 20_000


class Fetcher:
    """Asks other people's servers. Use it on one event loop, in an `async with` block."""

    def __init__(
        self, policy: Policy = DEFAULT_POLICY, manners: Manners = DEFAULT_MANNERS, memory: Memory | None = None
    ) -> None:
        self.policy, self.manners = policy, manners
        self.memory = memory or Memory()
        self._is_own_memory = memory is None
        self.lanes = Lanes(manners.delay_s, manners.per_host, manners.backoff_s, manners.max_backoff_s)
        self._exchanger = Exchanger(policy, manners)
        self._in_flight = asyncio.Semaphore(manners.at_once)
        self._rules: dict[str, Rules] = {}
        self._reading: dict[str, asyncio.Task[Rules]] = {}

    async def __aenter__(self) -> Fetcher:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._reading.values():
            task.cancel()
        await self._exchanger.close()
        if self._is_own_memory:
            self.memory.close()
        else:
            self.memory.flush()

    async def ask(
        self, url: str, headers: dict[str, str] | None = None, *, method: str = "GET", kind: str = "page"
    ) -> Reply:
        """The answer to one request, no redirect followed; why not, where it is not asked or does not answer."""
        place = self._place(url)
        if isinstance(place, Reply):
            return place
        if self.manners.obeys_robots:
            rules = await self.rules(place.url)
            if not rules.may(place.url):
                slug = "robots-unreachable" if rules.why == "unreachable" else "robots"
                return Reply(place.url, time.time_ns() // 1000, error=slug, detail=f"robots.txt: {rules.why}")
        return await self._asked(place, headers or {}, method, kind, self.manners.max_body_bytes)

    async def follow(self, url: str, headers: dict[str, str] | None = None, *, method: str = "GET") -> Chain:
        """The answers along redirects; each hop is checked as the first was, robots.txt included."""
        hops: list[Reply] = []
        seen: set[str] = set()
        while True:
            reply = await self.ask(url, headers, method=method)
            hops.append(reply)
            seen.add(reply.url)
            if reply.location is None:
                return Chain(tuple(hops))
            place = self._place(reply.location, reply.url)
            url = place.url
            if isinstance(place, Reply):
                return Chain((*hops, place))
            if url in seen:
                return Chain(tuple(hops), "loop")
            if len(hops) > self.policy.max_redirects:
                return Chain(tuple(hops), "too-many")

    async def rules(self, url: str) -> Rules:
        """What robots.txt of the URL's origin says, read once a day."""
        origin = origin_of(url)
        rules = self._rules.get(origin)
        if rules is not None and _age_s(rules) < self.manners.robots_keep_s:
            return rules
        task = self._reading.get(origin)
        if task is None:
            task = self._reading[origin] = asyncio.create_task(self._read(origin))
            task.add_done_callback(lambda _: self._reading.pop(origin, None))
        return await asyncio.shield(task)

    def known_rules(self, url: str) -> Rules | None:
        """The rules of the URL's origin, where they were read already."""
        return self._rules.get(origin_of(url))

    async def _read(self, origin: str) -> Rules:
        """Rules from memory if they are young enough; else from the site, or old ones where it does not answer."""
        old = self.memory.robots(origin)
        if old is None or _age_s(old) >= self.manners.robots_keep_s:
            new = await self._fetched(origin)
            if new.why == "unreachable" and old is not None and _age_s(old) < self.manners.robots_stale_s:
                new = old
            elif new.why != "unreachable":
                self.memory.keep_robots(origin, new)
        else:
            new = old
        if len(self._rules) >= _KEPT_RULES:
            self._rules.clear()
        self._rules[origin] = new
        self.lanes.slow_down(origin.partition("://")[2].rpartition(":")[0].strip("[]"), new.delay_s)
        return new

    async def _fetched(self, origin: str) -> Rules:
        """What a site's robots.txt says now. Redirects beyond five, or to no end, count as if there were none."""
        url = f"{origin}/robots.txt"
        began_us = time.time_ns() // 1000
        for _ in range(MAX_REDIRECTS + 1):
            place = self._place(url)
            if isinstance(place, Reply):
                return Rules("missing", began_us)
            reply = await self._asked(place, {}, "GET", "robots", 4 * MAX_BYTES)
            if reply.location is not None:
                target = self._place(reply.location, place.url)
                if isinstance(target, Reply):
                    return Rules("missing", began_us, reply.status)
                url = target.url
                continue
            if reply.status is None or (reply.error and not reply.body):
                return rules_of(None, b"", began_us)
            body = decoded(reply.body, reply.header("content-encoding"), MAX_BYTES)
            return rules_of(reply.status, body or b"", began_us)
        return Rules("missing", began_us)

    async def _asked(self, place: Place, headers: dict[str, str], method: str, kind: str, max_bytes: int) -> Reply:
        """One request in its turn, with its line in the ledger."""
        async with self.lanes.turn(place.host), self._in_flight:
            self.lanes.started(place.host)
            reply = await self._exchanger.ask(place, headers, method=method, max_bytes=max_bytes)
        if reply.status is not None:
            self.lanes.answered(place.host, reply.status, reply.header("retry-after"))
        if reply.error not in NEVER_ASKED:
            line = Asked(reply.asked_at_us, place.host, place.url, kind, reply.status, reply.error, len(reply.body))
            self.memory.note(line)
        return reply

    def _place(self, url: str, base: str | None = None) -> Place | Reply:
        """The URL as it may be asked, or a reply that says why not."""
        try:
            place = check_url(url, self.policy, base)
        except Refused as error:
            slug, detail = str(error.facts.get("reason", "address")), error.message
        except BadInput as error:
            slug, detail = "not-a-url", error.message
        else:
            if not self.manners.is_opted_out(place.host):
                return place
            slug, detail = "opt-out", f"{place.host} is on the opt-out list"
            url = place.url
        return Reply(url, time.time_ns() // 1000, error=slug, detail=detail)


def origin_of(url: str) -> str:
    """Scheme, host and port of a normalised URL, the port always named."""
    scheme, _, rest = url.partition("://")
    authority = rest.partition("/")[0].partition("?")[0].rpartition("@")[2]
    has_port = authority.rpartition(":")[2].isdigit() and not authority.endswith("]")
    return f"{scheme}://{authority}" if has_port else f"{scheme}://{authority}:{443 if scheme == 'https' else 80}"


def _age_s(rules: Rules) -> float:
    return time.time() - rules.fetched_at_us / 1e6
