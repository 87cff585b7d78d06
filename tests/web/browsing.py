"""Pages in real Chromium: one browser for all tests; what went wrong on a page is collected, not printed.

A fault is a console error, a failed request, an answer of 400 or more, a page error, a dialog, or a violation of the
policy that the server sends. What a page does after an action is waited for: by `expect`, or by `Visit.until`.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Literal

import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, Response, expect
from starlette.types import ASGIApp

from inlink.server.serve import address, listen

ROOT = Path(__file__).resolve().parents[2]
WAIT_MS = 60_000  # against hanging only
expect.set_options(timeout=WAIT_MS)
WIDE, NARROW = 1440, 390
Scheme = Literal["light", "dark"]
LOOKS: list[tuple[int, Scheme]] = [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")]
LISTEN = """
window.violations = [];
document.addEventListener(
    'securitypolicyviolation', e => window.violations.push(`${e.violatedDirective} ${e.blockedURI}`));
"""
AXE = """() => axe.run({resultTypes: ['violations']}).then(found => found.violations.map(
    v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + n.failureSummary).join(' | ')}`))"""


@dataclass
class Visit:
    """A page that was opened, and what went wrong on it."""

    page: Page
    seen: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """All that went wrong so far."""
        return [*self.seen, *self.page.evaluate("window.violations || []")]

    @property
    def overflow(self) -> int:
        """How far the page can be scrolled sideways."""
        width: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return max(width, 0)

    def settle(self) -> None:
        """Wait until nothing is asked for any more (but what is asked again and again) and fonts are there."""
        self.page.wait_for_selector(".htmx-request", state="detached")
        if not self.page.locator("[hx-trigger*=every]").count():
            self.page.wait_for_load_state("networkidle")
        self.page.evaluate("document.fonts.ready.then(() => true)")

    def until(self, holds: Callable[[], bool], what: str = "") -> None:
        """Wait until something holds that no selector says."""
        end = time.monotonic() + WAIT_MS / 1000
        while not holds():
            assert time.monotonic() < end, what or "it does not come to hold"
            self.page.wait_for_timeout(20)

    def judged_by(self, axe: str) -> list[str]:
        """What axe-core finds."""
        self.page.evaluate(axe)
        found: list[str] = self.page.evaluate(AXE)
        return found


@contextmanager
def visiting(
    browser: Browser, url: str, width: int = WIDE, scheme: Scheme = "light", *, scripts: bool = True, allowed: int = 400
) -> Iterator[Visit]:
    """The page, opened in a context of its own; answers below `allowed` are no fault."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        java_script_enabled=scripts,
        reduced_motion="reduce",
    )
    context.set_default_timeout(WAIT_MS)
    context.add_init_script(LISTEN)
    visit = Visit(context.new_page())
    _listen(visit, allowed)
    try:
        visit.page.goto(url, wait_until="load")
        if scripts:
            visit.settle()
        yield visit
    finally:
        context.close()


def _listen(visit: Visit, allowed: int) -> None:
    page, seen = visit.page, visit.seen
    told = f"the server responded with a status of {str(allowed - 1)[0]}" if allowed > 400 else "\0"

    def console(message: ConsoleMessage) -> None:
        if message.type == "error" and told not in message.text:
            seen.append(f"console: {message.text}")

    def answered(response: Response) -> None:
        if response.status >= allowed:
            seen.append(f"{response.status}: {response.url}")

    def failed(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # given up by the browser, as the page went on: no server's fault
            seen.append(f"failed: {request.url} {request.failure}")

    def asked(dialog: Dialog) -> None:
        seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("console", console)
    page.on("pageerror", lambda error: seen.append(f"error: {error}"))
    page.on("requestfailed", failed)
    page.on("response", answered)
    page.on("dialog", asked)


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """The application on a free port of this machine; gives its address without a final slash."""
    with listen("127.0.0.1", 0) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield address(listener).rstrip("/")
        finally:
            server.should_exit = True
            thread.join()


def vendoring() -> ModuleType:
    """scripts/vendor_web.py, which knows what tests take from npm."""
    known = sys.modules.get("vendor_web")
    if known is not None:
        return known
    spec = importlib.util.spec_from_file_location("vendor_web", ROOT / "scripts" / "vendor_web.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules["vendor_web"] = module
    return module
