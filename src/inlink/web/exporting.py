"""Exports of exactly the view that a table shows: all its rows, with its filter, order, grouping and columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from inlink.errors import BadInput, NotFound
from inlink.web.access import needs
from inlink.web.answers import READS, bench_of
from inlink.web.tables_list import TABLES
from inlink.web.tables_view import TableView
from inlink.workbench import RowStream, Workbench
from inlink.workbench.exporting import FORMATS, chunks
from inlink.workbench.people import Role
from inlink.workbench.sending import leave_place, take_place

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
_NAME = re.compile(r"[^A-Za-z0-9._-]+")
MAX_NAME = 80


@needs(Role.VIEWER)
def export(request: Request) -> StreamingResponse:
    """The whole view as a file; its name says target, question and snapshot."""
    question, form = request.path_params["question"], request.path_params["form"]
    if question not in TABLES:
        raise NotFound(f"there is no table {question[:40]!r}", hint=f"tables are {', '.join(TABLES)}")
    if form not in FORMATS:
        raise NotFound(f"there is no format {form[:40]!r}", hint=f"use one of {', '.join(FORMATS)}")
    view = TableView.of(request, TABLES[question])
    if not view.q:
        raise BadInput("an export needs a target", hint="add q=example.org")
    take_place()
    try:
        return file_of(stream_of(bench_of(request), view), question, form, done=leave_place)
    except BaseException:
        leave_place()
        raise


def stream_of(bench: Workbench, view: TableView) -> RowStream:
    """All rows of a view with the columns that it shows."""
    options = {**view.options(limit=None), "columns": view.needed}
    period = {"from_": view.from_ or None, "to": view.to or None} if view.table.question == "changes" else {}
    return bench.stream(view.table.question, view.q, scope=view.scope or None, **period, **options)  # type: ignore[arg-type]


class Sent(StreamingResponse):
    """A response of pieces; `done` is called once, when it has ended in whatever way."""

    def __init__(
        self, pieces: Iterator[bytes], form: str, headers: Mapping[str, str], done: Callable[[], None]
    ) -> None:
        super().__init__(pieces, media_type=MEDIA[form], headers=headers)
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._done()


def file_of(stream: RowStream, question: str, form: str, done: Callable[[], None] = lambda: None) -> StreamingResponse:
    """The rows as they are read; the first piece is made before the answer begins, so that what fails is told."""
    pieces = chunks(stream, form)
    first = next(pieces, b"")
    target = stream.target.text if stream.target else "all"
    name = file_name(target, question, stream.snapshot, form)
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "x-inlink-snapshot": _NAME.sub("-", stream.snapshot),
    }
    return Sent(_closing(first, pieces), form, headers, done)


def _closing(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces; who leaves early lets go of the query."""
    try:
        yield from chain((first,), pieces)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()


def file_name(target: str, question: str, snapshot: str, form: str) -> str:
    """crumbandcrust.example-backlinks-0002-ab12cd.csv."""
    parts = (_NAME.sub("-", part).strip("-.")[:MAX_NAME] or "target" for part in (target, question, snapshot))
    return f"{'-'.join(parts)}.{form}"


ROUTES: list[BaseRoute] = [Route("/export/{question}.{form}", export, methods=READS)]
