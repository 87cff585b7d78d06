"""Watches, looks and what is learnt by them, kept alike on both databases."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from inlink.errors import NotFound
from inlink.monitor.keeping import MonitorStore
from inlink.monitor.looking import Look
from inlink.monitor.states import DAY_US, Event, Finding, Standing
from inlink.monitor.watches import Watch
from inlink.store.db import WorkDatabase
from inlink.urls.domains import SuffixRules
from inlink.urls.identity import target

RULES = SuffixRules(())
AIM = target("https://mine.example/guide", "url", rules=RULES)
LONG = "https://long.example/" + "x" * 6_000  # longer than an index of PostgreSQL takes


@pytest.fixture
def store(work_database: WorkDatabase) -> MonitorStore:
    return MonitorStore(work_database, RULES)


def watch(source: str, next_us: int = 0, anchor: str | None = None) -> Watch:
    return Watch(0, "placement", source, AIM, wanted_anchor=anchor, first_seen_us=1, next_us=next_us)


def keep(store: MonitorStore, one: Watch, kind: str, event: Event | None, at_us: int) -> None:
    state = "lost" if event is not None else "alive"
    standing = Standing(state=state, since_us=at_us, last_alive_us=at_us)
    look = Look(one.source, one.source, at_us, "page", status=200)
    with store.db.step():
        store.keep(one, look, Finding(kind, {}), standing, event, expected=None, next_us=at_us + DAY_US, at_us=at_us)


def sources(watches: Sequence[Watch]) -> list[str]:
    return [one.source for one in watches]


def test_nothing_is_watched_twice(store: MonitorStore) -> None:
    pages = ["https://a.example/1", "https://a.example/2", LONG]
    assert store.add(map(watch, pages)) == 3
    assert store.add([watch("https://a.example/2#there"), watch("https://a.example/2", anchor="Bread")]) == 1
    assert sources(store.watches()) == [*pages, "https://a.example/2"]
    assert sources(store.watches(limit=2)) == pages[:2]
    assert store.watches(["lost"]) == []
    first = store.watches()[0]
    assert store.watch(first.id) == first
    assert store.others(first) == frozenset(["example,a)/2"])
    assert store.remove([first.id, 99]) == 1
    with pytest.raises(NotFound):
        store.watch(first.id)


def test_what_is_due_comes_by_pages(store: MonitorStore) -> None:
    store.add(
        [watch("https://a.example/1", 30), watch("https://b.example/1", 10), watch("https://a.example/1", 20, "x")]
    )
    assert sources(store.due(30, 1)) == ["https://b.example/1"]
    assert [each.next_us for each in store.due(30, 2)] == [10, 20, 30]
    assert (store.next_due_us(), list(store.due_pages(20))) == (10, ["https://b.example/1", "https://a.example/1"])
    store.put_off([each.id for each in store.watches()], 25)
    assert [each.next_us for each in store.watches()] == [30, 25, 25]
    store.all_due(5)
    assert {each.next_us for each in store.watches()} == {5}


def test_looks_events_wishes_and_what_is_learnt(store: MonitorStore) -> None:
    store.add([watch(LONG), watch("https://b.example/")])
    one, two = store.watches()
    keep(store, one, "alive", None, DAY_US)
    keep(store, store.watch(one.id), "lost", Event("lost", "alive", {"link_removed": "Bréad\0"}), 2 * DAY_US)
    (event,) = store.events(watch_id=one.id)
    assert (event.kind, event.before, event.source_url) == ("lost", "alive", LONG)
    assert event.reasons == {"link_removed": "Bréad\0"}
    assert [look.finding for look in store.history(one.id)] == ["alive", "lost"]
    assert store.counts() == {"lost": 1, two.standing.state: 1}
    assert store.looked_at() == {one.id: 2 * DAY_US}
    assert store.wishes() == [(LONG, "lost", 2 * DAY_US)]
    assert store.rate(store.watch(one.id)) > store.rate(two)
    store.fulfil([LONG, "https://never.example/"])
    assert store.wishes() == []
    assert store.events(since_us=3 * DAY_US) == []
    assert store.forget(3 * DAY_US) == 1
    assert [look.finding for look in store.history(one.id)] == ["lost"]
    assert store.events() == []


def test_accepted_as_it_is(store: MonitorStore) -> None:
    store.add([watch("https://a.example/", anchor="Bread")])
    (one,) = store.watches()
    now = store.accept(one.id, 77)
    assert (now.origin, now.wanted_anchor, now.expected) == ("list", None, None)
    assert (now.next_us, now.standing.since_us) == (77, 77)
    assert store.watch(one.id) == now


def test_a_watch_removed_while_it_is_looked_at(store: MonitorStore) -> None:
    store.add([watch("https://a.example/")])
    (one,) = store.watches()
    store.remove([one.id])
    keep(store, one, "lost", Event("lost", "alive", {}), DAY_US)
    assert (store.events(), store.wishes(), store.history(one.id)) == ([], [], [])


def test_facts(store: MonitorStore) -> None:
    assert store.fact("identity") is None
    for value in ("a", "b"):
        store.keep_fact("identity", value)
    assert store.fact("identity") == "b"
