"""Writes WAT files, as Common Crawl lays them out, from the HTML pages of WARC files.

    python bench/make_wat.py OUT.warc.wat.gz IN.warc.gz [IN.warc.gz ...]

The layout follows ia-web-commons, which makes the published WAT files: one gzip member and one JSON line a
record, a request, a response and a metadata record a page, flat link objects in closing order, URLs as written,
anchor text cut at 128 UTF-16 units, `Links` absent when empty. One thing differs: links come from a full HTML tree,
so anchors that the original's tag lexer loses (never closed) or invents (inside comments) are not imitated.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import sys
from base64 import b32encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode
from warcio.archiveiterator import ArchiveIterator

MAX_TEXT_UNITS = 128
ANCHOR_ATTRIBUTES = ("target", "alt", "title", "rel", "hreflang", "type")
# Tag → the attributes that hold a URL, each with the attributes written beside it.
URL_ATTRIBUTES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "area": (("href", ("rel",)),),
    "audio": (("src", ()),),
    "blockquote": (("cite", ()),),
    "button": (("formaction", ()),),
    "del": (("cite", ()),),
    "embed": (("src", ()),),
    "form": (("action", ("target", "method")),),
    "frame": (("src", ()),),
    "iframe": (("src", ()),),
    "img": (("src", ("alt", "title")), ("longdesc", ())),
    "input": (("src", ()), ("formaction", ())),
    "ins": (("cite", ()),),
    "object": (("codebase", ()), ("cdata", ()), ("data", ())),
    "q": (("cite", ()),),
    "source": (("src", ()),),
    "track": (("src", ()),),
    "video": (("src", ()), ("poster", ())),
}
GLOBAL_ATTRIBUTES = ("background", "data-href", "data-uri")
SPACING = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "button",
        "canvas",
        "caption",
        "center",
        "cite",
        "col",
        "colgroup",
        "datalist",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "embed",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "iframe",
        "img",
        "input",
        "label",
        "legend",
        "li",
        "map",
        "noframes",
        "noscript",
        "object",
        "ol",
        "optgroup",
        "output",
        "p",
        "pre",
        "progress",
        "q",
        "section",
        "select",
        "summary",
        "table",
        "tbody",
        "td",
        "textarea",
        "tfoot",
        "th",
        "thead",
        "time",
        "title",
        "tr",
        "ul",
        "video",
    ]
)
_SPACE = re.compile(r"[\s\x00-\x1f\x7f\xa0]+")
_CSS_URL = re.compile(r"url\s*\(\s*([^)\s]{1,8000}?)\s*\)")
_META_CHARSET = re.compile(rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)


@dataclass
class Harvest:
    """What the observer of ia-web-commons collects while it walks a page."""

    base: str | None = None
    title: str | None = None
    metas: list[dict[str, str]] = field(default_factory=list)
    link: list[dict[str, str]] = field(default_factory=list)
    scripts: list[dict[str, str]] = field(default_factory=list)
    links: list[dict[str, str]] = field(default_factory=list)

    def metadata(self) -> dict[str, Any]:
        """The `HTML-Metadata` object; members that hold nothing are absent."""
        head = {
            "Base": self.base,
            "Metas": self.metas,
            "Scripts": self.scripts,
            "Title": self.title,
            "Link": self.link,
        }
        kept = {name: value for name, value in head.items() if value}
        return {**({"Head": kept} if kept else {}), **({"Links": self.links} if self.links else {})}


@dataclass
class OpenAnchor:
    """An <a> that is not closed yet."""

    node: LexborNode
    entry: dict[str, str] | None
    text: list[str] = field(default_factory=list)


def trim_data_url(url: str) -> str:
    """A data: URL without its data."""
    if not url.startswith("data:"):
        return url
    comma = url.find(",", 5)
    return url[:128] if comma == -1 or comma > 128 else url[: comma + 1]


def cut(text: str) -> str:
    """White space folded, at most 128 UTF-16 units; half a surrogate pair becomes "?" as in Java."""
    units = _SPACE.sub(" ", text).strip().encode("utf-16-le", "surrogatepass")[: 2 * MAX_TEXT_UNITS]
    return units.decode("utf-16-le", "replace").replace("\ufffd", "?").strip()


def harvest(html: str) -> Harvest:
    """What a WAT record says of a page."""
    found = Harvest()
    root = LexborHTMLParser(html).root
    node: LexborNode | None = root
    open_anchors: list[OpenAnchor] = []
    while node is not None:
        enter(node, found, open_anchors)
        if node.first_child is not None and node.tag != "template":
            node = node.first_child
            continue
        while node is not None:
            leave(node, found, open_anchors)
            if node.next is not None:
                node = node.next
                break
            node = node.parent
            if node is None or node.is_document_node:
                return found
    return found


def enter(node: LexborNode, found: Harvest, open_anchors: list[OpenAnchor]) -> None:
    """An opening tag or a piece of text."""
    if node.is_text_node:
        if node.parent is not None and node.parent.tag == "style":
            urls = (match.strip("\\\"'") for match in _CSS_URL.findall(node.text_content or ""))
            found.links += [{"path": "STYLE/#text", "href": trim_data_url(url)} for url in urls if url]
        elif node.parent is not None and node.parent.tag != "script":
            for anchor in open_anchors:
                anchor.text.append(node.text_content or "")
        return
    if not node.is_element_node:
        return
    attributes = {name: value or "" for name, value in node.attributes.items()}
    tag = node.tag or ""
    for name in GLOBAL_ATTRIBUTES:
        if name in attributes:
            found.links.append({"path": f"{tag.upper()}@/{name}", "url": trim_data_url(attributes[name])})
    if tag == "a":
        entry = link_entry("A", "href", attributes, ANCHOR_ATTRIBUTES) if "href" in attributes else None
        open_anchors.append(OpenAnchor(node, entry))
        return
    for name, beside in URL_ATTRIBUTES.get(tag, ()):
        if name in attributes:
            found.links.append(link_entry(tag.upper(), name, attributes, beside))
    enter_head(node, tag, attributes, found)


def enter_head(node: LexborNode, tag: str, attributes: dict[str, str], found: Harvest) -> None:
    """Tags whose facts go to `Head`, wherever in the page they stand."""
    if tag == "base" and "href" in attributes:
        found.base = attributes["href"]
    elif tag == "title" and found.title is None:
        found.title = cut(node.text())
    elif tag == "link" and "href" in attributes:
        found.link.append(link_entry("LINK", "href", attributes, ("rel", "type")))
    elif tag == "script" and "src" in attributes:
        found.scripts.append(link_entry("SCRIPT", "src", attributes, ("type",)))
    elif tag == "html":
        found.metas += [
            {"name": f"HTML@/{name}", "content": attributes[name]}
            for name in ("lang", "xml:lang")
            if name in attributes
        ]
    elif tag == "meta":
        named: dict[str, str] = {
            n: attributes[n] for n in ("name", "rel", "content", "http-equiv", "property") if n in attributes
        }
        if len(named) > 1:
            found.metas.append(named)


def link_entry(tag: str, name: str, attributes: dict[str, str], beside: tuple[str, ...]) -> dict[str, str]:
    """A flat link object, members in the order that published files show."""
    extra = {other: attributes[other] for other in beside if other in attributes}
    return {"path": f"{tag}@/{name}", **extra, "url": trim_data_url(attributes[name])}


def leave(node: LexborNode, found: Harvest, open_anchors: list[OpenAnchor]) -> None:
    """A closing tag: anchors are written here."""
    if node.tag in SPACING:
        for anchor in open_anchors:
            anchor.text.append(" ")
    if node.tag != "a" or not open_anchors or open_anchors[-1].node.mem_id != node.mem_id:
        return
    anchor = open_anchors.pop()
    if anchor.entry is None:
        return
    text = cut("".join(anchor.text))
    url = anchor.entry.pop("url")
    found.links.append({**anchor.entry, **({"text": text} if text else {}), "url": url})


def decoded(body: bytes, content_type: str) -> str:
    """The page's text: UTF-8 where the bytes are, else as declared, else windows-1252."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        named = re.search(r"charset=[\"']?([\w-]+)", content_type, re.IGNORECASE)
        in_meta = _META_CHARSET.search(body[:4096])
        name = named[1] if named else in_meta[1].decode("ascii") if in_meta else "windows-1252"
        try:
            return body.decode("windows-1252" if name.lower() in ("utf-8", "iso-8859-1") else name, "replace")
        except LookupError:
            return body.decode("windows-1252", "replace")


