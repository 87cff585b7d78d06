"""Exports: a whole view as a file."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Path, Query, Request
from fastapi.responses import Response
from pydantic import Field

from inlink.api import answering
from inlink.api.answering import MEDIA, Source, bench_of
from inlink.api.operations import failures, noun
from inlink.api.parameters import GROUP, LIMIT, STATE, Changes, Flag, Limit, options_of, word
from inlink.api.rows import checked_format, send_stream
from inlink.errors import BadInput
from inlink.workbench import QUESTIONS
from inlink.workbench.exporting import FORMATS

router = noun("exports")


class ExportAsked(Changes):
    """A view of any question; what a question does not take is refused."""

    format: Annotated[str | None, word(FORMATS, "Form of the file; csv where it is left out.")] = None
    limit: Annotated[Limit, LIMIT] = None
    state: Annotated[str, STATE] = "live"
    group: Annotated[str, GROUP] = "none"
    indirect: Annotated[Flag, Field(description="Links through a redirect or canonical instead.")] = False
    folded: Annotated[Flag, Field(description="Anchors in lower case without punctuation count as one.")] = False


_FILES = {MEDIA[name].partition(";")[0]: {"schema": {"type": "string"}} for name in FORMATS}


@router.get(
    "/exports/{question}",
    response_class=Response,
    summary="A whole view as a file",
    responses={200: {"description": "The file, as it is made.", "content": _FILES},
               304: {"description": "The client has this file already."}, **failures()},
)  # fmt: skip
def export(
    request: Request,
    question: Annotated[str, Path(description="What is asked.", json_schema_extra={"enum": list(QUESTIONS)})],
    asked: Annotated[ExportAsked, Query()],
) -> Response:
    """All rows of a question and exactly the view, as CSV, JSON Lines or Parquet, streamed in bounded memory."""
    format = checked_format(request, asked.format or "csv", FORMATS)
    if question not in QUESTIONS:
        raise BadInput(f"there is no question {question[:100]!r}", hint=f"use one of {', '.join(QUESTIONS)}")
    bench = bench_of(request)
    source = Source(*bench.served)
    tag = answering.question_tag(request, source, format)
    if answering.is_known(request, tag):
        return answering.not_modified(source, tag)
    options: dict[str, Any] = options_of(asked, "scope", "from_", "to")
    period = {"from_": asked.from_, "to": asked.to}
    return send_stream(
        request,
        lambda: bench.stream(question, asked.target, scope=asked.scope, **period, **options),  # type: ignore[arg-type]
        format,
        name=file_name(question, asked.target, source.snapshot, format),
    )


def file_name(question: str, target: str | None, snapshot: str | None, format: str) -> str:
    """backlinks-crumb.example-2026-11-15-ab12.csv: letters that every file system takes."""
    parts = [question, (target or "all").removeprefix("https://").removeprefix("http://")[:60], snapshot or ""]
    return "-".join(re.sub(r"[^A-Za-z0-9._-]+", "-", part).strip("-.") for part in parts if part) + f".{format}"
