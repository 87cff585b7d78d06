"""Every verdict, and near misses of each, over real HTTP."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from collections.abc import Iterable, Iterator
from contextlib import closing

import pytest
from checked_cases import CASES, SITES
from fixture_sites import Sites, serving

from inlink.check.checking import Checker, Patience
from inlink.check.reasons import REASONS
from inlink.check.verdicts import VERDICTS, Verdict
from inlink.fetch import Fetcher, Manners, Memory, Policy, parse_route
from inlink.fetch.loops import finished

MANNERS = Manners(delay_s=0, per_host=4, total_timeout_s=120, backoff_s=0.01)
# Given up soon, and checked after the others: a machine that is held up for a second must not give up those too.
NEVER_ENDING = ("slow-loris", "silent", "robots.txt without answer")


@pytest.fixture(scope="module")
def checked() -> Iterator[tuple[dict[str, Verdict], Sites]]:
    """Verdicts on all cases."""
    with serving(SITES) as sites:
        routes = (sites.route, sites.route.replace("*.example", "*.hugedomains.com"))
        policy = Policy(routes=tuple(map(parse_route, routes)), connect_timeout_s=120)

        async def check(manners: Manners, memory: Memory, names: Iterable[str]) -> dict[str, Verdict]:
            async with Fetcher(policy, manners, memory) as fetcher:
                checker = Checker(fetcher, patience=Patience(again_s=0.01, max_wait_s=5))
                urls = [CASES[name][0] for name in names]
                return {verdict.url: verdict async for verdict in checker.check_all(urls)}

        with closing(Memory()) as memory:  # what robots.txt says is known by the second run
            found = finished(check(MANNERS, memory, [name for name in CASES if name not in NEVER_ENDING]))
            hasty = dataclasses.replace(MANNERS, total_timeout_s=1.0)
            found |= finished(check(hasty, memory, NEVER_ENDING))
        yield found, sites


@pytest.mark.parametrize("case", CASES)
def test_verdict(checked: tuple[dict[str, Verdict], Sites], case: str) -> None:
    url, verdict, reason = CASES[case]
    found = checked[0][url]
    assert (found.verdict, found.reason) == (verdict, reason), found


def test_refused_and_tls() -> None:
    """A port where nobody listens, and a server that does not know TLS."""
    urls = ["https://closed.example/bread", "https://no-tls.example/bread"]

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    async def check(closed: int) -> list[tuple[str, str]]:
        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        routes = (
            f"closed.example=127.0.0.1:{closed}",
            f"no-tls.example=127.0.0.1:{server.sockets[0].getsockname()[1]}",
        )
        policy = Policy(routes=tuple(map(parse_route, routes)), connect_timeout_s=120)
        async with server, Fetcher(policy, MANNERS) as fetcher:
            checker = Checker(fetcher, patience=Patience(again_s=0.01))
            return [(verdict.verdict, verdict.reason) for verdict in [await checker.check(url) for url in urls]]

    with socket.socket() as deaf:  # taken, so that nobody else comes to listen there
        deaf.bind(("127.0.0.1", 0))
        assert finished(check(deaf.getsockname()[1])) == [("refused", "refused"), ("tls", "tls")]


def test_all_verdicts_are_of_the_closed_lists(checked: tuple[dict[str, Verdict], Sites]) -> None:
    found = checked[0].values()
    assert {one.verdict for one in found} <= set(VERDICTS)
    assert {one.reason for one in found} <= set(REASONS)
    assert all(one.why for one in found)
