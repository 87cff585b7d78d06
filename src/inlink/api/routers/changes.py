"""Changes: what became of links in a period."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import Response

from inlink.api.answering import bench_of
from inlink.api.models import question_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Changes, options_of
from inlink.api.rows import answer
from inlink.workbench import Rows, RowStream

router = noun("changes")


@ask(router, "/changes", question_model("changes", "Change", "Changes"), has_rows=True)
def changes(request: Request, asked: Annotated[Changes, Query()]) -> Response:
    """Links new, found, lost, changed, restored or moved in a period.

    Each with its reason. A page that was not looked at loses nothing. new: an earlier capture of the page lacked the
    link; found: there is no earlier capture. Without dates, each page's latest capture against the one before.
    """
    bench = bench_of(request)
    options: dict[str, Any] = options_of(asked, "scope", "from_", "to")

    def page(limit: int | None) -> Rows:
        return bench.changes(
            asked.target, scope=asked.scope, from_=asked.from_, to=asked.to, **{**options, "limit": limit}
        )

    def stream(limit: int | None) -> RowStream:
        return bench.stream(
            "changes", asked.target, scope=asked.scope, from_=asked.from_, to=asked.to, **{**options, "limit": limit}
        )

    return answer(request, asked.format, asked.limit, page, stream)
