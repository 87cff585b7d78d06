"""Values as JSON holds them, the same from every face: times in UTC, 64-bit ids as text, nothing moves a screen."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date, datetime

# In JSON a control or bidi character may stand raw; written as \uXXXX it is the same text and moves no terminal.
UNSAFE = "\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff"
_UNSAFE = re.compile(f"[{UNSAFE}]")


def for_json(value: object) -> object:
    """The value as JSON can hold it: times in ISO 8601 with Z, what JSON has no word for as text."""
    if isinstance(value, datetime):
        return iso_time(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(key): for_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [for_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value if isinstance(value, str | int | float | None) else str(value)


def to_json(value: object, *, indent: int | None = None) -> str:
    """JSON text with letters of all scripts as they are and unsafe characters escaped."""
    text = json.dumps(for_json(value), ensure_ascii=False, indent=indent, allow_nan=False)
    return _UNSAFE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match.group())[1:-1]


def iso_time(value: datetime) -> str:
    """2026-11-15T06:12:41Z; a fraction of a second only where there is one."""
    text = value.replace(tzinfo=None).isoformat()
    return f"{text}Z"


def ids_as_text(row: Mapping[str, object]) -> dict[str, object]:
    """The row with its 64-bit ids as digits in quotes: many JSON readers would round the numbers."""
    return {
        name: str(value) if is_id(name) and isinstance(value, int) else for_json(value) for name, value in row.items()
    }


def is_id(name: str) -> bool:
    """Whether a column of that name holds 64-bit ids where it holds whole numbers."""
    return name.endswith("_id")
