"""Results of the workbench as JSON objects: a target becomes three members, tables lists of rows, ids text."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from inlink.api.rows import about
from inlink.workbench import Target
from inlink.workbench.json_values import for_json, ids_as_text, is_id

Object = dict[str, Any]
UPPER = "about"
"""A member whose own members stand a step higher."""


def object_of(result: object, *, without: tuple[str, ...] = ()) -> Object:
    """A result dataclass as an object; notes of what it is about come before its own."""
    found: Object = {}
    notes: list[str] = []
    for field in dataclasses.fields(result):  # type: ignore[arg-type]
        value = getattr(result, field.name)
        if field.name in without:
            continue
        if field.name == "notes":
            notes += value
        elif isinstance(value, Target):
            found |= about(value)
        elif field.name == UPPER and dataclasses.is_dataclass(value):
            upper = object_of(value)
            notes += upper.pop("notes", [])
            found |= upper
        else:
            found[field.name] = _plain(field.name, value)
    names = {field.name for field in dataclasses.fields(result)}  # type: ignore[arg-type]
    return {**found, "notes": notes} if "notes" in names or UPPER in names else found


def _plain(name: str, value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        if is_id(name):
            return str(value)
        if is_moment(name):
            return for_json(datetime.fromtimestamp(value / 1e6, UTC))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return object_of(value)
    if isinstance(value, pa.Table):
        return [ids_as_text(row) for row in value.to_pylist()]
    if isinstance(value, Mapping):
        return {str(key): _plain(str(key), item) for key, item in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [_plain("", item) for item in value]
    return for_json(value) if isinstance(value, datetime) else value


def is_moment(name: str) -> bool:
    """Whether a whole number of that name is a time, in microseconds since 1970 UTC."""
    return name.endswith("_at")
