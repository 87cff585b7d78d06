"""Archived answers → captures, pages and links: parsed by lexbor, scanned by one kernel, assembled by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from numpy.typing import NDArray

from inlink.extract.assemble import Assembled, RawLinks, Sources, assemble
from inlink.extract.batch import PartBatch, empty_batch, rows
from inlink.extract.captures import Pages, capture_rows, pages_of, redirect_target, web_records
from inlink.extract.charset import as_browser
from inlink.extract.contexts import block_shares, texts_around
from inlink.extract.facts import Facts, Said, author_name, facts_of
from inlink.extract.headers import header_links, refresh_target
from inlink.extract.layout import (
    B_END,
    B_LINKED,
    B_START,
    H_END,
    H_START,
    L_ALT,
    L_ALT_END,
    L_HEADING,
    L_HREF,
    L_HREF_END,
    L_KIND,
    L_PAGE,
    L_REGION,
    L_REL,
    L_REL_BITS,
    L_REL_END,
    L_STARTS_BLOCK,
    L_TEXT,
    L_TEXT_END,
    S_BLOCKS,
    Buffers,
    Rows,
)
from inlink.extract.names import HEAD, REL_AUTHOR
from inlink.extract.page_kinds import Shape, page_kind
from inlink.extract.pages import Scan, Scanned, add_link, is_readable, rows_of, scan_record
from inlink.extract.strings import Positions, string_column, text_column, trimmed
from inlink.schema import KINDS, PAGES, REGIONS
from inlink.sources.limits import Limits
from inlink.sources.reasons import is_loss
from inlink.sources.records import BadRecord, InputFile, Record
from inlink.sources.rendered import link_key
from inlink.urls.batch import resolve
from inlink.urls.domains import SuffixRules
from inlink.urls.parse import parse

MAX_ANCHOR_BYTES = 1_000
MAX_HEADING_BYTES = 300
_HEADER_KINDS = {"canonical": "canonical", "stylesheet": "style", "alternate": "alternate"}
_CANONICAL, _ALTERNATE = KINDS.index("canonical"), KINDS.index("alternate")
_LONG_BLOCK = 120  # bytes of text that make a block a paragraph
_VISIBLE = np.array([kind in ("anchor", "area", "image", "frame", "form", "media", "cite") for kind in KINDS])
_HAS_ANCHOR = np.array([kind == "anchor" for kind in KINDS])
_REGIONS = pa.array(REGIONS, pa.string())
_TIME = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class Extraction:
    """A batch of records extracted: the part rows, and for each row of `links` its row in the scan."""

    batch: PartBatch
    scan: Scan
    link_rows: NDArray[np.int64]


def extract_html(records: Sequence[Record], file: InputFile, rules: SuffixRules, limits: Limits) -> PartBatch:
    """One capture a record, one page and its links for each that holds a readable page.

    Records whose URL is not http(s) are left out without a word: they are the archive's own (dns:, metadata).
    """
    web = web_records(records)
    return extract_web(web, file.name, rules, limits).batch if web else empty_batch()


_CUT = ("links-cut", "page-too-costly")  # reasons why only a part of the page's links is there


def extract_web(web: Sequence[Record], file_name: str, rules: SuffixRules, limits: Limits) -> Extraction:
    """The extraction of records that all have an http(s) URL."""
    places = pages_of(web, rules)
    scan = Scan(Buffers(limits))
    for index, record in enumerate(web):
        if is_readable(record) and scan_record(scan, record, index, places.host[index], limits):
            add_unmarked(scan, record, scan.pages[-1])
        elif redirect_target(record, places.url[index]) is not None:
            add_link(scan, index, "redirect", record.header("location")[0])
    linked = _linked_authors(scan)
    facts = [_facts(scan, page, web[page.record], linked.get(page.record)) for page in scan.pages]
    sources = _sources(scan, places, facts)
    context = _Context(scan, len(web))
    assembled = assemble(sources, _raw_links(scan), rules, external_only=limits.external_only, context=context.columns)
    scan.errors += [BadRecord(web[at].offset, "links-cut") for at in np.flatnonzero(assembled.is_cut).tolist()]
    captures = capture_rows(web, places, depth="warc", file_name=file_name, errors=_errors(scan, web))
    pages = _page_rows(scan, sources, facts, assembled)
    links = _with_scripts(assembled.links, web, context)
    batch = PartBatch(captures, pages, links, tuple(scan.errors))
    return Extraction(batch, scan, context.chosen)


def _with_scripts(links: pa.RecordBatch, web: Sequence[Record], context: _Context) -> pa.RecordBatch:
    """The links, those marked that pages lacked before their scripts ran."""
    keys = [record.script_links for record in web]
    if not any(keys):
        return links
    is_rendered = np.array([bool(each) for each in keys])[context.pages]
    rows = np.flatnonzero(is_rendered)
    needs_script = np.zeros(len(links), np.bool_)
    kinds, urls = (links[name].take(pa.array(rows)).to_pylist() for name in ("kind", "target_url"))
    needs_script[rows] = [
        link_key(kind, url) in (keys[page] or ())
        for kind, url, page in zip(kinds, urls, context.pages[rows].tolist(), strict=True)
    ]
    at = links.schema.get_field_index("needs_script")
    return links.set_column(at, links.schema.field(at), pa.array(needs_script))


def _errors(scan: Scan, web: Sequence[Record]) -> list[str | None]:
    """Why a record has no page though it should, or not all of it, by record."""
    lost = {e.offset: e.reason for e in scan.errors if is_loss(e.reason) or e.reason in _CUT}
    return [lost.get(record.offset) for record in web] if lost else [None] * len(web)


def add_unmarked(scan: Scan, record: Record, page: Scanned) -> None:
    """The page's links in HTTP headers, and its refreshes."""
    for value in [*page.said.refreshes(), *record.header("refresh")]:
        if (target := refresh_target(value)) is not None:
            add_link(scan, page.record, "refresh", target)
    for value in record.header("link"):
        for link in header_links(value):
            words = link.rel.split()
            kind = next((kind for rel, kind in _HEADER_KINDS.items() if rel in words), "rel_link")
            row = add_link(scan, page.record, kind, link.target, link.rel)
            if kind == "alternate" and link.hreflang:
                page.said.hreflangs.append((row, link.hreflang))


