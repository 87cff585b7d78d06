"""Accounts in real Chromium: signing in by keyboard, a team without scripts, pages on a phone, judged by axe-core."""

from __future__ import annotations

import re
from collections.abc import Iterator

import argon2
import pytest
from browsing import LOOKS, NARROW, WIDE, Scheme, Visit, serving, visiting
from playwright.sync_api import Browser, expect

from inlink.server.app import create_app
from inlink.workbench import Workbench
from inlink.workbench.accounts import Accounts
from inlink.workbench.accounts_passwords import Passwords
from inlink.workbench.people import Role, Who

GOOD = "three loaves at dawn"
PAGES = ("/settings/account", "/settings/tokens", "/settings/users", "/settings/users/1", "/settings/audit")

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site whose users are Ada and somebody whose name wants to be markup's neighbour."""
    with Workbench.create(tmp_path_factory.mktemp("team") / "workspace") as bench:
        quick = Passwords(argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        bench._accounts = Accounts(lambda: bench.database, passwords=quick)
        ada = bench.accounts.add(Who.local(), "Ada", GOOD, Role.ADMIN)
        bench.accounts.add(Who.local(), "O'Neil-" + "long" * 12, GOOD, Role.VIEWER, email="a" * 60 + "@example.org")
        who = Who(ada.user_id, "Ada", Role.ADMIN, "session")
        bench.accounts.add_token(who, '"><script>alert(1)</script>', Role.EDITOR)
        with serving(create_app(bench, accounts=bench.accounts)) as url:
            yield url


def sign_in(visit: Visit, password: str = GOOD) -> None:
    """Sign in by the keyboard alone."""
    visit.page.focus("#f-name")
    visit.page.keyboard.press("Control+A")
    visit.page.keyboard.type("ada")
    visit.page.keyboard.press("Tab")
    expect(visit.page.locator("#f-password")).to_be_focused()
    visit.page.keyboard.type(password)
    visit.page.keyboard.press("Enter")


@pytest.mark.parametrize(("width", "scheme"), LOOKS, ids=[f"{w} {s}" for w, s in LOOKS])
def test_pages_of_accounts(browser: Browser, team: str, axe: str, width: int, scheme: Scheme) -> None:
    with visiting(browser, f"{team}/settings/users", width, scheme, allowed=500) as visit:
        expect(visit.page.locator("h1")).to_have_text("Sign in")
        assert visit.judged_by(axe) == []
        sign_in(visit, "not the password")
        visit.page.wait_for_selector("[role=alert]")
        visit.settle()
        assert visit.judged_by(axe) == []
        sign_in(visit)
        visit.page.wait_for_url("**/settings/users")
        for path in PAGES:
            visit.page.goto(team + path)
            visit.settle()
            assert visit.overflow == 0, path
            assert visit.judged_by(axe) == [], path
            assert visit.page.locator(".nav a[aria-current]").first.inner_text() == "Settings" or width == NARROW
        assert visit.faults == []


def test_a_team_is_set_up_without_scripts(browser: Browser, team: str) -> None:
    with visiting(browser, f"{team}/settings/users", WIDE, scripts=False) as visit:
        page = visit.page
        sign_in(visit)
        page.wait_for_url("**/settings/users")
        page.fill("#f-name", "Ines")
        page.fill("#f-password", GOOD)
        page.select_option("#f-role", "editor")
        page.click("button:has-text('Add')")
        page.click("th a:has-text('Ines')")
        page.click("summary:has-text('Remove')")
        page.click("button:has-text('Yes, remove')")
        page.wait_for_url("**/settings/users")
        expect(page.locator("th a:has-text('Ines')")).to_have_count(0)
        page.goto(f"{team}/settings/tokens")
        page.fill("#f-label", "nightly")
        page.click("button:has-text('Make')")
        expect(page.locator(".secret")).to_have_text(re.compile(r"^inlink_[\w-]{43}$"))
        page.click("button:has-text('Sign out')")
        page.wait_for_url("**/login")
        page.goto(f"{team}/settings/tokens")
        expect(page.locator("h1")).to_have_text("Sign in")
