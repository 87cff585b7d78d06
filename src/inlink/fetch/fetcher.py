"""The polite client: robots.txt, one request to a host at a time, delays, back-off, and a ledger of what was asked."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from functools import lru_cache
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
from inlink.fetch.waiting import Lanes, Slots

_KEPT_RULES = 20_000
_SMALL_BYTES = 32 * 1024  # a robots.txt of half a megabyte takes a second to read: others are not to wait for it
_KEPT_BYTES = 64 * 2**20  # of the files that rules were read from


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
        self._in_flight = Slots(manners.at_once)
        self._rules: dict[str, Rules] = {}
        self._rules_bytes = 0
        self._again_at: dict[str, float] = {}  # when a robots.txt that did not answer is asked for again
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
                return _forbidden(place.url, rules)
        return await self._asked(place, headers or {}, method, kind, self.manners.max_body_bytes)

    async def follow(
        self, url: str, headers: dict[str, str] | None = None, *, method: str = "GET", kind: str = "page"
    ) -> Chain:
        """The answers along redirects; each hop is checked as the first was, robots.txt included."""
        hops: list[Reply] = []
        seen: set[str] = set()
        while True:
            reply = await self.ask(url, headers, method=method, kind=kind)
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
        """What robots.txt of the URL's origin says, read once a day; once an hour where it does not answer."""
        origin = origin_of(url)
        rules = self._rules.get(origin)
        if rules is not None and not self._is_due(origin, rules):
            return rules
        task = self._reading.get(origin)
        if task is None:
            task = self._reading[origin] = asyncio.create_task(self._read(origin))
            task.add_done_callback(lambda _: self._reading.pop(origin, None))
        return await asyncio.shield(task)

    def known_rules(self, url: str) -> Rules | None:
        """The rules of the URL's origin, where they were read already."""
        return self._rules.get(origin_of(url))

    async def wait_s(self, url: str) -> float:
        """How long until the URL's host may be asked. Its robots.txt is read first: it may name a long Crawl-delay."""
        place = self._place(url)
        if isinstance(place, Reply):
            return 0.0
        if self.manners.obeys_robots:
            await self.rules(place.url)
        return self.lanes.wait_s(place.host)

    def _is_due(self, origin: str, rules: Rules) -> bool:
        """Whether the origin's robots.txt should be read again."""
        if (again_at := self._again_at.get(origin)) is not None:
            return time.monotonic() >= again_at
        return _age_s(rules) >= self.manners.robots_keep_s

    async def _read(self, origin: str) -> Rules:
        """Rules from memory if they are young enough; else from the site, or old ones where it does not answer."""
        old = self.memory.robots(origin)
        if old is None or _age_s(old) >= self.manners.robots_keep_s:
            new = await self._fetched(origin)
            if old is None and _may_pass(new):
                new = await self._fetched(origin)
            if new.why == "unreachable":
                self._again_at[origin] = time.monotonic() + self.manners.robots_again_s
            else:
                self._again_at.pop(origin, None)
            if new.why == "unreachable" and old is not None and _age_s(old) < self.manners.robots_stale_s:
                new = old
            elif new.why != "unreachable":
                self.memory.keep_robots(origin, new)
        else:
            new = old
        self._rules_bytes += len(new.body)
        if len(self._rules) >= _KEPT_RULES or self._rules_bytes > _KEPT_BYTES:
            self._rules.clear()
            self._again_at.clear()
            self._rules_bytes = len(new.body)
        self._rules[origin] = dataclasses.replace(new, body=b"")
        self.lanes.slow_down(origin.partition("://")[2].rpartition(":")[0].strip("[]"), new.delay_s)
        return new

    async def _fetched(self, origin: str) -> Rules:
        """What a site's robots.txt says now. Redirects beyond five, or to no end, count as if there were none."""
        url = f"{origin}/robots.txt"
        began_us = time.time_ns() // 1000
        status = None
        for _ in range(MAX_REDIRECTS + 1):
            place = self._place(url)
            if isinstance(place, Reply):
                return Rules("missing", began_us, status)
            reply = await self._asked(place, {}, "GET", "robots", 4 * MAX_BYTES)
            status = reply.status
            if reply.location is None:
                is_small = len(reply.body) < _SMALL_BYTES and reply.header("content-encoding") is None
                return _rules_in(reply, began_us) if is_small else await asyncio.to_thread(_rules_in, reply, began_us)
            target = self._place(reply.location, place.url)
            if isinstance(target, Reply):
                break
            url = target.url
        return Rules("missing", began_us, status)

    async def _asked(self, place: Place, headers: dict[str, str], method: str, kind: str, max_bytes: int) -> Reply:
        """One request in its turn, with its line in the ledger."""
        turn = self.lanes.turn(place.host)
        async with turn, self._in_flight:
            turn.started()
            reply = await self._exchanger.ask(place, headers, method=method, max_bytes=max_bytes)
            if reply.sent_at is not None:  # connecting took its time
                turn.started(reply.sent_at)
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


@lru_cache(4_096)  # the same is asked several times for one request
def origin_of(url: str) -> str:
    """Scheme, host and port of a normalised URL, the port always named."""
    scheme, _, rest = url.partition("://")
    authority = rest.partition("/")[0].partition("?")[0].rpartition("@")[2]
    has_port = authority.rpartition(":")[2].isdigit() and not authority.endswith("]")
    return f"{scheme}://{authority}" if has_port else f"{scheme}://{authority}:{443 if scheme == 'https' else 80}"


def _forbidden(url: str, rules: Rules) -> Reply:
    """The reply for a URL that robots.txt does not let us ask."""
    now_us = time.time_ns() // 1000
    if rules.why != "unreachable":
        rule = rules.forbidden_by(url)
        detail = f"robots.txt says {rule[:200]}" if rule else "robots.txt disallows this path"
        return Reply(url, now_us, error="robots", detail=detail)
    reason = rules.detail or rules.error or f"status {rules.status}"
    detail = f"robots.txt could not be read: {reason}"
    return Reply(url, now_us, error="robots-unreachable", detail=detail, cause=rules.error)


def _rules_in(reply: Reply, began_us: int) -> Rules:
    """The rules that an answer means. Half a file, or one that cannot be read, is no leave to ask for everything."""
    if reply.status is None or not 200 <= reply.status < 300:
        rules = rules_of(reply.status, b"", began_us)
        return dataclasses.replace(rules, error=reply.error, detail=reply.detail) if reply.error else rules
    body = None if reply.error else decoded(reply.body, reply.header("content-encoding"), MAX_BYTES)
    if body is None and not reply.error and _is_text(reply.body):  # the coding that is named is none
        body = reply.body
    return rules_of(None if body is None else reply.status, body or b"", began_us)


def _may_pass(rules: Rules) -> bool:
    """Whether a robots.txt that could not be read is worth asking for once more: a broken connection, a server's slip.

    Not 429 and 503, which ask for patience, and nothing that takes long.
    """
    is_slip = rules.error in ("broken", "bad-answer") or (rules.error is None and rules.status in (500, 502, 504))
    return rules.why == "unreachable" and is_slip


def _is_text(body: bytes) -> bool:
    try:
        return "\0" not in body.decode()
    except UnicodeDecodeError:
        return False


def _age_s(rules: Rules) -> float:
    return time.time() - rules.fetched_at_us / 1e6
