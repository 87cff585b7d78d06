"""Answers of releases: rows of domains, and what the release says of those that were asked about."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import Field, create_model

from inlink.api import answering
from inlink.api.answering import MEDIA, Source
from inlink.api.models import ABOUT, PAGED, SOURCE, Closed, Model, Open
from inlink.api.problems import parameters_of
from inlink.api.rows import about, checked_format
from inlink.workbench.json_values import for_json, ids_as_text
from inlink.workbench.who import ReleaseAnswer
from inlink.workbench.writing import csv_chunks, jsonl_chunks


class ReleaseRow(Open):
    """A domain or host of a release: its name, its position and authority there, its flags, and what was asked."""

    position: int | None = Field(default=None, description="Its position in the release, by harmonic centrality.")
    authority: float | None = Field(default=None, description="0 to 100, by its position.")
    flags: list[str] | None = Field(default=None, description="infrastructure, hosting, social …")


def released_model(name: str) -> Model:
    """An answer of a release."""
    members: dict[str, Any] = {
        **ABOUT,
        "release": (str, Field(description="The release that the answer is from.")),
        **SOURCE,
        **PAGED,
        "facts": (dict[str, Any], Field(description="What the release says of the domains that were asked about.")),
        "rows": (list[ReleaseRow], ...),
    }
    return create_model(name, __base__=Closed, **members)


def send_released(request: Request, found: ReleaseAnswer, asked_format: str | None) -> Response:
    """An answer of a release: no snapshot stands behind it, and no run."""
    format = checked_format(request, asked_format)
    rows, source = found.rows, Source(None)
    notes = [parameters_of(note) for note in rows.notes]
    named = {"inlink-release": rows.snapshot.encode("ascii", "replace").decode()}
    if format != "json":
        make = {"csv": csv_chunks, "jsonl": jsonl_chunks}[format]
        body = b"".join(make(rows.columns, rows.table.to_batches()))
        return answering.send_whole(
            request,
            body,
            MEDIA[format],
            source,
            **named,
            **answering.said(notes),
        )
    answer = {
        **about(rows.target),
        "release": rows.snapshot,
        "n_total": rows.n_total,
        "cursor": None,
        "next": None,
        "notes": notes,
        "facts": for_json(found.facts),
        "rows": [ids_as_text(row) for row in rows.to_dicts()],
    }
    return answering.send_json(request, answering.envelope(source, answer), source, **named)
