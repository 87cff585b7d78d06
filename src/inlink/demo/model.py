"""What the demo web is made of: sites, their pages, and what a crawler sees of a page at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

# Position in this tuple is the digit that the plan writes before a paragraph: "12|only at the two later times".
TIMES = (
    datetime(2026, 9, 1, 6, 0, tzinfo=UTC),  # a first look at few pages
    datetime(2026, 9, 15, 6, 0, tzinfo=UTC),
    datetime(2026, 10, 15, 6, 0, tzinfo=UTC),
)
FIRST, SECOND = 1, 2

_DEFAULT_PAGE = re.compile(r"/(index\.(html?|php)|default\.aspx?)$")
_TRACKING = re.compile(r"^(utm_[a-z]+|fbclid|gclid)=")


def page_key(url: str) -> str:
    """What two addresses of one page share: no scheme, no www., no default index name, no tracking parameters."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    query = "&".join(p for p in parts.query.split("&") if p and not _TRACKING.match(p))
    return f"{host}{_DEFAULT_PAGE.sub('/', parts.path or '/')}" + (f"?{query}" if query else "")


@dataclass(frozen=True, slots=True)
class Site:
    """One host: its looks, its language and what stands on all of its pages."""

    host: str
    name: str
    tagline: str
    template: str
    lang: str
    charset: str
    ip: str
    prose: str
    scheme: str = "https"
    nav: tuple[tuple[str, str], ...] = ()
    aside: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        """The registrable domain: `.example` is a suffix of its own, so the last two labels."""
        return ".".join(self.host.split(".")[-2:])


@dataclass(frozen=True, slots=True)
class Page:
    """One page as planned. `text`, `comments` and `bio` may differ from time to time (see markup)."""

    site: Site
    path: str
    title: str
    kind: str
    text: str = ""
    comments: tuple[str, ...] = ()
    bio: str = ""
    listing: tuple[tuple[str, str, int], ...] = ()  # path, title and first time of the pages that this one lists
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The page's address; the option `scheme` stands before the site's own."""
        scheme = self.options.get("scheme", self.site.scheme)
        return f"{scheme}://{self.site.host}{self.path}"

    def option(self, name: str, time: int) -> Any:
        """The value of an option at a time: `name2 = …` of the plan stands before `name = …`."""
        return self.options.get(f"{name}{time}", self.options.get(name))


@dataclass(frozen=True, slots=True)
class Link:
    """One link that a page was given: what stands there, and what the plan knows about it."""

    written: str
    url: str  # absolute, without fragment
    kind: str
    region: str | None  # None where nothing on the page says which part it is
    anchor: str | None = None
    alt: str | None = None
    rel: str | None = None
    origins: tuple[str, ...] = ()  # of nofollow, ugc and sponsored: rel, meta, header
    context: str = ""  # plain text of the paragraph around it

    @property
    def rel_words(self) -> frozenset[str]:
        """The words of rel, lower case."""
        return frozenset((self.rel or "").lower().split())

    @property
    def is_nofollow(self) -> bool:
        """Whether rel or the page as a whole says nofollow."""
        return "nofollow" in self.rel_words or bool({"meta", "header"} & set(self.origins))

    @property
    def is_follow(self) -> bool:
        """Whether nothing says nofollow, ugc or sponsored."""
        return not self.origins


@dataclass(frozen=True, slots=True)
class Answer:
    """What a page answered at a time, and the links in it. `links` of a redirect is its one target."""

    page: Page
    time: int
    fetched_at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    links: tuple[Link, ...]
    is_html: bool

    @property
    def is_conclusive(self) -> bool:
        """Whether the answer tells what is on the page: a redirect to the page's own other address does not."""
        if 300 <= self.status < 400 and page_key(self.links[0].url) == page_key(self.page.url):
            return False
        return self.status < 500 and self.status not in (401, 403, 408, 425, 429)
