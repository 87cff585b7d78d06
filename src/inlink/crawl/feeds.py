"""URLs that sitemaps (indexes, gzip, plain text) and feeds (RSS, Atom) name.

Sources: https://www.sitemaps.org/protocol.html, RFC 4287, RSS 2.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.parsers import expat

from inlink.urls.parse import normalise

MAX_URLS = 50_000  # of one sitemap, by its protocol
_KINDS = {"urlset": "sitemap", "sitemapindex": "sitemap-index", "rss": "feed", "feed": "feed", "RDF": "feed"}
_PLACES = {"sitemap": {("url", "loc")}, "sitemap-index": {("sitemap", "loc")}, "feed": {("item", "link")}}


@dataclass(frozen=True, slots=True)
class Listing:
    """What a file lists. kind: sitemap, sitemap-index or feed; is_cut: it could not be read to its end."""

    kind: str
    urls: tuple[str, ...]
    is_cut: bool = False


class _DoneError(Exception):
    """The file is none of these, or enough was read."""


class _Reader:
    """Collects URLs while expat reads."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.kind = ""
        self.urls: dict[str, None] = {}
        self._path: list[str] = []
        self._text: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if not self._path:
            self.kind = _KINDS.get(local, "")
            if not self.kind:
                raise _DoneError
        parent = self._path[-1] if self._path else ""
        self._path.append(local)
        if self.kind == "feed" and local == "link" and attributes.get("rel", "alternate") == "alternate":
            self._add(attributes.get("href", ""))
        self._text = [] if (parent, local) in _PLACES[self.kind] else None

    def text(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def end(self, _: str) -> None:
        if self._path:
            self._path.pop()
        if self._text is not None:
            self._add("".join(self._text))
            self._text = None

    def entity(self, *_: object) -> None:
        """Entity declarations have no place in such files: a bomb."""
        raise _DoneError

    def _add(self, raw: str) -> None:
        url = normalise(raw.strip(), self.base) if raw.strip() else None
        if url is not None:
            self.urls[url] = None
        if len(self.urls) >= MAX_URLS:
            raise _DoneError


def could_be_listing(body: bytes, content_type: str) -> bool:
    """Whether a body looks like a sitemap or a feed."""
    media = content_type.partition(";")[0].strip().lower()
    head = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if media.endswith(("/xml", "+xml")) and not media.endswith("xhtml+xml"):
        return head.startswith(b"<")
    return head.startswith(b"<?xml") and any(mark in head for mark in (b"<urlset", b"<sitemapindex", b"<rss", b"<feed"))


def read_listing(body: bytes, url: str) -> Listing | None:
    """What a sitemap or a feed lists; None where it is neither. What follows a fault in the file is left out."""
    reader = _Reader(url)
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler, parser.EntityDeclHandler = reader.text, reader.entity
    is_cut = False
    try:
        parser.Parse(body.lstrip(b"\r\n\t "), True)
    except (_DoneError, expat.ExpatError, ValueError, LookupError):
        is_cut = True
    return Listing(reader.kind, tuple(reader.urls), is_cut) if reader.kind else None


def read_text_sitemap(body: bytes, url: str) -> Listing:
    """What a sitemap of plain text lists: one URL a line."""
    found: dict[str, None] = {}
    for line in body.decode("utf-8", "replace").splitlines()[:MAX_URLS]:
        if line.startswith(("http://", "https://")) and (each := normalise(line.strip())) is not None:
            found[each] = None
    return Listing("sitemap", tuple(found))