def sha1(data: bytes) -> str:
    """Digest as WARC headers write it."""
    return "sha1:" + b32encode(hashlib.sha1(data).digest()).decode("ascii")


def envelope(record: Any, payload: dict[str, Any], *, kind: str, container: str, offset: int) -> dict[str, Any]:
    """The outer layers of a WAT record."""
    header = {name: value for name, value in record.rec_headers.headers if name != "WARC-Type"}
    return {
        "Container": {
            "Filename": container,
            "Compressed": True,
            "Offset": str(offset),
            "Gzip-Metadata": {
                "Inflated-Length": "25358",
                "Footer-Length": "8",
                "Inflated-CRC": "536467295",
                "Deflate-Length": "5952",
                "Header-Length": "10",
            },
        },
        "Envelope": {
            "Format": "WARC",
            "WARC-Header-Length": "647",
            "Actual-Content-Length": header.get("Content-Length", "0"),
            "WARC-Header-Metadata": {**header, "WARC-Type": kind},
            "Payload-Metadata": payload,
        },
    }


def response_payload(record: Any) -> dict[str, Any]:
    """`Payload-Metadata` of a response that holds a page."""
    body = record.content_stream().read()
    headers: dict[str, Any] = {}
    for name, value in record.http_headers.headers:
        headers[name] = value if name not in headers else [*as_list(headers[name]), value]
    page = harvest(decoded(body, record.http_headers.get_header("Content-Type") or ""))
    return {
        "Actual-Content-Type": "application/http; msgtype=response",
        "HTTP-Response-Metadata": {
            "Headers-Length": "317",
            "Entity-Trailing-Slop-Length": "0",
            "Entity-Length": str(len(body)),
            "Headers": headers,
            "Response-Message": {"Status": record.http_headers.get_statuscode(), "Version": "HTTP/1.1", "Reason": "OK"},
            "HTML-Metadata": page.metadata(),
            "Entity-Digest": sha1(body),
        },
        "Trailing-Slop-Length": "4",
    }


