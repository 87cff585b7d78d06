"""One value of a table, as each output form writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from inlink.cli.text import clean
from inlink.workbench.json_values import for_json
from inlink.workbench.writing import harmless

UNKNOWN = "–"
EMPTY = '""'


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
