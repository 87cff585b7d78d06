"""Pages after their scripts have run, in a browser without a network: each request goes through the polite fetcher.

Needs the extra `js` (Playwright) and a Chromium; without them nothing is said of what scripts do.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from types import TracebackType
from typing import TYPE_CHECKING

from inlink.fetch import Fetcher
from inlink.fetch.bodies import decoded
from inlink.monitor.looking import Look, read_page
from inlink.sources.records import Record
from inlink.urls.domains import SuffixRules

if TYPE_CHECKING:
    from playwright.async_api import Browser, Playwright, Route

MAX_REQUESTS = 40  # of one page
MAX_BODY_BYTES = 4 * 2**20
WAIT_MS = 10_000  # for a page to come to rest
_WANTED = ("script", "xhr", "fetch")
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def chromium_path() -> str | None:
    """Where a Chromium is: INLINK_CHROMIUM, or one of its usual names; None where there is none."""
    names = (os.environ.get("INLINK_CHROMIUM") or _NAMES[0], *_NAMES[1:])
    return next((found for name in names if (found := shutil.which(name))), None)


def can_render() -> bool:
    """Whether pages can be rendered here."""
    return importlib.util.find_spec("playwright") is not None and chromium_path() is not None


class Renderer:
    """A browser, started for the first page that needs one. Use it in an `async with` block."""

    def __init__(self, fetcher: Fetcher, rules: SuffixRules, robots: frozenset[str] = frozenset()) -> None:
        self._fetcher, self._rules, self._robots = fetcher, rules, robots
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    async def __aenter__(self) -> Renderer:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._browser is not None:
            await self._browser.close()
        if self._playwright is not None:
            await self._playwright.stop()

    async def look(self, look: Look) -> Look | None:
        """The page once its scripts have come to rest; None where the browser made nothing of it."""
        from playwright.async_api import Error

        browser = await self._opened()
        context = await browser.new_context(user_agent=self._fetcher.manners.user_agent, service_workers="block")
        try:
            page = await context.new_page()
            n_left = MAX_REQUESTS

            async def answer(route: Route) -> None:
                nonlocal n_left
                n_left -= 1
                await self._answer(route, look, is_allowed=n_left >= 0)

            await page.route("**/*", answer)
            await page.goto(look.url, wait_until="networkidle", timeout=WAIT_MS)
            html = (await page.content()).encode("utf-8", "replace")
        except Error:
            return None
        finally:
            await context.close()
        headers = (("Content-Type", "text/html; charset=utf-8"),)
        record = Record(look.url, look.at_us, 200, headers, html, 0, None)
        return read_page(record, look.asked, self._rules, self._robots, is_whole=True)

    async def _answer(self, route: Route, look: Look, *, is_allowed: bool) -> None:
        """One request of the page: the page itself is there already, what scripts need is asked for politely."""
        request = route.request
        if request.url.partition("#")[0] == look.url and request.resource_type == "document":
            await route.fulfill(status=200, body=look.html, content_type=look.content_type)
            return
        if not is_allowed or request.resource_type not in _WANTED or request.method != "GET":
            await route.abort()
            return
        reply = (await self._fetcher.follow(request.url)).last
        body = decoded(reply.body, reply.header("content-encoding"), MAX_BODY_BYTES)
        if reply.status is None or body is None:
            await route.abort()
            return
        headers = {"content-type": reply.header("content-type") or "", "access-control-allow-origin": "*"}
        await route.fulfill(status=reply.status, body=body, headers=headers)

    async def _opened(self) -> Browser:
        if self._browser is None:
            from playwright.async_api import async_playwright

            self._playwright = await async_playwright().start()
            self._browser = await self._playwright.chromium.launch(executable_path=chromium_path(), args=_ARGUMENTS)
        return self._browser
