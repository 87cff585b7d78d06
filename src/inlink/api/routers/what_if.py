"""What-if: a target's mass if links to it were added or lost. A question, though it is sent by POST."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request
from fastapi.responses import Response
from pydantic import Field

from inlink.api.answering import bench_of
from inlink.api.models import answer_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Flag, Url
from inlink.api.release_names import release_of
from inlink.api.scores import Released, check_release, send_scored
from inlink.workbench.explanations import WhatIfAnswer

router = noun("what-if")
MAX_LINKS = 200
MAX_BEST = 100


class WhatIfAsked(Released):
    """A target and the links to think of."""

    add: Annotated[
        list[Url], Field(description="Sources that would link to it.", max_length=MAX_LINKS, default_factory=list)
    ]
    lose: Annotated[
        list[Url],
        Field(description="Sources that would no longer link to it.", max_length=MAX_LINKS, default_factory=list),
    ]
    nofollow: Annotated[Flag, Field(description="The added links are nofollow.")] = False
    best: Annotated[
        int,
        Field(
            description="Rank all sources without a link: so many that would bring most, and the best together.",
            ge=0,
            le=MAX_BEST,
        ),
    ] = 0
    exact: Annotated[Flag, Field(description="Take every number to the end, however long.")] = False
    infrastructure: Annotated[
        Flag, Field(description="With best: rank infrastructure and hosting domains too, left out by default.")
    ] = False


@ask(router, "/what-if", answer_model(WhatIfAnswer, "WhatIfResult"), method="POST")
def what_if(request: Request, asked: WhatIfAsked) -> Response:
    """A target's mass if links to it were added or lost.

    Exact, several links together, without scoring anew; nothing is changed. Each link's case is said: an edge that
    exists already, nofollow where nofollow does not count, the last link of a source, a source that the graph does not
    know.
    """
    bench = bench_of(request)
    if asked.is_of_release:
        unfit = {"best": asked.best > 0, "exact": asked.exact, "nofollow": asked.nofollow}
        check_release(asked, **unfit, infrastructure=asked.infrastructure)
        release = release_of(asked.release, addresses=False)
        found = bench.what_if_in_release(asked.target, release, kind=asked.kind, add=asked.add, lose=asked.lose)
    else:
        found = bench.what_if(**asked.model_dump(exclude={"release", "kind"}))
    return send_scored(request, found)
