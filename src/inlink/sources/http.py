"""HTTP heads and body codings as archives hold them, read leniently and within bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from inlink.sources.limits import Limits
from inlink.sources.raw import HEAD_END

_STATUS = re.compile(rb"(?:HTTP[A-Za-z]{0,8}/\d(?:\.\d)?|ICY)(?:[ \t]+(\d{3})(?!\d))?(?=[^\r\n]{0,8192}\r*\n)")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]{0,4096})?\r?\n")
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Head:
    """An HTTP status line and headers; `body_at` is where the body begins in the block."""

    status: int | None
    headers: Headers
    body_at: int
    is_cut: bool = False  # longer than the limit
    is_open: bool = False  # the block ends inside the head

    def first(self, name: str) -> str:
        """First value of a header (name in lower case), or nothing."""
        for key, value in self.headers:
            if key.lower() == name:
                return value
        return ""


def http_head(buffer: bytes | bytearray, start: int, stop: int, limits: Limits) -> Head | None:
    """The head of the HTTP answer in `buffer[start:stop]`; None where there is none."""
    status = _STATUS.match(buffer, start, stop)
    if status is None:
        return None
    line_end = buffer.find(b"\n", start, min(start + 8192, stop))
    limit = min(start + limits.max_http_header_bytes, stop)
    ends = HEAD_END.search(buffer, start, stop)
    end, body_at = ends.span() if ends else (stop, stop)
    is_cut = end > limit
    lines: list[str] = []
    if 0 <= line_end < end:
        text = _text(bytes(memoryview(buffer)[line_end + 1 : min(end, limit)]))
        lines = text.split("\n", limits.max_http_headers + 1)
    is_cut = is_cut or len(lines) > limits.max_http_headers
    headers = _headers(lines[: limits.max_http_headers])
    return Head(int(status[1]) if status[1] else None, headers, body_at, is_cut, ends is None)


def _headers(lines: list[str]) -> Headers:
    headers: list[tuple[str, str]] = []
    for line in lines:
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and headers:
            name, before = headers[-1]
            headers[-1] = (name, f"{before} {line.strip()}")
        elif colon:
            headers.append((name.strip(), value.strip()))
    return tuple(headers)


def _text(raw: bytes) -> str:
    """Headers as text: UTF-8, or Latin-1 where they are not."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def dechunk(body: bytes) -> tuple[bytes, str]:
    """The body without chunked transfer coding, and what is wrong with the coding (nothing if all is well).

    A body that does not begin with a chunk is taken as it stands: archivers often store it decoded, with the header
    left in place. Trailers are dropped.
    """
    first = _CHUNK_SIZE.match(body)
    if first is None:
        return body, ""
    parts: list[bytes] = []
    at = 0
    while True:
        line = _CHUNK_SIZE.match(body, at)
        if line is None:
            rest = body[at:]
            problem = "" if not rest.strip() else f"no chunk size at byte {at}"
            return (body, "") if at == 0 else (b"".join(parts) + (rest if problem else b""), problem)
        size = int(line[1], 16)
        if size == 0:
            return b"".join(parts), ""
        at = line.end()
        if at + size > len(body):
            if not parts and size > 64 * len(body):
                return body, ""  # a body that only looks like a chunk size
            parts.append(body[at:])
            return b"".join(parts), f"chunk of {size} bytes, {len(body) - at} are there"
        parts.append(body[at : at + size])
        at += size
        if body.startswith(b"\r\n", at):
            at += 2
        elif body.startswith(b"\n", at):
            at += 1
        elif at < len(body):
            if len(parts) == 1:
                return body, "the first chunk does not end where it says"
            return b"".join(parts) + body[at:], f"no line end after the chunk at byte {at}"
