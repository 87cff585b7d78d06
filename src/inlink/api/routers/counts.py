"""Counts: backlinks counted by the values of columns."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import Field

from inlink.api.answering import Source, bench_of, is_known, not_modified, question_tag
from inlink.api.lists import at_most, check_whole, send_dicts
from inlink.api.models import row_model, rows_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Sums, Text, options_of
from inlink.api.rows import checked_format
from inlink.errors import BadInput
from inlink.workbench import Rows, Workbench
from inlink.workbench.fields import FieldInfo
from inlink.workbench.lists import counting_by

router = noun("counts")

COUNTED = "follow,nofollow,ugc,sponsored,kind,region,tld,lang"
MAX_BY = 20
_FEWER = "set a limit, or stream the links and count them: GET /api/v1/exports/backlinks?columns=…"
_COLUMNS = {c.name: FieldInfo(c.name, c.type, c.meaning) for c in counting_by("kind").columns}
_ROW = row_model("Count", {"by": FieldInfo("by", "text", "the column that is counted by"), **_COLUMNS})


class CountsAsked(Sums):
    """What to count by."""

    by: Annotated[Text, Field(description="Columns of links to count by, with commas between.")] = COUNTED


@ask(router, "/counts", rows_model("Counts", _ROW), has_rows=True)
def counts(request: Request, asked: Annotated[CountsAsked, Query()]) -> Response:
    """Backlinks counted by follow, rel, kind, region, TLD and language, or by any column.

    Each row names its column in `by`; `limit` is for each of them.
    """
    bench = bench_of(request)
    format = checked_format(request, asked.format)
    tag = question_tag(request, Source(*bench.served), format)
    if is_known(request, tag):
        return not_modified(Source(*bench.served), tag)
    names = [name.strip() for name in asked.by.split(",") if name.strip()]
    if not 1 <= len(names) <= MAX_BY:
        raise BadInput(f"by takes 1 to {MAX_BY} columns, not {len(names)}", hint="write by=region,lang")
    found = _counted(bench, asked, names)
    rows = [{"by": name, **row} for name, part in zip(names, found, strict=True) for row in part.to_dicts()]
    source = Source.of(found[0].snapshot)
    return send_dicts(
        request, format, ("by", *found[0].columns), rows,
        source=source, n_total=found[0].n_total if len(found) == 1 else len(rows),
        cursor=found[0].cursor if len(found) == 1 else None, target=found[0].target, notes=found[0].notes,
        tag=question_tag(request, source, format),
    )  # fmt: skip


def _counted(bench: Workbench, asked: CountsAsked, names: list[str]) -> list[Rows]:
    """What each column gives. Raises: BadInput as soon as they are too many rows together: the rest is not counted."""
    options = options_of(asked, "by", "scope")
    found: list[Rows] = []
    n_rows = 0
    for name in names:
        limit = at_most(asked.limit, n_rows)
        found.append(bench.counts(asked.target, name, scope=asked.scope, **{**options, "limit": limit}))
        n_rows += len(found[-1])
        check_whole(n_rows, "too many values to count", _FEWER)
    return found
