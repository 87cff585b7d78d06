"""From a raw record to the answer it holds: URL, time, status, headers, and the body of pages and feeds."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator

from inlink.sources.codings import undo_codings
from inlink.sources.dates import http_date, warc_date
from inlink.sources.http import Head, dechunk, http_head
from inlink.sources.limits import Limits
from inlink.sources.raw import RawRecord
from inlink.sources.records import BadRecord, Record
from inlink.sources.rendered import unsealed

WANTED = frozenset((b"response", b"resource", b"revisit", b"conversion", b"continuation"))
_TEXTUAL = re.compile(r"(?:text/html|application/xhtml|text/xml|application/xml|[\w.-]+/[\w.+-]+\+xml)", re.IGNORECASE)
_DRAWN = re.compile(r"image/", re.IGNORECASE)  # image/svg+xml and the like hold no pages
_UNTOLD = re.compile(r"(?:(?:application|unknown)/unknown|\*/\*)?$", re.IGNORECASE)  # a browser looks at the bytes then
_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf|\s|<!--.*?-->|<\?xml[^>]*>)*<(?:!doctype\s+html|html|head|body|title|meta|link|script|style|div|table"
    rb"|p|a|h1|br|font|frameset|iframe|rss|feed|rdf:RDF)\b",
    re.IGNORECASE | re.DOTALL,
)
_SNIFFED_BYTES = 1024
_HTTP = re.compile(r"https?://", re.IGNORECASE)
_LOST_KINDS = {b"conversion": "text-only", b"continuation": "continuation"}


def answers(raw: RawRecord, limits: Limits) -> Iterator[Record | BadRecord]:
    """The record's answer, before it or instead of it what is wrong with it."""
    url = _url(raw.fields.get(b"warc-target-uri", b""))
    lacking = _LOST_KINDS.get(raw.kind) or ("" if url else "no-url")
    if raw.kind == b"conversion" and (page := _rendered(raw, url)) is not None:
        yield page
    elif lacking:
        yield BadRecord(raw.offset, lacking, raw.kind.decode("latin-1"))
    elif not _HTTP.match(url):  # dns:, urn:, metadata:, ftp: … are no pages
        if raw.problem is not None:
            yield raw.problem
    else:
        yield from _answer(raw, url, limits)


def _answer(raw: RawRecord, url: str, limits: Limits) -> Iterator[Record | BadRecord]:
    head = http_head(raw.buffer, raw.start, raw.end, limits)
    fetched_at = _fetched_at(raw, head)
    if fetched_at is None:
        yield BadRecord(raw.offset, "bad-date", raw.fields.get(b"warc-date", b"")[:40].decode("latin-1"))
        return
    if head is None:
        if raw.kind == b"response" and _claims_http(raw):
            yield BadRecord(raw.offset, "bad-http-head", repr(raw.block()[:40]))
            return
        head = _without_http(raw)
    elif head.is_cut:
        yield BadRecord(raw.offset, "http-head-too-large", "")
    payload, error = _payload(raw, head)
    body, problem = _body(payload, head, limits)
    told = _told(raw, error, is_page=body is not None) or (BadRecord(raw.offset, *problem) if problem else None)
    if told is not None:
        yield told
    if body is None and not head.is_open:
        error = None  # no page, whole or not: nothing is missed
    yield _record(raw, url, fetched_at, head, payload, body or b"", problem[0] if problem else error)


def _rendered(raw: RawRecord, url: str) -> Record | None:
    """The page after its scripts ran, at the time of the answer that it was made from; None for other conversions."""
    page = unsealed(raw.block()) if raw.problem is None and _HTTP.match(url) else None
    fields = raw.fields
    date = fields.get(b"warc-refers-to-date") or fields.get(b"warc-date", b"")
    fetched_at = warc_date(date.decode("latin-1")) if page is not None else None
    if page is None or fetched_at is None:
        return None
    digest = fields.get(b"warc-payload-digest", b"").decode("latin-1") or None
    ip = fields.get(b"warc-ip-address", b"").decode("latin-1") or None
    place = (raw.offset, raw.length)
    return Record(url, fetched_at, 200, page.headers, page.html, *place, digest, ip, script_links=page.script_links)


def _told(raw: RawRecord, error: str | None, *, is_page: bool) -> BadRecord | None:
    """What to say of a record whose length is wrong or too large."""
    if raw.problem is None or (raw.problem.reason == "body-too-large" and not is_page):
        return None
    is_all_there = error is None and raw.problem.reason != "wrong-length"
    return BadRecord(raw.offset, "wrong-length", raw.problem.detail) if is_all_there else raw.problem


