"""A record as the archive holds it, before its HTTP answer is read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from inlink.sources.records import BadRecord
from inlink.sources.window import Window

HEAD_END = re.compile(rb"\n\r*\n")  # an empty line, however lines end (some writers double the CR)
_TAKEN_BYTES = 4 * 1024 * 1024  # blocks that nobody wants are still looked at up to this size, to find a lost record


@dataclass(slots=True)
class RawRecord:
    """Header and block of one record. `problem` says what is wrong with its length.

    The block is `buffer[start:end]`: it is not copied until something of it is kept, nor is the header parsed until
    a field is asked for.
    """

    kind: bytes
    head: bytes | dict[bytes, bytes]
    buffer: bytes | bytearray
    start: int
    end: int
    offset: int
    length: int | None
    problem: BadRecord | None = None

    @property
    def fields(self) -> dict[bytes, bytes]:
        """Header fields, names in lower case."""
        if isinstance(self.head, bytes):
            self.head = header_fields(self.head)
        return self.head

    def block(self, start: int | None = None) -> bytes:
        """The block, or what follows `start` in the buffer, as bytes of its own."""
        return bytes(memoryview(self.buffer)[self.start if start is None else start : self.end])


def skip_newlines(window: Window) -> bool:
    """Pass CR and LF between records; False at the end of the stream."""
    while True:
        buf, pos, end = window.buf, window.pos, len(window.buf)
        while pos < end and buf[pos] in b"\r\n":
            pos += 1
        window.pos = pos
        if pos < end:
            return True
        if not window.more(inside=False):
            return False


def find_head_end(window: Window, limit: int) -> tuple[int, int] | None:
    """Where a header block ends and what follows it begins, from the window's position; None where it does not end."""
    seen = 0
    while True:
        match = HEAD_END.search(window.buf, window.pos + max(seen - 8, 0), window.pos + limit)
        if match is not None:
            return match.start() - window.pos, match.end() - window.pos
        seen = len(window.buf) - window.pos
        if seen > limit or not window.more(inside=True):
            return None


def header_fields(head: bytes) -> dict[bytes, bytes]:
    """Named fields of a header block (its first line is not one), names in lower case, folded lines joined."""
    lines = head.split(b"\r\n")
    is_tidy = b"\n " not in head and b"\n\t" not in head and b"\r\r" not in head
    if is_tidy and head.count(b"\n") == len(lines) - 1:
        try:
            return {key.lower(): value for key, value in [line.split(b": ", 1) for line in lines[1:]]}
        except ValueError:
            pass  # not as tidy as nearly all are
    fields: dict[bytes, bytes] = {}
    name = b""
    for line in head.split(b"\n"):
        if line[:1] in (b" ", b"\t") and name:
            fields[name] += b" " + line.strip()
            continue
        key, colon, value = line.partition(b":")
        if colon:
            name = key.strip().lower()
            fields[name] = value.strip()
    return fields


def take_block(window: Window, size: int, limit: int, *, is_wanted: bool) -> tuple[bytes, int]:
    """The block, cut to the limit, and how many of its bytes were there."""
    limit = limit if is_wanted else _TAKEN_BYTES
    block = window.take(min(size, limit))
    n_there = len(block)
    if n_there == limit < size:
        n_there += window.skip(size - limit)
    return block, n_there
