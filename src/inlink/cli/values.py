"""One value of a table, as each output form writes it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date, datetime

from inlink.cli.text import clean
from inlink.workbench.exporting import harmless

UNKNOWN = "–"
EMPTY = '""'

# In JSON a control or bidi character may stand raw; written as \uXXXX it is the same text and moves no terminal.
_UNSAFE = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


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


def for_csv(value: object) -> str:
    """The value as a CSV cell: empty where unknown, never a formula."""
    text = plain(value)
    return text if isinstance(value, int | float) else harmless(text)


def for_tsv(value: object) -> str:
    """The value as a field between tabs: one line, no control characters."""
    return clean(plain(value))


def plain(value: object) -> str:
    """The value in words: empty where unknown, true or false, lists with spaces between, objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return " ".join(plain(item) for item in value)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return json.dumps(for_json(value), ensure_ascii=False)
    return str(for_json(value))


def for_table(value: object, column: str = "") -> str:
    """The value as people read it: thousands apart, days without the hour, a dash where unknown."""
    if value is None:
        return "unknown" if column == "value" else UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, int):
        return str(value) if column.endswith(("_id", "_status", "year")) else f"{value:,}"
    if isinstance(value, float):
        return f"{value:.0%}" if column.endswith("share") else f"{value:,.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(for_table(item) for item in value)
    return clean(plain(value)) or EMPTY


def is_number(value: object) -> bool:
    """True for what stands right-aligned."""
    return isinstance(value, int | float) and not isinstance(value, bool)
