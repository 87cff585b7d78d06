"""Crawls: those that were made here, and what each has met."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request
from fastapi.responses import Response

from inlink.api.answering import bench_of
from inlink.api.changing import one_model, send_one
from inlink.api.lists import send_list
from inlink.api.models import list_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Asked, Listed
from inlink.workbench.crawl_lists import CrawlRow, CrawlSeen

router = noun("crawls")
MAX_CRAWLS = 10_000


@ask(router, "/crawls", list_model("Crawls", CrawlRow), has_rows=True)
def crawls(request: Request, asked: Annotated[Listed, Query()]) -> Response:
    """The crawls that were made here, the newest first."""
    return send_list(request, asked, CrawlRow, bench_of(request).crawls(limit=MAX_CRAWLS))


@ask(router, "/crawls/{name}", one_model(CrawlSeen, "CrawlAnswer"))
def crawl(
    request: Request,
    name: Annotated[str, Path(description="The name of a crawl.", pattern="^[0-9]{8}-[0-9]{6}(-[0-9]{1,6})?$")],
    _: Annotated[Asked, Query()],
) -> Response:
    """What a crawl has met: pages by status, what failed and what was left out, by reason with examples."""
    return send_one(request, bench_of(request).crawl_seen(name))
