"""Who asks for a page, the role that it needs, and the field that shows a form to be ours."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import markupsafe
from starlette.requests import Request
from starlette.responses import Response

from inlink.workbench.people import Role, Who

Endpoint = Callable[..., Any]


def who_of(request: Request) -> Who:
    """The one who asks, as the server around the pages found; whoever sits at this machine where none stands around."""
    found = getattr(request.state, "who", None)
    return found if isinstance(found, Who) else Who.local()


def needs(role: Role) -> Callable[[Callable[[Request], Response]], Callable[[Request], Response]]:
    """Refuse those whose role does not reach; the endpoint tells its role as `endpoint.needs`."""

    def marked(endpoint: Callable[[Request], Response]) -> Callable[[Request], Response]:
        @functools.wraps(endpoint)
        def guarded(request: Request) -> Response:
            who_of(request).require(role)
            return endpoint(request)

        guarded.needs = role  # type: ignore[attr-defined]
        return guarded

    return marked


def csrf_token(request: Request) -> str:
    """The token that the server gave this session; empty where no server stands around."""
    return str(getattr(request.state, "csrf_token", ""))


def csrf_field(request: Request) -> markupsafe.Markup:
    """The hidden field that every form which changes something carries."""
    return markupsafe.Markup('<input type="hidden" name="csrf_token" value="{}">').format(csrf_token(request))
