"""Answers that are short lists: rows of Python, page by page, in the forms that tables have."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from inlink.api import answering
from inlink.api.answering import MEDIA, Source, bench_of
from inlink.api.objects import object_of
from inlink.api.parameters import MAX_PAGE, Listed
from inlink.api.rows import about, checked_format
from inlink.errors import BadInput, NotConfigured, NotFound
from inlink.workbench import Target
from inlink.workbench.json_values import ids_as_text, to_json
from inlink.workbench.writing import CSV_END, cell, harmless

Row = Mapping[str, object]

MOST_AT_ONCE = 100_000
"""Rows of an answer that is made whole in memory."""


def at_most(limit: int | None, n_made: int = 0) -> int:
    """The rows to make for a limit: one more than may be, so that `check_whole` sees that there are more.

    n_made: rows of the answer that are made already.
    """
    most = MOST_AT_ONCE + 1 - n_made
    return most if limit is None else min(limit, most)


def check_whole(n_rows: int, what: str, hint: str) -> None:
    """Raises: BadInput for an answer of more rows than are made whole in memory."""
    if n_rows > MOST_AT_ONCE:
        raise BadInput(f"{what}: at most {MOST_AT_ONCE:,} rows are made whole in memory", hint=hint)


def send_list(
    request: Request, asked: Listed, kind: type, found: Sequence[object], *, notes: Sequence[str] = ()
) -> Response:
    """A page of a list of result dataclasses of one kind."""
    shown, cursor = page_of(found, asked.limit, asked.cursor)
    columns = [field.name for field in dataclasses.fields(kind)]
    rows = [object_of(one) for one in shown]
    return send_dicts(
        request, asked.format, columns, rows, source=served(request), n_total=len(found), cursor=cursor, notes=notes
    )


def page_of(found: Sequence[Any], limit: int | None, cursor: str | None) -> tuple[Sequence[Any], str | None]:
    """The rows of a page, and what asks for the next one. Raises: BadInput."""
    if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise BadInput("this is no cursor", hint="ask again without a cursor")
    start = int(cursor or 0)
    end = len(found) if limit is None else start + limit
    return found[start:end], str(end) if end < len(found) else None


def served(request: Request) -> Source:
    """What is served; nothing before the first build."""
    try:
        return Source(*bench_of(request).served)
    except (NotFound, NotConfigured):
        return Source(None)


def send_dicts(
    request: Request,
    asked_format: str | None,
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    source: Source,
    n_total: int | None,
    cursor: str | None = None,
    notes: Sequence[str] = (),
    target: Target | None = None,
    more: Mapping[str, object] | None = None,
    tag: str | None = None,
) -> Response:
    """Rows of Python in the form that is asked for. more: members that stand before the rows."""
    format = checked_format(request, asked_format)
    if format == "json" and len(rows) > MAX_PAGE:
        raise BadInput(f"JSON answers hold at most {MAX_PAGE:,} rows", hint="set a limit and follow `next`")
    links = answering.next_link(request, cursor)
    if format == "json":
        body = answering.envelope(
            source,
            {
                **(about(target) if target is not None else {}),
                "n_total": n_total,
                "cursor": cursor,
                "next": answering.next_page(request, cursor),
                "notes": list(notes),
                **(more or {}),
                "rows": [ids_as_text(row) for row in rows],
            },
        )
    else:
        body = {"csv": _csv, "jsonl": _jsonl}[format](columns, rows)
        links |= answering.said(notes)
    return answering.send_whole(request, body, MEDIA[format], source, tag=tag, **links)


def _jsonl(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    return "".join(to_json(ids_as_text({name: row.get(name) for name in columns})) + "\n" for row in rows).encode()


def _csv(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator=CSV_END)
    writer.writerow(map(harmless, columns))
    writer.writerows([cell(row.get(name)) for name in columns] for row in rows)
    return out.getvalue().encode()
