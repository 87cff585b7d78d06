"""Signing in through the pages: cookies, fixation, where one lands, throttling, and that no secret is logged."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from server_site import BASE, GOOD, Browser, accounts_of, site_with_users

from inlink.server.app import create_app
from inlink.server.site import Site
from inlink.store.db import WorkDatabase
from inlink.web.account import local_path
from inlink.web.cookies import SESSION, VISIT
from inlink.workbench import Workbench
from inlink.workbench.accounts import Accounts
from inlink.workbench.accounts_throttle import Throttle
from inlink.workbench.people import Role, Who

OTHER = "seven rolls by noon"
HOME = "/settings/account"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Any, Accounts]]:
    app, accounts, bench = site_with_users(tmp_path / "workspace")
    yield app, accounts
    bench.close()


@pytest.fixture
def browser(site: tuple[Any, Accounts]) -> Browser:
    return Browser(site[0])


def cookies_of(answer: Any) -> dict[str, str]:
    """The Set-Cookie lines of an answer by the cookie's name."""
    return {line.partition("=")[0]: line for line in answer.headers.get_list("set-cookie")}


def test_signing_in_and_out(browser: Browser) -> None:
    assert browser.get("/").headers["location"] == "/login"
    answer = browser.sign_in("ada")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    home = browser.get(HOME)
    assert home.status_code == 200
    assert "<bdi>Ada</bdi></a>, admin" in home.text
    assert browser.get("/login").headers["location"] == "/"
    out = browser.submit("/logout", HOME)
    assert (out.status_code, out.headers["location"]) == (303, "/login")
    assert "Max-Age=0" in cookies_of(out)[SESSION]
    assert browser.get(HOME).headers["location"].startswith("/login")


def test_the_session_ends_on_the_server_too(browser: Browser, site: tuple[Any, Accounts]) -> None:
    browser.sign_in("Ada")
    kept = browser.cookies[SESSION]
    browser.submit("/logout", HOME)
    thief = Browser(site[0])
    thief.cookies.set(SESSION, kept)
    assert thief.get(HOME).status_code == 303


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_cookies_are_shut_up(site: tuple[Any, Accounts], tls: bool) -> None:
    browser = Browser(site[0], BASE.replace("http:", "https:") if tls else BASE)
    name, visit = (f"__Host-{each}" if tls else each for each in (SESSION, VISIT))
    first = cookies_of(browser.get("/login"))[visit]
    line = cookies_of(browser.sign_in("Ada"))[name]
    for cookie in (first, line):
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert ("Secure" in cookie) is tls
    assert "Max-Age=2592000" in line
    assert "Max-Age" not in first


def test_behind_tls_a_cookie_of_plain_http_counts_nothing(site: tuple[Any, Accounts]) -> None:
    found = site[1].sign_in("Ada", GOOD)
    browser = Browser(site[0], "https://127.0.0.1:8765")
    assert browser.get(HOME, headers={"cookie": f"{SESSION}={found.secret}"}).status_code == 303
    assert browser.get(HOME, headers={"cookie": f"__Host-{SESSION}={found.secret}"}).status_code == 200


def test_a_planted_session_is_not_taken_over(browser: Browser) -> None:
    browser.cookies.set(SESSION, "planted")
    answer = browser.sign_in("Ada")
    given = re.match(rf"{SESSION}=([\w-]+);", cookies_of(answer)[SESSION])
    assert given
    assert given[1] != "planted"
    again = Browser(browser.app)
    again.cookies.set(SESSION, "planted")
    assert again.get(HOME).status_code == 303


def test_the_secret_changes_at_every_sign_in(browser: Browser, site: tuple[Any, Accounts]) -> None:
    browser.sign_in("Ada")
    first = browser.cookies[SESSION]
    # A signed-in browser goes on from /login; a form that was open before comes in all the same.
    browser.submit("/login", "/settings/account", name="Ed", password=GOOD)
    second = browser.cookies[SESSION]
    assert first != second
    assert site[1].who_of_session(first) is None
    who = site[1].who_of_session(second)
    assert who is not None
    assert who.name == "Ed"


