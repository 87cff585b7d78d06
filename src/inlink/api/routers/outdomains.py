"""Outdomains: domains that the target links to."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response

from inlink.api.asking import ask_rows
from inlink.api.models import question_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Sums

router = noun("outdomains")


@ask(router, "/outdomains", question_model("outdomains", "LinkedDomain", "LinkedDomains"), has_rows=True)
def outdomains(request: Request, asked: Annotated[Sums, Query()]) -> Response:
    """Domains that the target links to."""
    return ask_rows(request, "outdomains", asked)