def _payload(raw: RawRecord, head: Head) -> tuple[bytes, str | None]:
    """The bytes after the HTTP head, and why they are not all (None: they are).

    Where the record's length is wrong, the HTTP head's own Content-Length says what belongs to the answer.
    """
    payload = raw.block(head.body_at)
    if raw.problem is None:
        is_truncated = b"warc-truncated" in raw.fields and raw.kind != b"revisit"
        return payload, "truncated" if is_truncated else None
    reason = raw.problem.reason
    declared = head.first("content-length")
    if reason == "body-too-large" or not declared.isdigit() or len(declared) > 18:
        return payload, None if reason == "wrong-length" else reason
    if len(payload) < int(declared):
        return payload, reason if reason != "wrong-length" else "record-cut"
    return payload[: int(declared)], None


def _record(
    raw: RawRecord, url: str, fetched_at: int, head: Head, payload: bytes, body: bytes, error: str | None
) -> Record:
    fields = raw.fields
    is_revisit = raw.kind == b"revisit"
    status = head.status
    if is_revisit and status is None and b"server-not-modified" in fields.get(b"warc-profile", b""):
        status = 304
    digest = fields.get(b"warc-payload-digest", b"").decode("latin-1") or None
    if digest is None and not is_revisit and (raw.problem is None or not error):
        digest = sha1_base32(payload)
    return Record(
        url,
        fetched_at,
        status,
        head.headers,
        b"" if is_revisit else body,
        raw.offset,
        raw.length,
        digest,
        fields.get(b"warc-ip-address", b"").decode("latin-1") or None,
        is_revisit,
        _refers_to(fields, digest) if is_revisit else None,
        error,
    )


def sha1_base32(payload: bytes) -> str:
    """Digest of a payload as WARC writers put it."""
    return "sha1:" + base64.b32encode(hashlib.sha1(payload, usedforsecurity=False).digest()).decode()


def _url(raw: bytes) -> str:
    """The target URL; old wget wrote it in angle brackets."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    text = text.strip()
    return text[1:-1].strip() if text[:1] == "<" and text[-1:] == ">" else text


def _fetched_at(raw: RawRecord, head: Head | None) -> int | None:
    date = warc_date(raw.fields.get(b"warc-date", b"").decode("latin-1"))
    return date if date is not None or head is None else http_date(head.first("date"))


def _claims_http(raw: RawRecord) -> bool:
    media = raw.fields.get(b"content-type", b"application/http").lower()
    return media.startswith(b"application/http") and bool(raw.block().strip())


def _without_http(raw: RawRecord) -> Head:
    """A resource, or a revisit without HTTP head: what the record itself says of its content."""
    media = raw.fields.get(b"content-type", b"").decode("latin-1")
    if raw.kind == b"revisit" or not media or media.lower().startswith("application/http"):
        return Head(None, (), raw.start)
    return Head(None, (("Content-Type", media),), raw.start)


def _refers_to(fields: dict[bytes, bytes], digest: str | None) -> str | None:
    """What a revisit repeats: the payload digest, else 'URL date' of the earlier capture."""
    if digest is not None:
        return digest
    url = fields.get(b"warc-refers-to-target-uri", b"")
    date = fields.get(b"warc-refers-to-date", b"")
    return f"{_url(url)} {date.decode('latin-1')}".strip() if url else None


def _body(payload: bytes, head: Head, limits: Limits) -> tuple[bytes | None, tuple[str, str] | None]:
    """The decoded body of a page or feed; None for other content. Second: (slug, detail) of what went wrong."""
    media = head.first("content-type").split(";", 1)[0].strip()
    is_untold = _UNTOLD.match(media) is not None
    if not (is_untold or (_TEXTUAL.match(media) and not _DRAWN.match(media))):
        return None, None
    problem: tuple[str, str] | None = None
    if "chunked" in head.first("transfer-encoding").lower():
        payload, detail = dechunk(payload)
        problem = ("bad-chunks", detail) if detail else None
    codings = ",".join(value for key, value in head.headers if key.lower() == "content-encoding")
    if codings:
        decoded = undo_codings(payload, codings, limits)
        payload = decoded.body
        problem = (decoded.slug, decoded.detail) if decoded.slug else problem
    if is_untold and payload and _MARKUP.match(payload[:_SNIFFED_BYTES]) is None:
        return None, None
    if len(payload) > limits.max_body_bytes:
        payload = payload[: limits.max_body_bytes]
        problem = ("body-too-large", f"more than {limits.max_body_bytes} bytes")
    return payload, problem
