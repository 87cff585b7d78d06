"""Links that a page hides from its readers, as far as its HTML says so: the attribute `hidden`, and inline styles.

Style sheets and scripts are not read. `aria-hidden` hides from screen readers alone, and counts for nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from inlink.extract.charset import decode
from inlink.monitor.folding import fold
from inlink.urls.identity import same_page_key
from inlink.urls.parse import normalise

_LINKS = "a[href], area[href]"
_BOXES = '[hidden], [style*="none" i], [style*="hidden" i], [style*="collapse" i]'
_COULD_HIDE = re.compile(rb"\shidden|style\s*=", re.IGNORECASE)
_MAX_DEPTH = 512
_MAX_LINKS = 10_000


@dataclass(frozen=True, slots=True)
class Hidden:
    """Links of one target and the same words that are hidden: how many, and what hides the first."""

    n_links: int
    how: str


HiddenLinks = Mapping[tuple[str, str], Hidden]  # by same-page key of the target, and folded words


def hidden_links(html: bytes, content_type: str, url: str) -> HiddenLinks:
    """The links of a page that are hidden. Cost: a parse of pages where anything could be."""
    if _COULD_HIDE.search(html) is None:
        return {}
    tree = LexborHTMLParser(decode(html, content_type).html)
    named = tree.css_first("base[href]")
    base = normalise((named.attributes.get("href") if named is not None else None) or "", url) or url
    found: dict[tuple[str, str], Hidden] = {}
    for node in _within_boxes(tree):
        target = normalise(node.attributes.get("href") or "", base)
        how = _how(node)
        if target is not None and how is not None:
            place = same_page_key(target), fold(_words(node))
            known = found.get(place)
            found[place] = Hidden(known.n_links + 1, known.how) if known is not None else Hidden(1, how)
    return found


def _within_boxes(tree: LexborHTMLParser) -> list[LexborNode]:
    """Links in or at elements that may hide them."""
    found: dict[int, LexborNode] = {}
    for box in tree.css(_BOXES):
        for node in (box, *box.css(_LINKS)):
            if node.tag in ("a", "area") and len(found) < _MAX_LINKS:
                found[node.mem_id] = node
    return list(found.values())


def _words(node: LexborNode) -> str:
    """What a link says: its text, else what its picture is said to be."""
    image = None if (text := node.text()).strip() else node.css_first("img[alt]")
    return text if image is None else image.attributes.get("alt") or ""


def _how(node: LexborNode) -> str | None:
    """What hides an element: itself or one around it; None where it is shown."""
    visibility: str | None = None  # the nearest word of it counts
    for around in _upward(node):
        attributes = around.attributes
        style = _declared(attributes.get("style") or "")
        display = style.get("display")
        if display == "none":
            return f'style="display:none" on <{around.tag}>'
        if "hidden" in attributes and (attributes["hidden"] or "").lower() != "until-found" and display is None:
            return f"the attribute hidden on <{around.tag}>"
        if visibility is None and (visibility := style.get("visibility")) in ("hidden", "collapse"):
            return f'style="visibility:{visibility}" on <{around.tag}>'
    return None


def _upward(node: LexborNode) -> Iterator[LexborNode]:
    at: LexborNode | None = node
    for _ in range(_MAX_DEPTH):
        if at is None or at.tag is None or at.tag.startswith("-"):
            return
        yield at
        at = at.parent


def _declared(style: str) -> dict[str, str]:
    """The declarations of an inline style, the last of each name; !important before others."""
    found: dict[str, str] = {}
    weighty: dict[str, str] = {}
    for part in style.split(";"):
        name, colon, value = part.partition(":")
        value, mark, _ = value.strip().lower().partition("!important")
        if colon:
            (weighty if mark else found)[name.strip().lower()] = value.strip()
    return {**found, **weighty}
