"""Pages and API as one ASGI application, with what guards both around them."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from inlink.api.app import api
from inlink.server.guard import LOOPBACK_NAMES, Guard
from inlink.web.app import pages
from inlink.workbench import Workbench


def create_app(bench: Workbench, *, names: Iterable[str] = LOOPBACK_NAMES) -> ASGIApp:
    """The site over an open workbench, answering to the given host names only.

    The guard stands outside of everything, so that the answer to a bug is guarded too.
    """
    return Guard(Starlette(routes=[Mount("/api/v1", api(bench)), Mount("/", pages(bench))]), names)
