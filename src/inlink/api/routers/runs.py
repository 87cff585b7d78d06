"""Runs: the scoring runs of the workspace, and what changed between two of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import Field

from inlink.api.answering import bench_of
from inlink.api.lists import send_list
from inlink.api.models import list_model, row_model, rows_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import LIMIT, Formed, Limit, Listed, Target, Text, word
from inlink.api.rows import checked_format, send_rows
from inlink.errors import BadInput
from inlink.workbench.fields import FieldInfo
from inlink.workbench.ranking import DIFF_COLUMNS
from inlink.workbench.run_lists import RunRow

router = noun("runs")
ORDERS = ("model,mine,rest", "shapley")
_TYPES = {"name": "text", "is_mine": "bool", "position_a": "int", "position_b": "int"}
_FIELDS = {name: FieldInfo(name, _TYPES.get(name, "float"), name.replace("_", " ")) for name in DIFF_COLUMNS}


class DiffAsked(Formed):
    """Two runs, whose links are mine, and in which order factors are switched."""

    a: Annotated[Text, Field(description="A run: its name, how it begins, latest or previous.", min_length=1)]
    b: Annotated[Text, Field(description="The other run.", min_length=1)]
    site: Annotated[
        list[Text],
        Field(
            description="Whose links are mine; may be repeated. Default: the workspace's site.",
            max_length=100,
            default_factory=list,
        ),
    ]
    target: Annotated[Target | None, Field(description="This page, host or domain only.")] = None
    order: Annotated[str, word(ORDERS, "Switch the factors in this order, or take the mean over all orders.")] = ORDERS[
        0
    ]
    limit: Annotated[Limit, LIMIT] = 50


@ask(router, "/runs", list_model("Runs", RunRow), has_rows=True)
def runs(request: Request, asked: Annotated[Listed, Query()]) -> Response:
    """The scoring runs of the workspace, the newest first."""
    return send_list(request, asked, RunRow, bench_of(request).runs())


@ask(router, "/diff-runs", rows_model("RunsDiff", row_model("RunDiff", _FIELDS)), has_rows=True)
def diff_runs(request: Request, asked: Annotated[DiffAsked, Query()]) -> Response:
    """What changed between two scoring runs: the model, my links, and the rest.

    The three add up to each target's change.
    """
    if asked.order not in ORDERS:
        raise BadInput(f"there is no order {asked.order!r}", hint=f"use one of {', '.join(ORDERS)}")
    about: dict[str, Any] = {"site": asked.site, "target": asked.target, "order": asked.order, "limit": asked.limit}
    found = bench_of(request).diff_runs(asked.a, asked.b, **about)
    return send_rows(request, found, checked_format(request, asked.format), is_tagged=False)
