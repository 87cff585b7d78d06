"""What the gate lets pass before anybody has an account, and what every answer carries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from server_site import BASE, Browser, accounts_of

from inlink.errors import Unreachable
from inlink.server import forgery
from inlink.server.app import create_app
from inlink.server.guard import HEADERS, is_sandboxed
from inlink.server.site import Site
from inlink.workbench import Workbench


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with Workbench.create(tmp_path_factory.mktemp("gate") / "workspace") as made:
        yield made


@pytest.fixture
def browser(bench: Workbench) -> Browser:
    return Browser(create_app(bench, accounts=accounts_of(bench), site=Site(rate=3)))


def test_without_users_nobody_signs_in(browser: Browser) -> None:
    answer = browser.get("/settings/account")
    assert answer.status_code == 200
    assert "on this machine" in answer.text
    for _ in range(10):  # nor is anybody counted
        assert browser.get("/api/v1/status").status_code == 200


@pytest.mark.parametrize("path", ["/", "/nope", "/static/inlink.css", "/api/v1/status", "/api/v1/nope", "/login"])
def test_every_answer_is_guarded(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers
    for name, value in HEADERS.items():
        assert headers[name] == value
    assert "strict-transport-security" not in headers
    assert "unsafe" not in headers["content-security-policy"]


def test_tls_is_insisted_on_behind_tls(bench: Workbench) -> None:
    browser = Browser(create_app(bench), "https://127.0.0.1")
    answer = browser.get("/settings/account")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.headers["set-cookie"].startswith("__Host-inlink_visit=")
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example", "a b"])
def test_other_names_are_refused(browser: Browser, host: str) -> None:
    for path in ("/", "/api/v1/status", "/static/inlink.css"):
        assert browser.get(path, headers={"host": host}).status_code == 421


def test_a_proxy_that_nobody_named_is_refused(browser: Browser) -> None:
    for name in ("x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host"):
        answer = browser.get("/", headers={name: "192.0.2.7"})
        assert answer.status_code == 403, name
        assert "trusted_proxies" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
    ids=str,
)
def test_other_sites_send_nothing(browser: Browser, headers: dict[str, str]) -> None:
    answer = browser.post("/nope", data={"csrf_token": browser.token("/settings/users")}, headers=headers)
    assert answer.status_code == 403


def test_a_form_needs_the_token_of_its_session(browser: Browser, bench: Workbench) -> None:
    token = browser.token("/settings/users")
    own = {"origin": BASE}
    for given in ({}, {"csrf_token": ""}, {"csrf_token": "x" * 86}, {"csrf_token": "ü"}):
        assert browser.post("/nope", data=given, headers=own).status_code == 403
    other = Browser(create_app(bench, accounts=accounts_of(bench)))
    assert other.post("/nope", data={"csrf_token": token}, headers=own).status_code == 403
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert browser.request(method, "/nope", headers=own).status_code == 403
    assert browser.post("/nope", data={"csrf_token": token}, headers=own).status_code == 404
    assert browser.post("/nope", headers={**own, "x-csrf-token": token}).status_code == 404
    assert browser.post("/nope?csrf_token=" + token, headers=own).status_code == 403


def test_an_upload_carries_its_token_first(browser: Browser) -> None:
    token = browser.token("/settings/users")
    file = {"file": ("links.csv", b"a,b\n" * 1_000_000)}
    own = {"origin": BASE}
    assert browser.post("/nope", data={"csrf_token": token}, files=file, headers=own).status_code == 404
    assert browser.post("/nope", data={"csrf_token": token[:-1]}, files=file, headers=own).status_code == 403
    assert browser.post("/nope", files=file, headers=own).status_code == 403


def test_tokens_are_masked_and_bound() -> None:
    tokens = {forgery.token_of("secret") for _ in range(10)}
    assert len(tokens) == 10
    assert all(forgery.is_token(token, "secret") for token in tokens)
    assert not any(forgery.is_token(token, "Secret") for token in tokens)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 404, id="a program"),
        pytest.param({"content-type": "application/json"}, 404, id="a program with JSON"),
        pytest.param({"origin": "https://evil.example"}, 403, id="another site"),
        pytest.param({"origin": BASE}, 403, id="own pages without a token"),
        pytest.param({"content-type": "text/plain"}, 403, id="a form of plain text"),
        pytest.param({"content-type": "application/x-www-form-urlencoded"}, 403, id="a form"),
        pytest.param({"content-type": "multipart/form-data; boundary=x"}, 403, id="an upload"),
        pytest.param({"cookie": "a=b"}, 403, id="a browser by its cookies"),
        pytest.param({"referer": "https://evil.example/"}, 403, id="a browser by its referer"),
        pytest.param({"sec-fetch-site": "none"}, 403, id="a browser by its fetch metadata"),
    ],
)
def test_programs_on_this_machine_may_ask_the_api(browser: Browser, headers: dict[str, str], status: int) -> None:
    assert browser.post("/api/v1/nope", headers=headers).status_code == status


@pytest.mark.parametrize("length", [str(9 * 2**20), "-1", "1e3", "9" * 30, "x"])
def test_bodies_are_bounded_by_what_they_say(browser: Browser, length: str) -> None:
    assert browser.post("/nope", headers={"content-length": length}).status_code == 413


def test_bodies_are_bounded_by_what_they_are(bench: Workbench) -> None:
    browser = Browser(create_app(bench, site=Site(max_body_bytes=1000, max_upload_bytes=1000)))
    token = browser.token("/settings/users")

    def chunks() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 100

    headers = {"origin": BASE, "content-type": "application/x-www-form-urlencoded"}
    assert browser.post("/nope", content=chunks(), headers=headers).status_code == 413
    assert browser.post("/nope", content=b"x" * 1001, headers=headers).status_code == 413
    small = {"csrf_token": token, "x": "y"}
    assert browser.post("/nope", data=small, headers={"origin": BASE}).status_code == 404


def test_a_database_that_is_away_is_told(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = accounts_of(bench)

    def away(*_given: object) -> bool:
        raise Unreachable("the database does not answer", hint="try again when it is there")

    monkeypatch.setattr(accounts, "exist", away)
    browser = Browser(create_app(bench, accounts=accounts))
    page, answer = browser.get("/settings/account"), browser.get("/api/v1/status")
    assert (page.status_code, answer.status_code) == (503, 503)
    assert "the database does not answer" in page.text
    assert answer.json()["kind"] == "Unreachable"
    assert page.headers["content-security-policy"]
    assert browser.get("/static/inlink.css").status_code == 200


def test_a_record_in_a_sandbox_keeps_its_own_policy() -> None:
    assert is_sandboxed("default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'")
    for weaker in ("", "sandbox", "default-src 'none'", "default-src 'none'; sandbox allow-scripts",
                   "default-src 'none'; sandbox; script-src 'self'", "default-src *; sandbox"):  # fmt: skip
        assert not is_sandboxed(weaker)


def test_a_socket_is_closed(browser: Browser) -> None:
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), browser.websocket_connect("/"):
        pass


def test_where_others_reach_the_site_somebody_must_be_an_admin_first(tmp_path: Path) -> None:
    with Workbench.create(tmp_path) as bench:
        browser = Browser(create_app(bench, accounts=accounts_of(bench), site=Site(is_local=False)))
        answer = browser.get("/settings/account")
        assert answer.status_code == 503
        assert "inlink user add" in answer.text
