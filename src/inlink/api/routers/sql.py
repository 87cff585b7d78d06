"""SQL: read-only queries on the index, for editors and admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from inlink.api.answering import bench_of
from inlink.api.models import Open, rows_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import FORMATS, MAX_PAGE, Where, word
from inlink.api.rows import checked_format, send_rows
from inlink.errors import BadInput
from inlink.workbench.people import Role

router = noun("sql", Role.EDITOR)
MAX_ROWS = 1_000_000


class SqlAsked(BaseModel):
    """One SELECT."""

    model_config = ConfigDict(extra="forbid")

    query: Annotated[
        Where,
        Field(description="One SELECT over links, indirect, pages, hosts, domains, pairs, captures.", min_length=1),
    ]
    limit: Annotated[int, Field(description="How many rows.", ge=1, le=MAX_ROWS)] = 1000
    format: Annotated[str | None, word(FORMATS, "Form of the answer.")] = None


class SqlRow(Open):
    """A row with the columns of the query."""


@ask(router, "/sql", rows_model("SqlRows", SqlRow), has_rows=True, method="POST")
def sql(request: Request, asked: SqlAsked) -> Response:
    """The rows of one read-only SELECT.

    It sees the served index and nothing else, and is bounded in time (30 s), memory and rows.
    """
    format = checked_format(request, asked.format)
    if format == "json" and asked.limit > MAX_PAGE:
        raise BadInput(f"JSON answers hold at most {MAX_PAGE:,} rows", hint="ask for format jsonl or csv")
    return send_rows(request, bench_of(request).sql(asked.query, limit=asked.limit), format, is_tagged=False)
