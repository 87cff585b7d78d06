"""Pages as a browser has them once their scripts have run, without a network of its own: all goes through a fetcher.

Chromium is started where it can reach nothing: every name is unknown to it and every connection goes to a proxy that is
not there. What pages ask for is intercepted and asked for by the fetcher, so that its guard, robots.txt, its pace and
its ledger count here too; images, styles, fonts, frames, sockets and whatever is not a GET are not asked for at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import shutil
import time
from collections import OrderedDict
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from inlink.errors import NotConfigured
from inlink.fetch.bodies import decoded
from inlink.fetch.fetcher import Fetcher
from inlink.fetch.reply import REDIRECTS, Reply

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium
    from playwright.async_api import CDPSession, Frame, Playwright, Request, Route

T = TypeVar("T")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ASKED_KINDS = frozenset(("script", "xhr", "fetch"))
NOT_RENDERED = {
    "time": "the page did not become still in time",
    "size": "what its scripts made is too large",
    "left": "its scripts lead to another page",
    "browser": "the browser broke off",
}
_FLAGS = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    "--mute-audio",
    "--blink-settings=imagesEnabled=false",
)
_NOT_PASSED = frozenset(
    ("content-encoding", "content-length", "transfer-encoding", "connection", "set-cookie", "refresh", "location",
     "content-disposition", "strict-transport-security", "alt-svc", "link", "report-to", "nel")
)  # fmt: skip
_SAID = ("accept", "origin", "referer", "x-requested-with")
_TREE = """(() => {
    const type = document.doctype ? '<!DOCTYPE ' + document.doctype.name + '>' : '';
    const tree = document.documentElement ? document.documentElement.outerHTML : '';
    return tree.length > %d ? null : type + tree;
})()"""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one page may take. Units: quiet_s without a request before the page counts as still.

    settle_s: a page that never is still is taken as it is after so long. end_s: how long a page or the browser may take
    to close, before nobody waits for it any more; start_s: the browser to start.
    """

    total_s: float = 60.0
    end_s: float = 5.0
    start_s: float = 60.0
    settle_s: float = 20.0
    quiet_s: float = 0.5
    max_requests: int = 100
    max_bytes: int = 16 * 2**20  # of what its requests give, and of its tree
    max_cache_bytes: int = 64 * 2**20  # of scripts that other pages may ask for again


DEFAULT_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Scripted:
    """A page's tree after its scripts ran, or why there is none (NOT_RENDERED). Units: at_us as of Reply."""

    html: bytes | None
    problem: str | None
    at_us: int
    n_requests: int = 0


@dataclass(slots=True)
class _Visit:
    """One page while it runs."""

    url: str
    answer: Reply | None  # of the page itself, until the browser has it
    n_requests: int = 0
    n_bytes: int = 0
    n_open: int = 0
    last_at: float = field(default_factory=time.monotonic)
    is_read: bool = False
    frame: Frame | None = None
    has_left: bool = False


