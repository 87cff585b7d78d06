"""Links of a page that stand in no element of it: redirects, Link headers, refreshes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from inlink.extract.captures import redirect_target
from inlink.extract.headers import header_links, refresh_target
from inlink.sources.records import Record
from inlink.urls.parse import normalise

_KIND_OF_REL: Final = {"canonical": "canonical", "stylesheet": "style", "alternate": "alternate"}


@dataclass(frozen=True, slots=True)
class Unmarked:
    """One such link; the target is as written."""

    kind: str
    target: str
    rel: str | None = None
    hreflang: str | None = None


def kind_of_rel(rel: str | None) -> str | None:
    """Kind of a <link> or Link header by its rel; without rel it means nothing."""
    words = rel.lower().replace(",", " ").split() if rel else []
    return next((kind for word, kind in _KIND_OF_REL.items() if word in words), "rel_link") if words else None


def unmarked_links(record: Record, refreshes: Iterable[str]) -> Iterator[Unmarked]:
    """Links of a readable page: its refreshes, by meta element (given) and header, and its Link headers."""
    for value in [*refreshes, *record.header("refresh")]:
        target = refresh_target(value)
        if target is not None:
            yield Unmarked("refresh", target)
    for value in record.header("link"):
        for link in header_links(value):
            kind = kind_of_rel(link.rel)
            if kind is not None:
                yield Unmarked(kind, link.target, link.rel, link.hreflang)


def redirect(record: Record, url: str) -> Unmarked | None:
    """The link that a 3xx answer is, where it names an http(s) URL."""
    if redirect_target(record, url) is None:
        return None
    return next(Unmarked("redirect", raw) for raw in record.header("location") if normalise(raw, url) is not None)
