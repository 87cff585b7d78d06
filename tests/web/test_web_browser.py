"""The pages in a real browser: nothing runs, nothing is refused by the policy, nothing scrolls sideways.

Set INLINK_AXE to a copy of axe.min.js (npm axe-core) to judge accessibility too.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from web_stub import LINK_ID, StubBench

from inlink.server.app import create_app
from inlink.server.serve import address, listen

PAGES = {
    "home": "/",
    "overview": "/overview?q=crumb.example",
    "nothing": "/overview?q=zero.example",
    "backlinks": "/backlinks?q=crumb.example",
    "bad filter": "/backlinks?q=crumb.example&where=bad",
    "evidence": f"/evidence/{LINK_ID}",
    "no such page": "/nope",
}
WAIT_MS = 600_000  # against hanging only
LOOKS = [(1440, "light"), (380, "dark")]
AXE = "axe.run().then(found => found.violations.map(v => `${v.id}: ${v.nodes[0].html.slice(0, 200)}`))"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The site on a free port, with made-up rows."""
    with listen("127.0.0.1", 0) as listener:
        config = uvicorn.Config(create_app(StubBench()), log_level="error", ws="none")  # type: ignore[arg-type]
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield address(listener).rstrip("/")
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"], timeout=WAIT_MS)
        yield found
        found.close()


def opened(browser: Browser, url: str, width: int, scheme: str) -> tuple[Page, list[str]]:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(f"dialog {dialog.message}"))
    page.goto(url, wait_until="load")
    return page, [text for text in said if "the server responded with a status of 4" not in text]


@pytest.mark.parametrize(("width", "scheme"), LOOKS, ids=[f"{w} {s}" for w, s in LOOKS])
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_page_in_a_browser(browser: Browser, site: str, path: str, width: int, scheme: str) -> None:
    page, said = opened(browser, site + path, width, scheme)
    try:
        assert said == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("document.fonts.load('16px Inter').then(found => found.length)")
        assert page.evaluate("getComputedStyle(document.body).marginTop") == "0px"
        assert page.evaluate("[...document.scripts].every(s => s.src.startsWith(location.origin + '/static/'))")
        if axe := os.environ.get("INLINK_AXE"):
            page.evaluate(Path(axe).read_text(encoding="utf-8"))
            assert page.evaluate(AXE) == []
    finally:
        page.context.close()


def test_looking_up_with_the_keyboard_alone(browser: Browser, site: str) -> None:
    page, _ = opened(browser, site + "/", 1440, "light")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.focus("#q")
    page.keyboard.type("crumb.example")
    page.keyboard.press("Enter")
    page.wait_for_url("**/overview?q=crumb.example&scope=*")
    assert page.inner_text("h1") == "crumb.example"
    page.context.close()
