"""One look at a page: what it answers, and the links and facts on it, by the extraction that the index uses."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from inlink import __version__
from inlink.check.answers import judge_answer
from inlink.extract.names import META_GROUPS
from inlink.extract.robots import NO_ROBOTS, Robots, robots_for
from inlink.fetch import Chain, Fetcher, Reply
from inlink.fetch.bodies import decoded
from inlink.fetch.memory import Looked
from inlink.monitor.folding import fold
from inlink.monitor.hiding import HiddenLinks, hidden_links
from inlink.sources.limits import DEFAULT_LIMITS
from inlink.sources.records import Record
from inlink.urls.domains import SuffixRules
from inlink.urls.identity import same_page_key
from inlink.urls.parse import normalise

MAX_SAME = 2  # answers "the same" one after the other: servers leave headers out of the version of a page
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

    outcome: page, part, same, not_html, gone, blocked or failing. Only `page` and `part` show links; `same`: what was
    seen last stands. url: where redirects ended. why: a sentence where it is no page.
    Units: at_us microseconds since 1970 UTC.
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
    version: Looked | None = None
    hidden: HiddenLinks = field(default_factory=dict)

    @property
    def is_elsewhere(self) -> bool:
        """Whether redirects led to another page, and not to another spelling of the same."""
        return not is_same(self.asked, self.url)

    def how_hidden(self, link: Link) -> str | None:
        """What hides a link from the page's readers; None where it is shown, or one of several that may be it."""
        words = fold(link.anchor)
        found = self.hidden.get((link.key, words))
        if found is None:
            return None
        n_links = sum(each.key == link.key and fold(each.anchor) == words for each in self.links)
        return found.how if n_links <= found.n_links else None

    @property
    def has_page(self) -> bool:
        """Whether links can be seen."""
        return self.outcome in ("page", "part")


class Looker:
    """Asks for pages through one fetcher, and reads them."""

    def __init__(self, fetcher: Fetcher, rules: SuffixRules, robots: frozenset[str] = frozenset()) -> None:
        self._fetcher, self._rules, self._robots = fetcher, rules, robots
        self._reader = " ".join((*sorted(robots), __version__))

    async def look(self, url: str, *, is_known: bool = False) -> Look:
        """What a page is now. It never raises for what servers do.

        is_known: where the page is still the one that was seen last, it is enough to hear that from the server.
        """
        known = self._fetcher.memory.looked(url) if is_known else None
        if known is not None and (known.reader != self._reader or known.n_same >= MAX_SAME):
            known = None
        chain = await self._fetcher.follow(url, known.conditions if known is not None else None)
        first = chain.hops[0]
        if known is not None and first.status == 304 and _robots_tag(first) in ("", known.robots):
            version = replace(known, n_same=known.n_same + 1)
            return Look(url, first.url, first.asked_at_us, "same", "the same as before", 304, version=version)
        if known is not None and chain.last.status == 304:  # another page's, or with other headers
            chain = await self._fetcher.follow(url)
        look = look_of(chain, url, self._fetcher, self._rules, self._robots)
        return replace(look, version=self._version(chain, look))

    def _version(self, chain: Chain, look: Look) -> Looked | None:
        """What to ask by next time; None where other answers count too: redirects, another canonical page."""
        last = chain.last
        is_own = look.canonical is None or is_same(look.canonical, look.url)
        found = Looked(look.asked, last.header("etag"), last.header("last-modified"), _robots_tag(last), self._reader)
        is_plain = look.outcome == "page" and last.status == 200 and len(chain.hops) == 1
        return found if is_plain and is_own and found.conditions else None

    def keep(self, look: Look, *, is_alive: bool) -> None:
        """Keep a page's version, where all that is watched on it is as it should be."""
        self._fetcher.memory.keep_looked(look.asked, look.version if is_alive else None)

    async def lands(self, url: str) -> tuple[str, int | None]:
        """Where redirects from a URL end, and with which status."""
        last = (await self._fetcher.follow(url)).last
        return last.url, last.status


def _robots_tag(reply: Reply) -> str:
    return ", ".join(value for name, value in reply.headers if name.lower() == "x-robots-tag")


def look_of(chain: Chain, asked: str, fetcher: Fetcher, rules: SuffixRules, robots: frozenset[str]) -> Look:
    """What a chain of answers shows."""
    from inlink.extract.pages import is_readable  # as in `read_page`

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
    from inlink.extract.html import extract_web  # the compiler comes with it, 50 MB that a site does without

    found = extract_web([record], "", rules, DEFAULT_LIMITS)
    if not found.scan.pages:
        return Look(asked, record.url, record.fetched_at_us, "failing", "the page cannot be read", record.http_status)
    metas = [(name, text) for name, text in found.scan.pages[0].said.metas if META_GROUPS[name] == "robots"]
    canonical = found.batch.pages.column("canonical")[0].as_py()
    content_type = (record.header("content-type") or ["text/html"])[0]
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
        content_type,
        hidden=hidden_links(record.body, content_type, record.url),
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
