"""Checks: what was found of URLs when they were asked, and what all checks of one together say."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import Field

from inlink.api.answering import bench_of
from inlink.api.lists import send_list
from inlink.api.models import list_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Listed, Url
from inlink.check.verdicts import Verdict

router = noun("checks")


class ChecksAsked(Listed):
    """A URL that was checked."""

    url: Annotated[Url, Field(description="The URL, as it was checked.", min_length=1)]


@ask(router, "/checks", list_model("Checks", Verdict), has_rows=True)
def checks(request: Request, asked: Annotated[ChecksAsked, Query()]) -> Response:
    """All kept checks of a URL with their tries, in order of time; empty where it was never checked."""
    return send_list(request, asked, Verdict, bench_of(request).checks(asked.url))
