"""Authors, dates and types from JSON-LD, as schema.org has them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

_MAX_NODES: Final = 2_000
_MAX_DEPTH: Final = 40
_WORKS: Final = frozenset(
    """
    article newsarticle blogposting reportagenewsarticle analysisnewsarticle opinionnewsarticle techarticle
    scholarlyarticle review report socialmediaposting liveblogposting recipe advertisercontentarticle
    """.split()  # noqa: SIM905
)
_PAGES: Final = frozenset(["webpage", "itempage"])
_WRAPPING: Final = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)?(.*?)(?:-->|//\s*\]\]>|\]\]>)?[\s;]*$", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Stated:
    """What the JSON-LD of a page states: types in lower case; texts as written."""

    types: frozenset[str] = frozenset()
    author: str | None = None
    published: str | None = None
    modified: str | None = None


def stated(scripts: list[bytes]) -> Stated:
    """The statements of all scripts; those of an article go before those of a page."""
    nodes = [node for script in scripts for node in _nodes(_parsed(script))]
    typed = [(node, _types(node)) for node in nodes]
    works = [node for node, types in typed if types & _WORKS]
    sources = works or [node for node, types in typed if types & _PAGES]
    return Stated(
        frozenset(kind for _, types in typed for kind in types),
        _first(_names(node.get("author"), nodes) for node in works),
        _first(_text(node.get("datePublished")) for node in sources),
        _first(_text(node.get("dateModified")) for node in sources),
    )


def _first(values: Iterator[str | None]) -> str | None:
    return next((value for value in values if value), None)


def _parsed(script: bytes) -> object:
    """The value of a script; None where it is no JSON even when read leniently."""
    try:
        return msgspec.json.decode(script)
    except (msgspec.DecodeError, RecursionError):
        pass
    match = _WRAPPING.match(script.decode("utf-8", "replace"))
    try:
        return json.loads(match[1] if match else "", strict=False)
    except (ValueError, RecursionError):
        return None


def _nodes(value: object) -> list[dict[str, Any]]:
    """Every object inside the value, outer ones first; bounded."""
    found: list[dict[str, Any]] = []
    level, depth = [value], 0
    while level and len(found) < _MAX_NODES and depth < _MAX_DEPTH:
        inner: list[object] = []
        for item in level:
            if isinstance(item, dict):
                found.append(item)
                inner.extend(v for v in item.values() if isinstance(v, dict | list))
            elif isinstance(item, list):
                inner.extend(v for v in item if isinstance(v, dict | list))
        level, depth = inner, depth + 1
    return found


def _types(node: dict[str, Any]) -> frozenset[str]:
    value = node.get("@type")
    values = value if isinstance(value, list) else [value]
    return frozenset(v.rpartition("/")[2].lower() for v in values if isinstance(v, str))


def _text(value: object) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    return value.strip() if isinstance(value, str) else None


def _names(value: object, nodes: list[dict[str, Any]]) -> str | None:
    """Names of the authors, joined by a comma; a reference by @id is followed."""
    names = []
    for author in value if isinstance(value, list) else [value]:
        if isinstance(author, dict):
            known = next((n for n in nodes if "name" in n and n.get("@id") == author.get("@id")), author)
            name = _text(author.get("name")) or (_text(known.get("name")) if author.get("@id") else None)
        else:
            name = _text(author)
        if name and not name.startswith(("http:", "https:")):
            names.append(name)
    return ", ".join(dict.fromkeys(names)) or None
