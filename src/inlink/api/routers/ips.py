"""Ips: addresses of referring pages, where known."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response

from inlink.api.asking import ask_rows
from inlink.api.models import question_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Sums

router = noun("ips")


@ask(router, "/ips", question_model("ips", "ReferringIp", "ReferringIps"), has_rows=True)
def ips(request: Request, asked: Annotated[Sums, Query()]) -> Response:
    """Addresses of referring pages, where known."""
    return ask_rows(request, "ips", asked)
