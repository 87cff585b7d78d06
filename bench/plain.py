"""The pipeline that most people would write: warcio, BeautifulSoup on lxml, urllib.parse, tldextract, pyarrow.

It gives the same tables and columns as `inlink.extract`, so that the two can be timed side by side. It is written to
be read, and caches what a careful author would cache (domains per host, the text of a block), but works a tag at a
time. `bench/extract.py` runs it; nothing in the package uses it.
"""

from __future__ import annotations

import json
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pycld2
import xxhash
from bs4 import BeautifulSoup, Tag, XMLParsedAsHTMLWarning
from bs4.element import NavigableString
from warcio.archiveiterator import ArchiveIterator

from inlink.schema import CAPTURES, LINKS, PAGES, TableSchema
from plain_urls import domain_of, fold, key_of, normalise

Row = dict[str, Any]

warnings.filterwarnings("ignore", category=XMLParsedAsHTMLWarning)

KIND_OF = {
    ("a", "href"): "anchor",
    ("area", "href"): "area",
    ("img", "src"): "image",
    ("frame", "src"): "frame",
    ("iframe", "src"): "frame",
    ("form", "action"): "form",
    ("button", "formaction"): "form",
    ("input", "formaction"): "form",
    ("input", "src"): "image",
    ("script", "src"): "script",
    ("audio", "src"): "media",
    ("video", "src"): "media",
    ("source", "src"): "media",
    ("track", "src"): "media",
    ("embed", "src"): "media",
    ("object", "data"): "media",
    ("q", "cite"): "cite",
    ("blockquote", "cite"): "cite",
    ("del", "cite"): "cite",
    ("ins", "cite"): "cite",
    ("link", "href"): "rel_link",
}
ATTRIBUTES_OF: dict[str, list[str]] = {}
for _tag, _attribute in KIND_OF:
    ATTRIBUTES_OF.setdefault(_tag, []).append(_attribute)
BLOCKS = frozenset(
    ["p", "li", "td", "th", "div", "section", "article", "blockquote", "dd", "dt", "body", "nav", "aside"]
)
REGION_TAGS = {
    "nav": "nav",
    "header": "header",
    "footer": "footer",
    "aside": "aside",
    "main": "main",
    "article": "main",
}
HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
NO_TEXT = frozenset(["script", "style", "template", "noscript", "title"])
CONTEXT_CHARS = 100


@dataclass
class Walk:
    """What is known at the current place of a page."""

    n_chars: int = 0
    heading: str | None = None
    text: list[str] = field(default_factory=list)
    links: list[tuple[Tag, str, str, int, str | None]] = field(default_factory=list)


def walk(soup: BeautifulSoup) -> Walk:
    """Links in document order, with the text position and the heading at which they stand."""
    seen = Walk()
    for node in soup.descendants:
        if isinstance(node, Tag):
            if node.name in HEADINGS:
                seen.heading = fold(node.get_text(" ")) or None
            for attribute in ATTRIBUTES_OF.get(node.name, ()):
                value = node.get(attribute)
                if value is not None:
                    kind = KIND_OF[node.name, attribute]
                    seen.links.append((node, kind, str(value), seen.n_chars, seen.heading))
        elif type(node) is NavigableString and node.parent is not None and node.parent.name not in NO_TEXT:
            text = fold(node)
            if text:
                seen.text.append(text)
                seen.n_chars += len(text) + 1
    return seen


def region_of(tag: Tag) -> str | None:
    """The part of the page a tag stands in, told by the nearest telling ancestor."""
    for parent in tag.parents:
        if parent.name in REGION_TAGS:
            return REGION_TAGS[parent.name]
        if parent.name == "head":
            return "head"
        names = " ".join([*(parent.get("class") or ()), str(parent.get("id") or "")]).lower()
        if "comment" in names:
            return "comment"
        if "author" in names or "bio" in names.split("-"):
            return "bio"
        if "footer" in names:
            return "footer"
        if "sidebar" in names:
            return "aside"
        if "nav" in names or "menu" in names:
            return "nav"
    return None


@dataclass
class Block:
    """The text around a link."""

    text: str
    link_share: float


def block_of(tag: Tag, blocks: dict[int, Block]) -> Block:
    """The nearest block element's text; worked out once a block."""
    parent = next((p for p in tag.parents if p.name in BLOCKS), tag)
    block = blocks.get(id(parent))
    if block is None:
        text = fold(parent.get_text(" "))
        in_links = sum(len(fold(a.get_text(" "))) for a in parent.find_all("a"))
        block = blocks[id(parent)] = Block(text, min(1.0, in_links / len(text)) if text else 0.0)
    return block


def link_kind(tag: Tag, kind: str) -> str:
    """The kind, where rel of a <link> decides it."""
    if kind != "rel_link":
        return kind
    rel = [word.lower() for word in tag.get("rel") or ()]
    for word, name in (("canonical", "canonical"), ("stylesheet", "style"), ("alternate", "alternate")):
        if word in rel:
            return name
    return kind


