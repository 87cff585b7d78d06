"""Pages of a site that may hold a link that has left another: what follows it in a row of pages."""

from __future__ import annotations

import re

from inlink.monitor.looking import Link, Look

_NUMBER = re.compile(r"(?:(?<=[/=_-])|(?<=page)|(?<=seite))(\d{1,5})(?=/?$|&|\.\w{2,5}$)", re.IGNORECASE)
_PLACE = re.compile(r"(?:page|seite|pagina|p|pg|paged|offset|start)[/=_-]?$", re.IGNORECASE)
_NEXT = re.compile(
    r"\b(?:next|older|more|weiter|nächste|ältere|suivante?|anciens?|siguiente|anteriores|successiv[ao]|próxim[ao]|"
    r"następna|archive|archives|archiv)\b|^[›»→>]+$|次|下一页|下一頁",
    re.IGNORECASE,
)


def next_pages(look: Look, domain: str) -> list[str]:
    """Pages that a page leads on to, the likeliest first: rel=next, the next number, words such as "older"."""
    here = _number(look.url)
    ranked: dict[str, tuple[int, int]] = {}
    for position, link in enumerate(look.links):
        rank = _rank(link, look.url, here) if link.domain == domain else None
        if rank is not None:
            ranked[link.url] = min(ranked.get(link.url, (9, 0)), (rank, position))
    return sorted(ranked, key=lambda url: ranked[url])


def _rank(link: Link, url: str, here: int | None) -> int | None:
    if link.is_next:
        return 0
    if link.kind not in ("anchor", "area"):
        return None
    number = _number(link.url)
    if number is not None and _is_row(link.url, url):
        if number == (here or 1) + 1:
            return 1
        return 3 if number > (here or 1) else None
    return 2 if len(link.anchor) <= 40 and _NEXT.search(link.anchor) else None


def _number(url: str) -> int | None:
    match = _NUMBER.search(url)
    return int(match[1]) if match else None


def _is_row(other: str, url: str) -> bool:
    """Whether two addresses are of one row of pages: alike before the number, or one is the other's beginning."""
    match = _NUMBER.search(other)
    if match is None:
        return False
    stem = other[: match.start()]
    mine = _NUMBER.search(url)
    if mine is not None and url[: mine.start()] == stem:
        return True
    bare = _PLACE.sub("", stem).rstrip("/?&-_.=")
    whole = re.sub(r"\.\w{2,5}$", "", url.partition("?")[0]).rstrip("/")
    return bool(bare) and (
        bare.rstrip("/") in (url.rstrip("/"), whole) or stem.rstrip("/?&-_=") in (url.rstrip("/"), whole)
    )
