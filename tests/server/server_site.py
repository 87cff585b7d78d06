"""A site with users over a small workspace, and browsers that sign in to it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import argon2
from httpx2 import Response
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from inlink.server.app import create_app
from inlink.server.site import Site
from inlink.workbench import Workbench
from inlink.workbench.accounts import Accounts
from inlink.workbench.accounts_passwords import Passwords
from inlink.workbench.people import Role, Who

BASE = "http://127.0.0.1:8765"
LOCAL = Who.local()
GOOD = "three loaves at dawn"
NAMES = {Role.VIEWER: "Vi", Role.EDITOR: "Ed", Role.ADMIN: "Ada"}
_TOKEN = re.compile(r"""(?:name="csrf_token" value="|"x-csrf-token": ")([^"]+)""")


def accounts_of(bench: Workbench) -> Accounts:
    """The accounts of a workbench, whose hashes are made quickly from now on."""
    quick = Passwords(argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    bench._accounts = Accounts(lambda: bench.database, passwords=quick)
    return bench.accounts


def with_users(accounts: Accounts) -> Accounts:
    """Ada is admin, Ed editor, Vi viewer."""
    for role in (Role.ADMIN, Role.EDITOR, Role.VIEWER):
        accounts.add(LOCAL, NAMES[role], GOOD, role)
    return accounts


class Browser(TestClient):
    """A browser: it keeps cookies, and sends the token of the page that it saw last with forms."""

    def __init__(self, app: ASGIApp, base_url: str = BASE) -> None:
        super().__init__(app, base_url=base_url, raise_server_exceptions=False, follow_redirects=False)

    def token(self, page: str = "/login") -> str:
        """The token that forms of a page carry."""
        found = _TOKEN.search(self.get(page).text)
        assert found, page
        return found[1]

    def submit(self, path: str, page: str = "/login", **fields: Any) -> Response:
        """A form as the browser sends it from a page."""
        return self.post(path, data={"csrf_token": self.token(page), **fields}, headers={"origin": str(self.base_url)})

    def sign_in(self, name: str, password: str = GOOD, **fields: str) -> Response:
        """Sign in on the login page."""
        return self.submit("/login", name=name, password=password, **fields)


def site_with_users(folder: Path, **about: Any) -> tuple[ASGIApp, Accounts, Workbench]:
    """The site over a new workspace with three users."""
    bench = Workbench.create(folder)
    accounts = with_users(accounts_of(bench))
    return create_app(bench, accounts=accounts, site=Site(**about)), accounts, bench
