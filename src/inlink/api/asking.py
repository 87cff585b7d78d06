"""The questions of rows about a target, asked in one way."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from inlink.api.answering import bench_of
from inlink.api.parameters import Sums, options_of
from inlink.api.rows import answer
from inlink.workbench import Rows, RowStream


def ask_rows(request: Request, question: str, asked: Sums) -> Response:
    """The rows of a question about a target."""
    bench = bench_of(request)
    options = options_of(asked, "scope")

    def page(limit: int | None) -> Rows:
        rows: Rows = getattr(bench, question)(asked.target, scope=asked.scope, **{**options, "limit": limit})
        return rows

    def stream(limit: int | None) -> RowStream:
        return bench.stream(question, asked.target, scope=asked.scope, **{**options, "limit": limit})

    return answer(request, asked.format, asked.limit, page, stream)
