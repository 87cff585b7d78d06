"""Made-up addresses beside a page's, and what the server says of them: who answers 200 to all tells nothing by it.

Source: Bar-Yossef, Broder, Kumar, Tomkins, Sic transit gloria telae, WWW 2004.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from inlink.check.page import Page
from inlink.check.verdicts import Try
from inlink.fetch.reply import Chain

N_LETTERS = 25
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Sibling:
    """What was said of a made-up address. kind: missing (an error status), found (2xx) or unknown."""

    kind: str
    url: str
    final_url: str
    status: int | None
    n_redirects: int = 0
    page: Page | None = None
    tries: tuple[Try, ...] = ()


@dataclass(frozen=True, slots=True)
class Beside:
    """Where made-up addresses beside a page stand: what comes before and after the letters."""

    head: str
    tail: str

    @property
    def key(self) -> str:
        """The same for all pages that one made-up address stands for."""
        return f"{self.head}*{self.tail}"

    def made_up(self) -> str:
        """An address of 25 random letters."""
        return f"{self.head}{secrets.token_hex(13)[:N_LETTERS].translate(_LETTERS)}{self.tail}"


def beside(url: str) -> Beside | None:
    """Where made-up addresses beside a page stand; None for a home page.

    The last segment of the path is made up, with the ending (.html) and the slash after it kept; the query is dropped,
    since many servers ignore one that they do not know.
    """
    scheme, _, rest = url.partition("://")
    rest = rest.partition("?")[0].partition("#")[0]
    host, _, path = rest.partition("/")
    slash = "/" if path.endswith("/") else ""
    folder, _, name = path.removesuffix("/").rpartition("/")
    if not name:
        return None
    _, dot, ending = name.rpartition(".")
    ending = f".{ending}" if dot and 0 < len(ending) <= 5 and ending.isalnum() and not ending.isdigit() else ""
    return Beside(f"{scheme}://{host}/{folder}{'/' if folder else ''}", f"{ending}{slash}")


class Siblings:
    """Made-up addresses that were asked for, one a host, directory and form of address."""

    def __init__(self, ask: Callable[[str], Awaitable[tuple[Chain, tuple[Try, ...]]]]) -> None:
        self._ask = ask
        self._known: dict[str, asyncio.Task[Sibling]] = {}

    async def beside(self, url: str) -> Sibling | None:
        """What the server says of an address beside the page's; None for home pages."""
        place = beside(url)
        if place is None:
            return None
        key = place.key
        task = self._known.get(key)
        if task is not None and task.done():
            return task.result()
        if task is None:
            if len(self._known) >= _KEPT:
                self._known = {k: t for k, t in self._known.items() if not t.done()}
            task = self._known[key] = asyncio.create_task(self._probe(place.made_up()))
        return await asyncio.shield(task)

    def close(self) -> None:
        """Stop what is under way."""
        for task in self._known.values():
            task.cancel()

    async def _probe(self, url: str) -> Sibling:
        chain, tries = await self._ask(url)
        last = chain.last
        status, n = last.status, len(chain.hops) - 1
        if chain.problem is not None or status is None or status in (401, 403, 407, 408, 429, 451, 503):
            return Sibling("unknown", url, last.url, status, n, None, tries)
        if 200 <= status < 300:
            return Sibling("found", url, last.url, status, n, Page(last), tries)
        return Sibling("missing", url, last.url, status, n, None, tries)
