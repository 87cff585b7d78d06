"""The state machine, look by look: what is told, when, and what a single look never does."""

from __future__ import annotations

import pytest

from inlink.monitor.states import DAY_US, HOUR_US, Event, Finding, Standing, advance
from inlink.monitor.words import CHANGED_REASONS, EVENTS, LOST_REASONS, STATES, in_order

ALIVE = Finding("alive")
REMOVED = Finding("lost", {"link_removed": "not there"})
GONE = Finding("lost", {"page_gone": "404"})
NOFOLLOW = Finding("changed", {"nofollow_rel": "rel=nofollow"})
ANCHOR = Finding("changed", {"anchor_changed": "other words"})
BOTH = Finding("changed", {"anchor_changed": "other words", "nofollow_rel": "rel=nofollow"})
DOWN = Finding("failing", {"failing": "500"})
SHUT = Finding("blocked", {"blocked": "403"})
CUT = Finding("unclear")
NEVER = Finding("lost", {"absent": ""})


def play(*looks: tuple[float, Finding], start: Standing | None = None) -> tuple[Standing, list[Event]]:
    """Looks at hours, from the beginning."""
    standing, events = start or Standing(), []
    for hours, found in looks:
        moved = advance(standing, found, int(hours * HOUR_US))
        standing = moved.standing
        assert standing.state in STATES
        if moved.event is not None:
            assert moved.event.kind in EVENTS
            events.append(moved.event)
    return standing, events


CASES = {
    "alive tells nothing": ([(0, ALIVE), (1, ALIVE)], "alive", []),
    "500 once then 200": ([(0, ALIVE), (1, DOWN), (2, ALIVE)], "alive", []),
    "removed once then there": ([(0, ALIVE), (1, REMOVED), (3, ALIVE)], "alive", []),
    "removed twice in ten minutes": ([(0, ALIVE), (1, REMOVED), (1.1, REMOVED)], "suspect", []),
    "removed twice in an hour": ([(0, ALIVE), (1, REMOVED), (2, REMOVED)], "lost", ["lost link_removed"]),
    "removed thrice": ([(0, ALIVE), (1, REMOVED), (2, REMOVED), (9, REMOVED)], "lost", ["lost link_removed"]),
    "removed, then page gone": ([(0, ALIVE), (1, REMOVED), (2, GONE)], "lost", ["lost page_gone"]),
    "removed, down, removed": ([(0, ALIVE), (1, REMOVED), (2, DOWN), (3, REMOVED)], "lost", ["lost link_removed"]),
    "removed, cut, removed": ([(0, ALIVE), (1, REMOVED), (2, CUT), (3, REMOVED)], "lost", ["lost link_removed"]),
    "nofollow, then removed": ([(0, ALIVE), (1, NOFOLLOW), (2, REMOVED)], "suspect", []),
    "nofollow and anchor share nofollow": ([(0, ALIVE), (1, NOFOLLOW), (2, BOTH)], "changed", ["changed nofollow_rel"]),
    "nofollow, then anchor": ([(0, ALIVE), (1, NOFOLLOW), (2, ANCHOR)], "suspect", []),
    "one more change is told alone": (
        [(0, ALIVE), (1, NOFOLLOW), (2, NOFOLLOW), (3, BOTH), (4, BOTH)],
        "changed",
        ["changed nofollow_rel", "changed anchor_changed"],
    ),
    "one change less is not told": ([(0, ALIVE), (1, BOTH), (2, BOTH), (3, ANCHOR), (4, ANCHOR)], "changed",
                                    ["changed nofollow_rel anchor_changed"]),
    "back": ([(0, ALIVE), (1, GONE), (2, GONE), (3, ALIVE)], "alive", ["lost page_gone", "restored "]),
    "back with nofollow": (
        [(0, ALIVE), (1, GONE), (2, GONE), (3, NOFOLLOW), (4, NOFOLLOW)],
        "changed",
        ["lost page_gone", "changed nofollow_rel"],
    ),
    "lost stays lost while the page is down": ([(0, ALIVE), (1, GONE), (2, GONE), (3, DOWN), (30, DOWN), (60, DOWN)],
                                               "lost", ["lost page_gone"]),
    "down three times in a day": ([(0, ALIVE), (1, DOWN), (9, DOWN), (24, DOWN)], "suspect", []),
    "down three times over a day": ([(0, ALIVE), (1, DOWN), (9, DOWN), (25, DOWN)], "unreachable",
                                    ["unreachable failing"]),
    "down twice over a day": ([(0, ALIVE), (1, DOWN), (40, DOWN)], "suspect", []),
    "down, up, down, down": ([(0, ALIVE), (1, DOWN), (20, ALIVE), (26, DOWN), (50, DOWN)], "suspect", []),
    "down for a month": ([(0, ALIVE), (1, DOWN), (9, DOWN), (25, DOWN), (24 * 31 + 2, DOWN)], "lost",
                         ["unreachable failing", "lost page_unreachable"]),
    "shut for a year": ([(0, ALIVE), (1, SHUT), (9, SHUT), (25, SHUT), (24 * 365, SHUT)], "unreachable",
                        ["unreachable blocked"]),
    "shut once in a row of failures": ([(0, ALIVE), (1, DOWN), (9, SHUT), (25, DOWN), (24 * 99, DOWN)], "unreachable",
                                       ["unreachable blocked"]),
    "unreachable, then back": ([(0, ALIVE), (1, DOWN), (9, DOWN), (25, DOWN), (30, ALIVE)], "alive",
                               ["unreachable failing", "restored "]),
    "unreachable, suspected, then back": (
        [(0, ALIVE), (1, DOWN), (9, DOWN), (25, DOWN), (30, REMOVED), (31.5, ALIVE)], "alive",
        ["unreachable failing", "restored "]),
    "never seen": ([(0, NEVER), (2, NEVER)], "lost", ["lost absent"]),
}  # fmt: skip


@pytest.mark.parametrize(("looks", "state", "told"), CASES.values(), ids=CASES)
def test_case(looks: list[tuple[float, Finding]], state: str, told: list[str]) -> None:
    standing, events = play(*looks)
    assert standing.state == state
    assert [f"{event.kind} {' '.join(event.reasons)}".strip() for event in events] == [one.strip() for one in told]


def test_since_is_when_it_began_not_when_it_was_confirmed() -> None:
    standing, _ = play((0, ALIVE), (5, REMOVED), (7, REMOVED))
    assert standing.since_us == 5 * HOUR_US
    assert standing.last_alive_us == 0
    standing, _ = play((0, ALIVE), (5, DOWN), (20, DOWN), (40, DOWN))
    assert standing.since_us == 5 * HOUR_US


def test_a_site_may_be_given_up_sooner() -> None:
    looks = [(0, ALIVE), (1, DOWN), (9, DOWN), (25, DOWN)]
    standing, _ = play(*looks)
    assert advance(standing, DOWN, 10 * DAY_US).standing.state == "unreachable"
    assert advance(standing, DOWN, 10 * DAY_US, lost_after_us=7 * DAY_US).standing.state == "lost"


def test_reasons_stand_in_one_order() -> None:
    assert in_order(frozenset(("anchor_changed", "moved", "noindex"))) == ("moved", "noindex", "anchor_changed")
    assert not set(LOST_REASONS) & set(CHANGED_REASONS)
