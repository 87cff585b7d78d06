"""The judge: what Chromium, with JavaScript off, lists in `document.links` for the same bytes at the same URL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Error, Page, Playwright, Route, sync_playwright

from inlink import sources
from inlink.errors import BadInput
from inlink.extract.hrefs import document_links
from inlink.extract.pages import is_readable
from inlink.sources.records import Record

CHROMIUM = "/usr/bin/chromium"
_TRIES = 3
_WAIT_MS = 600_000  # against hanging only
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--blink-settings=imagesEnabled=false",
]
# Headers that say how the bytes once travelled, or that would make the browser leave or save the page.
_LEFT_OUT = frozenset(
    """
    content-encoding transfer-encoding content-length connection keep-alive refresh content-disposition set-cookie
    strict-transport-security link content-security-policy x-frame-options alt-svc location
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the links of one page compare: hrefs that both have, that only we have, that only the browser has."""

    url: str
    n_same: int
    extra: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def is_exact(self) -> bool:
        return not self.extra and not self.missing


class Browser:
    """One page of Chromium that is shown records instead of the network."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._record: Record | None = None
        page.route("**/*", self._answer)

    def document_links(self, record: Record) -> list[str]:
        """`href` of document.links when the record's bytes are the answer at its URL."""
        self._record = record
        self._page.goto(record.url, wait_until="domcontentloaded", timeout=_WAIT_MS)
        links: list[str] = self._page.evaluate("Array.from(document.links, link => link.href)")
        return links

    def _answer(self, route: Route) -> None:
        record = self._record
        if not route.request.is_navigation_request() or route.request.frame.parent_frame is not None:
            route.abort()
            return
        if record is None:
            route.fulfill(status=204)  # a refresh: "no content" keeps the browser where it is
            return
        self._record = None
        headers = {name: value for name, value in record.headers if name.lower() not in _LEFT_OUT}
        route.fulfill(status=200, headers=headers, body=record.body)


@contextmanager
def browser(playwright: Playwright | None = None) -> Iterator[Browser]:
    """Chromium without JavaScript and without a network; by a Playwright of its own where none is there yet."""
    with ExitStack() as stack:
        playwright = playwright or stack.enter_context(sync_playwright())
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS, timeout=_WAIT_MS)
        context = chromium.new_context(java_script_enabled=False, service_workers="block")
        try:
            yield Browser(context.new_page())
        finally:
            chromium.close()


def pages_in(folders: list[Path]) -> list[Record]:
    """Every record with a readable page in the archives of the folders, in name order."""
    files = sorted(str(path) for folder in folders for path in folder.rglob("*.warc.gz"))
    found = []
    for file in sources.open_inputs(files):
        if isinstance(file, BadInput):
            raise file
        found += [item for item in sources.items(file) if isinstance(item, Record) and is_readable(item)]
    return found


def judge(chromium: Browser, record: Record) -> Verdict | None:
    """The verdict on one page; None where the browser shows no page at all (it then names no links either)."""
    theirs = None
    for _ in range(_TRIES):
        try:
            theirs = Counter(chromium.document_links(record))
            break
        except Error:  # a refresh went off while the page was being read
            continue
    if theirs is None:
        return None
    ours = Counter(document_links(record))
    extra, missing = tuple((ours - theirs).elements()), tuple((theirs - ours).elements())
    return Verdict(record.url, (ours & theirs).total(), extra, missing)