def _facts(scan: Scan, page: Scanned, record: Record, linked_author: str | None) -> Facts:
    text = scan.found.text[page.text[0] : page.text[1]]
    facts = facts_of(
        page.said, text, record.header("x-robots-tag"), record.header("content-language"), record.fetched_at_us
    )
    return facts if facts.author is not None else replace(facts, author=author_name(linked_author or ""))


def _linked_authors(scan: Scan) -> dict[int, str]:
    """The text of the links with rel=author, by record, where a page names one author only."""
    cells = rows_of(scan.found)
    chosen = cells[(cells[:, L_REL_BITS] & REL_AUTHOR > 0) & _HAS_ANCHOR[cells[:, L_KIND]]]
    names: dict[int, set[str]] = {}
    for name, record in zip(_anchors(scan, chosen).to_pylist(), chosen[:, L_PAGE].tolist(), strict=True):
        if name:
            names.setdefault(record, set()).add(name)
    return {record: found.pop() for record, found in names.items() if len(found) == 1}


def _sources(scan: Scan, places: Pages, facts: list[Facts]) -> Sources:
    """All records of the batch as sources of links; those without a page have none, or a redirect."""
    base: list[str] = list(places.url)
    origin: list[str | None] = [None] * len(base)
    charset = ["utf-8"] * len(base)
    for page, fact in zip(scan.pages, facts, strict=True):
        origin[page.record] = fact.robots.nofollow_origin
        charset[page.record] = page.decoded.browser
        if page.said.base is not None:
            base[page.record] = base_url(page.said.base, places.url[page.record])
    return Sources(places.capture_id, places.url, places.key, places.host, places.domain, base, origin, charset)


def base_url(href: str, url: str) -> str:
    """What relative links of a page resolve against when it has a <base href>.

    Source: HTML standard, 4.2.3 (set the frozen base URL).
    """
    base = parse(href, url)
    return url if base is None or base.scheme in ("data", "javascript") else base.href


def _raw_links(scan: Scan) -> RawLinks:
    """The link rows of the scan as columns."""
    found, cells = scan.found, rows_of(scan.found)
    page = _column(cells, L_PAGE)
    target = string_column(found.blob, _column(cells, L_HREF), _column(cells, L_HREF_END))
    return RawLinks(
        page=page,
        kind=cells[:, L_KIND].astype(np.uint8),
        target=_as_browsers(scan, target, page),
        rel=string_column(found.blob, _column(cells, L_REL), _column(cells, L_REL_END)),
        anchor=_anchors(scan, cells),
        alt=string_column(found.blob, _column(cells, L_ALT), _column(cells, L_ALT_END)),
        more={"region": _regions(cells)},
    )


