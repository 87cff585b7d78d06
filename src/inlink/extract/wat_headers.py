"""Links and robots rules that HTTP headers and meta elements carry."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from inlink.extract.names import META_GROUPS
from inlink.sources.records import Record

_REFRESH = re.compile(r"\s*[\d.]*\s*[;,\s]\s*(?:url\s*=\s*)?(\"[^\"]*\"?|'[^']*'?|.+)", re.IGNORECASE | re.DOTALL)
_LINK_VALUE = re.compile(r"<([^>]*)>((?:\s*;\s*[\w*!#$%&+.^`|~-]+(?:\s*=\s*(?:\"(?:[^\"\\]|\\.)*\"|[^\s;,\"]+))?)*)")
_REL_PARAMETER = re.compile(r";\s*rel\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;,\"]+))", re.IGNORECASE)
_MAX_HEADER_LINKS = 200


@dataclass(frozen=True, slots=True)
class HeaderLink:
    """A link that no element of the page holds."""

    kind: str
    target: str
    rel: str | None = None


@dataclass(frozen=True, slots=True)
class Robots:
    """Robots rules of a page; origins are "meta", "header" or both, None where nothing forbids."""

    noindex: bool
    nofollow: bool
    origin: str | None  # with ":bot" where only a named robot is addressed
    nofollow_origin: str | None


def kind_of_rel(rel: str | None) -> str | None:
    """Kind of a <link> or Link header by its rel; without rel it means nothing."""
    words = rel.lower().replace(",", " ").split() if rel else []
    if not words:
        return None
    for word, kind in (("canonical", "canonical"), ("stylesheet", "style"), ("alternate", "alternate")):
        if word in words:
            return kind
    return "rel_link"


def header_links(record: Record, meta_refresh: str | None) -> list[HeaderLink]:
    """Location of a redirect, Link headers, and the target of a refresh by header or meta element."""
    links = []
    if record.http_status is not None and 300 <= record.http_status < 400:
        links += [HeaderLink("redirect", target) for target in record.header("location")[:1]]
    for value in record.header("link"):
        for match in _LINK_VALUE.finditer(value):
            found = _REL_PARAMETER.search(match[2])
            rel = (found[1] or found[2]) if found else None
            kind = kind_of_rel(rel)
            if kind is not None:
                links.append(HeaderLink(kind, match[1], rel))
    refreshes = [*record.header("refresh")[:1], *([meta_refresh] if meta_refresh else [])]
    links += [HeaderLink("refresh", target) for value in refreshes if (target := refresh_target(value)) is not None]
    return links[:_MAX_HEADER_LINKS]


def refresh_target(value: str) -> str | None:
    """The URL of a refresh; None where it only reloads the page."""
    match = _REFRESH.fullmatch(value)
    target = match[1].strip() if match else ""
    if target[:1] in ("'", '"'):
        target = target[1:].partition(target[0])[0]
    return target or None


def robots_of(metas: Iterable[tuple[str, str]], record: Record) -> Robots:
    """The rules of meta elements (name, content) and X-Robots-Tag headers together."""
    told: list[tuple[str, set[str]]] = []
    for name, content in metas:
        bot = name.strip().lower()
        if META_GROUPS.get(bot) == "robots":
            told.append(("meta" if bot == "robots" else f"meta:{bot}", _words(content)))
    for value in record.header("x-robots-tag"):
        told += _header_rules(value)
    noindex = [origin for origin, words in told if words & {"noindex", "none"}]
    nofollow = [origin for origin, words in told if words & {"nofollow", "none"}]
    return Robots(
        bool(noindex), bool(nofollow), _joined(noindex + nofollow), _joined(o.partition(":")[0] for o in nofollow)
    )


def _header_rules(value: str) -> list[tuple[str, set[str]]]:
    """(origin, words) of the rules of an X-Robots-Tag; a name before a colon addresses one robot."""
    told, origin = [], "header"
    for part in value.lower().split(","):
        name, colon, rest = part.partition(":")
        if colon and META_GROUPS.get(name.strip()) == "robots":
            origin, part = f"header:{name.strip()}" if name.strip() != "robots" else "header", rest
        told.append((origin, _words(part)))
    return told


def _words(content: str) -> set[str]:
    return set(content.lower().replace(",", " ").split())


def _joined(origins: Iterable[str]) -> str | None:
    """Distinct origins joined, meta before header; one that addresses all robots stands for the named ones."""
    found = set(origins)
    kept = [origin for origin in sorted(found) if ":" not in origin or origin.partition(":")[0] not in found]
    return "+".join(sorted(kept, key=lambda origin: (not origin.startswith("meta"), origin))) or None
