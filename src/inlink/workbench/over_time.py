"""Referring domains over time: how many there were, which were new or lost, and which nobody has looked at since.

A domain refers from the first capture that holds one of its links to the capture that no longer held the last of them;
what happened in between is not told apart. The last step counts what the overview counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from inlink.index.serving_overview import stays_sql
from inlink.index.serving_sql import Sql
from inlink.workbench.hand_stays import Stay, stays_of
from inlink.workbench.places import Found, Served
from inlink.workbench.results import Target

STAYS = date.max.toordinal() + 1000  # the last day of what is not lost
MOST_DAYS, MOST_WEEKS, MOST_MONTHS = 21, 200, 2200  # days that are drawn as days, weeks, months; more are years


@dataclass(frozen=True, slots=True)
class Step:
    """One step of time, from `start` to before `end`, with the state at its end.

    n_new: seen for the first time, on a page that an earlier look had found without the link.
    n_found: seen for the first time with the first look at the page; since when it links is not known.
    n_unseen: domains that still count though no look at one of their links was in this step or later.
    """

    start: date
    end: date
    n_domains: int
    n_new: int
    n_found: int
    n_lost: int
    n_unseen: int


@dataclass(frozen=True, slots=True)
class OverTime:
    """The steps, oldest first; unit: day, week, month or year.

    is_compared: whether any page was looked at twice, so that new and lost can be told at all.
    """

    target: Target
    snapshot: str
    unit: str
    steps: tuple[Step, ...]
    is_compared: bool


def over_time(served: Served, found: Found, *, infrastructure: bool = False) -> OverTime:
    """Referring domains of a target over time; counted once for a served file."""
    key = ("over_time", found.span("links"), infrastructure)
    kept = served.remembered.get(key)
    if kept is None:
        kept = _steps_of(served, found, infrastructure=infrastructure)
        served.remember(key, kept)
    unit, steps, is_compared = kept
    return OverTime(found.target, served.serving.snapshot, unit, steps, is_compared)


def _steps_of(served: Served, found: Found, *, infrastructure: bool) -> tuple[str, tuple[Step, ...], bool]:
    stays, is_compared = _counted(served, found, infrastructure=infrastructure)
    latest = datetime.fromisoformat(served.serving.meta["latest_capture"]).date() if stays else date.min
    unit = _unit(min((stay.first for stay in stays), default=latest), latest)
    return unit, tuple(_steps(stays, unit, latest)), is_compared


def _counted(served: Served, found: Found, *, infrastructure: bool) -> tuple[list[Stay], bool]:
    span = found.span("links")
    hand = served.hands.of(served.serving, span)
    told = stays_of(hand, infrastructure=infrastructure) if hand is not None else None
    if told is not None:
        return told
    sql = stays_sql(span, infrastructure=infrastructure)
    is_kept = found.answer is not None and not infrastructure
    if is_kept:
        sql = Sql("SELECT first, last, lost, is_new, n, twice FROM stays WHERE answer = ?", (found.answer,))
    rows = served.serving.rows(sql, is_long=served.is_long(span) and not is_kept)
    stays = [Stay(first, last, lost, bool(is_new), n) for first, last, lost, is_new, n, _ in rows]
    return stays, any(twice for *_, twice in rows)


def _unit(first: date, latest: date) -> str:
    days = (latest - first).days
    if days <= MOST_DAYS:
        return "day"
    return "week" if days <= MOST_WEEKS else "month" if days <= MOST_MONTHS else "year"


def _steps(stays: Sequence[Stay], unit: str, latest: date) -> Iterator[Step]:
    """The steps from the first look to the latest."""
    if not stays:
        return
    first, last, lost = (np.array(days, np.int64) for days in zip(*(_days(stay) for stay in stays), strict=True))
    n = np.array([stay.n for stay in stays], np.int64)
    is_new = np.array([stay.is_new for stay in stays], np.bool_)
    start = step_start(min(stay.first for stay in stays), unit)
    while start <= latest:
        end = next_start(start, unit)
        low, high = start.toordinal(), end.toordinal()
        is_there, came = (first < high) & (lost >= high), (first >= low) & (first < high)
        yield Step(
            start,
            end,
            n_domains=int(n[is_there].sum()),
            n_new=int(n[came & is_new].sum()),
            n_found=int(n[came & ~is_new].sum()),
            n_lost=int(n[(lost >= low) & (lost < high)].sum()),
            n_unseen=int(n[is_there & (last < low)].sum()),
        )
        start = end


def _days(stay: Stay) -> tuple[int, int, int]:
    """The days of a stay as numbers; one that is not over ends beyond all steps."""
    return stay.first.toordinal(), stay.last.toordinal(), STAYS if stay.lost is None else stay.lost.toordinal()


def step_start(day: date, unit: str) -> date:
    """The first day of the step that a day is in; weeks begin on Monday."""
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day.replace(month=1, day=1)


def next_start(start: date, unit: str) -> date:
    """The first day of the next step."""
    if unit in ("day", "week"):
        return start + timedelta(days=1 if unit == "day" else 7)
    if unit == "month":
        return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return start.replace(year=start.year + 1)
