"""Compare: which domains link to which of several targets."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import Response

from inlink.api.answering import bench_of
from inlink.api.models import Open, row_model, rows_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Compared, options_of
from inlink.api.rows import answer
from inlink.workbench import Rows, RowStream
from inlink.workbench.comparing import COLUMNS
from inlink.workbench.fields import FieldInfo

router = noun("compare")

_FIELDS = {name: FieldInfo(name, type_, meaning) for name, (type_, meaning) in COLUMNS.items() if "_N" not in name}


class ComparedDomain(row_model("ComparedColumns", _FIELDS)):  # type: ignore[misc]
    """A domain; links_1, follow_links_1 and so on are its links to each target, in the order given, from 1."""

    model_config = Open.model_config


@ask(router, "/compare", rows_model("ComparedDomains", ComparedDomain), has_rows=True)
def compare(request: Request, asked: Annotated[Compared, Query()]) -> Response:
    """Which domains link to which of two or more targets.

    intersect: to all of them; union: to any; gap: to another of them but not to the first.
    """
    bench = bench_of(request)
    options: dict[str, Any] = options_of(asked, "scope", "mode")

    def page(limit: int | None) -> Rows:
        return bench.compare(asked.target, mode=asked.mode, scope=asked.scope, **{**options, "limit": limit})

    def stream(limit: int | None) -> RowStream:
        return bench.stream_compare(asked.target, mode=asked.mode, scope=asked.scope, **{**options, "limit": limit})

    return answer(request, asked.format, asked.limit, page, stream)
