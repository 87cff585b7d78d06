"""Anchors: anchors of the backlinks, those from the most domains first."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response

from inlink.api.asking import ask_rows
from inlink.api.models import question_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Anchors

router = noun("anchors")


@ask(router, "/anchors", question_model("anchors", "Anchor", "Anchors"), has_rows=True)
def anchors(request: Request, asked: Annotated[Anchors, Query()]) -> Response:
    """Anchors of the backlinks, those from the most domains first."""
    return ask_rows(request, "anchors", asked)
