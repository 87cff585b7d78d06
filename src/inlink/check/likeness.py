"""Whether two pages are the same page but for what an address echoes."""

from __future__ import annotations

import re
from urllib.parse import unquote

from inlink.check.page import Page
from inlink.check.wording import plain

LIKE = 0.9
_WIDTH = 4


def are_alike(page: Page, other: Page) -> bool:
    """Whether a page and one of a made-up address beside it are the same.

    Both say the same in title and headings, the words of their own addresses aside, and their shingles of four words
    are the same but for a tenth (Jaccard). Texts that frame everything would make short pages of one template alike;
    the headings tell them apart.
    Source: Bar-Yossef, Broder, Kumar, Tomkins, WWW 2004; shingles: Broder 1997.
    """
    if page.html == other.html:
        return True
    echoes = _echoes(page.url) | _echoes(other.url)
    if _without(echoes, _said(page)) != _without(echoes, _said(other)):
        return False
    return likeness(_without(echoes, page.text), _without(echoes, other.text)) >= LIKE


def _said(page: Page) -> str:
    return " ".join(words for _, words in page.titles.wholes)


def likeness(one: str, other: str) -> float:
    """Jaccard similarity of the sets of four-word shingles of plain texts; 1 where both are empty."""
    if one == other:
        return 1.0
    a, b = _shingles(one), _shingles(other)
    return len(a & b) / len(a | b)


def _shingles(text: str) -> set[str]:
    words = text.split()
    if len(words) < 24 and len(text) > 8 * len(words):  # a script without spaces
        words = list(text.replace(" ", ""))
    if len(words) <= _WIDTH:
        return {" ".join(words)}
    return {" ".join(words[at : at + _WIDTH]) for at in range(len(words) - _WIDTH + 1)}


def _echoes(url: str) -> frozenset[str]:
    """Words of a path and query that a page may say again."""
    rest = url.partition("://")[2].partition("/")[2]
    return frozenset(re.split(r"\s+", plain(unquote(rest)))) - {""}


def _without(echoes: frozenset[str], text: str) -> str:
    """The words of plain text that are not echoes."""
    words = (text if text.isascii() else plain(text)).split()
    return " ".join([word for word in words if word not in echoes])
