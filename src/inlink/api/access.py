"""Who may ask or do what over the API: each route says the role that it needs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from inlink.errors import Refused
from inlink.workbench.people import Role, Who

bearer = HTTPBearer(
    auto_error=False, scheme_name="token", description="An API token: `inlink token add`, or Settings › Tokens."
)


def who_of(request: Request) -> Who:
    """The one who asks; whoever sits at this machine where no server stands around the API (tests of it alone).

    Raises: Refused where nobody has shown a token.
    """
    who: Who | None = getattr(request.state, "who", Who.local())
    if who is None:
        raise Refused("nobody has signed in", hint="send a token: Authorization: Bearer inlink_…")
    return who


def needs(role: Role) -> Any:
    """A dependency that gives the one who asks, and refuses who has not the role.

    In `dependencies=[needs(Role.VIEWER)]`, or as `who: Annotated[Who, needs(Role.EDITOR)]`. The mark `needs` on the
    function lets one test walk all routes. The token itself is judged by the server, before any route.
    """

    def check(request: Request, _shown: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Who:
        who = who_of(request)
        who.require(role)
        return who

    check.needs = role  # type: ignore[attr-defined]
    return Depends(check)
