"""Answers to WARC 1.1 files: one gzip member a record, every digest and length true, the same bytes every time."""

from __future__ import annotations

import base64
import gzip
import hashlib
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from inlink.demo.model import Answer

NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # RFC 4122's namespace of URLs
SOFTWARE = "inlink demo web"
REVISIT_PROFILE = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
_REASONS = {200: "OK", 301: "Moved Permanently", 302: "Found", 403: "Forbidden", 404: "Not Found", 410: "Gone"}


def sha1(data: bytes) -> str:
    """The digest of WARC headers: algorithm, colon, base 32."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def stamp(time: datetime) -> str:
    """A time as WARC headers write it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def record(kind: str, headers: Iterable[tuple[str, str]], block: bytes, identity: str) -> bytes:
    """One record, not yet compressed."""
    lines = [
        "WARC/1.1",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: <urn:uuid:{uuid.uuid5(NAMESPACE, identity)}>",
        *(f"{name}: {value}" for name, value in headers),
        f"WARC-Block-Digest: {sha1(block)}",
        f"Content-Length: {len(block)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def http_head(answer: Answer) -> bytes:
    """Status line and headers of an answer."""
    reason = _REASONS.get(answer.status, "Internal Server Error")
    date = answer.fetched_at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    lines = [f"HTTP/1.1 {answer.status} {reason}", f"Date: {date}", "Server: demo"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def request(answer: Answer) -> bytes:
    """The request record of an answer."""
    page = answer.page
    block = f"GET {page.path} HTTP/1.1\r\nHost: {page.site.host}\r\nUser-Agent: {SOFTWARE}\r\nAccept: */*\r\n\r\n"
    headers = [
        ("WARC-Target-URI", page.url),
        ("WARC-Date", stamp(answer.fetched_at)),
        ("WARC-Concurrent-To", f"<urn:uuid:{uuid.uuid5(NAMESPACE, identity(answer))}>"),
        ("WARC-IP-Address", page.site.ip),
        ("Content-Type", "application/http; msgtype=request"),
    ]
    return record("request", headers, block.encode(), identity(answer) + " request")


def identity(answer: Answer) -> str:
    """What the record's id is made of."""
    return f"{answer.page.url} {stamp(answer.fetched_at)}"


def response(answer: Answer, repeats: Answer | None) -> bytes:
    """The response record; a revisit record where the answer repeats an earlier one."""
    headers = [
        ("WARC-Target-URI", answer.page.url),
        ("WARC-Date", stamp(answer.fetched_at)),
        ("WARC-IP-Address", answer.page.site.ip),
        ("WARC-Payload-Digest", sha1(answer.body)),
        ("Content-Type", "application/http; msgtype=response"),
    ]
    if repeats is None:
        return record("response", headers, http_head(answer) + answer.body, identity(answer))
    headers += [
        ("WARC-Profile", REVISIT_PROFILE),
        ("WARC-Refers-To-Target-URI", repeats.page.url),
        ("WARC-Refers-To-Date", stamp(repeats.fetched_at)),
    ]
    return record("revisit", headers, http_head(answer), identity(answer))


def is_stored_once(answer: Answer, earlier: Answer | None) -> bool:
    """Whether the crawler stored this answer as a revisit: every second page that did not change."""
    if earlier is None or answer.status != 200 or earlier.status != 200 or answer.body != earlier.body:
        return False
    return hashlib.sha256(answer.page.url.encode()).digest()[0] % 2 == 0


def pack(path: Path, answers: Sequence[Answer], earlier: dict[str, Answer]) -> None:
    """Write one crawl; `earlier` holds the answers of the crawl before, by URL."""
    info = f"software: {SOFTWARE}\r\nformat: WARC File Format 1.1\r\nisPartOf: {path.name}\r\n".encode()
    head = [
        ("WARC-Date", stamp(answers[0].fetched_at)),
        ("WARC-Filename", path.name),
        ("Content-Type", "application/warc-fields"),
    ]
    with path.open("wb") as out:
        out.write(_member(record("warcinfo", head, info, path.name)))
        for answer in answers:
            before = earlier.get(answer.page.url)
            out.write(_member(request(answer)))
            out.write(_member(response(answer, before if is_stored_once(answer, before) else None)))


def _member(data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=6, mtime=0)
