"""Who may see or do what on a page: each endpoint says the role that it needs, and forms carry a token."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from inlink.errors import Refused
from inlink.workbench.people import Role, Who

CSRF_FIELD = "csrf_token"
CSRF_HEADER = "x-csrf-token"

Endpoint = Callable[[Request], Any]


def asker(request: Request) -> Who | None:
    """The one who asks; nothing where nobody has signed in.

    Whoever sits at this machine, where no server stands around the pages (tests of them alone).
    """
    who: Who | None = getattr(request.state, "who", Who.local())
    return who


def who_of(request: Request) -> Who:
    """The one who asks. Raises: Refused where nobody has signed in."""
    who = asker(request)
    if who is None:
        raise Refused("nobody has signed in", hint="sign in first")
    return who


def may(request: Request, role: str) -> bool:
    """Whether the one who asks has a role, for templates that leave out what would be refused."""
    who = asker(request)
    return who is not None and who.role.covers(Role(role))


def needs(role: Role) -> Callable[[Endpoint], Endpoint]:
    """A decorator of an endpoint: who has not the role is refused. The mark `needs` lets one test walk all routes."""

    def guarded(endpoint: Endpoint) -> Endpoint:
        @functools.wraps(endpoint)
        def checked(request: Request) -> Any:
            who_of(request).require(role)
            with request.app.state.bench.in_time():
                return endpoint(request)

        @functools.wraps(endpoint)
        async def awaited(request: Request) -> Any:
            who_of(request).require(role)
            return await endpoint(request)

        made: Any = awaited if inspect.iscoroutinefunction(endpoint) else checked
        made.needs = role
        return made  # type: ignore[no-any-return]

    return guarded


def open_to_all(endpoint: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Mark an endpoint that needs no role; the server lists these addresses too, so that none is open by mistake."""
    endpoint.needs = None  # type: ignore[attr-defined]
    return endpoint


def csrf_token(request: Request) -> str:
    """The token that a form or a header of this session must carry; empty where no server stands around the pages."""
    return str(getattr(request.state, "csrf_token", ""))


def csrf_field(request: Request) -> Markup:
    """The hidden field of a form that changes something."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, csrf_token(request))
