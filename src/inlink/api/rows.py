"""Answers of rows: a page of them as JSON, JSON Lines or CSV, or a whole view as it streams."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import pyarrow as pa
from fastapi import Request
from fastapi.responses import Response

from inlink.api import answering
from inlink.api.answering import MEDIA, Source, bench_of
from inlink.api.parameters import FORMATS, MAX_PAGE
from inlink.errors import BadInput
from inlink.workbench import Rows, RowStream, Target
from inlink.workbench.exporting import chunks as chunks_of
from inlink.workbench.json_values import to_json
from inlink.workbench.sending import leave_place, take_place
from inlink.workbench.writing import csv_chunks, jsonl_chunks, objects

Ask = Callable[[int | None], Rows]
Stream = Callable[[int | None], RowStream]


def answer(
    request: Request, asked_format: str | None, limit: int | None, ask: Ask, stream: Stream | None = None
) -> Response:
    """The page that `ask` gives for a limit; beyond MAX_PAGE rows, what `stream` gives."""
    format = checked_format(request, asked_format)
    is_long = limit is None or limit > MAX_PAGE
    if is_long and format == "json":
        raise BadInput(
            f"JSON answers hold at most {MAX_PAGE:,} rows", hint="follow `next`, or ask for format=jsonl or format=csv"
        )
    bench = bench_of(request)
    source = Source(*bench.served)
    tag = answering.question_tag(request, source, format)
    if answering.is_known(request, tag):
        return answering.not_modified(source, tag)
    if is_long and stream is not None:
        return send_stream(request, lambda: stream(limit), format)
    return send_rows(request, ask(limit), format)


def checked_format(request: Request, asked: str | None, known: Sequence[str] = FORMATS) -> str:
    """The form of the answer. Raises: BadInput for one that does not exist."""
    format = answering.format_of(request, asked)
    if format not in known:
        raise BadInput(f"there is no format {format!r}", hint=f"use one of {', '.join(known)}")
    return format


def send_rows(
    request: Request, rows: Rows, format: str, *, is_tagged: bool = True, more: Mapping[str, Any] | None = None
) -> Response:
    """A page of rows. is_tagged: the snapshot and the question decide it, not what else is in the workspace."""
    source = Source.of(rows.snapshot)
    tag = answering.question_tag(request, source, format) if is_tagged else None
    links = answering.next_link(request, rows.cursor)
    if format == "json":
        body = rows_object(request, rows, source, more or {})
    else:
        make = {"csv": csv_chunks, "jsonl": jsonl_chunks}[format]
        body = b"".join(make(rows.columns, rows.table.to_batches()))
        links |= answering.said(rows.notes)
    return answering.send_whole(request, body, MEDIA[format], source, tag=tag, **links)


def rows_object(request: Request, rows: Rows, source: Source, more: Mapping[str, Any]) -> bytes:
    """A page of rows as one JSON object."""
    head = {
        **about(rows.target),
        "snapshot": source.snapshot,
        "run": source.run,
        "n_total": rows.n_total,
        "cursor": rows.cursor,
        "next": answering.next_page(request, rows.cursor),
        "notes": list(rows.notes),
        **more,
    }
    columns = list(rows.columns)
    made = b"".join(objects(batch.select(columns), end=", ") for batch in rows.table.to_batches() if batch.num_rows)
    return to_json(head).encode()[:-1] + b', "rows": [' + made.removesuffix(b", ") + b"]}"


def about(target: Target | None) -> dict[str, object]:
    """What an answer is about."""
    if target is None:
        return {"target": None, "scope": None, "scope_is_guessed": None}
    return {"target": target.text, "scope": target.scope, "scope_is_guessed": target.is_guessed}


def send_stream(request: Request, ask: Callable[[], RowStream], format: str, *, name: str | None = None) -> Response:
    """A whole view, a few of which are made at a time.

    Raises: Busy where too many are under way.
    """
    take_place()
    try:
        stream = ask()
        source = Source.of(stream.snapshot)
        tag = answering.question_tag(request, source, format)
        pieces = _pieces(stream, format)
    except BaseException:
        leave_place()
        raise
    return answering.send_chunks(
        request, pieces, format, source, tag=tag, done=leave_place, name=name, notes=stream.notes
    )


def _pieces(stream: RowStream, format: str) -> Iterator[bytes]:
    """The pieces of an answer; its first rows are read before the first piece, so that what fails at once says so."""
    batches = stream.batches
    try:
        first: list[pa.RecordBatch] = [batch for batch in [next(batches, None)] if batch is not None]
        yield from chunks_of(replace(stream, batches=chain(first, batches)), format)
    finally:
        close = getattr(batches, "close", None)
        if close is not None:
            close()
