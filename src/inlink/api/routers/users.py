"""Users and tokens: who may ask. Users are for admins; tokens are one's own."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request
from fastapi.responses import Response
from pydantic import Field

from inlink.api.access import needs
from inlink.api.answering import bench_of
from inlink.api.changing import Removed, Said, one_model, send_one, send_removed
from inlink.api.lists import send_list
from inlink.api.models import list_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Asked, Flag, Listed, Text
from inlink.workbench.accounts_results import MadeToken, Token, User
from inlink.workbench.people import Role, Who

router = noun("users")

Admin = Annotated[Who, needs(Role.ADMIN)]
Viewer = Annotated[Who, needs(Role.VIEWER)]
Name = Annotated[str, Path(description="The name of a user.", min_length=1, max_length=200)]


class NewUser(Said):
    """A user to make."""

    name: Text
    password: Annotated[Text, Field(description="Twelve characters or more that nobody guesses.")]
    role: Role
    email: Text | None = None


class ChangedUser(Said):
    """What is to change; what is left out stays."""

    role: Role | None = None
    disabled: bool | None = None
    password: Text | None = None


class TokensAsked(Listed):
    """Whose tokens."""

    everybodys: Annotated[Flag, Field(description="Everybody's, for admins.")] = False


class NewToken(Said):
    """A token to make."""

    label: Annotated[Text, Field(description="What it is for.")]
    role: Role
    days: Annotated[int | None, Field(description="How long it holds; null for good.", ge=1, le=3650)] = 90


@ask(router, "/users", list_model("Users", User), has_rows=True)
def users(request: Request, asked: Annotated[Listed, Query()], who: Admin) -> Response:
    """All users by name, for admins."""
    return send_list(request, asked, User, bench_of(request).accounts.users(who))


@ask(router, "/users", one_model(User, "NewUserAnswer"), method="POST")
def add_user(request: Request, asked: NewUser, who: Admin) -> Response:
    """Make a user, for admins. The first has to be an admin; from then on everybody has to sign in."""
    found = bench_of(request).accounts.add(who, asked.name, asked.password, asked.role, email=asked.email)
    return send_one(request, found)


@ask(router, "/users/{name}", one_model(User, "ChangedUserAnswer"), method="PATCH")
def change_user(request: Request, name: Name, asked: ChangedUser, who: Admin) -> Response:
    """Another role or password for a user, or no more sign-ins, for admins: all or nothing. The last admin stays."""
    found = bench_of(request).accounts.change(
        who, name, role=asked.role, disabled=asked.disabled, password=asked.password
    )
    return send_one(request, found)


@ask(router, "/users/{name}", Removed, method="DELETE")
def remove_user(request: Request, name: Name, _: Annotated[Asked, Query()], who: Admin) -> Response:
    """Remove a user with sessions and tokens, for admins."""
    bench_of(request).accounts.remove(who, name)
    return send_removed(request)


@ask(router, "/tokens", list_model("Tokens", Token), has_rows=True)
def tokens(request: Request, asked: Annotated[TokensAsked, Query()], who: Viewer) -> Response:
    """One's own tokens, or to admins everybody's; never the tokens themselves."""
    return send_list(request, asked, Token, bench_of(request).accounts.tokens(who, everybodys=asked.everybodys))


@ask(router, "/tokens", one_model(MadeToken, "NewTokenAnswer"), method="POST")
def add_token(request: Request, asked: NewToken, who: Viewer) -> Response:
    """Make a token of one's own, with a role no higher than one's own. It is shown this once; a token makes none."""
    found = bench_of(request).accounts.add_token(who, asked.label, asked.role, days=asked.days)
    return send_one(request, found)


@ask(router, "/tokens/{token_id}", Removed, method="DELETE")
def remove_token(
    request: Request,
    token_id: Annotated[int, Path(description="The number of a token.", ge=1, lt=2**63)],
    _: Annotated[Asked, Query()],
    who: Viewer,
) -> Response:
    """End a token of one's own, or (for admins) of anybody."""
    bench_of(request).accounts.remove_token(who, token_id)
    return send_removed(request)
