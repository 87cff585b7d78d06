"""The site as an ASGI application: routes, templates, what happens when something fails."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import jinja2
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates
from starlette.types import ASGIApp, Scope

from inlink import __version__
from inlink.errors import InlinkError
from inlink.failures import PROBLEM, TITLES, Failure, failure, of_status
from inlink.web import (
    access,
    cells,
    comparing,
    home,
    neighbourhood,
    overview,
    rail,
    releases,
    tables_routes,
    tables_words,
    what_if,
    words,
    work_routes,
    work_words,
)
from inlink.web.account_routes import FILTERS as ACCOUNT_FILTERS
from inlink.web.account_routes import ROUTES as ACCOUNT_ROUTES
from inlink.web.answers import render
from inlink.web.query import Query
from inlink.workbench import Workbench

HERE = Path(__file__).parent
KEPT_LONG = f"public, max-age={365 * 86400}, immutable"
ROUTES: list[BaseRoute] = [
    *home.ROUTES,
    *overview.ROUTES,
    *neighbourhood.ROUTES,
    *tables_routes.ROUTES,
    *comparing.ROUTES,
    *what_if.ROUTES,
    *releases.ROUTES,
    *work_routes.ROUTES,
    *ACCOUNT_ROUTES,
]


class Static(StaticFiles):
    """Style sheets, fonts and scripts; their address carries a digest of all of them, so they may be kept."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, to be kept for a year by an address with the digest, else for a day."""
        response = await super().get_response(path, scope)
        is_stamped = b"v=" in scope.get("query_string", b"")
        response.headers["cache-control"] = KEPT_LONG if is_stamped else "public, max-age=86400"
        return response


def pages(bench: Workbench) -> ASGIApp:
    """The pages over an open workbench; who may see them is settled by what stands around (`inlink.server`)."""
    app = Starlette(
        routes=[*ROUTES, Mount("/static", Static(directory=HERE / "static"), name="static")],
        exception_handlers={
            InlinkError: _domain_failure,
            HTTPException: _http_failure,
            Exception: _unexpected,
        },
    )
    app.state.bench = bench
    app.state.templates = Jinja2Templates(env=environment())
    return app


def compile_templates() -> None:
    """Make code of all templates, once in a process: some half a second, which the first visitors would wait."""
    for name in environment().list_templates(extensions=["html"]):
        environment().get_template(name)


@cache
def environment() -> jinja2.Environment:
    """Templates that escape everything and refuse a name that is not there; the same for all sites of a process."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        auto_reload=False,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(words.FILTERS | tables_words.FILTERS | work_words.FILTERS)
    env.globals.update(
        words.GLOBALS | work_words.GLOBALS | tables_words.GLOBALS | cells.GLOBALS,
        version=__version__,
        stamp=stamp(),
        csrf_field=access.csrf_field,
        csrf_token=access.csrf_token,
        asker=access.asker,
        may=access.may,
        rail=rail.groups_of(ROUTES),
        is_here=rail.is_here,
    )
    env.filters.update(ACCOUNT_FILTERS)
    return env


def stamp() -> str:
    """A digest of all static files: it changes when one of them does."""
    total = hashlib.sha256()
    for file in sorted((HERE / "static").rglob("*")):
        if file.is_file():
            total.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:12]


def _domain_failure(request: Request, error: Exception) -> Response:
    return tell(request, failure(error if isinstance(error, InlinkError) else InlinkError(str(error))))


def _http_failure(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return tell(request, of_status(status))


def _unexpected(request: Request, error: Exception) -> Response:
    return tell(request, Failure(500, TITLES[500], f"unexpected {type(error).__name__}", "The log has the traceback."))


def tell(request: Request, found: Failure) -> Response:
    """A failure as a page, or as the one error body where that was asked for."""
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(found.body(), status_code=found.status, media_type=PROBLEM)
    return render(request, "failure.html", {"failure": found, "query": Query()}, found.status)
