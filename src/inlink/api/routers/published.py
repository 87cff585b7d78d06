"""Published releases: which graphs Common Crawl, or a mirror of it, has to be fetched."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import Field

from inlink.api.answering import bench_of
from inlink.api.lists import send_list
from inlink.api.models import list_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Listed, Text
from inlink.api.release_names import mirror_of
from inlink.workbench.people import Role
from inlink.workbench.release_results import ReleaseState

router = noun("releases", Role.EDITOR)


class PublishedAsked(Listed):
    """Where they are published."""

    from_: Annotated[
        Text | None, Field(alias="from", description="An http(s) address of a mirror. Default: Common Crawl.")
    ] = None


@ask(router, "/releases/published", list_model("PublishedReleases", ReleaseState), has_rows=True)
def published(request: Request, asked: Annotated[PublishedAsked, Query()]) -> Response:
    """Which releases Common Crawl or a mirror publishes, the newest first, and what is here of each.

    The server asks there now: it is for editors. Sizes and counts are null where they are not told.
    """
    return send_list(request, asked, ReleaseState, bench_of(request).published_releases(mirror_of(asked.from_)))
