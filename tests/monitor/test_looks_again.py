"""Looks at pages that have not changed, by their servers' word; and pages that the program itself fails on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from monitor_stores import opened_store
from watched_web import Answer, Web, hosting, page

from inlink.fetch import Fetcher, Manners, Memory, Policy, parse_route
from inlink.fetch.loops import finished
from inlink.monitor.keeping import MonitorStore
from inlink.monitor.looking import Look
from inlink.monitor.running import Run, Tally
from inlink.monitor.states import DAY_US
from inlink.monitor.watches import Watch
from inlink.urls.domains import SuffixRules
from inlink.urls.identity import target

RULES = SuffixRules(())
FAST = Manners(delay_s=0.0, backoff_s=0.01, max_backoff_s=0.01, total_timeout_s=60.0)
ETAG = {"ETag": '"1"'}


class Place:
    """A web, a store and a memory; looks are made one after the other, a day apart."""

    def __init__(self, web: Web, store: MonitorStore, memory: Memory) -> None:
        self.web, self.store, self.memory, self.at_us = web, store, memory, 0

    def look(self, robots: frozenset[str] = frozenset(), **more: Any) -> Tally:
        self.at_us += DAY_US
        self.store.all_due(self.at_us)

        async def work() -> Tally:
            async with Fetcher(Policy(routes=(parse_route(self.web.route),)), FAST, self.memory) as fetcher:
                return await Run(self.store, fetcher, RULES, robots=robots, clock=lambda: self.at_us, **more).work()

        return finished(work())

    def statuses(self) -> list[int | None]:
        """Of pages, in the order in which they were asked for."""
        return [line.status for line in self.memory.ledger() if line.kind == "page"]

    def states(self) -> list[str]:
        return [watch.standing.state for watch in self.store.watches()]


@pytest.fixture
def place(tmp_path: Path) -> Callable[..., contextlib.AbstractContextManager[Place]]:
    @contextlib.contextmanager
    def made(answer: Callable[[str], Answer | None], *sources: str) -> Any:
        with hosting(lambda host, path, _: answer(host + path)) as web, opened_store(tmp_path, RULES) as store:
            aim = target("https://mine.example/guide", "url", rules=RULES)
            store.add(Watch(0, "list", source, aim) for source in sources)
            with contextlib.closing(Memory()) as memory:
                yield Place(web, store, memory)

    return made


Made = Callable[..., contextlib.AbstractContextManager[Place]]


def test_a_page_that_has_not_changed_is_not_sent_again_but_read_now_and_then(place: Made) -> None:
    with place(lambda _: Answer(page(), headers=ETAG), "https://a.example/p") as at:
        tallies = [at.look() for _ in range(6)]
        assert at.statuses() == [200, 304, 304, 200, 304, 304]
        assert [tally.n_same for tally in tallies] == [0, 1, 1, 0, 1, 1]
        assert [tally.findings for tally in tallies] == [{"alive": 1}] * 6
        (watch,) = at.store.watches()
        assert watch.standing.last_alive_us == at.at_us
        assert [looked.status for looked in at.store.history(watch.id)] == at.statuses()


def test_a_page_that_has_changed_is_read(place: Made) -> None:
    now = [Answer(page(), headers=ETAG)]
    with place(lambda _: now[0], "https://a.example/p") as at:
        at.look()
        now[0] = Answer(page(""), headers={"ETag": '"2"'})
        assert [at.look().findings for _ in range(2)] == [{"lost": 1}] * 2
        assert at.states() == ["lost"]
        now[0] = Answer(page(), headers=ETAG)
        at.look()
        assert at.states() == ["alive"]
        assert set(at.statuses()) == {200}


OTHERS: Mapping[str, Answer] = {
    "another X-Robots-Tag": Answer(page(), headers={**ETAG, "X-Robots-Tag": "nofollow"}),
    "a redirect to a page of the same version": Answer("", 301, headers={"Location": "/other"}),
}


@pytest.mark.parametrize("then", OTHERS.values(), ids=OTHERS)
def test_the_same_version_of_another_answer_is_not_believed(place: Made, then: Answer) -> None:
    now = [Answer(page(), headers=ETAG)]
    other = Answer(page(""), headers=ETAG)
    with place(lambda at: other if at.endswith("/other") else now[0], "https://a.example/p") as at:
        at.look()
        now[0] = then
        at.look()
        assert at.look().n_same == 0
        assert at.states() in (["changed"], ["lost"])


def test_what_was_not_all_well_is_asked_for_anew(place: Made) -> None:
    answers = {
        "a.example/new": Answer(page(), headers=ETAG),
        "b.example/gone": Answer(page(""), headers=ETAG),
        "c.example/canonical": Answer(page(head='<link rel=canonical href="/other">'), headers=ETAG),
        "c.example/other": Answer(page()),
    }
    with place(answers.get, *(f"https://{name}" for name in answers if "other" not in name)) as at:
        at.look()
        at.memory._db.execute("delete from asked")
        at.look(robots=frozenset(("googlebot",)))  # pages are read by other rules
        assert 304 not in at.statuses()


class Broken:
    """Stands for any reader of pages that fails on one."""

    async def look(self, look: Look) -> Look | None:
        raise RecursionError("so deep a page")


def test_a_page_that_the_program_fails_on_ends_no_run(place: Made) -> None:
    script = "<script>document.title='x'</script>"
    now = {f"{name}.example/p": Answer(page(extra=script)) for name in "abc"}
    with place(now.get, *(f"https://{name}" for name in now)) as at:
        at.look()
        now["b.example/p"] = Answer(page("", extra=script))
        tally = at.look(renderer=Broken())
        assert tally.faults == [("https://b.example/p", "RecursionError: so deep a page")]
        assert (tally.n_pages, tally.n_put_off, at.states()) == (2, 1, ["alive"] * 3)
        next_us = [watch.next_us - at.at_us for watch in at.store.watches()]
        assert next_us[1] == 3_600_000_000
