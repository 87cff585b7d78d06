"""Fixtures of tests in a browser: one Chromium, one site of the demo web, axe-core, a folder for screenshots."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import WAIT_MS, serving, vendoring
from playwright.sync_api import Browser, Playwright

from inlink.server.app import create_app
from inlink.workbench import Workbench


@pytest.fixture(scope="session")
def browser(chromium: str, playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for all tests of this process."""
    found = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"], timeout=WAIT_MS)
    yield found
    found.close()


@pytest.fixture(scope="session")
def demo_site(ranked_bench: Workbench) -> Iterator[str]:
    """The whole site over the ranked demo web; tests only look."""
    with serving(create_app(ranked_bench)) as url:
        yield url


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core by its pinned digest; tests that need it are skipped, and counted, where npm cannot give it."""
    path = vendoring().tool("axe-core")
    if path is None:
        pytest.skip("no axe-core (npm cannot give it)")
    text: str = path.read_text(encoding="utf-8")
    return text


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for screenshots."""
    return tmp_path_factory.mktemp("pictures")
