"""Hosts: referring hosts, strongest first."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response

from inlink.api.asking import ask_rows
from inlink.api.models import question_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Sums

router = noun("hosts")


@ask(router, "/hosts", question_model("hosts", "ReferringHost", "ReferringHosts"), has_rows=True)
def hosts(request: Request, asked: Annotated[Sums, Query()]) -> Response:
    """Referring hosts, strongest first."""
    return ask_rows(request, "hosts", asked)
