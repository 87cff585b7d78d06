"""Tokens at the API, how much one may ask, and whose word counts on who asks."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from limits import strategies
from limits.storage import memory
from server_site import BASE, GOOD, NAMES, Browser, site_with_users

from inlink.config import Server
from inlink.server import rates
from inlink.server.app import create_app
from inlink.server.proxies import address_of, seen_through
from inlink.server.site import LOOPBACK_NAMES, Site, site_of
from inlink.web.cookies import SESSION
from inlink.workbench.accounts import Accounts
from inlink.workbench.people import Role

PROXIES = ("127.0.0.1/32", "10.0.0.0/8", "2001:db8::/32")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Accounts, Any]]:
    app, accounts, bench = site_with_users(tmp_path_factory.mktemp("tokens") / "workspace")
    with bench:
        yield app, accounts, bench


def bearer(accounts: Accounts, role: Role, may: Role | None = None) -> dict[str, str]:
    """The header of a new token of somebody of a role."""
    who = accounts.sign_in(NAMES[role], GOOD, address=f"192.0.2.{role}").who
    return {"authorization": f"Bearer {accounts.add_token(who, 'a program', may or role).secret}"}


def test_a_token_opens_the_api_and_no_page(made: tuple[Any, Accounts, Any]) -> None:
    headers = bearer(made[1], Role.ADMIN)
    browser = Browser(made[0])
    assert browser.get("/api/v1/status", headers=headers).status_code == 200
    assert browser.get("/", headers=headers).status_code == 303
    assert browser.get("/settings/users", headers=headers).status_code == 303


def test_a_token_needs_no_token_against_forgery(made: tuple[Any, Accounts, Any]) -> None:
    answer = Browser(made[0]).post("/api/v1/nope", headers=bearer(made[1], Role.EDITOR), json={})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "shown", ["Bearer inlink_no", "Bearer", "", "Basic YWRhOng=", "bearer  ", "Token x", "Bearer \u00fc"]
)
def test_a_wrong_token_is_never_somebody(made: tuple[Any, Accounts, Any], shown: str) -> None:
    browser = Browser(made[0])
    found = made[1].sign_in("Ada", GOOD, address="192.0.2.99")
    browser.cookies.set(SESSION, found.secret)
    answer = browser.get("/api/v1/status", headers={b"authorization": shown.encode("utf-8")})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="inlink"'
    body = answer.json()
    assert (body["status"], body["kind"], body["title"]) == (401, "NotSignedIn", "Not signed in")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_session_opens_the_api_too(made: tuple[Any, Accounts, Any]) -> None:
    browser = Browser(made[0])
    browser.cookies.set(SESSION, made[1].sign_in("Vi", GOOD, address="192.0.2.98").secret)
    assert browser.get("/api/v1/status").status_code == 200
    assert browser.post("/api/v1/nope", json={}).status_code == 403
    token = browser.token("/settings/account")
    assert browser.post("/api/v1/nope", json={}, headers={"x-csrf-token": token}).status_code == 404


def test_htmx_is_sent_to_the_login(made: tuple[Any, Accounts, Any]) -> None:
    answer = Browser(made[0]).get("/jobs", headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/login")


def test_programs_that_ask_for_json_are_told_in_json(made: tuple[Any, Accounts, Any]) -> None:
    answer = Browser(made[0]).get("/backlinks", headers={"accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json()["kind"] == "NotSignedIn"


def test_requests_are_counted_by_token_and_by_address(
    made: tuple[Any, Accounts, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All within one minute: its end would let more through."""
    for module in (memory, strategies, rates):
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: 1_800_000_010.0))
    _, accounts, bench = made
    app = create_app(bench, accounts=accounts, site=Site(rate=5))
    first, second = (bearer(accounts, Role.VIEWER) for _ in range(2))
    browser = Browser(app)
    assert [browser.get("/api/v1/status", headers=first).status_code for _ in range(7)] == [200] * 5 + [429] * 2
    assert browser.get("/api/v1/status", headers=second).status_code == 200
    answer = browser.get("/api/v1/status", headers=first)
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.json()["kind"] == "TooMany"
    assert [browser.get("/login").status_code for _ in range(7)] == [200] * 5 + [429] * 2  # nobody, by address
    signed_in = Browser(app)
    signed_in.cookies.set(SESSION, accounts.sign_in("Vi", GOOD, address="192.0.2.97").secret)
    assert {signed_in.get("/settings/account").status_code for _ in range(9)} == {200}


