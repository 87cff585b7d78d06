"""Real pages of the corpora, served again by a local server at their own addresses, and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fixture_sites import Answer, Request, Site, reply, serving
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from inlink.check.checking import Checker, Patience
from inlink.check.parking import ParkingLists
from inlink.check.topics import Remembered
from inlink.check.verdicts import Verdict
from inlink.fetch import Fetcher, Manners, Policy, Route
from inlink.fetch.loops import finished
from inlink.urls.parse import normalise

FOLDERS = ("html-corpora", "sites", "warc/crawl", "warc/commoncrawl")


@dataclass(frozen=True)
class Saved:
    """A page as it was saved: 200 and HTML, or an error page with its status."""

    url: str
    status: int
    content_type: str
    body: bytes
    file: str

    @property
    def host(self) -> str:
        return self.url.partition("://")[2].partition("/")[0].partition(":")[0]


def saved_pages(data: Path) -> list[Saved]:
    """Every HTML answer of the corpora and crawls, the first of each address."""
    found: dict[tuple[str, bool], Saved] = {}
    for folder in FOLDERS:
        for path in sorted((data / folder).rglob("*.warc*")):
            if path.name.endswith((".wat", ".wat.gz", ".wet", ".wet.gz")):
                continue
            for page in _pages_in(path):
                found.setdefault((page.url.partition("://")[2], page.status == 200), page)
    return list(found.values())


def _pages_in(path: Path) -> Iterator[Saved]:
    with path.open("rb") as stream, suppress(ArchiveLoadFailed):  # one file of the crawls is damaged at its end
        for record in ArchiveIterator(stream):
            url = normalise(record.rec_headers.get_header("WARC-Target-URI") or "")
            if record.rec_type != "response" or record.http_headers is None or url is None:
                continue
            content_type = record.http_headers.get_header("Content-Type") or ""
            if "html" in content_type.lower():
                status = int(record.http_headers.get_statuscode() or 0)
                yield Saved(url, status, content_type, record.content_stream().read(), path.name)


class Everywhere(Policy):
    """Every host is a test host at one port of this machine."""

    def route(self, host: str) -> Route | None:
        """The one route."""
        return self.routes[0]


class Web(dict[str, Site]):
    """One site for all hosts."""

    def __init__(self, answer: Site) -> None:
        super().__init__()
        self._answer = answer

    def get(self, key: str, default: object = None) -> Site:
        return self._answer


Choose = Callable[[str, Request], Answer]


def checked(
    urls: Iterable[str],
    answer: Choose,
    *,
    known: Callable[[str], Remembered | None] | None = None,
    lists: ParkingLists | None = None,
) -> dict[str, Verdict]:
    """Verdicts on URLs of a web that answers as told; the first argument is the URL that was asked for."""

    def site(request: Request) -> Answer:
        if request.path == "/robots.txt":
            return reply("", "404 Not Found")
        scheme = "https" if request.headers.get("x-forwarded-proto") == "https" else "http"
        return answer(f"{scheme}://{request.headers['host']}{request.path}", request)

    async def run(port: int) -> dict[str, Verdict]:
        policy = Everywhere(routes=(Route("any", True, "127.0.0.1", port, True),))
        manners = Manners(delay_s=0, per_host=8, at_once=32, backoff_s=0.01, total_timeout_s=600)
        async with Fetcher(policy, manners) as fetcher:
            checker = Checker(fetcher, known=known, lists=lists, patience=Patience(0.01, 5))
            return {verdict.url: verdict async for verdict in checker.check_all(urls, at_once=16)}

    with serving(Web(site)) as sites:
        return finished(run(sites.port))


def as_saved(page: Saved) -> bytes:
    """The page as it was, with 200."""
    return reply(page.body, type=page.content_type)