def as_list(value: Any) -> list[Any]:
    """The values of a header that may have come once."""
    return value if isinstance(value, list) else [value]


REQUEST_PAYLOAD: dict[str, Any] = {
    "Actual-Content-Type": "application/http; msgtype=request",
    "HTTP-Request-Metadata": {
        "Headers": {"User-Agent": "CCBot/2.0 (https://commoncrawl.org/faq/)", "Accept-Encoding": "br,gzip"},
        "Request-Message": {"Path": "/", "Version": "HTTP/1.1", "Method": "GET"},
    },
}
METADATA_PAYLOAD: dict[str, Any] = {
    "Actual-Content-Type": "application/metadata-fields",
    "WARC-Metadata-Metadata": {"Metadata-Records": [{"Value": "688", "Name": "fetchTimeMs"}]},
}


def wat_record(uri: str, date: str, content: dict[str, Any]) -> bytes:
    """One record, not compressed."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    head = (
        "WARC/1.0\r\nWARC-Type: metadata\r\n"
        f"WARC-Target-URI: {uri}\r\nWARC-Date: {date}\r\n"
        f"WARC-Record-ID: <urn:uuid:{hashlib.md5(body).hexdigest()}>\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("utf-8") + body + b"\r\n\r\n"


def page_records(record: Any, response: dict[str, Any], container: str, offset: int) -> Iterator[bytes]:
    """The request, response and metadata records of one page."""
    uri = record.rec_headers.get_header("WARC-Target-URI").strip("<>")
    date = record.rec_headers.get_header("WARC-Date")
    kinds = (("request", REQUEST_PAYLOAD), ("response", response), ("metadata", METADATA_PAYLOAD))
    for kind, payload in kinds:
        yield wat_record(uri, date, envelope(record, payload, kind=kind, container=container, offset=offset))


def wat_records(paths: list[Path]) -> Iterator[bytes]:
    """Records of a WAT file over the HTML pages of `paths`, each to be its own gzip member."""
    info = b"Software-Info: bench/make_wat.py\r\nformat: WARC File Format 1.0\r\n"
    head = f"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Type: application/warc-fields\r\nContent-Length: {len(info)}"
    yield head.encode() + b"\r\n\r\n" + info + b"\r\n\r\n"
    for path in paths:
        with path.open("rb") as stream:
            reader = ArchiveIterator(stream)
            for record in reader:
                if record.rec_type != "response" or record.http_headers is None:
                    continue
                if "html" in (record.http_headers.get_header("Content-Type") or ""):
                    payload = response_payload(record)  # before the offset: asking for that reads to the end
                    yield from page_records(record, payload, path.name, reader.get_record_offset())


def write_wat(out: Path, paths: list[Path]) -> None:
    """A WAT file at `out`, a gzip member a record."""
    with out.open("wb") as stream:
        for record in wat_records(paths):
            stream.write(gzip.compress(record, compresslevel=6, mtime=0))


if __name__ == "__main__":
    write_wat(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
