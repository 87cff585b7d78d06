"""What is watched: a page, the target that it should link to, and what the link was when all was well."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from inlink.crawl.traps import without_session
from inlink.monitor.folding import fold
from inlink.monitor.looking import Link, Look, is_same
from inlink.monitor.states import Standing
from inlink.urls.identity import Target

_VOTES = ("anchor", "area")


@dataclass(frozen=True, slots=True)
class Expected:
    """The link as it should be: as it was when first seen, or accepted.

    beside: words of the page's other links to the target; elsewhere: keys of other targets behind the same words.
    """

    url: str
    key: str
    kind: str
    anchor: str
    is_followed: bool
    is_indexed: bool = True
    is_canonical: bool = True
    before: str = ""
    after: str = ""
    region: str | None = None
    beside: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    is_visible: bool = True


@dataclass(frozen=True, slots=True)
class Watch:
    """One watched link. wanted_anchor, wants_follow: what the user asked for, whatever was seen first.

    first_seen_us: when the link is known to have been there first. Units: microseconds since 1970 UTC.
    """

    id: int
    origin: str
    source: str
    target: Target
    label: str = ""
    wanted_anchor: str | None = None
    wants_follow: bool = False
    every_us: int | None = None
    added_us: int = 0
    first_seen_us: int | None = None
    expected: Expected | None = None
    standing: Standing = field(default_factory=Standing)
    next_us: int = 0

    def aims(self, link: Link) -> bool:
        """Whether a link leads to the target, and is of the kind that is watched."""
        kind = self.expected.kind if self.expected is not None else "anchor"
        is_kind = link.kind in _VOTES if kind in _VOTES else link.kind == kind
        return is_kind and is_in(self.target, link)


def is_in(target: Target, link: Link) -> bool:
    """Whether a link's target belongs to what a target stands for."""
    if target.kind == "domain":
        return link.domain == target.domain
    if target.kind == "host":
        return link.host.removeprefix("www.") == target.host.removeprefix("www.")
    return target.has_key(link.key) or (link.domain == target.domain and _is_another_visit(target, link))


def _is_another_visit(target: Target, link: Link) -> bool:
    """Whether a page and a link's target differ by a session id alone."""
    if target.url is None or target.kind != "url":
        return False
    bare = without_session(link.url)
    wanted = without_session(target.url)
    return (bare != link.url or wanted != target.url) and is_same(bare, wanted)


def expected_of(watch: Watch, look: Look, link: Link) -> Expected:
    """The link as it stands on a page now."""
    others = [each for each in look.links if each is not link and watch.aims(each)]
    words = fold(link.anchor)
    return Expected(
        url=link.url,
        key=link.key,
        kind=link.kind,
        anchor=link.anchor,
        is_followed=not link.is_unfollowed and not look.robots.is_nofollow,
        is_indexed=not look.robots.is_noindex,
        is_canonical=True,
        before=link.before,
        after=link.after,
        region=link.region,
        beside=tuple(fold(each.anchor) for each in others),
        elsewhere=tuple(
            dict.fromkeys(each.key for each in look.links if fold(each.anchor) == words and each.key != link.key)
        )[:50],
        is_visible=look.how_hidden(link) is None,
    )


def likeness(one: Expected, two: Link) -> float:
    """How alike the words around two links are, 0..1 (Jaccard of words); 1 where there are none on either side."""
    first, second = _words(one.before, one.after), _words(two.before, two.after)
    if not first or not second:
        return 1.0 if not first and not second else 0.0
    return len(first & second) / len(first | second)


def _words(*texts: str) -> set[str]:
    return {word for text in texts for word in re.findall(r"\w+", fold(text))}
