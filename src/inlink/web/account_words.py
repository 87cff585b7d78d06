"""How accounts are said on a page: times, browsers, sentences."""

from __future__ import annotations

import time
from datetime import UTC, datetime

BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "macOS"}
ROOM = 60


def at(value_us: int) -> str:
    """2026-11-15 06:12, of microseconds since 1970 UTC."""
    return datetime.fromtimestamp(value_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M")


def on_day(value_us: int) -> str:
    """2026-11-15, of microseconds since 1970 UTC."""
    return datetime.fromtimestamp(value_us / 1e6, UTC).strftime("%Y-%m-%d")


def at_second(value_us: int) -> str:
    """2026-11-15 06:12:41, of microseconds since 1970 UTC."""
    return datetime.fromtimestamp(value_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S")


def is_past(value_us: int) -> bool:
    """Whether a time has come, in microseconds since 1970 UTC."""
    return time.time_ns() // 1000 >= value_us


def browser(agent: str) -> str:
    """Firefox on Linux; the beginning of what it calls itself where that is nothing known."""
    name = next((name for mark, name in BROWSERS.items() if mark in agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), "Linux" if "Linux" in agent else "")
    if not name:
        return (agent[:ROOM] + "…" if len(agent) > ROOM else agent) or "unknown"
    return f"{name} on {system}" if system else name


def capitalized(text: str) -> str:
    """The text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


FILTERS = {
    "at": at,
    "on_day": on_day,
    "at_second": at_second,
    "is_past": is_past,
    "browser": browser,
    "capitalized": capitalized,
}