def metas_of(soup: BeautifulSoup) -> list[tuple[str, str]]:
    """Name or property, lower case, and content of every meta."""
    return [
        (str(meta.get("name") or meta.get("property") or "").lower(), str(meta.get("content") or ""))
        for meta in soup.find_all("meta")
    ]


def robots_of(metas: list[tuple[str, str]], headers: list[tuple[str, str]]) -> tuple[bool, bool, str | None]:
    """noindex, nofollow and where they come from."""
    in_meta: set[str] = set()
    for name, content in metas:
        if name in ("robots", "googlebot", "bingbot"):
            in_meta |= set(re.split(r"[\s,]+", content.lower()))
    in_header: set[str] = set()
    for name, value in headers:
        if name.lower() == "x-robots-tag":
            in_header |= set(re.split(r"[\s,:]+", value.lower()))
    words = in_meta | in_header
    wanted = {"noindex", "nofollow", "none"}
    origins = [name for name, found in (("meta", in_meta), ("header", in_header)) if found & wanted]
    return bool(words & {"noindex", "none"}), bool(words & {"nofollow", "none"}), "+".join(origins) or None


def link_row(
    page: Row, walked: Walk, entry: tuple[Tag, str, str, int, str | None], blocks: dict[int, Block]
) -> Row | None:
    """One row of links; None for what is no web link."""
    tag, kind, raw, at, heading = entry
    target = normalise(raw, page["base"])
    if target is None:
        return None
    host = urlsplit(target).hostname or ""
    kind = link_kind(tag, kind)
    rel = " ".join(word.lower() for word in tag.get("rel") or ())
    words = set(rel.split())
    nofollow = "nofollow" in words
    origins = (["rel"] if words & {"nofollow", "ugc", "sponsored"} else []) + (
        page["robots_origin"].split("+") if page["robots_nofollow"] and page["robots_origin"] else []
    )
    anchor = fold(tag.get_text(" ")) if kind == "anchor" else None
    image = tag.find("img") if kind == "anchor" else tag
    alt = image.get("alt") if image is not None else None
    row: Row = {
        "target_raw": raw if raw != target else None,
        "target_url": target,
        "target_key": key_of(target),
        "target_host": host,
        "target_domain": domain_of(host),
        "kind": kind,
        "rel": rel or None,
        "nofollow": nofollow or page["robots_nofollow"],
        "ugc": "ugc" in words,
        "sponsored": "sponsored" in words,
        "rel_origin": "+".join(origins) or None,
        "anchor": anchor,
        "alt": fold(str(alt)) if alt is not None else None,
        "region": region_of(tag),
        "position_share": at / walked.n_chars if walked.n_chars else 0.0,
        "is_internal": domain_of(host) == page["domain"],
    }
    if host != page["host"] and kind == "anchor":
        block = block_of(tag, blocks)
        before, _, after = block.text.partition(anchor or "\0")
        row |= {
            "text_before": before[-CONTEXT_CHARS:],
            "text_after": after[:CONTEXT_CHARS],
            "heading": heading,
            "block_link_share": block.link_share,
        }
    return row


def json_ld(soup: BeautifulSoup) -> Row:
    """The first JSON-LD object that tells an author or a date."""
    for script in soup.find_all("script", type="application/ld+json"):
        try:
            value = json.loads(script.string or "")
        except ValueError:
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict) and {"author", "datePublished", "dateModified"} & item.keys():
                return item
    return {}


def moment(text: Any) -> datetime | None:
    """A date as ISO 8601 writes it."""
    try:
        when = datetime.fromisoformat(str(text).strip())
    except ValueError:
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when


def language(soup: BeautifulSoup, text: str) -> str | None:
    """From <html lang>, else detected."""
    declared = soup.html.get("lang") if soup.html is not None else None
    if declared:
        return str(declared)[:2].lower()
    try:
        reliable, _, found = pycld2.detect(text.encode("utf-8", "ignore"))
    except pycld2.error:
        return None
    return str(found[0][1]) if reliable else None


def page_row(soup: BeautifulSoup, metas: list[tuple[str, str]], page: Row, walked: Walk, links: list[Row]) -> Row:
    """One row of pages."""
    data, named = json_ld(soup), dict(reversed(metas))
    author = data.get("author")
    if isinstance(author, list):
        author = author[0] if author else None
    text = " ".join(walked.text)
    hreflang = [
        f"{tag['hreflang']} {normalise(str(tag.get('href')), page['base'])}"
        for tag in soup.find_all("link", hreflang=True)
        if tag.get("href")
    ]
    path = urlsplit(page["url"]).path
    return {
        "capture_id": page["capture_id"],
        "title": fold(soup.title.get_text()) if soup.title is not None else None,
        "lang": language(soup, text),
        "author": str(author.get("name")) if isinstance(author, dict) else author or named.get("author"),
        "published_at": moment(data.get("datePublished") or named.get("article:published_time")),
        "modified_at": moment(data.get("dateModified") or named.get("article:modified_time")),
        "canonical": next((row["target_url"] for row in links if row["kind"] == "canonical"), None),
        "alternates": hreflang,
        "robots_noindex": page["robots_noindex"],
        "robots_nofollow": page["robots_nofollow"],
        "robots_origin": page["robots_origin"],
        "n_internal_links": sum(row["is_internal"] for row in links),
        "n_external_links": sum(not row["is_internal"] for row in links),
        "n_words": len(text.split()),
        "text_digest": xxhash.xxh3_64_intdigest(text.encode("utf-8", "ignore")),
        "page_kind": "home" if path == "/" else "article" if len(text) > 5000 else "other",
    }