def scope_of(client: str, *headers: tuple[str, str]) -> dict[str, Any]:
    raw = [(name.encode(), value.encode()) for name, value in headers]
    return {"type": "http", "client": (client, 1), "scheme": "http", "headers": raw}


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        pytest.param("192.0.2.7", "203.0.113.1", "192.0.2.7", id="an unknown proxy says nothing"),
        pytest.param("127.0.0.1", "203.0.113.1", "203.0.113.1", id="a trusted one"),
        pytest.param("127.0.0.1", "6.6.6.6, 203.0.113.1", "203.0.113.1", id="what the visitor wrote is not believed"),
        pytest.param("127.0.0.1", "203.0.113.1, 10.1.2.3", "203.0.113.1", id="two trusted ones"),
        pytest.param("127.0.0.1", "10.9.9.9, 10.1.2.3", "10.9.9.9", id="nobody but proxies"),
        pytest.param("127.0.0.1", "", "127.0.0.1", id="says nothing"),
        pytest.param("127.0.0.1", "203.0.113.1:4711", "203.0.113.1", id="with a port"),
        pytest.param("127.0.0.1", "[2001:db9::1]:4711", "2001:db9::1", id="of IPv6"),
        pytest.param("2001:db8::7", "203.0.113.1", "203.0.113.1", id="a proxy of IPv6"),
        pytest.param("::ffff:127.0.0.1", "203.0.113.1", "203.0.113.1", id="a mapped address"),
        pytest.param("127.0.0.1", "unknown", "unknown", id="no address"),
    ],
)
def test_who_asks_through_proxies(client: str, forwarded: str, address: str) -> None:
    site = site_of(Server(trusted_proxies=PROXIES), LOOPBACK_NAMES, is_loopback=True)
    scope = scope_of(client, ("x-forwarded-for", forwarded), ("x-forwarded-proto", "https"), ("x-real-ip", "6.6.6.6"))
    found = seen_through(scope, site)
    assert address_of(found) == address
    assert found["scheme"] == ("http" if client == "192.0.2.7" else "https")
    assert found["headers"] == []


def test_a_second_header_of_the_visitor_is_not_believed() -> None:
    site = Site(proxies=(ipaddress.ip_network("127.0.0.1"),))
    scope = scope_of("127.0.0.1", ("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "203.0.113.1"))
    assert address_of(seen_through(scope, site)) == "203.0.113.1"
    strange = scope_of("127.0.0.1", ("x-forwarded-proto", "javascript"))
    assert seen_through(strange, site)["scheme"] == "http"


@pytest.mark.parametrize(
    ("server", "is_local", "names"),
    [
        (Server(), True, set()),
        (Server(base_url="https://links.example"), False, {"links.example"}),
        (Server(hosts=("links.example",)), False, {"links.example"}),
        (Server(trusted_proxies=("127.0.0.1/32",)), False, set()),
    ],
    ids=["nothing set", "a base URL", "a name", "a proxy"],
)
def test_settings_that_let_others_in(server: Server, is_local: bool, names: set[str]) -> None:
    site = site_of(server, LOOPBACK_NAMES, is_loopback=True)
    assert site.is_local is is_local
    assert site.names == {*LOOPBACK_NAMES, *names}


def test_the_base_url_is_an_origin_of_ours(made: tuple[Any, Accounts, Any]) -> None:
    _, accounts, bench = made
    site = site_of(Server(base_url="https://links.example"), LOOPBACK_NAMES, is_loopback=True)
    browser = Browser(create_app(bench, accounts=accounts, site=site))
    token = browser.token("/login")
    fields = {"csrf_token": token, "name": "Vi", "password": GOOD}
    assert browser.post("/login", data=fields, headers={"origin": "https://links.example"}).status_code == 303
    assert browser.post("/login", data=fields, headers={"origin": "https://links.example.evil"}).status_code == 403
    assert BASE
