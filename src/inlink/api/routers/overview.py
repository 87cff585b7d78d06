"""Overview: the key numbers of a target."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response

from inlink.api.answering import Source, bench_of, envelope, is_known, not_modified, question_tag, send_json
from inlink.api.models import answer_model
from inlink.api.objects import object_of
from inlink.api.operations import ask, noun
from inlink.api.parameters import INFRASTRUCTURE, Flag, Strict
from inlink.workbench import Overview

router = noun("overview")


class OverviewAsked(Strict):
    """A target, and whether infrastructure counts."""

    infrastructure: Annotated[Flag, INFRASTRUCTURE] = False


@ask(router, "/overview", answer_model(Overview, "OverviewAnswer"))
def overview(request: Request, asked: Annotated[OverviewAsked, Query()]) -> Response:
    """The key numbers of a target.

    Referring domains and pages, follow share, regions, languages, anchors, new and lost. Counts are of live links from
    other domains, infrastructure left out; new and lost are against the captures before the latest ones.
    """
    bench = bench_of(request)
    tag = question_tag(request, Source(*bench.served), "json")
    if is_known(request, tag):
        return not_modified(Source(*bench.served), tag)
    found = bench.overview(**asked.model_dump())
    source = Source.of(found.snapshot)
    body = envelope(source, object_of(found, without=("snapshot",)))
    return send_json(request, body, source, tag=question_tag(request, source, "json"))
