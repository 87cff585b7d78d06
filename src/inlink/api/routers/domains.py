"""Domains: referring domains, strongest first."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response

from inlink.api.asking import ask_rows
from inlink.api.models import question_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Sums

router = noun("domains")


@ask(router, "/domains", question_model("domains", "ReferringDomain", "ReferringDomains"), has_rows=True)
def domains(request: Request, asked: Annotated[Sums, Query()]) -> Response:
    """Referring domains, strongest first."""
    return ask_rows(request, "domains", asked)
