"""Inputs: what the workspace was given, and what of it is served."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response

from inlink.api.answering import bench_of
from inlink.api.lists import send_list
from inlink.api.models import list_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Listed
from inlink.workbench import InputState

router = noun("inputs")


@ask(router, "/inputs", list_model("Inputs", InputState), has_rows=True)
def inputs(request: Request, asked: Annotated[Listed, Query()]) -> Response:
    """The inputs of the workspace.

    served: the served snapshot has it; waiting: the next build reads it; removed: the served snapshot still has it.
    """
    return send_list(request, asked, InputState, bench_of(request).inputs())
