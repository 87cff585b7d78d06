"""Dates as pages write them, to microseconds since 1970 UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

_DAY: Final = re.compile(r"\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_FIRST_YEAR: Final = 1990
_SLACK_US: Final = 3 * 86_400 * 1_000_000  # clocks and time zones
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def page_date(text: str, seen_us: int) -> int | None:
    """The moment that the text names; None where it names none, or one before the web or after the page was seen.

    A date without a zone counts as UTC.
    """
    moment = _parsed(text.strip()[:64])
    if moment is None or moment.year < _FIRST_YEAR:
        return None
    micros = (moment - _EPOCH) // timedelta(microseconds=1)
    return micros if micros <= seen_us + _SLACK_US else None


def _parsed(text: str) -> datetime | None:
    if not text or not any(c.isdigit() for c in text):
        return None
    for read in (datetime.fromisoformat, _day, parsedate_to_datetime):
        try:
            moment = read(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        try:
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except OverflowError:
            continue
    return None


def _day(text: str) -> datetime:
    match = _DAY.match(text)
    if match is None:
        raise ValueError(text)
    return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC)
