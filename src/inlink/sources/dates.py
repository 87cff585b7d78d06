"""Dates of archives and lists, to microseconds since 1970 UTC."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

_ISO = re.compile(
    r"(\d{4})(?:-?(\d\d)(?:-?(\d\d)(?:[T ]?(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?)?)?)?"
    r"\s*(Z|[+-]\d\d:?\d\d)?\s*"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_USUAL = len("2013-05-27T12:34:56Z")
_FIRST_YEAR = 1990  # nothing was on the web before


def warc_date(text: str) -> int | None:
    """Microseconds since 1970 UTC of a WARC-Date or an ARC date; None where it is no date.

    A truncated date (2013, 2013-05, 2013-05-27T12) means its first instant.
    """
    if len(text) == _USUAL and text[10] == "T" and text[-1] == "Z":  # as nearly all are
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        return int(moment.timestamp()) * 1_000_000 if moment.year >= _FIRST_YEAR else None
    match = _ISO.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        )
    except ValueError:
        return None
    if moment.year < _FIRST_YEAR:
        return None
    micros = int((moment - _EPOCH).total_seconds()) * 1_000_000 - _zone_micros(zone)
    return micros + int((fraction or "0").ljust(6, "0")[:6])


def _zone_micros(zone: str | None) -> int:
    if zone is None or zone == "Z":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return (-minutes if zone[0] == "-" else minutes) * 60_000_000


def http_date(text: str) -> int | None:
    """Microseconds since 1970 UTC of an HTTP Date header; None where it is no date."""
    try:
        moment = parsedate_to_datetime(text[:64])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int((moment - _EPOCH).total_seconds()) * 1_000_000 if moment.year >= _FIRST_YEAR else None


class DateOrder(Enum):
    """Which part of a date like 3/4/2020 comes first."""

    YMD = "ymd"
    DMY = "dmy"
    MDY = "mdy"


_PARTS = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})\.?(?:[ T,]+(\d{1,2}):(\d\d)(?::(\d\d))?)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = re.compile(r"([a-z]{3})[a-z]*\.?\s+(\d{1,2}),?\s+(\d{4})|(\d{1,2})\.?\s+([a-z]{3})[a-z]*\.?,?\s+(\d{4})")


def date_order(samples: Iterable[str]) -> DateOrder:
    """The order that a column's dates show; day first where they leave it open, as all but one country write it."""
    for text in samples:
        match = _PARTS.match(text.strip())
        if match is None or len(match[1]) == 4 or len(match[3]) != 4:
            continue
        if int(match[1]) > 12:
            return DateOrder.DMY
        if int(match[2]) > 12:
            return DateOrder.MDY
    return DateOrder.DMY


def listed_date(text: str, order: DateOrder) -> int | None:
    """Microseconds since 1970 UTC of a date in a list: ISO, by numbers, or with an English month; None otherwise."""
    text = text.strip().lower()
    named = _NAMED.match(text)
    if named is not None:
        month, day, year = (named[1], named[2], named[3]) if named[1] else (named[5], named[4], named[6])
        return warc_date(f"{year}-{_MONTHS.index(month) + 1:02d}-{int(day):02d}") if month in _MONTHS else None
    parts = _PARTS.fullmatch(text)
    if parts is None:
        return warc_date(text.upper())
    a, b, c, hour, minute, second = parts.groups()
    if len(a) == 4:
        year, month, day = a, b, c
    elif len(c) == 4:
        year, month, day = (c, b, a) if order is not DateOrder.MDY else (c, a, b)
    else:
        return None
    clock = f"T{int(hour):02d}:{minute}:{second or '00'}" if hour else ""
    return warc_date(f"{year}-{int(month):02d}-{int(day):02d}{clock}")