def _column(cells: Rows, number: int) -> Positions:
    return np.ascontiguousarray(cells[:, number])


def _anchors(scan: Scan, cells: Rows) -> pa.StringArray:
    """Visible text of links; empty where the link has none, null where the kind has none."""
    text = scan.found.text
    start, end = trimmed(text, _column(cells, L_TEXT), _column(cells, L_TEXT_END), MAX_ANCHOR_BYTES)
    is_anchor = _HAS_ANCHOR[cells[:, L_KIND]]
    start, end = np.where(is_anchor, np.maximum(start, 0), -1), np.maximum(end, 0)
    return text_column(text, start.astype(np.int32), end.astype(np.int32))


def _regions(cells: Rows) -> pa.DictionaryArray:
    region = cells[:, L_REGION]
    return pa.DictionaryArray.from_arrays(pa.array(region, mask=region < 0), _REGIONS)


def _as_browsers(scan: Scan, target: pa.StringArray, page: NDArray[np.int32]) -> pa.StringArray:
    """Targets on pages whose declaration the bytes contradict, read again as a browser reads them."""
    contradicted = {p.record: p.decoded for p in scan.pages if p.decoded.is_contradicted}
    if not contradicted:
        return target
    mask = np.isin(page, list(contradicted))
    chosen = [
        as_browser(value, contradicted[at])
        for value, at in zip(target.filter(pa.array(mask)).to_pylist(), page[mask].tolist(), strict=True)
    ]
    return pc.replace_with_mask(target, pa.array(mask), pa.array(chosen, pa.string()))


def _thousandths(share: NDArray[np.floating]) -> NDArray[np.float32]:
    """Shares to three digits: nobody places a link more finely, and the noise would cost three bytes a link."""
    return np.round(share, 3).astype(np.float32)


class _Context:
    """Columns that say where links stand and what stands around them, for chosen rows of the scan."""

    def __init__(self, scan: Scan, n_records: int) -> None:
        self._found = scan.found
        self._blocks = scan.found.blocks[: scan.count(S_BLOCKS)]
        self._floor, self._ceiling = np.zeros((2, n_records), np.int32)
        for page in scan.pages:
            self._floor[page.record], self._ceiling[page.record] = page.text
        self.chosen = np.zeros(0, np.int64)
        self.pages = np.zeros(0, np.int32)  # record of each chosen row

    def columns(self, chosen: NDArray[np.int64], leaves_host: NDArray[np.bool_]) -> Mapping[str, pa.Array]:
        """Position and link share of all chosen rows; texts and headings of those that leave the host."""
        self.chosen = chosen
        cells = self._found.links[chosen]
        self.pages = cells[:, L_PAGE]
        text, page = self._found.text, self.pages
        first, last = trimmed(text, _column(cells, L_TEXT), _column(cells, L_TEXT_END), 1 << 30)
        has_text = first >= 0
        start, end = np.where(has_text, first, cells[:, L_TEXT]), np.where(has_text, last, cells[:, L_TEXT])
        floor, ceiling = self._floor[page], self._ceiling[page]
        is_placed = _VISIBLE[cells[:, L_KIND]] & (cells[:, L_REGION] != HEAD) & (cells[:, L_TEXT] >= 0)
        share = (start - floor) / np.maximum(ceiling - floor, 1)
        block_share = block_shares(np.where(has_text & is_placed, first, -1).astype(np.int32), self._blocks)
        return {
            "position_share": pa.array(_thousandths(share), mask=~is_placed),
            "block_link_share": pa.array(_thousandths(block_share), mask=np.isnan(block_share)),
            **self._texts(cells, start, end, is_placed & leaves_host),
        }

    def _texts(
        self, cells: Rows, start: NDArray[np.int32], end: NDArray[np.int32], is_wanted: NDArray[np.bool_]
    ) -> dict[str, pa.Array]:
        text, page = self._found.text, cells[:, L_PAGE]
        around = texts_around(
            text,
            np.where(is_wanted, start, -1).astype(np.int32),
            end.astype(np.int32),
            cells[:, L_STARTS_BLOCK] != 0,
            self._blocks,
            self._floor[page],
            self._ceiling[page],
        )
        heading = self._found.headings[np.maximum(cells[:, L_HEADING], 0)]
        has_heading = is_wanted & (cells[:, L_HEADING] >= 0) & (heading[:, H_END] >= 0)
        head, tail = np.where(has_heading, heading[:, H_START], -1), np.where(has_heading, heading[:, H_END], -1)
        head, tail = trimmed(text, head.astype(np.int32), tail.astype(np.int32), MAX_HEADING_BYTES)
        return {
            "text_before": text_column(text, around.before, around.before_end),
            "text_after": text_column(text, around.after, around.after_end),
            "heading": text_column(text, head, tail),
        }


