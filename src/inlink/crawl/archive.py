"""WARC 1.1 out: a request and a response (or revisit) record for each answer, one gzip member a record.

A file grows under the name *.open; how much of it counts is written in the frontier, in the same transaction as the
pages that it holds. What lies beyond after a crash is cut off, so nothing is lost and nothing is there twice.
Source: ISO 28500:2017 (WARC 1.1).
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from isal import isal_zlib

from inlink import __version__
from inlink.fetch import Reply
from inlink.store.files import publish

OPEN = ".open"
MAX_FILE_BYTES = 1 << 30
SAME_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
_LEVEL, _GZIP = 2, 31
_UNREADABLE: tuple[type[Exception], ...] = (OSError, EOFError, cast(Any, isal_zlib.error))
_REPLACED = {"transfer-encoding": "X-Crawler-Transfer-Encoding", "content-length": "X-Crawler-Content-Length"}


@dataclass(frozen=True, slots=True)
class Earlier:
    """The record that a revisit repeats. Units: at_us microseconds since 1970 UTC."""

    url: str
    at_us: int
    digest: str


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a response record lies."""

    file: str
    offset: int
    length: int
    digest: str
    record: str  # its id

    @property
    def place(self) -> str:
        """File, offset and length."""
        return f"{self.file} {self.offset} {self.length}"


@dataclass(frozen=True, slots=True)
class Converted:
    """Content that was made from an archived answer. Units: made_at_us, answered_at_us microseconds since 1970 UTC."""

    url: str
    block: bytes
    content_type: str
    made_at_us: int
    record: str  # id of the answer's record
    answered_at_us: int


def payload_digest(body: bytes) -> str:
    """Algorithm, colon, base 32, as WARC headers have it."""
    return "sha1:" + base64.b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()