def test_the_form_of_before_signing_in_holds_no_more(browser: Browser) -> None:
    before = browser.token("/login")
    browser.sign_in("Ada")
    answer = browser.post("/logout", data={"csrf_token": before}, headers={"origin": BASE})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("asked", "lands"),
    [
        ("/backlinks?q=a.example&where=x", "/backlinks?q=a.example&where=x"),
        ("/settings/users", "/settings/users"),
        ("", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/%2f/evil.example", "/%2f/evil.example"),
        ("/a\r\nset-cookie: x=y", "/"),
        ("/a\tb", "/"),
        ("/\u2028x", "/\u2028x"),
        (" //evil.example", "/"),
        ("/logout", "/"),
        ("/login?next=/login", "/"),
        ("/" + "x" * 3000, "/"),
        ("evil.example", "/"),
    ],
)
def test_one_lands_on_this_site(asked: str, lands: str) -> None:
    assert local_path(asked) == lands


def test_where_one_lands_is_no_header(browser: Browser) -> None:
    for asked in ("/\u2028x", "/a?b=c d", "//evil.example/", "/a\r\nset-cookie: x=y"):
        answer = browser.sign_in("Ada", next=asked)
        location = answer.headers["location"]
        assert location.startswith("/")
        assert not location.startswith("//")
        assert location.isascii()
        assert set(cookies_of(answer)) == {SESSION}
        browser.cookies.clear()


def test_where_one_wanted_to_go_is_kept(browser: Browser) -> None:
    away = browser.get("/backlinks?q=a.example&scope=host")
    assert away.headers["location"] == "/login?next=%2Fbacklinks%3Fq%3Da.example%26scope%3Dhost"
    page = browser.get(away.headers["location"])
    assert 'name="next" value="/backlinks?q=a.example&amp;scope=host"' in page.text
    hostile = browser.get("/login?next=%22%3E%3Cscript%3E")
    assert "<script>" not in hostile.text.replace('<script src="/static', "")


def test_what_does_not_fit_is_said_in_one_way(browser: Browser, site: tuple[Any, Accounts]) -> None:
    site[1].set_disabled(Who.local(), "Vi", True)
    said = set()
    for name in ("Ada", "Nobody", "Vi"):
        answer = browser.sign_in(name, "wrong wrong wrong")
        assert answer.status_code == 401
        said.add(re.sub(r"csrf[^>]*>|value=\"\w*\"|x-csrf-token[^>]*>", "", answer.text))
    assert len(said) == 1
    hostile = browser.sign_in('"><script>alert(1)</script>', "wrong wrong wrong")
    assert "<script>alert" not in hostile.text


def test_too_many_tries_are_told_when_to_come_again(tmp_path: Path) -> None:
    with Workbench.create(tmp_path) as bench:
        accounts = accounts_of(bench)
        accounts._throttle = Throttle(2, 100)
        accounts.add(Who.local(), "Ada", GOOD, Role.ADMIN)
        browser = Browser(create_app(bench, accounts=accounts))
        for _ in range(2):
            assert browser.sign_in("Ada", "wrong wrong wrong").status_code == 401
        answer = browser.sign_in("Ada")
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 900
        assert "try again in" in answer.text.lower()


