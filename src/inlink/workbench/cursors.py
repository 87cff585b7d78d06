"""Cursors: where a page of an answer ended, as opaque text bound to the snapshot and the view."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from inlink.errors import BadInput
from inlink.index.serving_sql import Key, Sql
from inlink.workbench.options import View

_HINT = "ask again without a cursor"


@dataclass(frozen=True, slots=True)
class Cursor:
    """The sort keys of the last row shown, how many rows were shown, and how many there are."""

    keys: tuple[Any, ...]
    n_shown: int
    n_total: int | None


def view_digest(question: str, target: str, view: View) -> str:
    """What a cursor is bound to: all that decides rows and order; not the page's size, nor the columns."""
    facts = {name: value for name, value in asdict(view).items() if name not in ("limit", "cursor", "columns")}
    text = json.dumps([question, target, facts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write_cursor(cursor: Cursor, snapshot: str, digest: str) -> str:
    """The cursor as text."""
    body = [1, snapshot, digest, [_coded(key) for key in cursor.keys], cursor.n_shown, cursor.n_total]
    raw = json.dumps(body, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_check(raw) + raw).rstrip(b"=").decode()


def _check(raw: bytes) -> bytes:
    """Six bytes that tell a cursor which was changed: its values stand in a query as they are."""
    return hashlib.sha256(raw).digest()[:6]


def read_cursor(text: str, snapshot: str, digest: str, n_keys: int) -> Cursor:
    """The cursor of a text.

    Raises: BadInput for a damaged cursor, or one of another snapshot or view.
    """
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if raw[:6] != _check(raw[6:]):
            raise ValueError
        version, of_snapshot, of_view, keys, n_shown, n_total = json.loads(raw[6:])
        cursor = Cursor(tuple(_decoded(key) for key in keys), n_shown, n_total)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BadInput("this is no cursor", hint=_HINT) from None
    if version != 1 or of_view != digest or len(cursor.keys) != n_keys:
        raise BadInput("the cursor belongs to another question or view", hint=_HINT)
    if of_snapshot != snapshot:
        raise BadInput(f"the cursor belongs to snapshot {of_snapshot}, now {snapshot} is served", hint=_HINT)
    return cursor


def after(keys: Sequence[Key], values: Sequence[Any]) -> Sql:
    """The rows behind the one with these sort keys; unknown comes last in either direction."""
    options: list[str] = []
    params: list[Any] = []
    for n, (key, value) in enumerate(zip(keys, values, strict=True)):
        if value is None:
            continue
        same = [f"{k.sql} IS NOT DISTINCT FROM ?" for k in keys[:n]]
        sign = "<" if key.is_descending else ">"
        options.append(" AND ".join([*same, f"({key.sql} {sign} ? OR {key.sql} IS NULL)"]))
        params += [*values[:n], value]
    return Sql(" OR ".join(f"({option})" for option in options) or "false", tuple(params))


def _coded(value: Any) -> Any:
    return {"t": value.isoformat()} if isinstance(value, datetime) else value


def _decoded(value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromisoformat(value["t"])
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise ValueError
