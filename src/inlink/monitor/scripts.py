"""Pages after their scripts have run, by the fetcher's browser; where there is none, nothing is said of scripts."""

from __future__ import annotations

import importlib.util
from contextlib import AsyncExitStack
from types import TracebackType

from inlink.errors import NotConfigured
from inlink.fetch import Fetcher, Reply
from inlink.fetch.browser import Browser, find_chromium
from inlink.monitor.looking import Look, read_page
from inlink.sources.records import Record
from inlink.urls.domains import SuffixRules


def can_render() -> bool:
    """Whether pages can be rendered here: Playwright (`pip install inlink[js]`) and a Chromium are there."""
    return importlib.util.find_spec("playwright") is not None and find_chromium() is not None


class Renderer:
    """A browser that is started for the first page that needs one. Use it in an `async with` block."""

    def __init__(self, fetcher: Fetcher, rules: SuffixRules, robots: frozenset[str] = frozenset()) -> None:
        self._fetcher, self._rules, self._robots = fetcher, rules, robots
        self._stack = AsyncExitStack()
        self._browser: Browser | None = None
        self._is_missing = False

    async def __aenter__(self) -> Renderer:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def look(self, look: Look) -> Look | None:
        """The page once its scripts have come to rest; None where there is no browser, or it made nothing of it."""
        browser = await self._opened()
        if browser is None:
            return None
        headers = (("Content-Type", look.content_type),)
        scripted = await browser.render(Reply(look.url, look.at_us, look.status, headers=headers, body=look.html))
        if scripted.html is None:
            return None
        headers = (("Content-Type", "text/html; charset=utf-8"),)
        record = Record(look.url, look.at_us, 200, headers, scripted.html, 0, None)
        return read_page(record, look.asked, self._rules, self._robots, is_whole=True)

    async def _opened(self) -> Browser | None:
        if self._browser is None and not self._is_missing:
            try:
                self._browser = await self._stack.enter_async_context(Browser(self._fetcher))
            except NotConfigured:
                self._is_missing = True
        return self._browser