def _page_rows(scan: Scan, sources: Sources, facts: list[Facts], assembled: Assembled) -> pa.RecordBatch:
    """The rows of `pages`."""
    record = [page.record for page in scan.pages]
    shapes = [_shape(scan, page, assembled) for page in scan.pages]
    said = {page.record: page.said for page in scan.pages}
    canonical, alternates = _declared(scan, sources, said)
    columns = {
        "capture_id": pa.array(sources.capture_id[record]),
        "title": pa.array([f.title for f in facts], pa.string()),
        "lang": pa.array([f.lang for f in facts], pa.string()),
        "author": pa.array([f.author for f in facts], pa.string()),
        "published_at": pa.array([f.published_us for f in facts], _TIME),
        "modified_at": pa.array([f.modified_us for f in facts], _TIME),
        "canonical": pa.array([canonical.get(r) for r in record], pa.string()),
        "alternates": pa.array([alternates.get(r, []) for r in record], pa.list_(pa.string())),
        "robots_noindex": pa.array([f.robots.is_noindex for f in facts], pa.bool_()),
        "robots_nofollow": pa.array([f.robots.is_nofollow for f in facts], pa.bool_()),
        "robots_origin": pa.array([f.robots.origin for f in facts], pa.string()),
        "n_internal_links": pa.array(assembled.n_internal[record]),
        "n_external_links": pa.array(assembled.n_external[record]),
        "n_words": pa.array([p.n_words for p in scan.pages], pa.int32()),
        "text_digest": pa.array([_text_digest(scan, p) for p in scan.pages], pa.uint64()),
        "page_kind": pa.array(
            [page_kind(sources.url[r], f, s) for r, f, s in zip(record, facts, shapes, strict=True)], pa.string()
        ),
    }
    return rows(PAGES, columns)


def _shape(scan: Scan, page: Scanned, assembled: Assembled) -> Shape:
    blocks = scan.found.blocks[page.blocks[0] : page.blocks[1]]
    size = blocks[:, B_END] - blocks[:, B_START]
    n_long = int(np.count_nonzero((size >= _LONG_BLOCK) & (2 * blocks[:, B_LINKED] < size)))
    n_internal, n_external = int(assembled.n_internal[page.record]), int(assembled.n_external[page.record])
    return Shape(n_long, page.n_words, n_internal, n_external, page.n_articles)


def _text_digest(scan: Scan, page: Scanned) -> int | None:
    text = scan.found.text[page.text[0] : page.text[1]]
    return xxhash.xxh3_64_intdigest(text.data) if len(text) else None


def _declared(scan: Scan, sources: Sources, said: Mapping[int, Said]) -> tuple[dict[int, str], dict[int, list[str]]]:
    """Canonical URL and language versions that each record's page declares, by record."""
    cells = rows_of(scan.found)
    hreflang = {row: value.strip() for page in said.values() for row, value in page.hreflangs}
    chosen = np.flatnonzero(np.isin(cells[:, L_KIND], (_CANONICAL, _ALTERNATE)))
    chosen = chosen[[cells[row, L_KIND] == _CANONICAL or row in hreflang for row in chosen]] if len(chosen) else chosen
    wanted = cells[chosen]
    raws = string_column(scan.found.blob, _column(wanted, L_HREF), _column(wanted, L_HREF_END))
    urls = resolve(raws, _column(wanted, L_PAGE), sources.base, sources.charset).url.to_pylist()
    canonical: dict[int, str] = {}
    alternates: dict[int, list[str]] = {}
    for row, page, url in zip(chosen.tolist(), wanted[:, L_PAGE].tolist(), urls, strict=True):
        if url is None:
            continue
        if row in hreflang:
            alternates.setdefault(page, []).append(f"{hreflang[row].lower()} {url}")
        else:
            canonical.setdefault(page, url)
    return canonical, alternates
