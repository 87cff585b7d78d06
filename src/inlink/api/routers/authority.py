"""Authority: where a page, host or domain stands in a scoring run."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response

from inlink.api.answering import bench_of
from inlink.api.models import answer_model
from inlink.api.operations import ask, noun
from inlink.api.scores import Scored, send_scored
from inlink.workbench.ranking import Authority

router = noun("authority")


@ask(router, "/authority", answer_model(Authority, "AuthorityAnswer"))
def authority(request: Request, asked: Annotated[Scored, Query()]) -> Response:
    """Where a page, host or domain stands.

    Its mass (share of all visits of a random surfer), its position, and its authority from 0 to 100. In graphs of
    fewer than 10,000 there is no authority, and a note says so.
    """
    found = bench_of(request).authority(asked.target, scope=asked.scope, run=asked.run)
    return send_scored(request, found)
