"""The archived page of a link as a document that can do nothing, the link marked.

The page is parsed, and written anew from a short list of elements that only lay out text. Nothing that loads, runs,
navigates or names another place is written: no address, no script, no style, no form. What an image said is shown as
its alt text. Whoever shows the document shuts it into a sandbox besides; each of the two is enough by itself.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from selectolax.lexbor import LexborHTMLParser, LexborNode

from inlink.extract.bombs import affordable
from inlink.store.workspace import Workspace
from inlink.workbench import evidence
from inlink.workbench.places import Served
from inlink.workbench.results import Evidence

AROUND = 1_000_000  # bytes of the record on either side of the link
MAX_DEPTH = 256  # elements within elements; deeper ones are written side by side
MARK = "link"
LEAF = "-"  # instead of a closing tag: what is within is left out
_MARKING = "data-inlink-marked"
_TAG = re.compile(r"<[a-zA-Z][a-zA-Z0-9-]*")

_BLOCKS = """
address article aside blockquote center dd details dir div dl dt fieldset figcaption figure footer h1 h2 h3 h4
h5 h6 header hgroup legend li main menu nav ol p pre search section summary table tbody td tfoot th thead tr
ul caption
"""
BLOCKS = frozenset(_BLOCKS.split())
_INLINE = """
a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q rb rp rt rtc ruby s samp
small span strike strong sub sup time tt u var
"""
INLINE = frozenset(_INLINE.split())
VOID = frozenset(("br", "hr", "wbr"))
_DROPPED = """
applet area audio base basefont bgsound canvas col colgroup command datalist embed frame frameset head iframe
link map math meta noembed noframes object option param plaintext portal script select source style svg
template textarea title track video xmp
"""
DROPPED = frozenset(_DROPPED.split())
"""Elements that go with all that is in them; of others that are not listed, the children stay."""

_LANG = re.compile(r"[A-Za-z0-9-]{1,35}")
STYLE = """
:root { color-scheme: light dark; --mark: #fbeec2; --on: #3d2f00; }
@media (prefers-color-scheme: dark) { :root { --mark: #4a3c10; --on: #fbeec2; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 1rem; overflow-wrap: anywhere; max-width: 60rem; }
.a { text-decoration: underline; text-underline-offset: .2em; }
.img { border: 1px dashed currentColor; padding: 0 .3em; opacity: .8; font-size: .85em; }
table { border-collapse: collapse; } td, th { padding: .1rem .4rem; vertical-align: top; }
#link { background: var(--mark); color: var(--on); outline: 2px solid #d9b84a; outline-offset: 2px; }
#link { scroll-margin: 30vh; }
"""


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    """A record's page made harmless. is_marked: whether the link stands in it; is_cut: whether the page goes on."""

    evidence: Evidence
    document: str
    is_marked: bool
    is_cut: bool


def show(served: Served, link_id: int, workspace: Workspace | None) -> ArchivedPage:
    """The page that the archive holds of a link; an empty document where the link stands in no page.

    Raises: NotFound for an unknown link.
    """
    found = evidence.show(served, link_id, workspace, around=AROUND)
    text = found.html if found.is_page else ""
    document = harmless(text, found.start)
    return ArchivedPage(found, document, f'id="{MARK}"' in document, "the record goes on" in found.note)


def harmless(page: str, start: int) -> str:
    """A page as a document that can do nothing; the element whose tag begins at `start` is marked.

    Of a page made to choke parsers as much is written as can be parsed at a bearable price (`extract.bombs`).
    """
    page = page.replace(_MARKING, "")  # nobody else may mark
    tag = _TAG.match(page, start) if start < len(page) else None
    if tag is not None:
        page = f"{page[: tag.end()]} {_MARKING}{page[tag.end() :]}"
    data = page.encode("utf-8", "replace")
    body = LexborHTMLParser(data[: affordable(np.frombuffer(data, np.uint8))]).root
    parts = "".join(_written(body)) if body is not None else ""
    return (
        '<!doctype html><html><head><meta charset="utf-8"><title>Archived page</title>'
        f"<style>{STYLE}</style></head><body>{parts}</body></html>"
    )


def _written(root: LexborNode) -> Iterator[str]:
    """The elements and texts below a node, in order, without recursion: pages may be deep."""
    todo: list[LexborNode | str] = [root]
    depth = 0
    while todo:
        node = todo.pop()
        if isinstance(node, str):
            depth -= 1
            yield node
            continue
        if node.is_text_node:
            yield html.escape(node.text_content or "")
            continue
        if node.is_comment_node:
            continue
        opened, closing = _element(node, is_deep=depth >= MAX_DEPTH)
        if opened is not None:
            yield opened
        if closing == LEAF:
            continue
        if closing:
            depth += 1
            todo.append(closing)
        todo.extend(reversed(list(node.iter(include_text=True))))


def _element(node: LexborNode, *, is_deep: bool) -> tuple[str | None, str]:
    """The opening tag of an element and its closing one; None for one that is left out with all that is in it."""
    tag = node.tag or ""
    given = node.attributes
    is_marked = _MARKING in given
    mark = f' id="{MARK}"' if is_marked else ""
    if tag in DROPPED:
        return (f'<span class="img"{mark}>[{tag}]</span>', LEAF) if is_marked else (None, LEAF)
    if tag in ("img", "image", "input"):
        alt = given.get("alt") or given.get("value") or tag
        return f'<span class="img"{mark}>[{html.escape(alt[:500])}]</span>', LEAF
    if tag in VOID:
        return f"<{tag}>", LEAF
    if tag not in BLOCKS and tag not in INLINE:
        return (f"<span{mark}>", "</span>") if is_marked else ("", "")
    if is_deep and not is_marked:
        return "", ""
    kind = ' class="a"' if tag == "a" else " open" if tag == "details" else ""
    return f"<{tag}{mark}{kind}{_kept(given)}>", f"</{tag}>"


def _kept(given: dict[str, str | None]) -> str:
    """The attributes that say how text is read and how cells span."""
    found = ""
    if (given.get("dir") or "").lower() in ("ltr", "rtl", "auto"):
        found += f' dir="{(given["dir"] or "").lower()}"'
    if _LANG.fullmatch(given.get("lang") or ""):
        found += f' lang="{given["lang"]}"'
    for name in ("colspan", "rowspan"):
        value = given.get(name) or ""
        if value.isascii() and value.isdigit() and len(value) < 4:
            found += f' {name}="{int(value)}"'
    return found