def stamp(at_us: int) -> str:
    """A time to the microsecond, as WARC 1.1 allows."""
    return datetime.fromtimestamp(at_us / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Archive:
    """Writes the records of one crawl into a folder. `sizes` of finished and open files are the frontier's business."""

    def __init__(self, folder: Path, prefix: str, number: int, *, max_file_bytes: int = MAX_FILE_BYTES) -> None:
        self._folder, self._prefix, self._number = folder, prefix, number
        self._max = max_file_bytes
        self._stream: BinaryIO | None = None
        self.name = ""  # of the open file, as it will be called
        self.size = 0
        self._counted = 0  # bytes that the frontier knows of

    def put(self, reply: Reply, digest: str, earlier: Earlier | None = None) -> Placed:
        """One answer's two records. `earlier` makes it a revisit of the same payload, by its digest or by a 304."""
        stream = self._opened()
        identity = _new_id()
        offset = self.size
        self._append(stream, _response(reply, identity, digest, earlier))
        length = self.size - offset
        self._append(stream, _request(reply, identity))
        return Placed(self.name, offset, length, digest, identity)

    def put_conversion(self, page: Converted) -> None:
        """What scripts made of a page: WARC 1.1, 6.9."""
        self._append(self._opened(), _conversion(page))

    def flush(self) -> None:
        """All that was put is on disk."""
        if self._stream is not None:
            self._stream.flush()
            os.fsync(self._stream.fileno())

    def accepted(self) -> None:
        """The frontier knows of all that was put."""
        self._counted = self.size

    def roll_over(self) -> None:
        """Finish the file where it has become large; call it between transactions."""
        if self.size >= self._max:
            self.close()

    def close(self) -> None:
        """Give the open file its final name; what a failed step put there is cut off."""
        if self._stream is None:
            return
        self._stream.close()
        self._stream = None
        recover(self._folder, self.name, self._counted)
        self.size = self._counted = 0

    def _opened(self) -> BinaryIO:
        if self._stream is None:
            self.name = f"{self._prefix}-{self._number:05d}.warc.gz"
            self._number += 1
            self._stream = (self._folder / (self.name + OPEN)).open("wb")
            self.size = 0
            self._append(self._stream, _info(self.name))
        return self._stream

    def _append(self, stream: BinaryIO, record: bytes) -> None:
        member = isal_zlib.compress(record, _LEVEL, _GZIP)
        stream.write(member)
        self.size += len(member)


def recover(folder: Path, name: str, n_bytes: int) -> bool:
    """Finish a file that a crash has left open, cut to what the frontier knows. Whether anything is left of it."""
    path = folder / (name + OPEN)
    if not path.exists():
        return (folder / name).exists()
    if n_bytes == 0:
        path.unlink()
        return False
    with path.open("rb+") as stream:
        stream.truncate(n_bytes)
    publish(path, folder / name)
    return True


def read_body(folder: Path, place: str) -> tuple[bytes, bytes] | None:
    """HTTP head and body of a response record that this module wrote; None where it is not there any more."""
    name, offset, length = place.split(" ")
    path = folder / name
    try:
        with (path if path.exists() else folder / (name + OPEN)).open("rb") as stream:
            stream.seek(int(offset))
            record = isal_zlib.decompress(stream.read(int(length)), _GZIP)
    except _UNREADABLE:
        return None
    _, _, block = record.partition(b"\r\n\r\n")
    head, mark, body = block.removesuffix(b"\r\n\r\n").partition(b"\r\n\r\n")
    return (head, body) if mark else None


def _new_id() -> str:
    return f"<urn:uuid:{uuid.UUID(bytes=secrets.token_bytes(16), version=4)}>"


def _record(kind: str, headers: Iterable[tuple[str, str]], block: bytes, identity: str) -> bytes:
    lines = [f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: {identity}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines.append(f"WARC-Block-Digest: {payload_digest(block)}\r\nContent-Length: {len(block)}\r\n\r\n")
    return "\r\n".join(lines).encode() + block + b"\r\n\r\n"


def _info(name: str) -> bytes:
    block = f"software: inlink/{__version__}\r\nformat: WARC File Format 1.1\r\nrobots: classic\r\n".encode()
    date = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    headers = [("WARC-Date", date), ("WARC-Filename", name), ("Content-Type", "application/warc-fields")]
    return _record("warcinfo", headers, block, _new_id())


def _request(reply: Reply, identity: str) -> bytes:
    headers = [
        ("WARC-Target-URI", reply.url),
        ("WARC-Date", stamp(reply.asked_at_us)),
        ("WARC-Concurrent-To", identity),
        ("Content-Type", "application/http; msgtype=request"),
    ]
    return _record("request", headers, reply.request, _new_id())


def _response(reply: Reply, identity: str, digest: str, earlier: Earlier | None) -> bytes:
    headers = [("WARC-Target-URI", reply.url), ("WARC-Date", stamp(reply.asked_at_us))]
    if reply.ip:
        headers.append(("WARC-IP-Address", reply.ip))
    headers.append(("WARC-Payload-Digest", digest))
    if reply.cut:
        headers.append(("WARC-Truncated", reply.cut))
    if earlier is not None:
        headers.append(("WARC-Profile", NOT_MODIFIED if reply.status == 304 else SAME_PAYLOAD))
        headers.append(("WARC-Refers-To-Target-URI", earlier.url))
        headers.append(("WARC-Refers-To-Date", stamp(earlier.at_us)))
    headers.append(("Content-Type", "application/http; msgtype=response"))
    block = http_head(reply) + (b"" if earlier is not None else reply.body)
    return _record("revisit" if earlier is not None else "response", headers, block, identity)


def _conversion(page: Converted) -> bytes:
    headers = [
        ("WARC-Target-URI", page.url),
        ("WARC-Date", stamp(page.made_at_us)),
        ("WARC-Refers-To", page.record),
        ("WARC-Refers-To-Target-URI", page.url),
        ("WARC-Refers-To-Date", stamp(page.answered_at_us)),
        ("WARC-Payload-Digest", payload_digest(page.block)),
        ("Content-Type", page.content_type),
    ]
    return _record("conversion", headers, page.block, _new_id())


def http_head(reply: Reply) -> bytes:
    """Status line and headers as they were sent; those of the transfer, which is undone, under names of their own."""
    lines = [f"HTTP/{reply.version} {reply.status} {reply.reason}"]
    is_chunked = any(name.lower() == "transfer-encoding" for name, _ in reply.headers)
    for name, value in reply.headers:
        folded = name.lower()
        is_wrong = folded == "content-length" and (is_chunked or value.strip() != str(len(reply.body)))
        is_other = is_wrong or folded == "transfer-encoding"
        lines.append(f"{_REPLACED[folded] if is_other else name}: {value}")
    if is_chunked:
        lines.append(f"Content-Length: {len(reply.body)}")
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n"
