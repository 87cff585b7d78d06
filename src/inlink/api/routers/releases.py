"""Releases: Common Crawl's graphs of all domains and hosts that are here, and who references whom in them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import Field

from inlink.api.access import who_of
from inlink.api.answering import bench_of
from inlink.api.lists import send_list
from inlink.api.models import list_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import INFRASTRUCTURE, Flag, Formed, Listed, Text, word
from inlink.api.release_names import KIND, RELEASE, release_of
from inlink.api.released import released_model, send_released
from inlink.workbench import comparing_releases as comparing
from inlink.workbench.people import Role
from inlink.workbench.release_results import ReleaseState
from inlink.workbench.who import KINDS, USUAL, Asked, OpenRelease
from inlink.workbench.who import who as who_references

router = noun("releases")

MAX_ROWS = 100_000
Domain = Annotated[Text, Field(min_length=1)]


class ReleaseAsked(Formed):
    """A release, and how much of its answer."""

    release: Annotated[Text | None, RELEASE] = None
    kind: Annotated[str | None, word(KINDS, KIND)] = None
    limit: Annotated[
        int | None,
        Field(
            description="How many rows. Default: 50, from a server as many as come with their names.", ge=1, le=MAX_ROWS
        ),
    ] = None
    offset: Annotated[int, Field(description="Rows to skip.", ge=0, le=10**9)] = 0
    infrastructure: Annotated[Flag, INFRASTRUCTURE] = False


class WhoAsked(ReleaseAsked):
    """A domain of a release."""

    domain: Annotated[Domain, Field(description="A domain, or a host.")]
    outgoing: Annotated[Flag, Field(description="The domains that it references, instead.")] = False


class SharedAsked(ReleaseAsked):
    """Several domains of a release."""

    domain: Annotated[
        list[Domain], Field(description="A domain; may be repeated (domain=a&domain=b).", min_length=1, max_length=20)
    ]
    at_least: Annotated[
        int | None, Field(description="How many of them must be referenced. Default: all.", ge=1, le=20)
    ] = None


class IntersectAsked(SharedAsked):
    """Several domains, and one that must not be referenced."""

    but_not: Annotated[Text | None, Field(description="Leave out what references this one.")] = None


class GapAsked(SharedAsked):
    """Mine, and others."""

    mine: Annotated[Domain, Field(description="The domain that is not referenced.")]
    at_least: Annotated[int, Field(description="How many of the others must be referenced.", ge=1, le=20)] = 1


class DiffAsked(ReleaseAsked):
    """Two releases."""

    a: Annotated[Domain, Field(description="A release, by its name here or its address.")]
    b: Annotated[Domain, Field(description="The other release.")]
    domain: Annotated[
        Text | None, Field(description="The references to this domain; the strongest domains where it is left out.")
    ] = None
    top: Annotated[
        int, Field(description="Without a domain: how many of the strongest of each are compared.", ge=1, le=MAX_ROWS)
    ] = 1000


@ask(router, "/releases", list_model("Releases", ReleaseState), has_rows=True)
def releases(request: Request, asked: Annotated[Listed, Query()]) -> Response:
    """Which releases are here, and how far they are imported."""
    return send_list(request, asked, ReleaseState, bench_of(request).release_status())


def _opened(request: Request, asked: ReleaseAsked, spec: str | None) -> OpenRelease:
    limit = USUAL if asked.limit is None else asked.limit
    wanted = Asked(limit, asked.offset, infrastructure=asked.infrastructure)
    name = release_of(spec)
    if name is not None and "://" in name:  # the workbench asks another server
        who_of(request).require(Role.EDITOR)
    return bench_of(request).open_release(name, wanted, kind=asked.kind)


@ask(router, "/releases/who", released_model("ReferencingDomains"), has_rows=True)
def who(request: Request, asked: Annotated[WhoAsked, Query()]) -> Response:
    """Which domains reference a domain in a release, strongest first.

    References are of any kind: scripts, images and redirects too. For editors the release may be on any web server.
    """
    return send_released(
        request,
        who_references(_opened(request, asked, asked.release), asked.domain, outgoing=asked.outgoing),
        asked.format,
    )


@ask(router, "/releases/intersect", released_model("SharedDomains"), has_rows=True)
def intersect(request: Request, asked: Annotated[IntersectAsked, Query()]) -> Response:
    """Which domains reference several domains in a release; those that reference most of them first."""
    opened = _opened(request, asked, asked.release)
    found = comparing.intersect(opened, asked.domain, at_least=asked.at_least, but_not=asked.but_not)
    return send_released(request, found, asked.format)


@ask(router, "/releases/gap", released_model("GapDomains"), has_rows=True)
def gap(request: Request, asked: Annotated[GapAsked, Query()]) -> Response:
    """Which domains reference others in a release, and not mine."""
    opened = _opened(request, asked, asked.release)
    found = comparing.intersect(opened, asked.domain, at_least=asked.at_least, but_not=asked.mine)
    return send_released(request, found, asked.format)


@ask(router, "/releases/diff", released_model("ReleasesDiff"), has_rows=True)
def diff(request: Request, asked: Annotated[DiffAsked, Query()]) -> Response:
    """What differs between two converted releases: of the strongest domains, or of the references to one.

    Crawls differ in size, so counts are compared a million edges; what one release lacks may not have been crawled.
    """
    both = [_opened(request, asked, name) for name in (asked.a, asked.b)]
    return send_released(request, comparing.diff(both[0], both[1], asked.domain, n_top=asked.top), asked.format)
