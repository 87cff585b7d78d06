"""Which page a URL means: raw → normalised → same-page key; and which keys a scope holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

from inlink.errors import BadInput
from inlink.urls.domains import SuffixRules
from inlink.urls.folds import fold_table
from inlink.urls.key_kernel import write_page_key, www_length
from inlink.urls.parse import WEB_SCHEMES, Url, parse
from inlink.urls.surt import host_key

Scope = Literal["url", "prefix", "host", "domain"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

_HINT = "write example.org, or https://example.org/page"
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SCHEME_ALONE = re.compile(r"[a-z][a-z0-9+-]*:(?!\d+(?:[/?#]|$))", re.IGNORECASE)  # localhost:80/ has none


@lru_cache(maxsize=1 << 13)
def same_page_key(url: str) -> str:
    """The key that all spellings of one page share, in SURT form: `org,scipy)/doc?a=1`.

    Folded: scheme, user name, leading `www.`, trailing dot of the host, default index names, one trailing slash
    below the root, tracking parameters and the escapes of unreserved characters. A port that is not the scheme's
    default stays: `org,example):8080/`. For whole columns use `batch.resolve`, which runs the same kernel compiled.
    Raises: BadInput when `url` is no http(s) URL.
    """
    return _page_key(_web_url(url))


def key_range(of: Url | str, scope: Scope) -> tuple[str, str]:
    """Keys k with low <= k < high hold all of the scope: exact for `url`, `prefix` needs Target.ranges, the others a
    filter by host or domain only where `www.` was folded away.

    For `host` and `domain`, `of` may be the name itself.
    """
    if scope in ("host", "domain"):
        name = of.host if isinstance(of, Url) else of
        head = host_key(_fold_www(name))
        return f"{head})", f"{head}*" if scope == "host" else f"{head}-"
    key = _page_key(of if isinstance(of, Url) else _web_url(of))
    if scope == "url":
        return key, f"{key}!"
    head = _prefix_key(key)
    return (f"{head}/", f"{head}0") if head.endswith(")") else (head, f"{head}@")


@dataclass(frozen=True, slots=True)
class Target:
    """What a question is about: a page, a path, a host or a domain.

    `low <= key < high` holds all keys of the target (a superset for `prefix`); `ranges` are its exact parts.
    `url` is the normalised URL (None for host and domain), which `strict` compares instead of the key.
    `reason` says why the scope is what it is, in words for the user.
    """

    text: str
    kind: Scope
    url: str | None
    key: str | None
    host: str
    domain: str
    low: str
    high: str
    ranges: tuple[tuple[str, str], ...]
    is_strict: bool
    reason: str

    def has_key(self, key: str) -> bool:
        """Whether a same-page key lies in the target's ranges (host and domain are the caller's to compare)."""
        return any(low <= key < high for low, high in self.ranges)


def target(
    text: str, scope: Scope | None = None, *, rules: SuffixRules, is_strict: bool = False, reason: str = ""
) -> Target:
    """The target that a user's text means at a scope, guessed where none is given.

    Raises: BadInput when the text is no http(s) URL, host or domain, or the scope is unknown.
    """
    if scope is None:
        return guess_scope(text, rules=rules, is_strict=is_strict)
    if scope not in SCOPES:
        raise BadInput(f"unknown scope {scope!r}", hint=f"one of {', '.join(SCOPES)}")
    url = _typed_url(text)
    domain = rules.domain(url.host)
    if scope in ("host", "domain"):
        low, high = key_range(url.host if scope == "host" else domain, scope)
        ranges: tuple[tuple[str, str], ...] = ((low, high),)
        href = key = None
    else:
        low, high = key_range(url, scope)
        key = _page_key(url)
        ranges = ((low, high),) if scope == "url" else _prefix_ranges(_prefix_key(key))
        href = url.href.partition("#")[0]
    return Target(
        text, scope, href, key, url.host, domain, low, high, ranges, is_strict, reason or f"scope {scope} as asked"
    )


def guess_scope(text: str, *, rules: SuffixRules, is_strict: bool = False) -> Target:
    """The target as the form of the text suggests, with the reason said.

    | typed | scope |
    |---|---|
    | `example.org`, `www.example.org`, `https://example.org/` | domain |
    | `*.example.org` | domain |
    | `docs.example.org`, an address, a single label | host |
    | `example.org/docs/`, `example.org/docs/*` | prefix |
    | `example.org/docs`, `example.org/?p=1` | url |
    """
    bare = text.strip()
    is_starred = bare.startswith("*.") or bare.endswith("*")
    url = _typed_url(bare)
    domain = rules.domain(url.host)
    if url.path == "/" and url.query is None:
        name = _fold_www(url.host)
        if bare.startswith("*."):
            scope: Scope = "domain" if name == domain else "host"
            reason = f"* stands for all hosts of {name}"
        elif rules.registrable(url.host) and name in (domain, _fold_www(domain)) and not bare.endswith("*"):
            scope, reason = "domain", f"{domain} is a registrable domain"
        else:
            scope, reason = "host", f"{url.host} is a host of {domain}" if domain != url.host else f"{domain} is a host"
    elif is_starred or (url.path.endswith("/") and url.query is None):
        scope, reason = "prefix", "the path ends with *" if is_starred else "the path ends with /"
    else:
        scope, reason = "url", "it names a page"
    return target(bare, scope, rules=rules, is_strict=is_strict, reason=f"scope {scope}, because {reason}")


def _typed_url(text: str) -> Url:
    """The URL that a user's text means: the scheme may be missing, `*` may stand at either end."""
    return typed_url(text.strip().removeprefix("*.").removesuffix("*"), text)


