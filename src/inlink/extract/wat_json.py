"""The JSON of one WAT record: what it says of a page, with its arrays of links left as bytes for the scanner.

Source: ia-web-commons (org.archive.resource), which writes the WAT files of Common Crawl and of archives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec

from inlink.sources.dates import warc_date
from inlink.sources.records import BadRecord, Record, WatRecord

_RESPONSE_MARK = b'"HTTP-Response-Metadata"'
_NOTES_MARK = b'"WARC-Metadata-Metadata"'
_NOTES = (b"languages-cld2", b"charset-detected")  # the notes that are of use
_HEADERS = frozenset(("content-type", "content-language", "link", "location", "refresh", "x-robots-tag"))
_SURROGATE = re.compile("[\ud800-\udfff]")
_EMPTY = msgspec.Raw(b"")
_REVISIT = "revisit"

# What stands in a record is typed as loosely as the writers of WAT files allow: a value of an unexpected shape
# must not cost the record. Values are checked where they are used.


class _Head(msgspec.Struct, gc=False):
    base: Any = msgspec.field(name="Base", default=None)
    title: Any = msgspec.field(name="Title", default=None)
    metas: Any = msgspec.field(name="Metas", default=None)
    link: msgspec.Raw = msgspec.field(name="Link", default=_EMPTY)
    scripts: msgspec.Raw = msgspec.field(name="Scripts", default=_EMPTY)


class _Html(msgspec.Struct, gc=False):
    head: _Head | None = msgspec.field(name="Head", default=None)
    links: msgspec.Raw = msgspec.field(name="Links", default=_EMPTY)


class _Response(msgspec.Struct, gc=False):
    message: Any = msgspec.field(name="Response-Message", default=None)
    headers: Any = msgspec.field(name="Headers", default=None)
    html: _Html | None = msgspec.field(name="HTML-Metadata", default=None)
    digest: Any = msgspec.field(name="Entity-Digest", default=None)


class _Payload(msgspec.Struct, gc=False):
    response: _Response | None = msgspec.field(name="HTTP-Response-Metadata", default=None)
    notes: Any = msgspec.field(name="WARC-Metadata-Metadata", default=None)


class _Envelope(msgspec.Struct, gc=False):
    warc: Any = msgspec.field(name="WARC-Header-Metadata", default=None)
    arc: Any = msgspec.field(name="ARC-Header-Metadata", default=None)
    payload: _Payload | None = msgspec.field(name="Payload-Metadata", default=None)


class _Wat(msgspec.Struct, gc=False):
    envelope: _Envelope | None = msgspec.field(name="Envelope", default=None)


_DECODER = msgspec.json.Decoder(_Wat)


@dataclass(slots=True)
class WatPage:
    """One page as a WAT record tells it; `record` has no body.

    `arrays` holds the JSON arrays of link objects in the order <link>, <script>, all others. `notes` are what the
    crawler noted of the page in a record after it: detected languages and character set.
    """

    record: Record
    base: str | None
    title: str | None
    metas: list[dict[str, Any]]
    arrays: tuple[msgspec.Raw, msgspec.Raw, msgspec.Raw]
    is_html: bool
    notes: dict[str, str] = field(default_factory=dict)


def read_pages(records: Iterable[WatRecord]) -> tuple[list[WatPage], list[BadRecord]]:
    """The pages that the records describe, and the records that could not be read.

    Records of requests and of the crawl itself describe no page and are passed over.
    """
    pages: list[WatPage] = []
    bad: list[BadRecord] = []
    for record in records:
        if _RESPONSE_MARK in record.json:
            page = _read_page(record)
            (pages if isinstance(page, WatPage) else bad).append(page)  # type: ignore[arg-type]
        elif pages and _NOTES_MARK in record.json and any(name in record.json for name in _NOTES):
            _add_notes(record, pages[-1])
    return pages, bad


def _decode(record: WatRecord) -> _Wat:
    """Raises: ValueError when the text is no JSON; RecursionError when it is nested too deep."""
    text = record.json if record.json.isascii() else _as_utf8(record.json)
    try:
        return _DECODER.decode(text)
    except msgspec.DecodeError:  # a value of another shape, half a surrogate pair, a control character in a string
        mended = json.dumps(_mended(json.loads(text, strict=False)), ensure_ascii=False)
        return _DECODER.decode(_SURROGATE.sub("\ufffd", mended))


def _as_utf8(text: bytes) -> bytes:
    """The same bytes where they are UTF-8, else with U+FFFD for what is not."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return text.decode("utf-8", "replace").encode()
    return text


