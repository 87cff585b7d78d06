"""Pages: pages of the target that are linked to, the most linked first."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response

from inlink.api.asking import ask_rows
from inlink.api.models import question_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Sums

router = noun("pages")


@ask(router, "/pages", question_model("pages", "LinkedPage", "LinkedPages"), has_rows=True)
def pages(request: Request, asked: Annotated[Sums, Query()]) -> Response:
    """Pages of the target that are linked to, the most linked first."""
    return ask_rows(request, "pages", asked)
