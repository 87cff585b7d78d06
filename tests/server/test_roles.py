"""Every route, of pages and of the API, for nobody and for every role: each is held to the role that it declares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from server_site import BASE, GOOD, NAMES, Browser, site_with_users
from starlette.routing import Route

from inlink.api.app import application
from inlink.errors import Unreachable
from inlink.server.asking import OPEN
from inlink.server.forgery import token_of
from inlink.web.app import ROUTES
from inlink.web.cookies import SESSION
from inlink.workbench import releases
from inlink.workbench.accounts import Accounts
from inlink.workbench.people import Role

MISSING = object()
READS = {"GET"}
LACKS = "this needs the role"


@dataclass(frozen=True)
class Asked:
    """One method of one route, with the role that it declares: None is open to all."""

    method: str
    path: str
    needs: Any


def of_pages() -> Iterator[Asked]:
    for route in ROUTES:
        assert isinstance(route, Route)
        for method in sorted(route.methods or set()):
            if method != "HEAD":  # the same endpoint as GET
                yield Asked(method, filled(route.path), getattr(route.endpoint, "needs", MISSING))


def of_api() -> Iterator[Asked]:
    for route in iter_route_contexts(application(None).routes):
        dependant = getattr(route, "dependant", None)
        if dependant is not None and route.path is not None:
            roles = list(declared(dependant))
            for method in sorted(route.methods or ()):
                yield Asked(method, f"/api/v1{filled(route.path)}", max(roles, key=list(Role).index, default=MISSING))


def declared(dependant: Dependant) -> Iterator[Role]:
    for inner in dependant.dependencies:
        if (role := getattr(inner.call, "needs", None)) is not None:
            yield role
        yield from declared(inner)


def filled(path: str) -> str:
    """A path with something for each of its parts."""
    return re.sub(r"\{\w+(:\w+)?\}", lambda part: "x" if part[1] in (None, ":path", ":str") else "1", path)


ALL = [*of_pages(), *of_api()]
IDS = [f"{asked.method} {asked.path}" for asked in ALL]


class Signed:
    """A browser in which somebody of a role is signed in, or nobody."""

    def __init__(self, browser: Browser, accounts: Accounts, role: Role | None) -> None:
        self.browser, self.accounts, self.role = browser, accounts, role

    def ask(self, asked: Asked, headers: dict[str, str] | None = None) -> Any:
        """One request, of a new session where it could end one; `token` in a header is replaced by the right one."""
        self.browser.cookies.clear()
        token = ""
        if self.role is not None:
            secret = self.accounts.sign_in(NAMES[self.role], GOOD, address=f"10.0.{next(ADDRESSES)}").secret
            self.browser.cookies.set(SESSION, secret)
            token = token_of(secret)
        sent = {name: token if value == "token" else value for name, value in (headers or {}).items()}
        return self.browser.request(asked.method, asked.path, headers=sent)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Role | None, Signed]]:
    app, accounts, bench = site_with_users(tmp_path_factory.mktemp("roles") / "workspace")
    with ExitStack() as stack:
        stack.enter_context(bench)
        yield {role: Signed(stack.enter_context(Browser(app)), accounts, role) for role in (None, *Role)}


ADDRESSES = count()


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object) -> None:
        raise Unreachable("no network", hint="")

    monkeypatch.setattr(releases, "open_place", nowhere)


def test_there_are_routes() -> None:
    assert sum(asked.path.startswith("/api/") for asked in ALL) >= 20
    assert len(ALL) >= 50


def test_every_route_declares_its_role() -> None:
    assert [asked for asked in ALL if asked.needs is MISSING] == []
    assert {asked.path for asked in ALL if asked.needs is None} == set(OPEN)


@pytest.mark.parametrize("asked", ALL, ids=IDS)
def test_every_role_gets_what_is_declared(people: dict[Role | None, Signed], asked: Asked) -> None:
    check_nobody(people[None], asked)
    for role in Role:
        answer = people[role].ask(asked, {"origin": BASE, "x-csrf-token": "token"})
        lacks = answer.status_code == 403 and LACKS in answer.text
        assert lacks is not (asked.needs is None or role.covers(asked.needs)), (role, answer.status_code)
        assert answer.status_code != 401 or asked.path == "/login"
        assert "unexpected" not in answer.text


def check_nobody(nobody: Signed, asked: Asked) -> None:
    answer = nobody.ask(asked)
    if asked.method in READS and asked.needs is None:
        assert answer.status_code == 200
    elif asked.path.startswith("/api/"):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    elif asked.method in READS:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")
    else:
        assert answer.status_code == (403 if asked.needs is None else 401)


@pytest.mark.parametrize("asked", [asked for asked in ALL if asked.method not in READS], ids=str)
def test_every_change_needs_the_token_of_the_session(people: dict[Role | None, Signed], asked: Asked) -> None:
    admin = people[Role.ADMIN]
    for headers in ({}, {"x-csrf-token": token_of("another")}, {"x-csrf-token": "x"}):
        answer = admin.ask(asked, {"origin": BASE, **headers})
        assert answer.status_code == 403
        assert "not of this session" in answer.text
    cross = admin.ask(asked, {"origin": "https://evil.example", "x-csrf-token": "token"})
    assert cross.status_code == 403
