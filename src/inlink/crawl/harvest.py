"""Links of a batch of answers, by the kernels that extraction uses, without the columns that a crawl has no use for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import xxhash

from inlink.crawl.feeds import could_be_listing, read_listing, read_text_sitemap
from inlink.crawl.plan import host_of
from inlink.crawl.simhash import simhash
from inlink.extract.captures import redirect_target
from inlink.extract.html import add_unmarked, base_url
from inlink.extract.layout import L_HREF, L_HREF_END, L_KIND, L_PAGE, L_REL_BITS, Buffers
from inlink.extract.names import META_GROUPS, REL_NOFOLLOW
from inlink.extract.pages import Scan, Scanned, is_readable, rows_of, scan_record
from inlink.extract.robots import robots_of
from inlink.extract.strings import string_column
from inlink.schema import KINDS
from inlink.sources.codings import undo_codings
from inlink.sources.limits import DEFAULT_LIMITS
from inlink.sources.records import Record
from inlink.urls.batch import resolve

_FOLLOWED = np.array([kind in ("anchor", "area", "frame", "canonical", "alternate", "refresh") for kind in KINDS])
_ANCHORS = np.array([kind in ("anchor", "area") for kind in KINDS])
_CANONICAL = KINDS.index("canonical")


@dataclass(slots=True)
class Harvest:
    """What one answer leads to. links: URL → whether only nofollow links lead there."""

    links: dict[str, bool] = field(default_factory=dict)
    listed: tuple[str, ...] = ()  # by a sitemap or a feed
    listing: str = ""  # sitemap, sitemap-index or feed
    redirect: str | None = None
    canonical: str | None = None
    text_digest: int | None = None
    simhash: int | None = None
    is_nofollow: bool = False
    is_page: bool = False


def harvest(records: Sequence[Record], are_sitemaps: Sequence[bool]) -> list[Harvest]:
    """What each answer leads to. Cost: what lexbor and the scan take, and some 10 µs a page."""
    found = [Harvest() for _ in records]
    scan = Scan(Buffers(DEFAULT_LIMITS))
    bases = [record.url for record in records]
    charsets = ["utf-8"] * len(records)
    for at, record in enumerate(records):
        one = found[at]
        one.redirect = redirect_target(record, record.url)
        if record.http_status != 200 or not record.body or _read_listed(one, record, are_sitemaps[at]):
            continue
        if is_readable(record) and scan_record(scan, record, at, host_of(record.url), DEFAULT_LIMITS):
            page = scan.pages[-1]
            add_unmarked(scan, record, page)
            _note_text(one, scan, page)
            one.is_page = True
            metas = [(name, text) for name, text in page.said.metas if META_GROUPS[name] == "robots"]
            one.is_nofollow = robots_of(metas, record.header("x-robots-tag")).is_nofollow
            charsets[at] = page.decoded.browser
            if page.said.base is not None:
                bases[at] = base_url(page.said.base, record.url)
    _note_links(found, scan, bases, charsets)
    return found


def _read_listed(one: Harvest, record: Record, is_sitemap: bool) -> bool:
    """Whether the answer is a sitemap or a feed; then it is read."""
    body = record.body
    if is_sitemap and body.startswith(b"\x1f\x8b"):
        body = undo_codings(body, "gzip", DEFAULT_LIMITS).body
    types = record.header("content-type")
    listing = read_listing(body, record.url) if could_be_listing(body, types[0] if types else "") else None
    if listing is None and is_sitemap:
        listing = read_text_sitemap(body, record.url)
    if listing is None:
        return False
    one.listed, one.listing = listing.urls, listing.kind
    return True


def _note_text(one: Harvest, scan: Scan, page: Scanned) -> None:
    text = scan.found.text[page.text[0] : page.text[1]]
    if len(text):
        one.text_digest = xxhash.xxh3_64_intdigest(text.data) - (1 << 63)
        one.simhash = int(simhash(text))


def _note_links(found: list[Harvest], scan: Scan, bases: list[str], charsets: list[str]) -> None:
    cells = rows_of(scan.found)
    cells = cells[_FOLLOWED[cells[:, L_KIND]]]
    page = np.ascontiguousarray(cells[:, L_PAGE])
    starts, ends = np.ascontiguousarray(cells[:, L_HREF]), np.ascontiguousarray(cells[:, L_HREF_END])
    urls = resolve(string_column(scan.found.blob, starts, ends), page, bases, charsets).url.to_pylist()
    is_nofollow = ((cells[:, L_REL_BITS] & REL_NOFOLLOW) != 0) & _ANCHORS[cells[:, L_KIND]]
    is_canonical = cells[:, L_KIND] == _CANONICAL
    rows = zip(page.tolist(), urls, is_nofollow.tolist(), is_canonical.tolist(), strict=True)
    for at, url, nofollow, canonical in rows:
        if url is None:
            continue
        one = found[at]
        if canonical and one.canonical is None:
            one.canonical = url
        nofollow = nofollow or (one.is_nofollow and not canonical)
        one.links[url] = nofollow and one.links.get(url, True)
