"""Records with a readable page, each parsed, written out in canonical form and scanned into the batch's buffers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser

from inlink.extract.bombs import affordable
from inlink.extract.charset import Decoded, decode
from inlink.extract.facts import Said, read_facts
from inlink.extract.layout import (
    L_HREF,
    L_HREF_END,
    L_KIND,
    L_PAGE,
    L_REL,
    L_REL_BITS,
    L_REL_END,
    L_STARTS_BLOCK,
    N_LINK,
    S_ARTICLES,
    S_BLOB,
    S_BLOCKS,
    S_CUT_LINKS,
    S_DEEP,
    S_FACTS,
    S_HAS_BASE,
    S_HEADINGS,
    S_KEEP_ALL,
    S_LINKS,
    S_LONG_VALUES,
    S_PAGE,
    S_SKIPPED,
    S_TEXT,
    S_WORDS,
    TABLES,
    Buffers,
    Found,
)
from inlink.extract.scan import scan_page
from inlink.schema import KINDS
from inlink.sources.limits import Limits
from inlink.sources.records import BadRecord, Record

_OPTIONS: Final = LexborDocumentOptions.WO_EVENTS.value
_PAGE_TYPES: Final = frozenset(("text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"))
_READABLE: Final = (200, 203, None)
_FILLS: Final = (S_TEXT, S_BLOB, S_LINKS, S_FACTS, S_BLOCKS, S_HEADINGS)
_MAX_GROWTH: Final = 20  # times that canonical HTML may be larger than what was read, beyond 16 MiB
_NO_HOST: Final = np.zeros(0, np.uint8)


@dataclass(slots=True)
class Scanned:
    """A page that was scanned: its record, how it was decoded, and its part of the buffers."""

    record: int
    decoded: Decoded
    text: tuple[int, int]
    blocks: tuple[int, int]
    n_words: int
    n_articles: int
    said: Said


@dataclass(slots=True)
class Scan:
    """All pages of a batch in one set of buffers; link rows name their record by its position in the batch."""

    buffers: Buffers
    pages: list[Scanned] = field(default_factory=list)
    errors: list[BadRecord] = field(default_factory=list)

    @property
    def found(self) -> Found:
        """The buffers."""
        return self.buffers.found

    def count(self, cell: int) -> int:
        """Rows or bytes written so far."""
        return int(self.buffers.found.state[cell])


def is_readable(record: Record) -> bool:
    """Whether the record holds a page, or a part of one: answered well, HTML by its type or, lacking one, its look.

    What is left of a cut page is read: it shows links, and its capture's error says that it proves nothing of others.
    """
    if not record.body or record.is_revisit or record.http_status not in _READABLE:
        return False
    for value in record.header("content-type"):
        media = value.partition(";")[0].strip().lower()
        if media and "/" in media and media not in ("application/octet-stream", "unknown/unknown"):
            return media in _PAGE_TYPES
    return _looks_like_html(record.body)


def _looks_like_html(body: bytes) -> bool:
    head = body[:1024].lstrip().lower()
    return any(
        mark in head for mark in (b"<!doctype html", b"<html", b"<head", b"<body", b"<title", b"<a href", b"<table")
    )


def canonical(html: bytes) -> bytes:
    """The page as lexbor writes its tree."""
    return (LexborHTMLParser(html, options=_OPTIONS).html or "").encode("utf-8", "replace")


def scan_record(scan: Scan, record: Record, index: int, host: str, limits: Limits, *, keep_all: bool = False) -> bool:
    """Adds the record's page to the scan; False, with an error counted, where it cannot be read."""
    types = record.header("content-type")
    decoded = decode(record.body, types[0] if types else None)
    n_read = affordable(np.frombuffer(decoded.html, np.uint8))
    if n_read < len(decoded.html):
        scan.errors.append(BadRecord(record.offset, "page-too-costly", f"read up to byte {n_read}"))
        decoded = replace(decoded, html=decoded.html[:n_read])
    html = canonical(decoded.html)
    if len(html) > (16 << 20) + _MAX_GROWTH * len(record.body):
        scan.errors.append(BadRecord(record.offset, "page-too-large", f"{len(html)} bytes of canonical HTML"))
        return False
    data = np.frombuffer(html, np.uint8)
    state = scan.found.state
    before = [int(state[cell]) for cell in _FILLS]
    found = scan.buffers.room(len(html))
    state[S_PAGE], state[S_KEEP_ALL] = index, keep_all
    own_host = _NO_HOST if keep_all else np.frombuffer(host.encode(), np.uint8)
    scan_page(data, own_host, TABLES, found)
    if state[S_SKIPPED] and state[S_HAS_BASE]:  # resources were judged before <base> was seen
        state[list(_FILLS)] = before
        state[S_KEEP_ALL] = True
        scan_page(data, own_host, TABLES, found)
    _count_errors(scan, record, limits)
    scan.pages.append(
        Scanned(
            index,
            decoded,
            (before[0], int(state[S_TEXT])),
            (before[4], int(state[S_BLOCKS])),
            int(state[S_WORDS]),
            int(state[S_ARTICLES]),
            read_facts(found, before[3], int(state[S_FACTS])),
        )
    )
    return True


def _count_errors(scan: Scan, record: Record, limits: Limits) -> None:
    state = scan.found.state
    if state[S_CUT_LINKS]:
        detail = f"{int(state[S_CUT_LINKS])} links beyond {limits.max_links}"
        scan.errors.append(BadRecord(record.offset, "links-cut", detail))
    if state[S_LONG_VALUES]:
        detail = f"{int(state[S_LONG_VALUES])} values longer than {limits.max_attribute_chars}"
        scan.errors.append(BadRecord(record.offset, "value-too-long", detail))
    if state[S_DEEP]:
        scan.errors.append(BadRecord(record.offset, "nesting-too-deep", f"beyond {limits.max_nesting} levels"))


def add_link(scan: Scan, record: int, kind: str, target: str, rel: str | None = None) -> int:
    """The row of a link that stands in no markup of its own: a header or a refresh of the record scanned last."""
    found = scan.buffers.room(4 * (len(target) + len(rel or "")) + 64)
    row = int(found.state[S_LINKS])
    found.state[S_LINKS] += 1
    cells = np.full(N_LINK, -1, np.int32)
    cells[L_PAGE], cells[L_KIND], cells[L_REL_BITS], cells[L_STARTS_BLOCK] = record, KINDS.index(kind), 0, 0
    cells[L_HREF], cells[L_HREF_END] = _write(found, target)
    if rel is not None:
        cells[L_REL], cells[L_REL_END] = _write(found, rel)
    found.links[row] = cells
    return row


def _write(found: Found, text: str) -> tuple[int, int]:
    data = text.encode("utf-8", "replace")
    start = int(found.state[S_BLOB])
    found.blob[start : start + len(data)] = np.frombuffer(data, np.uint8)
    found.state[S_BLOB] += len(data)
    return start, start + len(data)


def rows_of(found: Found) -> NDArray[np.int32]:
    """The link rows written so far."""
    return found.links[: int(found.state[S_LINKS])]