def test_no_secret_is_logged(site: tuple[Any, Accounts], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    browser = Browser(site[0])
    with caplog.at_level(logging.DEBUG):
        for name in (None, "sqlalchemy.engine", "uvicorn", "uvicorn.access", "asyncio", "python_multipart"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        browser.sign_in("Ada", "a wrong password, typed")
        browser.sign_in("Ada")
        page = browser.submit("/settings/tokens", "/settings/tokens", label="x", role="viewer", days="30")
        browser.submit("/settings/account/password", "/settings/account", old=GOOD, new=OTHER, again=OTHER)
        token = re.search(r"inlink_[\w-]{43}", page.text)
        assert token
        assert browser.get("/api/v1/status", headers={"authorization": f"Bearer {token[0]}"}).status_code == 200
        secret = browser.cookies[SESSION]
    for name in (None, "sqlalchemy.engine", "uvicorn", "uvicorn.access", "asyncio", "python_multipart"):
        logging.getLogger(name).setLevel(logging.NOTSET if name else logging.WARNING)
    logged = caplog.text + "".join(str(record.args) for record in caplog.records)
    for private in (GOOD, OTHER, "a wrong password, typed", token[0], secret, browser.cookies[VISIT]):
        assert private not in logged


def test_the_password_is_never_shown_again(browser: Browser) -> None:
    browser.sign_in("Ada")
    for path, fields in (
        ("/settings/users", {"name": "Ed", "password": OTHER, "role": "viewer"}),
        ("/settings/account/password", {"old": "not this one here", "new": OTHER, "again": OTHER}),
    ):
        page = path.removesuffix("/password")
        answer = browser.submit(path, page, **fields)
        assert answer.status_code == 400
        assert OTHER not in answer.text


def test_the_first_user_is_made_on_this_machine(tmp_path: Path) -> None:
    with Workbench.create(tmp_path) as bench:
        browser = Browser(create_app(bench, accounts=accounts_of(bench)))
        page = browser.get("/settings/users")
        assert "Nobody has to sign in yet" in page.text
        made = browser.submit("/settings/users", "/settings/users", name="Ada", password=GOOD, role="admin")
        assert made.headers["location"] == "/login?next=%2Fsettings%2Fusers"
        assert browser.get("/settings/users").status_code == 303
        assert browser.sign_in("Ada", next="/settings/users").headers["location"] == "/settings/users"
        assert ">Ada<" in browser.get("/settings/users").text


def test_users_are_looked_after_by_pages(browser: Browser, site: tuple[Any, Accounts]) -> None:
    browser.sign_in("Ada")
    ed = next(user for user in site[1].users(Who.local()) if user.name == "Ed")
    here = f"/settings/users/{ed.user_id}"
    assert browser.submit(f"{here}/role", here, role="viewer").status_code == 200
    assert browser.submit(f"{here}/email", here, email="ed@example.org").status_code == 200
    assert browser.submit(f"{here}/disable", here).status_code == 200
    assert "may not sign in" in browser.get("/settings/users").text
    assert browser.submit(f"{here}/enable", here).status_code == 200
    assert browser.submit(f"{here}/password", here, password=OTHER).status_code == 200
    assert browser.submit(f"{here}/role", here, role="king").status_code == 400
    assert browser.submit(f"{here}/nothing", here).status_code == 404
    assert browser.submit(f"{here}/remove", here).headers["location"] == "/settings/users"
    assert browser.get(here).status_code == 404
    ada = next(user for user in site[1].users(Who.local()) if user.name == "Ada")
    last = browser.submit(f"/settings/users/{ada.user_id}/remove", f"/settings/users/{ada.user_id}")
    assert last.status_code == 400
    assert "is the last admin" in last.text
    log = browser.get("/settings/audit").text
    for action in ("user.remove", "user.role", "login"):
        assert f"<code>{action}</code>" in log
    only = browser.get("/settings/audit?action=login").text
    assert "user.remove" not in only


def test_a_token_is_shown_once(browser: Browser, site: tuple[Any, Accounts]) -> None:
    browser.sign_in("Ed")
    page = browser.submit("/settings/tokens", "/settings/tokens", label="nightly", role="viewer", days="30")
    token = re.search(r"inlink_[\w-]{43}", page.text)
    assert token
    assert token[0] not in browser.get("/settings/tokens").text
    assert browser.submit("/settings/tokens", "/settings/tokens", label="x", role="admin").status_code == 400
    number = re.search(r'name="token" value="(\d+)"', browser.get("/settings/tokens").text)
    assert number
    browser.submit("/settings/tokens/remove", "/settings/tokens", token=number[1])
    api = Browser(site[0])
    assert api.get("/api/v1/status", headers={"authorization": f"Bearer {token[0]}"}).status_code == 401


def test_other_browsers_can_be_signed_out(site: tuple[Any, Accounts]) -> None:
    here, there = Browser(site[0]), Browser(site[0])
    here.sign_in("Ed")
    there.sign_in("Ed")
    key = re.search(r'name="key" value="(\w{64})"', here.get("/settings/account").text)
    assert key
    here.submit("/settings/account/end", "/settings/account", key=key[1])
    assert there.get(HOME).status_code == 303
    assert here.get(HOME).status_code == 200


def test_sign_in_on_both_databases(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INLINK_DATABASE_URL", database_url)
    app, _, bench = site_with_users(tmp_path / "workspace")
    with bench:
        assert isinstance(bench.database, WorkDatabase)
        browser = Browser(app)
        assert browser.sign_in("Vi").status_code == 303
        assert browser.get("/settings/account").status_code == 200
        assert browser.get("/settings/users").status_code == 403


def test_names_of_the_site(tmp_path: Path) -> None:
    app, _, bench = site_with_users(tmp_path / "workspace", names=frozenset({"links.example"}), is_local=False)
    with bench:
        assert Browser(app, "https://links.example").get("/login").status_code == 200
        assert Browser(app, "https://other.example").get("/login").status_code == 421
        assert isinstance(Site(), Site)