def typed_url(bare: str, text: str | None = None) -> Url:
    """The URL that a user wrote, a missing scheme being https; `text` is shown where it is none.

    Raises: BadInput for what is no http(s) URL: an e-mail address, or `htp:/example.org`.
    """
    text = bare if text is None else text
    if _SCHEME.match(bare) or _SCHEME_ALONE.match(bare):
        return _web_url(bare, text)
    if "@" in bare.split("/", 1)[0]:
        raise BadInput(f"an e-mail address, not a web address: {text!r}", hint=_HINT)
    return _web_url(f"https://{bare.lstrip('/')}", text)


def _web_url(text: str, shown: str | None = None) -> Url:
    """The parsed http(s) URL."""
    url = parse(text)
    if url is None or url.scheme not in WEB_SCHEMES:
        raise BadInput(f"not a web address: {(text if shown is None else shown)!r}", hint=_HINT)
    return url


def _page_key(url: Url) -> str:
    """The same-page key, by the kernel, interpreted."""
    path = (url.path + ("" if url.query is None else f"?{url.query}")).encode()
    n_plain = next((i for i, byte in enumerate(path) if byte in b"%?"), len(path))
    out = bytearray(path[:n_plain] + bytes(len(path) - n_plain + 1))
    size = write_page_key(path, n_plain, len(path), out, 0, n_plain, fold_table())
    port = "" if url.port is None else f":{url.port}"
    return f"{host_key(_fold_www(url.host))}){port}{out[:size].decode()}"


def _fold_www(host: str) -> str:
    """The host without a leading `www.`, where two labels or more remain."""
    raw = host.encode()
    return host[www_length(raw, 0, len(raw)) :]


def _prefix_key(key: str) -> str:
    """The key's path without query and trailing slash; for the root, all before the path."""
    return key.partition("?")[0].removesuffix("/")


def _prefix_ranges(head: str) -> tuple[tuple[str, str], ...]:
    """The exact ranges of a path: itself, what is below it, and it with a query."""
    return (head, f"{head}!"), (f"{head}/", f"{head}0"), (f"{head}?", f"{head}@")
