"""WAT records → captures, page facts and links, a whole batch at a time.

A WAT record tells less than the page itself: nothing of a link's place (region, position, text around it), of the
visible text, of hreflang; anchors end after 128 characters, the image inside a link is not tied to it. What it does not
tell is null. What it tells is read as in HTML: same kinds, same nofollow rules, same identities. Two limits: a page
with several <base> elements is resolved against the last, the only one in the record; and files older than
CC-MAIN-2017-34 have no rel on anchors, so their links count as follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inlink.extract.assemble import Assembled, RawLinks, Sources, assemble
from inlink.extract.batch import PartBatch, empty_batch, rows
from inlink.extract.captures import Pages, capture_rows, pages_of
from inlink.extract.wat_facts import Facts, facts_of
from inlink.extract.wat_headers import header_links, kind_of_rel
from inlink.extract.wat_json import WatPage, read_pages
from inlink.extract.wat_paths import LINK_CODE, header_path
from inlink.extract.wat_scan import Scanned, scan
from inlink.schema import KINDS, PAGES
from inlink.sources.limits import Limits
from inlink.sources.records import InputFile, WatRecord
from inlink.urls.domains import SuffixRules
from inlink.urls.parse import normalise, parse

_NONE = 255  # no kind
_TIME = pa.timestamp("us", tz="UTC")


def extract_wat(items: Sequence[WatRecord], file: InputFile, rules: SuffixRules, limits: Limits) -> PartBatch:
    """The rows that a group of WAT records gives; with `limits.external_only`, links to other hosts only."""
    found, bad = read_pages(items)
    pages = [page for page in found if normalise(page.record.url) is not None]
    if not pages:
        return empty_batch(tuple(bad))
    places = pages_of([page.record for page in pages], rules)
    facts = [facts_of(page, url) for page, url in zip(pages, places.url, strict=True)]
    scanned = _scan(pages, places, facts, limits)
    assembled = _assemble(scanned, places, facts, rules, limits)
    errors = ["links-cut" if is_cut else None for is_cut in scanned.is_cut]
    captures = capture_rows([p.record for p in pages], places, depth="wat", file_name=file.name, errors=errors)
    return PartBatch(captures, _page_rows(pages, places, facts, scanned, assembled), assembled.links, tuple(bad))


def _scan(pages: Sequence[WatPage], places: Pages, facts: Sequence[Facts], limits: Limits) -> Scanned:
    """The link objects of the records, those of HTTP headers before them."""
    chunks: list[bytes | msgspec.Raw] = []
    ends, end = np.empty(len(pages), np.int64), 0
    for row, (page, fact) in enumerate(zip(pages, facts, strict=True)):
        from_headers = [
            {"path": header_path(link.kind), "url": link.target, **({"rel": link.rel} if link.rel else {})}
            for link in header_links(page.record, fact.refresh)
        ]
        arrays = (msgspec.json.encode(from_headers) if from_headers else b"", *page.arrays)
        chunks += arrays
        end += sum(memoryview(array).nbytes for array in arrays)
        ends[row] = end
    data = np.frombuffer(b"".join(chunks), np.uint8)
    hosts = [host if _host(fact.base) == host else "" for host, fact in zip(places.host, facts, strict=True)]
    return scan(
        data,
        ends,
        pa.array(hosts, pa.string()),
        external_only=limits.external_only,
        max_links=limits.max_links,
        max_bytes=limits.max_attribute_chars,
    )


def _host(url: str) -> str | None:
    parsed = parse(url)
    return parsed.host if parsed is not None else None


def _assemble(scanned: Scanned, places: Pages, facts: Sequence[Facts], rules: SuffixRules, limits: Limits) -> Assembled:
    sources = Sources(
        capture_id=places.capture_id,
        url=places.url,
        key=places.key,
        host=places.host,
        domain=places.domain,
        base=[fact.base for fact in facts],
        nofollow_origin=[fact.robots.nofollow_origin for fact in facts],
        charset=[fact.charset for fact in facts],
    )
    raw = RawLinks(scanned.page, scanned.code - 1, scanned.url, scanned.rel, scanned.text, scanned.alt)
    return assemble(sources, _with_link_kinds(raw), rules, external_only=limits.external_only)


def _with_link_kinds(raw: RawLinks) -> RawLinks:
    """The kinds of <link> elements by their rel; those without rel are left out."""
    at = np.flatnonzero(raw.kind == LINK_CODE - 1)
    rel = raw.rel.take(pa.array(at)).dictionary_encode(null_encoding="encode")
    kinds = [kind_of_rel(value) for value in rel.dictionary.to_pylist()]
    number = np.array([KINDS.index(kind) if kind is not None else _NONE for kind in kinds] or [_NONE], np.uint8)
    kind = raw.kind.copy()
    kind[at] = number[np.asarray(rel.indices)]
    kept = pa.array(np.flatnonzero(kind != _NONE))
    if len(kept) == len(kind):
        return replace(raw, kind=kind)
    strings = (column.take(kept) for column in (raw.target, raw.rel, raw.anchor, raw.alt))
    return RawLinks(raw.page[kept], kind[kept], *strings)


def _page_rows(
    pages: Sequence[WatPage], places: Pages, facts: Sequence[Facts], scanned: Scanned, assembled: Assembled
) -> pa.RecordBatch:
    """Rows of pages, of the captures that hold HTML."""
    canonical = _first_targets(assembled.links, "canonical")
    ids = places.capture_id.tolist()
    columns = {
        "capture_id": pa.array(places.capture_id),
        "title": pa.array([fact.title for fact in facts], pa.string()),
        "lang": pa.array([fact.lang for fact in facts], pa.string()),
        "author": pa.array([fact.author for fact in facts], pa.string()),
        "published_at": pa.array([fact.published_at for fact in facts], _TIME),
        "modified_at": pa.array([fact.modified_at for fact in facts], _TIME),
        "canonical": pa.array([canonical.get(of) for of in ids], pa.string()),
        "robots_noindex": pa.array([fact.robots.noindex for fact in facts]),
        "robots_nofollow": pa.array([fact.robots.nofollow for fact in facts]),
        "robots_origin": pa.array([fact.robots.origin for fact in facts], pa.string()),
        "n_internal_links": pa.array(assembled.n_internal + scanned.n_dropped),
        "n_external_links": pa.array(assembled.n_external),
    }
    is_page = pa.array([page.is_html for page in pages])
    return rows(PAGES, {c.name: columns.get(c.name, pa.nulls(len(pages), c.type)) for c in PAGES}).filter(is_page)


def _first_targets(links: pa.RecordBatch, kind: str) -> dict[int, str]:
    """Target of the first link of a kind, by capture."""
    rows_of_kind = links.filter(pc.equal(links["kind"], kind))
    pairs = zip(rows_of_kind["capture_id"].to_pylist(), rows_of_kind["target_url"].to_pylist(), strict=True)
    first: dict[int, str] = {}
    for capture, target in pairs:
        first.setdefault(capture, target)
    return first
