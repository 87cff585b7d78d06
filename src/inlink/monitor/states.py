"""The state machine: what looks, one after the other, make of a watch.

    new, alive --look finds it lost or changed--> suspect --the same again, an hour later--> lost, changed
    new, alive --page does not answer--> suspect --three in a row over 24 hours--> unreachable
    unreachable --no answer for `lost_after_us`--> lost (page_unreachable); never where the page merely shuts robots out
    any --link seen as it was--> alive; an event `restored` where lost, changed or unreachable was told before

A single look never tells anything: "we could not see it" and "it is not there" are different things, and both may pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from inlink.monitor.words import in_order

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
CONFIRM_US = HOUR_US  # lost and changed are seen twice, so far apart
FAILED_TRIES, FAILED_US = 3, DAY_US
LOST_AFTER_US = 30 * DAY_US
_TOLD = ("lost", "changed", "unreachable")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look says of a watch: kind is one of words.FINDINGS; reasons are slugs with what was seen.

    place: the page that holds the link now, where it is not the one that was asked.
    """

    kind: str
    reasons: Mapping[str, str] = field(default_factory=dict)
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a watch stands. Units: all times microseconds since 1970 UTC.

    doubt, doubt_reasons, doubt_since_us: what looks say that is not confirmed yet. failing_since_us, n_failed: looks in
    a row that told nothing; is_blocked: one of them was a refusal to robots.
    """

    state: str = "new"
    since_us: int = 0
    reasons: tuple[str, ...] = ()
    place: str | None = None
    doubt: str = ""
    doubt_reasons: tuple[str, ...] = ()
    doubt_since_us: int = 0
    n_failed: int = 0
    failing_since_us: int = 0
    is_blocked: bool = False
    last_alive_us: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something to tell: kind is one of words.EVENTS, reasons are slugs with what was seen."""

    kind: str
    before: str
    reasons: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Moved:
    """A standing after one more look, with the event that it made, if any."""

    standing: Standing
    event: Event | None = None


def advance(before: Standing, found: Finding, at_us: int, *, lost_after_us: int = LOST_AFTER_US) -> Moved:
    """The standing after one more look. Looks come in order of time."""
    if found.kind == "alive":
        return _alive(before, found, at_us)
    if found.kind in ("lost", "changed"):
        return _doubted(before, found, at_us)
    if found.kind == "unclear":
        return Moved(before)
    return _failed(before, found, at_us, lost_after_us)


def _alive(before: Standing, found: Finding, at_us: int) -> Moved:
    since = before.since_us if before.state == "alive" else at_us
    after = Standing("alive", since, place=found.place, last_alive_us=at_us)
    told = before.state if before.state in _TOLD else _told_behind(before)
    return Moved(after, Event("restored", told, found.reasons) if told else None)


def _told_behind(before: Standing) -> str:
    """What was told before a suspicion that stands over it."""
    return "" if before.state != "suspect" or not before.reasons else "unreachable"


def _doubted(before: Standing, found: Finding, at_us: int) -> Moved:
    """A look that found the link lost or changed: confirmed by one before, at least an hour ago, that said the same."""
    reached = replace(before, n_failed=0, failing_since_us=0, is_blocked=False)
    if found.kind == "changed":
        reached = replace(reached, last_alive_us=at_us)
    slugs = in_order(frozenset(found.reasons))
    if before.state == found.kind and (found.kind == "lost" or before.reasons == slugs):
        return Moved(replace(reached, doubt="", doubt_reasons=(), doubt_since_us=0, place=found.place or before.place))
    shared = slugs if found.kind == "lost" else tuple(s for s in slugs if s in before.doubt_reasons)
    if before.doubt != found.kind or not shared:
        state = before.state if before.state in ("lost", "changed") else "suspect"
        return Moved(
            replace(
                reached,
                state=state,
                since_us=before.since_us if state == before.state else at_us,
                doubt=found.kind,
                doubt_reasons=slugs,
                doubt_since_us=at_us,
            )
        )
    if at_us - before.doubt_since_us < CONFIRM_US:
        return Moved(replace(reached, doubt_reasons=shared))
    last = at_us if found.kind == "changed" else before.last_alive_us
    after = Standing(found.kind, before.doubt_since_us, shared, found.place, last_alive_us=last)
    told = before.reasons if before.state == found.kind else ()
    news = {slug: found.reasons[slug] for slug in shared if slug not in told}
    return Moved(after, Event(found.kind, before.state, news) if news else None)


def _failed(before: Standing, found: Finding, at_us: int, lost_after_us: int) -> Moved:
    """A look that told nothing."""
    since = before.failing_since_us if before.n_failed else at_us
    after = replace(
        before,
        n_failed=before.n_failed + 1,
        failing_since_us=since,
        is_blocked=before.is_blocked or found.kind == "blocked",
    )
    if before.state in ("lost", "changed"):
        return Moved(after)
    slug = "blocked" if after.is_blocked else "failing"
    detail = found.reasons.get(found.kind, "")
    if before.state == "unreachable":
        if after.is_blocked or at_us - since < lost_after_us:
            return Moved(after)
        gone = Standing("lost", at_us, ("page_unreachable",), last_alive_us=before.last_alive_us)
        gone = replace(gone, n_failed=after.n_failed, failing_since_us=since)
        return Moved(gone, Event("lost", before.state, {"page_unreachable": detail}))
    if after.n_failed >= FAILED_TRIES and at_us - since >= FAILED_US:
        shut = replace(after, state="unreachable", since_us=since, reasons=(slug,))
        return Moved(shut, Event("unreachable", before.state, {slug: detail}))
    if before.state != "suspect":
        after = replace(after, state="suspect", since_us=at_us)
    return Moved(after)