def captures(path: Path) -> Iterator[tuple[Row, list[tuple[str, str]], bytes]]:
    """One row of captures, HTTP headers and body a response."""
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream):
            if record.rec_type != "response" or record.http_headers is None:
                continue
            raw = record.rec_headers.get_header("WARC-Target-URI").strip("<>")
            url = normalise(raw, raw)
            if url is None:
                continue
            host = urlsplit(url).hostname or ""
            when = record.rec_headers.get_header("WARC-Date")
            digest = record.rec_headers.get_header("WARC-Payload-Digest")
            content_type = record.http_headers.get_header("Content-Type") or ""
            key = key_of(url)
            row: Row = {
                "capture_id": xxhash.xxh3_64_intdigest(f"{key}\0{when}\0{digest}".encode()),
                "url_key": key,
                "url": url,
                "url_raw": raw,
                "host": host,
                "domain": domain_of(host),
                "fetched_at": moment(when),
                "http_status": int(record.http_headers.get_statuscode()),
                "depth": "warc",
                "payload_digest": digest,
                "ip": record.rec_headers.get_header("WARC-IP-Address"),
                "content_type": content_type.partition(";")[0].strip().lower(),
                "is_revisit": False,
                "evidence_file": path.name,
            }
            yield row, record.http_headers.headers, record.content_stream().read()


def page_links(soup: BeautifulSoup, page: Row, walked: Walk) -> list[Row]:
    """Rows of links of a page."""
    blocks: dict[int, Block] = {}
    rows = [row for entry in walked.links if (row := link_row(page, walked, entry, blocks)) is not None]
    seen: Counter[tuple[str, str]] = Counter()
    source = {
        "capture_id": page["capture_id"],
        "source_url": page["url"],
        "source_key": page["url_key"],
        "source_host": page["host"],
        "source_domain": page["domain"],
    }
    for ordinal, row in enumerate(rows):
        same = (row["target_url"], row["kind"])
        identity = f"{page['url_key']}\0{row['target_url']}\0{row['kind']}\0{seen[same]}"
        seen[same] += 1
        row |= {**source, "ordinal": ordinal, "link_id": xxhash.xxh3_64_intdigest(identity.encode("utf-8", "ignore"))}
    return rows


def extract_page(page: Row, headers: list[tuple[str, str]], body: bytes) -> tuple[Row, list[Row]]:
    """The rows of pages and links that a body gives."""
    soup = BeautifulSoup(body, "lxml")
    metas = metas_of(soup)
    base = soup.find("base", href=True)
    page["base"] = normalise(str(base["href"]), page["url"]) or page["url"] if base is not None else page["url"]
    page["robots_noindex"], page["robots_nofollow"], page["robots_origin"] = robots_of(metas, headers)
    walked = walk(soup)
    links = page_links(soup, page, walked)
    return page_row(soup, metas, page, walked, links), links


def write(rows: list[Row], schema: TableSchema, path: Path) -> None:
    """Rows as Parquet."""
    wanted = [{name: row.get(name) for name in schema.names} for row in rows]
    plain = pa.schema(
        [pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in schema.arrow]
    )
    pq.write_table(pa.Table.from_pylist(wanted, schema=plain), path, compression="zstd")


def run(paths: list[Path], out: Path) -> dict[str, int]:
    """Extracts every page of `paths` into `out`; says how many pages, links and anchors."""
    counts: Counter[str] = Counter()
    for number, path in enumerate(paths):
        capture_rows, page_rows, link_rows = [], [], []
        for page, headers, body in captures(path):
            capture_rows.append(page)
            if "html" not in page["content_type"]:
                continue
            row, links = extract_page(page, headers, body)
            page_rows.append(row)
            link_rows += links
            counts["bytes"] += len(body)
        counts["pages"] += len(page_rows)
        counts["links"] += len(link_rows)
        counts["anchors"] += sum(row["kind"] == "anchor" for row in link_rows)
        for rows, schema in ((capture_rows, CAPTURES), (page_rows, PAGES), (link_rows, LINKS)):
            write(rows, schema, out / f"{number}-{schema.name}.parquet")
    return dict(counts)
