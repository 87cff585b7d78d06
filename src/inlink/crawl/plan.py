"""What to crawl: seeds, scope and limits."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from inlink.errors import BadInput
from inlink.fetch.policy import DEFAULT_POLICY, Policy
from inlink.fetch.typed import typed_address
from inlink.urls.domains import SuffixRules

SCOPES = ("host", "domain", "prefix", "list", "web")
SCRIPTS = ("no", "few", "all")
_HINT = "give an address like https://example.org/"


@dataclass(frozen=True, slots=True)
class Plan:
    """A crawl as asked for. Depth counts links from a seed, which has depth 0; None is no limit.

    scope: host (the seeds' hosts), domain (their registrable domains), prefix (at or below a seed's path), list
    (the seeds and nothing else), web (anything).
    scripts: of which pages the scripts are run: no page, those with few links, or all.
    """

    seeds: tuple[str, ...]
    scope: str = "domain"
    max_depth: int | None = None
    max_pages: int | None = None
    max_host_pages: int | None = None
    follows_nofollow: bool = False
    reads_sitemaps: bool = True
    scripts: str = "no"
    max_wait_s: float = 600.0  # a host that wants to be left alone for longer is set aside

    @property
    def digest(self) -> str:
        """The same for plans that can go on with each other's frontier: seeds and scope, not limits."""
        text = json.dumps([sorted(self.seeds), self.scope, self.follows_nofollow, self.reads_sitemaps])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def plan_seeds(texts: tuple[str, ...], policy: Policy = DEFAULT_POLICY) -> tuple[str, ...]:
    """Normalised URLs of what a user wrote; a missing scheme is https. Raises: BadInput."""
    found = dict.fromkeys(typed_address(text, policy) for text in texts)
    if not found:
        raise BadInput("nothing to crawl is named", hint=_HINT)
    return tuple(found)


class Scope:
    """Which URLs belong to a crawl. Redirects of seeds may widen it within their domain (`welcome`)."""

    def __init__(self, plan: Plan, rules: SuffixRules) -> None:
        self._kind = plan.scope
        self._rules = rules
        if plan.scope not in SCOPES:
            raise BadInput(f"there is no scope {plan.scope!r}", hint=f"use one of {', '.join(SCOPES)}")
        self._names: set[str] = set()
        self._prefixes: tuple[str, ...] = ()
        for seed in plan.seeds:
            self.welcome(seed)

    def welcome(self, url: str) -> None:
        """Let a seed, or what a seed redirects to within its domain, into the scope."""
        if self._kind == "domain":
            self._names.add(self._rules.domain(host_of(url)))
        elif self._kind == "host":
            self._names.add(host_of(url))
        elif self._kind == "prefix":
            head = _bare(url).partition("?")[0]
            self._prefixes = (*self._prefixes, head[: head.rfind("/") + 1])

    def may_widen(self, seed: str, url: str) -> bool:
        """Whether a redirect from a seed leads to another name of the same domain."""
        return self._kind in ("host", "prefix") and self.same_domain(seed, url)

    def same_domain(self, one: str, other: str) -> bool:
        """Whether two URLs belong to one registrable domain."""
        return self._rules.domain(host_of(one)) == self._rules.domain(host_of(other))

    def has(self, url: str, host: str) -> bool:
        """Whether a normalised URL belongs to the crawl."""
        if self._kind == "web":
            return True
        if self._kind == "domain":
            return self._rules.domain(host) in self._names
        if self._kind == "host":
            return host in self._names
        return self._kind == "prefix" and _bare(url).startswith(self._prefixes)


def host_of(url: str) -> str:
    """The host of a normalised URL, without port and brackets."""
    authority = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    if authority.startswith("["):
        return authority[1 : authority.find("]")]
    return authority.partition(":")[0]


def _bare(url: str) -> str:
    """The URL without scheme: http and https are one place."""
    return url.partition("://")[2]
