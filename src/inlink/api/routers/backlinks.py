"""Backlinks: links to the target from other domains, strongest source first."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response

from inlink.api.asking import ask_rows
from inlink.api.models import question_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Links

router = noun("backlinks")


@ask(router, "/backlinks", question_model("backlinks", "Backlink", "Backlinks"), has_rows=True)
def backlinks(request: Request, asked: Annotated[Links, Query()]) -> Response:
    """Links to the target from other domains, strongest source first.

    Strength is how many domains refer to the source's domain by a link that is follow or not known to be otherwise;
    once a run is served, how many domains it stands above.
    """
    return ask_rows(request, "backlinks", asked)
