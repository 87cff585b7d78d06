"""What dead pages look like in the wild, each made for a real page: its site's frame, servers, hosts, parking services.

Texts and markup are in failure_templates.toml, after what the named systems and services send.
"""

from __future__ import annotations

import html
import re
import tomllib
from pathlib import Path

from fixture_sites import Answer, reply, to
from selectolax.lexbor import LexborHTMLParser
from served_corpora import Saved

_TITLE = re.compile(rb"<title[^>]*>.*?</title>", re.IGNORECASE | re.DOTALL)
_MAIN = ("main", "[role=main]", "#content", "#main", "#main-content", ".content", "article", "#page", "#container")

_FOUND = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
# Title, heading and text of the not-found pages of common systems and translations.
SAID: dict[str, tuple[str, str, str]] = {name: (one, two, three) for name, (one, two, three) in _FOUND["said"].items()}
PARKED: dict[str, str] = _FOUND["parked"]
CASINO: str = _FOUND["taken_over"]["casino"]


def framed(page: Saved, said: tuple[str, str, str]) -> bytes:
    """The page's own site with a not-found text where the content was."""
    title, heading, text = said
    body = page.body.decode(_charset(page), "replace")
    tree = LexborHTMLParser(body)
    what = f"{f'<h1>{html.escape(heading)}</h1>' if heading else ''}<p>{html.escape(text)}</p>"
    found = next((node for name in _MAIN if (node := tree.css_first(name)) is not None), None) or tree.body
    if found is None:
        return f"<title>{title}</title>{what}".encode()
    for old in tree.css("h1"):
        old.decompose()
    found = next((node for name in _MAIN if (node := tree.css_first(name)) is not None), None) or tree.body
    assert found is not None
    found.inner_html = what
    name = tree.css_first("title")
    site = (name.text() if name is not None else "").rpartition(" - ")[2].rpartition(" | ")[2][:60]
    text_out = (tree.html or "").encode()
    return _TITLE.sub(
        f"<title>{html.escape(title)} - {html.escape(site)}</title>".encode().replace(b"\\", b""), text_out, 1
    )


def bare(said: tuple[str, str, str], host: str) -> bytes:
    """A not-found page without a frame."""
    title, heading, text = (html.escape(one) for one in said)
    shown = f"<body><h1>{heading}</h1><p>{text}</p><hr>{host}</body>"
    return f"<html><head><title>{title}</title></head>{shown}</html>".encode()


def parked(template: str, domain: str) -> Answer:
    """A parked domain's answer for every address."""
    text = template.replace("HOST", domain)
    return to(text[1:]) if text.startswith("@") else reply(text)


def _charset(page: Saved) -> str:
    match = re.search(r"charset=\"?([\w-]+)", page.content_type)
    try:
        "".encode(match[1]) if match else None
    except LookupError:
        return "utf-8"
    return match[1] if match else "utf-8"
