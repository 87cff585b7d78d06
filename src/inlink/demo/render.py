"""Pages to HTML; every link that a template writes is noted down as it is written."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from urllib.parse import quote, urldefrag, urljoin, urlsplit, urlunsplit

import jinja2
from markupsafe import Markup

from inlink.demo import markup
from inlink.demo.model import Link, Page


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("inlink.demo", "data/templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def absolute(base: str, written: str, charset: str) -> str:
    """The URL that a browser would open, without fragment, for the simple URLs that the plan writes."""
    parts = urlsplit(urldefrag(urljoin(base, written.strip()))[0])
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query.encode(charset, "xmlcharrefreplace"), safe="/%:@!$&'()*+,;=~-._?")
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), path, query, ""))


@dataclass(slots=True)
class Notes:
    """What a template calls to write links; `links` is what was written, in document order.

    `origins` are those of the page as a whole (meta, header): they make every link of the page nofollow.
    """

    page: Page
    time: int
    origins: tuple[str, ...] = ()
    links: list[Link] = field(default_factory=list)

    def note(
        self,
        written: str,
        kind: str,
        region: str | None,
        *,
        anchor: str | None = None,
        alt: str | None = None,
        rel: str | None = None,
        context: str = "",
    ) -> None:
        """Write a link down."""
        url = absolute(self.page.url, written, self.page.site.charset)
        marked = {"nofollow", "ugc", "sponsored"} & set((rel or "").lower().split())
        origins = (("rel",) if marked else ()) + self.origins
        self.links.append(Link(written, url, kind, region, anchor, alt, rel, origins, context))

    def a(self, region: str | None, href: str, text: str, rel: str | None = None, css: str | None = None) -> Markup:
        """An anchor with plain text."""
        self.note(href, "anchor", region, anchor=" ".join(text.split()), rel=rel)
        return Markup("<a{}>{}</a>").format(_attributes(href=href, rel=rel, **{"class": css}), text)

    def img(self, region: str | None, src: str, alt: str, css: str | None = None) -> Markup:
        """An image."""
        self.note(src, "image", region, alt=alt)
        return Markup("<img{}>").format(_attributes(src=src, alt=alt, **{"class": css}))

    def script(self, src: str) -> Markup:
        """A script from elsewhere."""
        self.note(src, "script", "head")
        return Markup("<script{}></script>").format(_attributes(src=src))

    def head(self, rel: str, href: str, **attributes: str) -> Markup:
        """A <link> in the head."""
        words = set(rel.split())
        kind = next((k for word, k in _HEAD_KINDS.items() if word in words), "rel_link")
        self.note(href, kind, "head", rel=rel)
        return Markup("<link{}>").format(_attributes(rel=rel, href=href, **attributes))

    def refresh(self, url: str) -> Markup:
        """A meta refresh."""
        self.note(url, "refresh", "head")
        return Markup('<meta http-equiv="refresh" content="5; url={}">').format(url)

    def form(self, region: str | None, action: str, label: str) -> Markup:
        """A search form with one field."""
        self.note(action, "form", region)
        inner = Markup('<input type="search" name="q" aria-label="{0}"><button>{0}</button>').format(label)
        return Markup("<form{}>{}</form>").format(_attributes(action=action), inner)

    def blocks(self, region: str | None, text: str) -> Markup:
        """Paragraphs, headings, list items and quotations of the text at this time."""
        out: list[Markup] = []
        in_list = False
        for block in markup.blocks(text, self.time):
            if in_list != (block.kind == "li"):
                in_list = not in_list
                out.append(Markup("<ul>") if in_list else Markup("</ul>"))
            before, after = _TAGS[block.kind]
            out.append(before + self.line(region, block.text) + after)
        if in_list:
            out.append(Markup("</ul>"))
        return Markup("\n").join(out)

    def line(self, region: str | None, text: str) -> Markup:
        """One paragraph's text with its links."""
        context = markup.plain(text)
        return Markup("").join(self._piece(region, piece, context) for piece in markup.pieces(text))

    def shown(self, texts: tuple[str, ...]) -> list[str]:
        """Those of the texts that stand at this time."""
        return [found for text in texts if (found := markup.at_time(text, self.time)) is not None]

    def _piece(self, region: str | None, piece: markup.Piece, context: str) -> Markup:
        if piece.kind == "text":
            return Markup("{}").format(piece.text)
        if piece.kind == "image":
            return self.img(region, piece.href, piece.text)
        anchor = " ".join("".join(inner.text for inner in piece.inner if inner.kind == "text").split())
        alts = [inner.text for inner in piece.inner if inner.kind == "image"]
        alt = " ".join(alts) if alts else None
        self.note(piece.href, "anchor", region, anchor=anchor, alt=alt, rel=piece.rel, context=context)
        inside = Markup("").join(self._piece(region, inner, context) for inner in piece.inner)
        return Markup("<a{}>{}</a>").format(_attributes(href=piece.href, rel=piece.rel), inside)


_HEAD_KINDS = {"stylesheet": "style", "canonical": "canonical", "alternate": "alternate"}
_TAGS = {
    "p": (Markup("<p>"), Markup("</p>")),
    "h2": (Markup("<h2>"), Markup("</h2>")),
    "li": (Markup("<li>"), Markup("</li>")),
    "quote": (Markup("<blockquote><p>"), Markup("</p></blockquote>")),
}


def _attributes(**values: str | None) -> Markup:
    given = ((name, value) for name, value in values.items() if value is not None)
    return Markup("").join(Markup(' {}="{}"').format(name, value) for name, value in given)


def page_origins(page: Page, time: int) -> tuple[str, ...]:
    """Where the page as a whole is made nofollow: its robots meta, its X-Robots-Tag header, or both."""
    meta = str(page.option("robots", time) or "")
    header = page.site.headers.get("X-Robots-Tag", "") + "," + str(page.option("x_robots", time) or "")
    return tuple(
        origin for origin, words in (("meta", meta), ("header", header)) if "nofollow" in words or "none" in words
    )


def render(page: Page, time: int, template: str | None = None) -> tuple[str, tuple[Link, ...]]:
    """The page's HTML at a time, and the links in it in document order."""
    notes = Notes(page, time, page_origins(page, time))
    name = f"{template or page.options.get('template') or page.site.template}.html"
    text = _environment().get_template(name).render(page=page, site=page.site, time=time, at=notes)
    return text, tuple(notes.links)
