"""Subnets: networks (/24, for IPv6 /48) of referring pages, where known."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response

from inlink.api.asking import ask_rows
from inlink.api.models import question_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Sums

router = noun("subnets")


@ask(router, "/subnets", question_model("subnets", "ReferringSubnet", "ReferringSubnets"), has_rows=True)
def subnets(request: Request, asked: Annotated[Sums, Query()]) -> Response:
    """Networks (/24, for IPv6 /48) of referring pages, where known."""
    return ask_rows(request, "subnets", asked)
