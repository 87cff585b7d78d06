"""WAT records → captures, page facts and links, a whole batch at a time.

A WAT record tells less than the page itself: nothing of a link's place (region, position, text around it), of the
visible text, of hreflang; anchors end after 128 characters, the image inside a link is not tied to it. What it does not
tell is null; that holds for the rel of links too (wat_rel.py). What it tells is read as in HTML: same kinds, same
nofollow rules, same identities. One limit: a page with several <base> elements is resolved against the last, the only
one in the record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
import pyarrow as pa

from inlink.extract.assemble import RawLinks, Sources, assemble
from inlink.extract.batch import PartBatch, empty_batch
from inlink.extract.captures import Pages, are_web, capture_rows, pages_of
from inlink.extract.facts import Facts
from inlink.extract.html import base_url
from inlink.extract.unmarked import Unmarked, kind_of_rel, redirect, unmarked_links
from inlink.extract.wat_facts import charset_of_record, facts_of_record, said_by_record
from inlink.extract.wat_json import WatPage, read_pages
from inlink.extract.wat_pages import page_rows
from inlink.extract.wat_paths import LINK_CODE, header_path
from inlink.extract.wat_rel import is_rel_told
from inlink.extract.wat_scan import Scanned, scan
from inlink.schema import KINDS
from inlink.sources.limits import Limits
from inlink.sources.records import BadRecord, InputFile, WatRecord
from inlink.urls.domains import SuffixRules
from inlink.urls.parse import parse

_READABLE = (200, 203, None)
_NONE = 255  # no kind
_CUT = "links-cut"


@dataclass(frozen=True, slots=True)
class _Told:
    """What one record tells beside its link objects; `facts` are None where it holds no readable page."""

    base: str
    unmarked: Sequence[Unmarked]
    facts: Facts | None = None
    charset: str = "utf-8"


def extract_wat(items: Sequence[WatRecord], file: InputFile, rules: SuffixRules, limits: Limits) -> PartBatch:
    """The rows that a group of WAT records gives; with `limits.external_only`, links to other hosts only."""
    found, bad = read_pages(items)
    is_web = are_web([page.record for page in found])
    pages = [page for page, is_kept in zip(found, is_web, strict=True) if is_kept]
    if not pages:
        return empty_batch(tuple(bad))
    records = [page.record for page in pages]
    places = pages_of(records, rules)
    told = [_told(page, url) for page, url in zip(pages, places.url, strict=True)]
    scanned = _scan(pages, places, told, limits)
    sources, raw = _sources(places, told), _with_link_kinds(scanned)
    is_told = is_rel_told([record.fetched_at_us for record in records], raw.page, raw.kind, raw.rel)
    raw = replace(raw, is_rel_known=is_told)
    assembled = assemble(sources, raw, rules, external_only=limits.external_only)
    assembled = replace(assembled, n_internal=assembled.n_internal + scanned.n_dropped)
    cut = [_CUT if is_cut else None for is_cut in (scanned.is_cut | assembled.is_cut).tolist()]
    bad += [BadRecord(record.offset, _CUT) for record, reason in zip(records, cut, strict=True) if reason]
    return PartBatch(
        capture_rows(records, places, depth="wat", file_name=file.name, errors=cut),
        page_rows(sources, [one.facts for one in told], raw, assembled),
        assembled.links,
        tuple(bad),
    )


def _told(page: WatPage, url: str) -> _Told:
    record = page.record
    if not page.is_html or record.is_revisit or record.http_status not in _READABLE:
        link = redirect(record, url)
        return _Told(url, [link] if link is not None else [])
    said = said_by_record(page)
    return _Told(
        base=base_url(said.base, url) if said.base is not None else url,
        unmarked=list(unmarked_links(record, said.refreshes())),
        facts=facts_of_record(page, said),
        charset=charset_of_record(page),
    )


def _scan(pages: Sequence[WatPage], places: Pages, told: Sequence[_Told], limits: Limits) -> Scanned:
    """The link objects of the records, after those made of headers and refreshes."""
    chunks: list[bytes | msgspec.Raw] = []
    ends, end = np.empty(len(pages), np.int64), 0
    for row, (page, one) in enumerate(zip(pages, told, strict=True)):
        arrays = [_objects(one.unmarked), *(page.arrays if one.facts is not None else ())]
        chunks += arrays
        end += sum(memoryview(array).nbytes for array in arrays)
        ends[row] = end
    hosts = [
        host if one.base == url or _host(one.base) == host else ""
        for host, url, one in zip(places.host, places.url, told, strict=True)
    ]
    return scan(
        np.frombuffer(b"".join(chunks), np.uint8),
        ends,
        pa.array(hosts, pa.string()),
        external_only=limits.external_only,
        max_links=limits.max_links,
        max_bytes=limits.max_attribute_chars,
    )


def _objects(links: Sequence[Unmarked]) -> bytes:
    """Links as WAT would write them."""
    if not links:
        return b""
    return msgspec.json.encode(
        [{"path": header_path(x.kind), "url": x.target, **({"rel": x.rel} if x.rel else {})} for x in links]
    )


def _host(url: str) -> str | None:
    parsed = parse(url)
    return parsed.host if parsed is not None else None


def _sources(places: Pages, told: Sequence[_Told]) -> Sources:
    return Sources(
        capture_id=places.capture_id,
        url=places.url,
        key=places.key,
        host=places.host,
        domain=places.domain,
        base=[one.base for one in told],
        nofollow_origin=[one.facts.robots.nofollow_origin if one.facts is not None else None for one in told],
        charset=[one.charset for one in told],
    )


def _with_link_kinds(scanned: Scanned) -> RawLinks:
    """The links with the kinds of <link> elements by their rel; those without rel are left out."""
    kind = scanned.code - np.uint8(1)
    at = np.flatnonzero(scanned.code == LINK_CODE)
    rels = scanned.rel.take(pa.array(at)).dictionary_encode(null_encoding="encode")
    kinds = [kind_of_rel(value) for value in rels.dictionary.to_pylist()]
    number = np.array([KINDS.index(one) if one is not None else _NONE for one in kinds] or [_NONE], np.uint8)
    kind[at] = number[np.asarray(rels.indices)]
    strings = (scanned.url, scanned.rel, scanned.text, scanned.alt)
    kept = np.flatnonzero(kind != _NONE)
    if len(kept) == len(kind):
        return RawLinks(scanned.page, kind, *strings)
    rows = pa.array(kept)
    return RawLinks(scanned.page[kept], kind[kept], *(column.take(rows) for column in strings))
