"""Dates of archives and lists, to microseconds since 1970 UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_ISO = re.compile(
    r"(\d{4})(?:-?(\d\d)(?:-?(\d\d)(?:[T ]?(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?)?)?)?"
    r"\s*(Z|[+-]\d\d:?\d\d)?\s*"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_YEAR = 1990  # nothing was on the web before


def warc_date(text: str) -> int | None:
    """Microseconds since 1970 UTC of a WARC-Date or an ARC date; None where it is no date.

    A truncated date (2013, 2013-05, 2013-05-27T12) means its first instant.
    """
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
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int((moment - _EPOCH).total_seconds()) * 1_000_000 if moment.year >= _FIRST_YEAR else None
