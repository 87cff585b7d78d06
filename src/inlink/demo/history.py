"""The life of every link of the demo web, from the answers of its page: seen, live, lost and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from inlink.demo.model import Answer, Link, Page

Identity = tuple[str, str, str, int]  # source URL, target URL, kind, occurrence
Seen = dict[Identity, Link]


@dataclass(frozen=True, slots=True)
class Life:
    """One link with its captures: `links[i]` is how it stood in answer `seen[i]`."""

    identity: Identity
    page: Page
    links: tuple[Link, ...]
    seen: tuple[Answer, ...]
    lost_by: Answer | None  # the first conclusive answer after the last that held it

    @property
    def last(self) -> Link:
        """The link as it stood when it was last seen."""
        return self.links[-1]

    @property
    def first_seen(self) -> datetime:
        """When it was first seen."""
        return self.seen[0].fetched_at

    @property
    def last_seen(self) -> datetime:
        """When it was last seen."""
        return self.seen[-1].fetched_at


def links_of(answer: Answer) -> Seen:
    """The links of an answer by their identity."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    found: Seen = {}
    for link in answer.links:
        found[(answer.page.url, link.url, link.kind, counts[link.url, link.kind])] = link
        counts[link.url, link.kind] += 1
    return found


def by_page(answers: Iterable[Answer]) -> dict[str, list[Answer]]:
    """The conclusive answers of each page, oldest first."""
    pages: dict[str, list[Answer]] = defaultdict(list)
    for answer in sorted(answers, key=lambda a: a.fetched_at):
        if answer.is_conclusive:
            pages[answer.page.url].append(answer)
    return pages


def lives_of(answers: Iterable[Answer]) -> list[Life]:
    """Every link that was ever seen, pages in order of their URLs, links in order of their first appearance."""
    return [life for _, captures in sorted(by_page(answers).items()) for life in _page_lives(captures)]


def _page_lives(captures: Sequence[Answer]) -> list[Life]:
    seen: dict[Identity, list[tuple[int, Link]]] = defaultdict(list)
    for i, answer in enumerate(captures):
        for identity, link in links_of(answer).items():
            seen[identity].append((i, link))
    lives = []
    for identity, times in seen.items():
        after = times[-1][0] + 1
        lives.append(
            Life(
                identity,
                captures[0].page,
                tuple(link for _, link in times),
                tuple(captures[i] for i, _ in times),
                captures[after] if after < len(captures) else None,
            )
        )
    return lives


def mover_of(life: Life, lives: Iterable[Life]) -> Life | None:
    """The link that this lost one became: same target, anchor and context, live and gained later elsewhere on the site.

    What stood on other pages too while it still stood here is a repeated link (a sidebar's, say) and did not move.
    """
    if life.lost_by is None or not life.last.context:
        return None
    twins = [other for other in lives if _says_the_same(other, life) and other.page.url != life.page.url]
    if any(other.first_seen <= life.last_seen for other in twins):
        return None
    return next((other for other in twins if other.lost_by is None), None)


def _says_the_same(one: Life, other: Life) -> bool:
    a, b = one.last, other.last
    return one.page.site.domain == other.page.site.domain and (a.url, a.kind, a.anchor, a.context) == (
        b.url,
        b.kind,
        b.anchor,
        b.context,
    )


def lost_reason(life: Life, lives: Iterable[Life]) -> str | None:
    """Why the link is not there now; None while it is live."""
    end = life.lost_by
    if end is None:
        return None
    if mover_of(life, lives):
        return "moved"
    if end.status in (404, 410):
        return "page_gone"
    if 300 <= end.status < 400:
        return "page_redirects"
    if not end.is_html:
        return "page_not_html"
    return "removed"