class Browser:
    """Headless Chromium over a fetcher. Use it on the fetcher's loop, in an `async with` block.

    Raises: NotConfigured on entry, where Playwright or Chromium is missing.
    """

    def __init__(self, fetcher: Fetcher, bounds: Bounds = DEFAULT_BOUNDS) -> None:
        self._fetcher, self._bounds = fetcher, bounds
        self._playwright: Playwright | None = None
        self._chromium: Chromium | None = None
        self._cache: OrderedDict[str, Reply] = OrderedDict()
        self._cache_bytes = 0
        self._starting = asyncio.Lock()

    async def __aenter__(self) -> Browser:
        self._playwright = await _within(_playwright().start(), self._bounds.start_s)
        if self._playwright is None:
            raise NotConfigured("Playwright does not start in time", hint=_HINT)
        try:
            await self._started()
        except BaseException:
            await self._playwright.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._ended()
        if self._playwright is not None:
            await _within(self._playwright.stop(), 2 * self._bounds.end_s)  # the browser ends with the pipe to it

    async def _ended(self) -> None:
        """End the browser: the next page starts a new one."""
        chromium, self._chromium = self._chromium, None
        if chromium is not None:
            with contextlib.suppress(Exception):
                await _within(chromium.close(), self._bounds.end_s)

    async def render(self, answer: Reply) -> Scripted:
        """The tree of a page whose own answer is there already, once its scripts have been still for a moment.

        Where it takes too long or the browser breaks off, it has one more try in a new browser.
        """
        before = self._chromium
        found = await self._tried(answer)
        if found.problem in ("time", "browser"):
            if self._chromium is before:  # else another page has ended it already
                await self._ended()
            found = await self._tried(answer)
        return found

    async def _tried(self, answer: Reply) -> Scripted:
        visit = _Visit(answer.url, answer)
        problem: str = "browser"
        html: bytes | None = None
        try:
            chromium = await self._started()  # that has a time of its own, which is not the page's
            found = await _within(self._rendered(chromium, visit), self._bounds.total_s, 2 * self._bounds.end_s + 1)
            problem, html = found or ("time", None)
        except Exception as error:
            if not _is_playwrights(error):
                raise
        return Scripted(html, problem if html is None else None, time.time_ns() // 1000, visit.n_requests)

    async def _rendered(self, chromium: Chromium, visit: _Visit) -> tuple[str, bytes | None]:
        context = await chromium.new_context(
            user_agent=self._fetcher.manners.user_agent, service_workers="block", accept_downloads=False
        )
        try:
            await context.route_web_socket("**/*", lambda socket: socket.close())
            await context.route("**/*", lambda route: self._answered(route, visit))
            page = await context.new_page()
            page.once("domcontentloaded", lambda _: setattr(visit, "is_read", True))
            await page.goto(visit.url, wait_until="commit", timeout=self._bounds.total_s * 1000)
            session = await context.new_cdp_session(page)
            await self._still(session, visit)
            return ("left", None) if visit.has_left else await self._tree(session)
        finally:
            await self._closed(context)

    async def _closed(self, context: Any) -> None:
        """Close a page for good; a page that is too busy to be closed ends with its browser."""
        try:
            if await _within(_done(context.close()), self._bounds.end_s) is None:
                await self._ended()
        except Exception as error:
            if not _is_playwrights(error):
                raise

    async def _still(self, session: CDPSession, visit: _Visit) -> None:
        """Wait until nothing was asked for, and nothing is under way, for a moment; not for ever.

        A browser that the machine leaves no time asks for nothing either: a moment counts only where it answers after.
        """
        ends_at = time.monotonic() + self._bounds.settle_s
        while not visit.is_read and time.monotonic() < ends_at and not visit.has_left:
            await asyncio.sleep(0.02)
        visit.last_at = time.monotonic()
        while (now := time.monotonic()) < ends_at and not visit.has_left:
            wait = visit.last_at + self._bounds.quiet_s - now
            if not visit.n_open and wait <= 0:
                await _within(session.send("Runtime.evaluate", {"expression": "0"}), ends_at - now)
                if time.monotonic() - now < self._bounds.quiet_s / 2:
                    return
                visit.last_at = time.monotonic()
                continue
            await asyncio.sleep(min(max(wait, 0.05), ends_at - now))

    async def _tree(self, session: CDPSession) -> tuple[str, bytes | None]:
        """The tree as HTML, read in a world that the page's scripts cannot reach into."""
        frame = (await session.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        world = await session.send("Page.createIsolatedWorld", {"frameId": frame})
        asked = {"expression": _TREE % self._bounds.max_bytes, "contextId": world["executionContextId"]}
        found = await session.send("Runtime.evaluate", {**asked, "returnByValue": True, "timeout": 10_000})
        tree = found["result"].get("value")
        return ("size", None) if not isinstance(tree, str) else ("", tree.encode("utf-8", "replace"))

    async def _answered(self, route: Route, visit: _Visit) -> None:
        """Give the browser what it asks for, or nothing."""
        visit.n_open += 1
        try:
            await self._give(route, visit)
        except Exception as error:
            if not _is_playwrights(error):
                raise
        finally:
            visit.n_open -= 1
            visit.last_at = time.monotonic()

    async def _give(self, route: Route, visit: _Visit) -> None:
        request = route.request
        if request.is_navigation_request():
            answer, visit.answer = visit.answer, None
            if answer is not None:
                visit.frame = request.frame
                await _fulfilled(route, answer, self._bounds.max_bytes)
                return
            visit.has_left |= request.frame == visit.frame
            await route.fulfill(status=204)  # the page stays what it is, wherever its scripts want to go
            return
        reply = await self._asked(request, visit)
        if reply is None or reply.status is None:
            await route.abort()
        else:
            await _fulfilled(route, reply, self._bounds.max_bytes)

    async def _asked(self, request: Request, visit: _Visit) -> Reply | None:
        """The answer to what a page asks for; None where it is not asked."""
        if request.method != "GET" or request.resource_type not in ASKED_KINDS:
            return None
        if visit.n_requests >= self._bounds.max_requests or visit.n_bytes >= self._bounds.max_bytes:
            return None
        visit.n_requests += 1
        url = request.url.partition("#")[0]
        is_script = request.resource_type == "script"
        if is_script and (kept := self._cache.get(url)) is not None:
            self._cache.move_to_end(url)
            return kept
        headers = {name: value for name, value in request.headers.items() if name in _SAID}
        reply = (await self._fetcher.follow(url, headers, kind="script")).last
        visit.n_bytes += len(reply.body)
        if reply.error is not None or reply.status in REDIRECTS:
            return None
        if is_script:
            self._keep(url, reply)
        return reply

    def _keep(self, url: str, reply: Reply) -> None:
        if url not in self._cache:
            self._cache[url] = reply
            self._cache_bytes += len(reply.body)
        while self._cache_bytes > self._bounds.max_cache_bytes:
            _, oldest = self._cache.popitem(last=False)
            self._cache_bytes -= len(oldest.body)

    async def _started(self) -> Chromium:
        """The browser, started again where it broke off. Raises: NotConfigured."""
        async with self._starting:
            if self._chromium is None or not self._chromium.is_connected():
                assert self._playwright is not None  # noqa: S101  entered
                is_root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium has no sandbox for root
                try:
                    self._chromium = await self._playwright.chromium.launch(
                        executable_path=find_chromium(), args=_FLAGS, chromium_sandbox=not is_root, handle_sigint=False,
                        timeout=self._bounds.start_s * 1000,
                    )  # fmt: skip
                except Exception as error:
                    if not _is_playwrights(error):
                        raise
                    raise NotConfigured(f"Chromium does not start: {str(error).splitlines()[0]}", hint=_HINT) from error
            return self._chromium


_HINT = "install Chromium (Debian: apt install chromium), or set INLINK_CHROMIUM to one"


_EXTRA = 'pip install "inlink[js]"'


def check_browser() -> None:
    """Raises: NotConfigured where Playwright is missing."""
    if importlib.util.find_spec("playwright") is None:
        raise NotConfigured("pages cannot be run in a browser: Playwright is not installed", hint=_EXTRA)


def find_chromium() -> str | None:
    """INLINK_CHROMIUM, or a Chromium on PATH; None leaves it to Playwright's own."""
    named = os.environ.get("INLINK_CHROMIUM")
    return next((path for name in ((named,) if named else NAMES) if (path := shutil.which(name))), None)


def _playwright() -> Any:
    try:
        from playwright.async_api import async_playwright
    except ImportError as error:
        raise NotConfigured("pages cannot be run in a browser: Playwright is not installed", hint=_EXTRA) from error
    return async_playwright()


def _is_playwrights(error: Exception) -> bool:
    return type(error).__module__.startswith("playwright")


async def _fulfilled(route: Route, reply: Reply, max_bytes: int) -> None:
    """Give the browser an answer, its codings undone; none where they cannot be."""
    body = decoded(reply.body, reply.header("content-encoding"), max_bytes)
    if body is None:
        await route.abort()
        return
    headers = {name: value for name, value in reply.headers if name.lower() not in _NOT_PASSED}
    await route.fulfill(status=reply.status or 200, headers=headers, body=body)


async def _within(work: Coroutine[Any, Any, T], limit_s: float, end_s: float = 0.0) -> T | None:
    """What comes of some work; None where it takes longer, or raises TimeoutError itself.

    Nobody waits longer than limit_s and, for the work to end once it is told to, end_s: work that awaits more while it
    is cancelled, as closing pages does, would hold up `asyncio.timeout` for as long as it likes.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=limit_s)
        if done:
            return task.result()
    except TimeoutError:
        return None
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(_heard)
    if end_s:
        await asyncio.wait({task}, timeout=end_s)
    return None


async def _done(work: Awaitable[object]) -> bool:
    """True, once some work has ended."""
    await work
    return True


def _heard(task: asyncio.Future[Any]) -> None:
    """Take what a task that nobody waits for ended with."""
    if not task.cancelled():
        task.exception()
