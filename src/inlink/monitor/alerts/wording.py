"""Events in words: a line for each, safe to put into a mail's subject, a feed or a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from inlink.monitor.keeping import Told
from inlink.monitor.words import EVENTS, REASONS

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff\ud800-\udfff]")
_MAX = 300


def safe(text: str) -> str:
    """One line without control and bidi characters; what pages say is hostile."""
    text = _UNSAFE.sub(" ", text)
    return text if len(text) <= _MAX else text[: _MAX - 1] + "…"


def headline(event: Told) -> str:
    """What happened, where."""
    label = f"[{event.label}] " if event.label else ""
    return safe(f"{label}{event.kind}: {event.source_url} → {event.target}")


def lines(event: Told) -> list[str]:
    """What happened, with everything that was seen."""
    found = [headline(event), f"  {EVENTS[event.kind]}, seen {when(event.at_us)}"]
    found += [f"  {REASONS[slug]}" + (f" — {safe(detail)}" if detail else "") for slug, detail in event.reasons.items()]
    if event.anchor:
        found.append(f"  words of the link: {safe(event.anchor)}")
    if event.place:
        found.append(f"  it stands on: {safe(event.place)}")
    return found


def subject(events: Sequence[Told]) -> str:
    """What a message is about."""
    if len(events) == 1:
        return headline(events[0])
    counts = {kind: sum(event.kind == kind for event in events) for kind in EVENTS}
    said = ", ".join(f"{n:,} {kind}" for kind, n in counts.items() if n)
    return f"{len(events):,} changes of watched links: {said}"


def when(at_us: int) -> str:
    """A time as people read it."""
    return f"{datetime.fromtimestamp(at_us / 1e6, UTC):%Y-%m-%d %H:%M} UTC"


def iso(at_us: int) -> str:
    """A time as programs read it (RFC 3339)."""
    return f"{datetime.fromtimestamp(at_us // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"
