"""A page that came: what it says of itself, read as far as is asked for."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from inlink.check.once import Once
from inlink.check.wording import Titles, plain
from inlink.extract.charset import decode
from inlink.fetch.bodies import decoded
from inlink.fetch.reply import Reply
from inlink.urls.parse import normalise

MAX_PAGE_BYTES = 2 * 2**20  # of HTML that is read
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_HEADING = re.compile(rb"<h1[^>]*>(.{0,2000}?)</h1", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_REFRESH = re.compile(r"\s*([\d.]*)\s*[;,\s]\s*(?:url\s*=\s*)?['\"]?([^'\"]+)", re.IGNORECASE)
_UNSEEN = ["script", "style", "noscript", "template", "head", "svg"]
_NOT_OWN = [*_UNSEEN, "nav", "header", "footer", "aside", "form", "a", "button", "select"]
_LOADERS = (("script", "src"), ("iframe", "src"), ("frame", "src"), ("form", "action"), ("link", "href"))


class Page:
    """An answer's body. Everything is read when first asked for."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.url = reply.url
        self.content_type = (reply.header("content-type") or "").partition(";")[0].strip().lower()

    @Once
    def body(self) -> bytes | None:
        """The body without its codings, as far as it is read; None where they cannot be undone."""
        return decoded(self.reply.body, self.reply.header("content-encoding"), MAX_PAGE_BYTES)

    @property
    def is_html(self) -> bool:
        """Whether it is a page, by its type, or by its beginning where it has none."""
        if self.content_type:
            return self.content_type in ("text/html", "application/xhtml+xml")
        start = (self.body or b"")[:512].lstrip().lower()
        return start.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))

    @Once
    def html(self) -> bytes:
        """The page in UTF-8; empty where it is none."""
        if not self.is_html or not self.body:
            return b""
        return decode(self.body, self.reply.header("content-type")).html

    @Once
    def lower(self) -> bytes:
        """The page with ASCII letters in lower case: words are looked for in it."""
        return self.html.lower()

    @Once
    def title(self) -> str:
        """What the first <title> says."""
        match = _TITLE.search(self.html)
        return _text(match[1]) if match else ""

    @Once
    def headings(self) -> tuple[str, ...]:
        """The first three <h1>."""
        found = (_text(match[1]) for match in _heading_matches(self.html, self.lower))
        return tuple(text for text, _ in zip(found, range(3), strict=False) if text)

    @Once
    def titles(self) -> Titles:
        """Title and headings."""
        return Titles((self.title, *self.headings))

    @Once
    def loads(self) -> tuple[str, ...]:
        """URLs that the page loads scripts, frames and styles from, or sends forms to."""
        found = []
        for tag, attribute in _LOADERS:
            found += [node.attributes.get(attribute) for node in self._tree.css(f"{tag}[{attribute}]")]
        urls = (normalise(raw, self.url) for raw in found if raw)
        return tuple(dict.fromkeys(url for url in urls if url))

    @Once
    def refresh(self) -> str | None:
        """Where a <meta> refresh of at most 5 seconds leads, if elsewhere."""
        if self.lower.find(b"refresh", 0, 1 << 14) < 0:
            return None
        for node in self._tree.css("meta[http-equiv]"):
            match = _REFRESH.match(node.attributes.get("content") or "")
            if (node.attributes.get("http-equiv") or "").lower() != "refresh" or match is None:
                continue
            target = normalise(match[2].strip(), self.url)
            if target and target != self.url and _seconds(match[1]) <= 5:
                return target
        return None

    @Once
    def canonical(self) -> str | None:
        """The address that the page calls its own."""
        node = self._tree.css_first('link[rel~="canonical"][href]')
        raw = node.attributes.get("href") if node is not None else None
        return normalise(raw, self.url) if raw else None

    @Once
    def has_password(self) -> bool:
        """Whether it asks for a password."""
        return b"password" in self.html and self._tree.css_first('input[type="password" i]') is not None

    @Once
    def has_scripts(self) -> bool:
        """Whether it runs scripts."""
        return b"<script" in self.html or b"<SCRIPT" in self.html

    @Once
    def could_be_wall(self) -> bool:
        """Whether it speaks of cookies or consent at all, or in other letters than ASCII."""
        return not self.html.isascii() or b"cookie" in self.lower or b"consent" in self.lower

    @Once
    def unscripted(self) -> str:
        """What <noscript> says, plain."""
        return plain(" ".join(node.text(separator=" ") for node in self._tree.css("noscript")))

    @Once
    def text(self) -> str:
        """All visible words, plain."""
        tree = LexborHTMLParser(self.html)
        tree.strip_tags(_UNSEEN, recursive=True)
        return plain(_visible(tree.body))

    @Once
    def n_own_words(self) -> int:
        """Words outside links, navigation, headers, footers and forms."""
        tree = LexborHTMLParser(self.html)
        tree.strip_tags(_NOT_OWN, recursive=True)
        return count_words(_visible(tree.body))

    @Once
    def language(self) -> str:
        """What <html lang> names, the first part in lower case."""
        node = self._tree.css_first("html[lang]")
        return ((node.attributes.get("lang") or "") if node is not None else "").partition("-")[0].strip().lower()

    @Once
    def _tree(self) -> LexborHTMLParser:
        return LexborHTMLParser(self.html)


def _heading_matches(html: bytes, lower: bytes) -> Iterator[re.Match[bytes]]:
    """What `_HEADING` finds, one after the other; a search for the bare letters is many times faster."""
    at = lower.find(b"<h1")
    while at >= 0:
        match = _HEADING.match(html, at)
        if match is not None:
            yield match
        at = lower.find(b"<h1", at + 1 if match is None else match.end())


def count_words(text: str) -> int:
    """Words of a text; of scripts without spaces, every two letters count as one."""
    words = text.split()
    if text.isascii():
        return len(words)
    return sum(1 if word[0] < "\u0e00" else max(1, len(word) // 2) for word in words)


def _visible(body: LexborNode | None) -> str:
    return body.text(separator=" ") if body is not None else ""


def _text(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace")
    if "<" in text:
        text = _TAG.sub(" ", text)
    if "&" in text:
        text = html.unescape(text)
    return " ".join(text.split())[:500]


def _seconds(text: str) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
