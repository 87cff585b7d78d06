"""One look at a page: what it answers, and the links and facts on it, by the extraction that the index uses."""

from __future__ import annotations

from dataclasses import dataclass

from inlink.check.answers import judge_answer
from inlink.extract.html import extract_web
from inlink.extract.names import META_GROUPS
from inlink.extract.pages import is_readable
from inlink.extract.robots import NO_ROBOTS, Robots, robots_for
from inlink.fetch import Chain, Fetcher, Reply
from inlink.fetch.bodies import decoded
from inlink.sources.limits import DEFAULT_LIMITS
from inlink.sources.records import Record
from inlink.urls.domains import SuffixRules
from inlink.urls.identity import same_page_key
from inlink.urls.parse import normalise

# What came of a look. Only `page` and `part` show links.
OUTCOMES = ("page", "part", "not_html", "gone", "blocked", "failing")
_COLUMNS = (
    *("target_url", "target_key", "target_host", "target_domain", "kind", "rel", "nofollow", "ugc", "sponsored"),
    *("anchor", "alt", "text_before", "text_after", "region"),
)
_CUTS = ("links-cut", "page-too-costly")
_VERDICTS = {
    "not-found": "gone",
    "gone": "gone",
    "login-wall": "blocked",
    "robots": "blocked",
    "unknown": "blocked",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it stands on a page. rel: its own words; is_unfollowed: rel alone says nofollow, ugc or sponsored."""

    url: str
    key: str
    host: str
    domain: str
    kind: str
    rel: str
    is_unfollowed: bool
    anchor: str
    before: str
    after: str
    region: str | None
    is_next: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What asking for a page gave. `robots` is what it asks of all robots and of those that count.

    url: where redirects ended. why: a sentence where it is no page. Units: at_us microseconds since 1970 UTC.
    """

    asked: str
    url: str
    at_us: int
    outcome: str
    why: str = ""
    status: int | None = None
    links: tuple[Link, ...] = ()
    robots: Robots = NO_ROBOTS
    canonical: str | None = None
    html: bytes = b""
    content_type: str = "text/html"

    @property
    def is_elsewhere(self) -> bool:
        """Whether redirects led to another page, and not to another spelling of the same."""
        return not is_same(self.asked, self.url)

    @property
    def has_page(self) -> bool:
        """Whether links can be seen."""
        return self.outcome in ("page", "part")


class Looker:
    """Asks for pages through one fetcher, and reads them."""

    def __init__(self, fetcher: Fetcher, rules: SuffixRules, robots: frozenset[str] = frozenset()) -> None:
        self._fetcher, self._rules, self._robots = fetcher, rules, robots

    async def look(self, url: str) -> Look:
        """What a page is now. It never raises for what servers do."""
        chain = await self._fetcher.follow(url)
        return look_of(chain, url, self._fetcher, self._rules, self._robots)

    async def lands(self, url: str) -> tuple[str, int | None]:
        """Where redirects from a URL end, and with which status."""
        last = (await self._fetcher.follow(url)).last
        return last.url, last.status


def look_of(chain: Chain, asked: str, fetcher: Fetcher, rules: SuffixRules, robots: frozenset[str]) -> Look:
    """What a chain of answers shows."""
    last = chain.last
    at_us = chain.hops[0].asked_at_us
    found = judge_answer(chain, fetcher.known_rules(last.url))
    if found is not None and not (last.cut and last.body):
        outcome = _VERDICTS.get(found.verdict, "failing")
        return Look(asked, last.url, at_us, outcome, found.why, last.status)
    body = decoded(last.body, last.header("content-encoding"), DEFAULT_LIMITS.max_body_bytes)
    if body is None:
        return Look(asked, last.url, at_us, "failing", "the body cannot be decoded", last.status)
    record = _record(last, body)
    if not is_readable(record):
        return _without_page(asked, at_us, last, body)
    return read_page(record, asked, rules, robots, is_whole=not last.cut and len(body) < DEFAULT_LIMITS.max_body_bytes)


def _without_page(asked: str, at_us: int, last: Reply, body: bytes) -> Look:
    content_type = (last.header("content-type") or "no type").partition(";")[0].strip()
    if not body:
        return Look(asked, last.url, at_us, "failing", f"an empty answer ({last.status})", last.status)
    why = f"the answer is {content_type} now"
    return Look(asked, last.url, at_us, "not_html" if last.status == 200 else "failing", why, last.status)


def _record(reply: Reply, body: bytes) -> Record:
    return Record(reply.url, reply.asked_at_us, reply.status, reply.headers, body, 0, None)


def read_page(record: Record, asked: str, rules: SuffixRules, robots: frozenset[str], *, is_whole: bool) -> Look:
    """The page of a record."""
    found = extract_web([record], "", rules, DEFAULT_LIMITS)
    if not found.scan.pages:
        return Look(asked, record.url, record.fetched_at_us, "failing", "the page cannot be read", record.http_status)
    metas = [(name, text) for name, text in found.scan.pages[0].said.metas if META_GROUPS[name] == "robots"]
    canonical = found.batch.pages.column("canonical")[0].as_py()
    is_whole = is_whole and not any(error.reason in _CUTS for error in found.scan.errors)
    return Look(
        asked,
        record.url,
        record.fetched_at_us,
        "page" if is_whole else "part",
        "" if is_whole else "only a part of the page came",
        record.http_status,
        tuple(_link(row) for row in found.batch.links.select(list(_COLUMNS)).to_pylist()),
        robots_for(metas, record.header("x-robots-tag"), robots),
        canonical,
        record.body,
        (record.header("content-type") or ["text/html"])[0],
    )


def _link(row: dict[str, str | None]) -> Link:
    rel = row["rel"] or ""
    words = set(rel.split())
    return Link(
        url=row["target_url"] or "",
        key=row["target_key"] or "",
        host=row["target_host"] or "",
        domain=row["target_domain"] or "",
        kind=row["kind"] or "",
        rel=rel,
        is_unfollowed=bool(words & {"nofollow", "ugc", "sponsored"}),
        anchor=row["anchor"] or row["alt"] or "",
        before=row["text_before"] or "",
        after=row["text_after"] or "",
        region=row["region"],
        is_next="next" in words,
    )


def key_of(url: str) -> str:
    """The same-page key; the URL itself where it has none."""
    found = normalise(url)
    return same_page_key(found) if found else url


def is_same(one: str, two: str) -> bool:
    """Whether two URLs are spellings of one page."""
    return key_of(one) == key_of(two)
