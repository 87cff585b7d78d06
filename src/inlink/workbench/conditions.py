"""Turn the tree of a filter into SQL with parameters, checked against the columns of the question."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from inlink.errors import BadInput
from inlink.index.serving_sql import Sql
from inlink.workbench.filters import All, Comparison, Filter, Not

TAKES = {
    "text": ("=", "!=", "<", "<=", ">", ">=", "in", "contains", "starts", "ends", "matches", "between"),
    "int": ("=", "!=", "<", "<=", ">", ">=", "in", "between"),
    "float": ("=", "!=", "<", "<=", ">", ">=", "in", "between"),
    "bool": ("=", "!=", "in"),
    "time": ("=", "!=", "<", "<=", ">", ">=", "between", "in"),
    "list": ("contains",),
}
"""Operators that take a value, by the type of the column; besides, every column takes `is null` and `is not null`."""

_DAY = timedelta(days=1)
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Field:
    """What a filter may name: the SQL of the column, its type, the joins it needs."""

    sql: str
    type: str
    needs: tuple[str, ...] = ()


def condition(tree: Filter | None, fields: Mapping[str, Field]) -> Sql:
    """The SQL of the tree; empty for none. A row whose value is unknown satisfies `is null` alone.

    Raises: BadInput for an unknown column (with the nearest name), an operator or a value that does not fit.
    """
    if tree is None:
        return Sql()
    if isinstance(tree, Comparison):
        return _test(tree, fields)
    if isinstance(tree, Not):
        inner = condition(tree.inner, fields)
        return Sql(f"NOT ({inner.text})", inner.params, inner.needs)
    joint = " AND " if isinstance(tree, All) else " OR "
    parts = [condition(part, fields) for part in tree.parts]
    text = joint.join(f"({part.text})" for part in parts)
    return Sql(text, tuple(p for s in parts for p in s.params), frozenset(n for s in parts for n in s.needs))


def nearest(name: str, names: Mapping[str, object]) -> str:
    """A hint that names the column that was probably meant, or all of them."""
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"columns are {', '.join(names)}"


def _test(test: Comparison, fields: Mapping[str, Field]) -> Sql:
    field = fields.get(test.column)
    if field is None:
        raise BadInput(
            f"filter: there is no column {test.column!r} at position {test.position + 1}",
            hint=nearest(test.column, fields),
            position=test.position + 1,
        )
    if test.operator in ("is null", "is not null"):
        made = Sql(f"{field.sql} {test.operator.upper()}")
    elif field.type == "list":
        made = _on_list(test, field.sql)
    elif field.type == "text":
        made = _on_text(test, field.sql)
    elif field.type == "time":
        made = _on_time(test, field.sql)
    else:
        made = _on_plain(test, field)
    text = f"NOT ({made.text})" if test.is_negated else made.text
    return Sql(text, made.params, frozenset(field.needs))


def _on_list(test: Comparison, sql: str) -> Sql:
    if test.operator not in TAKES["list"]:
        raise _unfit(test, "contains, is null, is not null")
    return Sql(f"list_contains({sql}, ?)", test.values)


def _on_text(test: Comparison, sql: str) -> Sql:
    """Text compares exactly; contains, starts and ends ignore case; matches is an RE2 expression found anywhere."""
    functions = {"contains": "contains", "starts": "starts_with", "ends": "suffix"}
    if test.operator in functions:
        return Sql(f"{functions[test.operator]}(lower({sql}), ?)", (test.values[0].lower(),))
    if test.operator == "matches":
        _check_pattern(test)
        return Sql(f"regexp_matches({sql}, ?)", test.values)
    if test.operator not in TAKES["text"]:
        raise _unfit(test, " ".join(TAKES["text"]))
    return _compared(test, sql, test.values)


def _on_time(test: Comparison, sql: str) -> Sql:
    """A date without a time of day means the whole day, in UTC."""
    if test.operator not in TAKES["time"]:
        raise _unfit(test, " ".join(TAKES["time"]))
    times = [_time(test, value) for value in test.values]
    ends = [_end(time, _DAY if is_day else timedelta(microseconds=1)) for time, is_day in times]
    starts = [time for time, _ in times]
    if test.operator == "between":
        return Sql(f"{sql} >= ? AND {sql} < ?", (starts[0], ends[1]))
    if test.operator in ("<", ">="):
        return Sql(f"{sql} {test.operator} ?", (starts[0],))
    if test.operator in ("<=", ">"):
        return Sql(f"{sql} {'<' if test.operator == '<=' else '>='} ?", (ends[0],))
    within = " OR ".join(f"({sql} >= ? AND {sql} < ?)" for _ in starts)
    params = tuple(value for pair in zip(starts, ends, strict=True) for value in pair)
    return Sql(f"NOT ({within})" if test.operator == "!=" else within, params)


def _on_plain(test: Comparison, field: Field) -> Sql:
    if test.operator == "true":
        if field.type != "bool":
            raise _unfit(test, " ".join(TAKES[field.type]))
        return Sql(field.sql)
    if test.operator not in TAKES[field.type]:
        raise _unfit(test, " ".join(TAKES[field.type]))
    read = {"bool": _bool, "int": _int, "float": _float}[field.type]
    return _compared(test, field.sql, tuple(read(test, value) for value in test.values))


def _compared(test: Comparison, sql: str, values: tuple[object, ...]) -> Sql:
    if test.operator == "in":
        return Sql(f"{sql} IN ({', '.join('?' for _ in values)})", values)
    if test.operator == "between":
        return Sql(f"{sql} BETWEEN ? AND ?", values)
    return Sql(f"{sql} {test.operator} ?", values)


def _unfit(test: Comparison, allowed: str) -> BadInput:
    what = "a comparison is missing" if test.operator == "true" else f"{test.operator!r} does not fit"
    return BadInput(
        f"filter: {what} for column {test.column} at position {test.position + 1}",
        hint=f"it takes {allowed}",
        position=test.position + 1,
    )


def _wrong(test: Comparison, value: str, wanted: str) -> BadInput:
    return BadInput(
        f"filter: {value!r} is no {wanted} for column {test.column} at position {test.position + 1}",
        hint=f"{test.column} takes a {wanted}",
        position=test.position + 1,
    )


def _bool(test: Comparison, value: str) -> bool:
    known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if value.lower() not in known:
        raise _wrong(test, value, "true or false")
    return known[value.lower()]


def _int(test: Comparison, value: str) -> int:
    try:
        number = int(value)
    except ValueError:
        raise _wrong(test, value, "whole number") from None
    if not -(1 << 63) <= number < 1 << 64:
        raise _wrong(test, value, "number of 64 bits")
    return number


def _float(test: Comparison, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise _wrong(test, value, "number") from None


def _time(test: Comparison, value: str) -> tuple[datetime, bool]:
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise _wrong(test, value, "date (2026-05-31 or 2026-05-31T12:00)") from None
    is_day = len(value) <= len("2026-05-31")
    try:
        return (time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)), is_day
    except OverflowError:
        raise _wrong(test, value, "date between the years 1 and 9999") from None


def _end(time: datetime, more: timedelta) -> datetime:
    """The first moment behind a time; the last that there is stays itself."""
    return time + more if time <= _LAST - more else _LAST


def _check_pattern(test: Comparison) -> None:
    try:
        pc.match_substring_regex(pa.array([""]), pattern=test.values[0])
    except pa.ArrowInvalid as error:
        raise BadInput(
            f"filter: {test.values[0]!r} is no regular expression at position {test.position + 1}",
            hint=f"RE2 syntax: {error}",
            position=test.position + 1,
        ) from None
