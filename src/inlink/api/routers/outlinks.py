"""Outlinks: links from the target to other domains."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response

from inlink.api.asking import ask_rows
from inlink.api.models import question_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Links

router = noun("outlinks")


@ask(router, "/outlinks", question_model("outlinks", "Outlink", "Outlinks"), has_rows=True)
def outlinks(request: Request, asked: Annotated[Links, Query()]) -> Response:
    """Links from the target to other domains."""
    return ask_rows(request, "outlinks", asked)
