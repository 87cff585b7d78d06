"""From a look at a page to what became of the watched link: compared first, then asked where something is amiss.

What costs requests is asked only where the answer depends on it: where other addresses lead, whether the page is still
itself, whether scripts put the link there, whether another page of the site holds it now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from inlink.check.verdicts import FAILED, MISSING, Verdict
from inlink.monitor.folding import fold
from inlink.monitor.looking import Link, Look, is_same, key_of
from inlink.monitor.moving import next_pages
from inlink.monitor.states import Finding
from inlink.monitor.watches import Expected, Watch, expected_of, likeness
from inlink.urls.domains import SuffixRules
from inlink.urls.parse import parse

MAX_PAGES = 6  # of a site that are searched for a link that is gone
MAX_TURNS = 3  # links with the same words whose targets are asked for
SURE = 0.6  # the same, where other links of the page have the same words
ALIKE = 0.3  # likeness of contexts from which on a link may be the same one


class Asker(Protocol):
    """What further questions are asked of."""

    rules: SuffixRules

    async def look(self, url: str) -> Look:
        """A page."""
        ...

    async def lands(self, url: str) -> tuple[str, int | None]:
        """Where redirects from a URL end."""
        ...

    async def verdict(self, url: str) -> Verdict:
        """What a page is now."""
        ...

    async def rendered(self, look: Look) -> Look | None:
        """The page after its scripts have run; None where no browser is there, or nothing came."""
        ...

    def others(self, watch: Watch) -> tuple[frozenset[str], Iterable[str]]:
        """Keys of pages that are known to have a link of their own, and pages that may hold this one now."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """A finding; expected: what the link should be from now on, where that is new."""

    finding: Finding
    expected: Expected | None = None


async def find(watch: Watch, look: Look, asker: Asker) -> Found:
    """What a look says of a watch."""
    if not look.has_page:
        return Found(_no_page(look))
    link = match(watch, look)
    if link is not None and not _is_chance(watch, look, link):
        return await _there(watch, look, link, asker)
    if look.outcome == "part":
        return Found(Finding("unclear", {}))
    return await _missing(watch, look, asker)


def match(watch: Watch, look: Look) -> Link | None:
    """The watched link among those of a page; None where it is none of them.

    The one with the same words, else one that was not there beside it before.
    """
    links = [link for link in look.links if watch.aims(link)]
    expected = watch.expected
    if expected is None:
        wanted = fold(watch.wanted_anchor or "")
        return min(
            links, key=lambda link: (bool(wanted) and fold(link.anchor) != wanted, link.is_unfollowed), default=None
        )
    same = [link for link in links if fold(link.anchor) == fold(expected.anchor)]
    if same:
        return min(same, key=lambda link: (link.key != expected.key, link.is_unfollowed == expected.is_followed))
    known = Counter(expected.beside)
    new = []
    for link in links:
        words = fold(link.anchor)
        if known[words] > 0:
            known[words] -= 1
        else:
            new.append(link)
    return min(new, key=lambda link: (link.key != expected.key, link.is_unfollowed), default=None)


def _is_chance(watch: Watch, look: Look, link: Link) -> bool:
    """Whether another page, which redirects led to, links to the target in other words: not the watched link."""
    expected = watch.expected
    return look.is_elsewhere and expected is not None and fold(link.anchor) != fold(expected.anchor)


def _no_page(look: Look) -> Finding:
    if look.outcome == "gone":
        return Finding("lost", {"page_gone": look.why})
    if look.outcome == "not_html":
        return Finding("lost", {"page_not_html": look.why})
    return Finding(look.outcome, {look.outcome: look.why})


async def _there(watch: Watch, look: Look, link: Link, asker: Asker) -> Found:
    """The link is on the page: is it what it was?"""
    reasons: dict[str, str] = {}
    place = None
    if look.is_elsewhere:
        place = look.url
        if _domain(asker, look.url) != _domain(asker, look.asked):
            reasons["moved"] = f"the page redirects to {look.url}"
    now = expected_of(watch, look, link)
    now = replace(now, is_canonical=(other := await _other_canonical(watch, look, asker)) is None)
    reasons |= differences(watch, look, link, now, other)
    if reasons:
        return Found(Finding("changed", reasons, place), None if watch.expected is not None else _first(watch, now))
    return Found(Finding("alive", {}, place), now)


def _first(watch: Watch, now: Expected) -> Expected:
    """What a link that is not as it should be from the beginning should be: a placement is indexed, others are not
    judged by what they never were.
    """
    if watch.origin != "placement":
        return now
    follows = now.is_followed or watch.wants_follow
    return replace(now, is_indexed=True, is_canonical=True, is_visible=True, is_followed=follows)


def differences(watch: Watch, look: Look, link: Link, now: Expected, canonical: str | None) -> dict[str, str]:
    """What is not as it should be, with what was seen. canonical: another page that holds no such link."""
    before, is_placed = watch.expected, watch.origin == "placement"
    found: dict[str, str] = {}
    should_follow = watch.wants_follow or (before is not None and before.is_followed)
    if should_follow and not now.is_followed:
        if link.is_unfollowed:
            found["nofollow_rel"] = f'rel="{link.rel}"'
        for origin in (look.robots.nofollow_origin or "").split("+"):
            if origin:
                found[f"nofollow_{origin}"] = _SAID[origin]
    if not now.is_visible and (is_placed if before is None else before.is_visible):
        found["hidden"] = look.how_hidden(link) or ""
    if look.robots.is_noindex and (is_placed if before is None else before.is_indexed):
        found["noindex"] = f"noindex by {look.robots.origin}"
    if canonical is not None and (is_placed if before is None else before.is_canonical):
        found["not_canonical"] = canonical
    wanted = watch.wanted_anchor if watch.wanted_anchor is not None else before.anchor if before else None
    if wanted is not None and fold(wanted) != fold(link.anchor):
        found["anchor_changed"] = f"“{link.anchor}” instead of “{wanted}”"
    return found


_SAID = {"meta": "the page's robots meta says nofollow", "header": "the X-Robots-Tag header says nofollow"}


async def _other_canonical(watch: Watch, look: Look, asker: Asker) -> str | None:
    """The page that is named as canonical, where it is another one that holds no such link; None where it is not."""
    named = look.canonical
    if named is None or is_same(named, look.url) or is_same(named, look.asked):
        return None
    other = await asker.look(named)
    if other.outcome != "page" or is_same(other.url, look.url):
        return None  # where it is gone, or cannot be seen, it cannot be said what stands there
    return None if any(watch.aims(link) for link in other.links) else other.url


async def _missing(watch: Watch, look: Look, asker: Asker) -> Found:
    """The page is there and the link is not: what became of it?"""
    turned = await _turned(watch, look, asker)
    if turned is not None:
        return turned
    verdict = await asker.verdict(look.asked)
    said = f"{verdict.why} ({verdict.verdict})"
    if verdict.verdict in MISSING or verdict.verdict in ("soft-404", "parked", "hijacked"):
        return Found(Finding("lost", {"page_gone": said}))
    if verdict.verdict in FAILED:
        return Found(Finding("failing", {"failing": said}))
    is_shut = verdict.verdict in ("login-wall", "robots", "unknown")
    scripted = await asker.rendered(look) if not is_shut or verdict.reason == "script-only" else None
    if scripted is not None and match(watch, scripted) is not None:
        return Found(Finding("changed", {"js_only": "the link is there once scripts have run, and not before"}))
    if is_shut:
        return Found(Finding("blocked", {"blocked": said}))
    place = await _elsewhere(watch, look, asker)
    if place is not None:
        return Found(Finding("changed", {"moved": f"the link stands on {place} now"}, place))
    return Found(Finding("lost", _lost(watch, look, verdict)))


def _lost(watch: Watch, look: Look, verdict: Verdict) -> dict[str, str]:
    if watch.expected is None:
        return {"absent": f"no link to {watch.target.text} on the page"}
    led = verdict.final_url or look.url
    if look.is_elsewhere or not is_same(look.asked, led):
        return {"page_redirects": f"redirects to {look.url if look.is_elsewhere else led}"}
    if any(watch.aims(link) for link in look.links):
        return {"link_removed": "another link to the target stays on the page"}
    if (watch.target.url or watch.target.host).partition("://")[2].rstrip("/").encode() in look.html:
        return {"link_removed": "the address still stands on the page, but not as a link"}
    return {"link_removed": "no link to the target on the page"}


async def _turned(watch: Watch, look: Look, asker: Asker) -> Found | None:
    """A link with the same words that leads elsewhere now: to the same thing by another address, or away."""
    expected = watch.expected
    if expected is None or not fold(expected.anchor):
        return None
    words = fold(expected.anchor)
    is_only = not expected.elsewhere and sum(fold(link.anchor) == words for link in look.links) == 1
    for link in [each for each in look.links if _could_be(watch, expected, each, is_only=is_only)][:MAX_TURNS]:
        url, status = await asker.lands(link.url)
        own, _ = await asker.lands(expected.url)
        is_there = (status is not None and key_of(url) == expected.key) or key_of(own) in (link.key, key_of(url))
        if is_there and link.domain == watch.target.domain:
            return _same(watch, look, link)
        through = f" (and from there to {url})" if key_of(url) != link.key else ""
        return Found(Finding("changed", {"target_changed": f"leads to {link.url}{through}"}))
    return None


def _same(watch: Watch, look: Look, link: Link) -> Found:
    """The link leads to the same thing by another address."""
    reasons = differences(watch, look, link, expected_of(watch, look, link), None)
    return Found(Finding("changed" if reasons else "alive", reasons))


def _could_be(watch: Watch, expected: Expected, link: Link, *, is_only: bool) -> bool:
    """Whether a link is the watched one with another target: the same words in the same place.

    is_only: neither before nor now has another link of the page these words; else the texts around have to tell.
    """
    if link.kind not in ("anchor", "area") or fold(link.anchor) != fold(expected.anchor):
        return False
    if link.key in expected.elsewhere or link.key == expected.key:
        return False
    alike = likeness(expected, link)
    if not is_only:
        return alike >= SURE and bool(expected.before or expected.after)
    return link.domain == watch.target.domain or alike >= ALIKE


async def _elsewhere(watch: Watch, look: Look, asker: Asker) -> str | None:
    """Another page of the site that holds the link now: the same words, and the same text around them."""
    if watch.expected is None:
        return None
    taken, more = asker.others(watch)
    known = {key_of(look.asked), key_of(look.url)} | taken
    pages = [watch.standing.place] if watch.standing.place else []
    for url in [*pages, *more, *next_pages(look, _domain(asker, look.url))]:
        if key_of(url) in known:
            continue
        if len(known) - len(taken) > MAX_PAGES + 1:
            break
        known.add(key_of(url))
        other = await asker.look(url)
        if other.has_page and any(_is_it(watch, watch.expected, link) for link in other.links):
            return other.url
    return None


def _is_it(watch: Watch, expected: Expected, link: Link) -> bool:
    is_named = fold(link.anchor) == fold(expected.anchor)
    return watch.aims(link) and is_named and likeness(expected, link) >= ALIKE


def _domain(asker: Asker, url: str) -> str:
    parsed = parse(url)
    return asker.rules.domain(parsed.host) if parsed is not None else ""
