"""Which of the URLs that a page leads to are asked for, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import xxhash

from inlink.crawl.frontier import SITEMAP, Found, Frontier, url_key
from inlink.crawl.plan import Plan, Scope, host_of
from inlink.crawl.simhash import NEAR_BITS, differing_bits
from inlink.crawl.traps import form_trap, is_dated, is_not_a_page, shape_of, without_session

MAX_HOPS = 10
MAX_COMBINATIONS = 300  # URLs of one path with three parameters or more
MIN_SAME = 30  # pages of a kind before it may be called a trap
SAME_SHARE = 0.9
_KEPT_URLS = 300_000
_KEPT_SHAPES = 20_000


@dataclass(slots=True)
class Shape:
    """What is known of one kind of URL."""

    key: int
    example: str
    n_found: int = 0
    n_own: int = 0
    n_other: int = 0
    n_done: int = 0
    n_same: int = 0
    last_simhash: int | None = None
    closed: str | None = None


class Judge:
    """Judges URLs one by one; what it counts is written with the step (`changed_shapes`)."""

    def __init__(self, plan: Plan, scope: Scope, frontier: Frontier) -> None:
        self._plan, self._scope, self._frontier = plan, scope, frontier
        self._met: dict[int, int] = {}
        self._new: dict[int, str] = {}
        self._shapes: dict[int, Shape] = {}
        self._changed: dict[int, Shape] = {}
        self._per_host: dict[str, int] = {}

    def judge(
        self, links: Iterable[tuple[str, bool]], *, source: str, source_id: int, depth: int, hops: int = 0
    ) -> Iterator[Found]:
        """A row for each URL (with: only nofollow links lead there) that was not met in this way lately."""
        source_shape = shape_of(source)
        for url, is_nofollow in links:
            way = 2 * depth + is_nofollow
            met = xxhash.xxh3_64_intdigest(url.encode())
            if self._met.get(met, way + 1) <= way:
                continue
            self._met[met] = way
            host = host_of(url)
            row = self._row(url, host, source_shape, source_id, depth, hops, is_nofollow)
            if source_shape is not None and row.why is None and not _is_of(url, source_shape):
                shape = self._shape(source_shape[0], source)
                shape.n_other += 1
                self._changed[shape.key] = shape
            yield row
        if len(self._met) > _KEPT_URLS:
            self._met.clear()

    def listed(self, urls: Iterable[str], *, source: str, source_id: int, depth: int) -> Iterator[Found]:
        """A row for each sitemap that robots.txt or a sitemap index names: within the domain, whatever the scope."""
        for url in urls:
            host = host_of(url)
            if self._scope.has(url, host) or self._scope.same_domain(source, url):
                yield Found(url, host, depth, None, SITEMAP, 0, source_id)

    def closed(self, url: str) -> str | None:
        """Why no more pages of the URL's kind are asked for; None where they are."""
        shape = shape_of(url)
        return None if shape is None else self._shape(shape[0], url).closed

    def done(self, url: str, simhash: int | None) -> None:
        """A page was read: kinds whose pages say the same, and lead to each other and nowhere else, are traps."""
        found = shape_of(url)
        if found is None or simhash is None:
            return
        shape = self._shape(found[0], url)
        shape.n_done += 1
        if shape.last_simhash is not None and differing_bits(shape.last_simhash, simhash) <= NEAR_BITS:
            shape.n_same += 1
        shape.last_simhash = simhash
        is_same = shape.n_done >= MIN_SAME and shape.n_same >= SAME_SHARE * shape.n_done
        is_alone = shape.n_other <= (1 - SAME_SHARE) * shape.n_done and shape.n_own >= SAME_SHARE * shape.n_found
        if is_same and is_alone and shape.closed is None:
            shape.closed = "calendar" if is_dated(url) else "same-text"
        self._changed[shape.key] = shape

    def changed_shapes(self) -> list[tuple[int, str, int, int, int, int, int, int | None, str | None]]:
        """Rows of the kinds that changed since last asked, to be kept with the step."""
        rows = [
            (s.key, s.example, s.n_found, s.n_own, s.n_other, s.n_done, s.n_same, s.last_simhash, s.closed)
            for s in self._changed.values()
        ]
        self._changed = {}
        self._new.clear()
        self._per_host.clear()
        if len(self._shapes) > _KEPT_SHAPES:
            self._shapes.clear()
        return rows

    def _row(
        self,
        url: str,
        host: str,
        source_shape: tuple[str, int] | None,
        source_id: int,
        depth: int,
        hops: int,
        is_nofollow: bool,
    ) -> Found:
        plan = self._plan
        if "@" in url and "@" in url.partition("://")[2].partition("/")[0]:
            why: str | None = "credentials"
        elif not self._scope.has(url, host):
            why = "out-of-scope"
        elif is_not_a_page(url):
            why = "not-a-page"
        elif hops > MAX_HOPS:
            why = "redirect-chain"
        elif plan.max_depth is not None and depth > plan.max_depth:
            why = "too-deep"
        elif is_nofollow and not plan.follows_nofollow:
            why = "nofollow"
        else:
            why = form_trap(url) or self._known_trap(url, source_shape) or self._beyond(url, host)
        if why == "session-id":
            return Found(url, host, depth, why, 0, hops, source_id, xxhash.xxh3_64_intdigest(url.encode()) - (1 << 63))
        return Found(url, host, depth, why, 0, hops, source_id)

    def _known_trap(self, url: str, source_shape: tuple[str, int] | None) -> str | None:
        """Traps that show over many URLs: session ids, combinations of parameters, kinds that were closed."""
        shape_text = shape_of(url)
        if shape_text is None and without_session(url) == url:
            return None
        key = url_key(url)
        known = self._new.get(key) or self._frontier.known_as(key)
        if known is not None and known != url:
            return "session-id"
        if shape_text is None:
            self._new[key] = url
            return None
        shape = self._shape(shape_text[0], url)
        if known is not None:
            return None
        self._new[key] = url
        shape.n_found += 1
        shape.n_own += source_shape is not None and source_shape[0] == shape_text[0]
        if shape_text[1] > 2 and shape.n_found > MAX_COMBINATIONS and shape.closed is None:
            shape.closed = "parameters"
        self._changed[shape.key] = shape
        return shape.closed

    def _beyond(self, url: str, host: str) -> str | None:
        limit = self._plan.max_host_pages
        if limit is None or self._frontier.is_counted(url_key(url)):
            return None
        n = self._per_host.get(host)
        if n is None:
            n = self._frontier.host_done(host)
        if n >= limit:
            return "host-limit"
        self._per_host[host] = n + 1
        return None

    def _shape(self, text: str, url: str) -> Shape:
        key = xxhash.xxh3_64_intdigest(text.encode()) - (1 << 63)
        shape = self._shapes.get(key) or self._changed.get(key)
        if shape is None:
            row = self._frontier.shape(key)
            shape = Shape(key, url) if row is None else Shape(key, url, *row)
        self._shapes[key] = shape
        return shape


def _is_of(url: str, shape: tuple[str, int]) -> bool:
    found = shape_of(url)
    return found is not None and found[0] == shape[0]