_OBJECTS = ("Envelope", "Payload-Metadata", "HTTP-Response-Metadata", "HTML-Metadata", "Head")


def _mended(value: Any) -> dict[str, Any]:
    """The record with what should be an object, and is not, left out."""
    if not isinstance(value, dict):
        return {}
    return {
        name: _mended(member) if name in _OBJECTS else member
        for name, member in value.items()
        if name not in _OBJECTS or isinstance(member, dict)
    }


def _read_page(record: WatRecord) -> WatPage | BadRecord:
    try:
        wat = _decode(record)
    except (ValueError, RecursionError) as error:
        return BadRecord(record.offset, "bad-json", str(error))
    envelope = wat.envelope or _Envelope()
    response = (envelope.payload or _Payload()).response or _Response()
    header = _Header(envelope)
    url, date = header.text("target-uri"), header.text("date")
    if not url:
        return BadRecord(record.offset, "no-url", "")
    fetched_at = warc_date(date or "")
    if fetched_at is None:
        return BadRecord(record.offset, "bad-date", repr(date))
    status = _text(response.message.get("Status")) if isinstance(response.message, dict) else None
    is_revisit = header.text("type") == _REVISIT
    answer = Record(
        url=url.strip().removeprefix("<").removesuffix(">"),
        fetched_at_us=fetched_at,
        http_status=int(status) if status and status.isascii() and status.isdigit() and len(status) == 3 else None,
        headers=_pairs(response.headers),
        body=b"",
        offset=record.offset,
        length=record.length,
        payload_digest=header.text("payload-digest") or _text(response.digest),
        ip=header.text("ip-address"),
        is_revisit=is_revisit,
        error="truncated" if header.text("truncated") and not is_revisit else None,  # links beyond are not there to see
    )
    html = response.html or _Html()
    head = html.head or _Head()
    return WatPage(
        record=answer,
        base=_text(head.base),
        title=_text(head.title),
        metas=_metas(head.metas),
        arrays=(head.link, head.scripts, html.links),
        is_html=response.html is not None,
    )


class _Header:
    """Header of the archived record; names are asked for in lower case and without `warc-`."""

    def __init__(self, envelope: _Envelope) -> None:
        header = envelope.warc if isinstance(envelope.warc, dict) else envelope.arc
        entries = header.items() if isinstance(header, dict) else ()
        self._values = {_plain_name(name): value for name, value in entries}

    def text(self, name: str) -> str | None:
        """The value as text."""
        return _text(self._values.get(name))


@lru_cache(maxsize=1024)
def _plain_name(name: str) -> str:
    return name.lower().removeprefix("warc-")


def _text(value: Any) -> str | None:
    """A string, a number as a string, the first of a list; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else None


def _pairs(headers: Any) -> tuple[tuple[str, str], ...]:
    """The HTTP headers that extraction looks at, in order; one that came more than once is a list in the record."""
    if not isinstance(headers, dict):
        return ()
    return tuple(
        (name, text)
        for name, value in headers.items()
        if _is_of_use(name)
        for one in (value if isinstance(value, list) else (value,))
        if (text := _text(one)) is not None
    )


@lru_cache(maxsize=4096)
def _is_of_use(name: str) -> bool:
    return name.lower() in _HEADERS


def _metas(metas: Any) -> list[dict[str, Any]]:
    """Meta elements as dictionaries; what their values are is not looked at."""
    if isinstance(metas, dict):
        metas = [metas]
    if not isinstance(metas, list):
        return []
    return [meta for meta in metas if isinstance(meta, dict)]


def _add_notes(record: WatRecord, page: WatPage) -> None:
    """What the crawler noted, if the record is about the same page; unreadable notes are none."""
    try:
        envelope = _decode(record).envelope or _Envelope()
    except (ValueError, RecursionError):
        return
    notes = (envelope.payload or _Payload()).notes
    if _Header(envelope).text("target-uri") != page.record.url or not isinstance(notes, dict):
        return
    entries = notes.get("Metadata-Records")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            name, value = _text(entry.get("Name")), _text(entry.get("Value"))
            if name and value:
                page.notes[name] = value
