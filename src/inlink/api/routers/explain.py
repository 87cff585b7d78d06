"""Explain: where a target's mass comes from, and what rests on its strongest sources."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import Field

from inlink.api.answering import bench_of
from inlink.api.models import answer_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import MAX_PAGE, Flag
from inlink.api.release_names import release_of
from inlink.api.scores import Released, check_release, send_scored
from inlink.workbench.explanations import Explanation, FragilityAnswer

router = noun("explain")


class FragilityAsked(Released):
    """A target, and how exactly."""

    exact: Annotated[Flag, Field(description="Take every number to the end, however long.")] = False


class ExplainAsked(FragilityAsked):
    """A target, and how deep its mass is followed."""

    origins: Annotated[Flag, Field(description="Where the mass began, anywhere, instead of which link carries it.")] = (
        False
    )
    limit: Annotated[int, Field(description="How many sources are named.", ge=1, le=MAX_PAGE)] = 20


@ask(router, "/explain", answer_model(Explanation, "ExplainAnswer"))
def explain(request: Request, asked: Annotated[ExplainAsked, Query()]) -> Response:
    """Which links carry a target's mass.

    Each source's part, with the links behind it; what comes by restarts; they sum to the mass. With origins: where the
    mass began, anywhere in the graph, at most 1 % of it unresolved.
    """
    bench = bench_of(request)
    if asked.is_of_release:
        check_release(asked, origins=asked.origins, exact=asked.exact)
        release = release_of(asked.release, addresses=False)
        found = bench.explain_in_release(asked.target, release, kind=asked.kind, limit=asked.limit)
    else:
        found = bench.explain(
            asked.target, scope=asked.scope, run=asked.run, origins=asked.origins, exact=asked.exact, limit=asked.limit
        )
    return send_scored(request, found)


@ask(router, "/fragility", answer_model(FragilityAnswer, "FragilityResult"))
def fragility(request: Request, asked: Annotated[FragilityAsked, Query()]) -> Response:
    """How much of a target's mass rests on its strongest 1, 3 and 10 sources."""
    bench = bench_of(request)
    if asked.is_of_release:
        check_release(asked, exact=asked.exact)
        found = bench.fragility_in_release(asked.target, release_of(asked.release, addresses=False), kind=asked.kind)
    else:
        found = bench.fragility(asked.target, scope=asked.scope, run=asked.run, exact=asked.exact)
    return send_scored(request, found)
