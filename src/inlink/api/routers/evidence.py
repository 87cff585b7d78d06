"""Evidence: the archived record of a link, with the link marked."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request
from fastapi.responses import PlainTextResponse, Response

from inlink.api.answering import bench_of, envelope, send_json, send_whole
from inlink.api.lists import served
from inlink.api.models import answer_model
from inlink.api.objects import object_of
from inlink.api.operations import ask, failures, noun
from inlink.api.parameters import Asked
from inlink.errors import BadInput
from inlink.workbench import Evidence

router = noun("evidence")

LinkId = Annotated[str, Path(description="A link_id, as tables of links have it.", pattern="^[0-9]{1,20}$")]
_SAFE = {
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "content-disposition": 'attachment; filename="record.txt"',
}


def link_of(text: str) -> int:
    """The number of a link. Raises: BadInput."""
    if not (text.isascii() and text.isdigit()) or int(text) >= 2**64:
        raise BadInput(f"{text!r} is not the id of a link", hint="take it from the column link_id")
    return int(text)


@ask(router, "/evidence/{link_id}", answer_model(Evidence, "EvidenceAnswer", without=("note",)))
def evidence(request: Request, link_id: LinkId, _: Annotated[Asked, Query()]) -> Response:
    """The archived record of a link, with the link marked.

    `html[start:end]` is the link as it stands in the record, counted in characters; both are 0 where it is not shown.
    state: shown, moved (the file is not where it was), changed (the file holds another record there), unknown (the
    input kept no position), absent (the record no longer yields the link).
    """
    found = bench_of(request).evidence(link_of(link_id))
    source = served(request)
    body = object_of(found, without=("note",))
    return send_json(request, envelope(source, {**body, "notes": [found.note] if found.note else []}), source)


@router.get(
    "/evidence/{link_id}/record",
    response_class=PlainTextResponse,
    summary="The archived record of a link as plain text",
    responses={200: {"description": "The record around the link."}, **failures()},
)
def evidence_record(request: Request, link_id: LinkId, _: Annotated[Asked, Query()]) -> Response:
    """What the archive holds around the link, as text that no browser draws."""
    found = bench_of(request).evidence(link_of(link_id))
    return send_whole(request, found.html.encode(), "text/plain; charset=utf-8", served(request), **_SAFE)
