"""How a page is made: the workbench that answers, the one who asks, a template rendered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inlink.web.query import Query
from inlink.workbench import Workbench

READS = ["GET", "HEAD"]


def bench_of(request: Request) -> Workbench:
    """The workbench that this site is over."""
    bench: Workbench = request.app.state.bench
    return bench


def paths_of(request: Request) -> frozenset[str]:
    """Addresses of the pages that this site has."""
    return frozenset(route.path for route in request.app.routes if isinstance(route, Route))


def page(request: Request, template: str, *, status_code: int = 200, **context: Any) -> Response:
    """A template as a page; without a query of its own the look-up bar is empty."""
    return render(request, template, {"query": Query(), **context}, status_code)


def render(request: Request, template: str, context: Mapping[str, Any], status_code: int) -> Response:
    """A template as a response."""
    response: Response = request.app.state.templates.TemplateResponse(
        request, template, dict(context), status_code=status_code
    )
    return response
