"""The link neighbourhood: a picture to walk in, a list that says the same, and its numbers as JSON."""

from __future__ import annotations

import dataclasses

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from inlink.errors import BadInput
from inlink.web.access import needs
from inlink.web.answers import READS, bench_of, page
from inlink.web.charts_net import picture
from inlink.web.query import Query, parameters
from inlink.workbench.neighbourhood import MOST_NODES, Neighbourhood
from inlink.workbench.people import Role

IN_A_CARD, ON_A_PAGE = 28, 60


@needs(Role.VIEWER)
def neighbourhood(request: Request) -> Response:
    """The picture with its list; `part=picture` is the picture alone, to be put into another page."""
    query = Query.of(request)
    if not query.q:
        return RedirectResponse("/", status_code=303)
    is_part = parameters(request).get("part") == "picture"
    found = _asked(request, query, IN_A_CARD if is_part else ON_A_PAGE)
    query = query.with_scope(found.target.scope)
    template = "neighbourhood_picture.html" if is_part else "neighbourhood.html"
    return page(request, template, query=query, found=found, picture=picture(found))


@needs(Role.VIEWER)
def neighbourhood_json(request: Request) -> Response:
    """The same as JSON."""
    query = Query.of(request)
    if not query.q:
        raise BadInput("there is no target", hint="name one: q=example.org")
    return JSONResponse(dataclasses.asdict(_asked(request, query, _limit(request))))


def _asked(request: Request, query: Query, limit: int) -> Neighbourhood:
    return bench_of(request).neighbourhood(query.q, scope=query.scope or None, limit=limit)


def _limit(request: Request) -> int:
    given = parameters(request).get("limit", str(ON_A_PAGE))
    if not (given.isascii() and given.isdigit() and 2 <= int(given[:9]) <= MOST_NODES):
        raise BadInput(f"limit is 2 to {MOST_NODES}, not {given!r}")
    return int(given)


ROUTES = [
    Route("/neighbourhood", neighbourhood, methods=READS),
    Route("/neighbourhood.json", neighbourhood_json, methods=READS),
]
