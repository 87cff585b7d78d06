"""Reader of ARC records (versions 1 and 2), the format before WARC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from inlink.sources.limits import Limits
from inlink.sources.raw import RawRecord, skip_newlines, take_block
from inlink.sources.records import BadRecord
from inlink.sources.warc import cut_record, drain_faults
from inlink.sources.window import Window

MAGIC = b"filedesc:"
_URL = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*:")
_ADDRESS = re.compile(rb"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]+|-")
_MAX_LINE_BYTES = 16 * 1024


class Line(NamedTuple):
    """A record's header line. Units: `size` bytes of the block; negative where the writer did not know."""

    url: bytes
    address: bytes
    date: bytes
    media: bytes
    size: int


def header_line(line: bytes) -> Line | None:
    """The fields of a header line of version 1 or 2; None where it is none. URLs may hold spaces, wrongly.

    URL, address, date, content type, (version 2: result code, checksum, location, offset, filename,) length
    """
    fields = line.strip().split(b" ")
    if len(fields) < 4 or not _URL.match(line) or not fields[-1].removeprefix(b"-").isdigit() or len(fields[-1]) > 18:
        return None
    for at in range(len(fields) - 3, 0, -1):
        if fields[at + 1].isdigit() and 4 <= len(fields[at + 1]) <= 17 and _ADDRESS.fullmatch(fields[at]):
            media = fields[at + 2] if at + 2 < len(fields) - 1 else b""
            return Line(b" ".join(fields[:at]), fields[at], fields[at + 1], media, int(fields[-1]))
    return None


def starts_record(data: bytes) -> bool:
    """Whether bytes begin an ARC record."""
    line, end, _ = data.lstrip(b"\r\n")[:_MAX_LINE_BYTES].partition(b"\n")
    return bool(end) and header_line(line) is not None


def next_record(buffer: bytes | bytearray, start: int) -> int:
    """Where the next record's header line begins, after a line end, from `start` on; -1 where none does."""
    at = start
    while (at := buffer.find(b"\n", at) + 1) > 0:
        end = buffer.find(b"\n", at, at + _MAX_LINE_BYTES)
        if end > 0 and _URL.match(buffer, at) and header_line(bytes(buffer[at:end])):
            return at
    return -1


def arc_records(window: Window, limits: Limits, wanted: frozenset[bytes]) -> Iterator[RawRecord | BadRecord]:
    """Records in file order, as if they were WARC responses; what cannot be read as a BadRecord."""
    while skip_newlines(window):
        place, start = window.place(), window.tell()
        line = _line(window, limits.max_record_header_bytes)
        if line is None:
            yield from _pass_rubbish(window, place)
            continue
        yield from _record(window, line, place, start, limits)
        yield from drain_faults(window)
    yield from drain_faults(window)


def _line(window: Window, limit: int) -> Line | None:
    """The header line at the window's position, taken; None where there is none."""
    while (end := window.buf.find(b"\n", window.pos, window.pos + limit)) < 0:
        if len(window.buf) - window.pos >= limit or not window.more(inside=True):
            return None
    line = header_line(bytes(window.buf[window.pos : end]))
    if line is not None:
        window.pos = end + 1
    return line


def _record(window: Window, line: Line, place: int, start: int, limits: Limits) -> Iterator[RawRecord | BadRecord]:
    if line.size < 0:
        yield BadRecord(place, "no-length", f"length {line.size}")
        return
    size = line.size
    block, there = take_block(window, size, limits.max_body_bytes + limits.max_http_header_bytes, is_wanted=True)
    problem = BadRecord(place, "body-too-large", f"{size} bytes") if there > len(block) else None
    if there < size or not _is_in_step(window):
        inner = next_record(block, 0) if there == len(block) else -1
        if inner >= 0:
            window.unread(block[inner:])
            detail = f"declared {size} bytes, the next record begins after {inner}"
            problem, block = BadRecord(place, "wrong-length", detail), block[:inner]
        elif there < size:
            problem = cut_record(window, place, f"{there} of {size} bytes")
    if line.url.startswith(MAGIC):
        if problem is not None:
            yield problem
        return
    fields = {b"warc-target-uri": line.url, b"warc-date": line.date[:14], b"content-type": line.media}
    if line.address not in (b"0.0.0.0", b"-"):  # ARC writes these for "unknown"
        fields[b"warc-ip-address"] = line.address
    yield RawRecord(b"arc", fields, block, 0, len(block), place, window.length_from(place, start), problem)


def _is_in_step(window: Window) -> bool:
    """Whether a record, or the end, stands here; line ends before it are passed."""
    while True:
        while window.pos < len(window.buf) and window.buf[window.pos] in b"\r\n":
            window.pos += 1
        if window.pos < len(window.buf):
            window.require(_MAX_LINE_BYTES)
            return starts_record(bytes(window.buf[window.pos : window.pos + _MAX_LINE_BYTES]))
        if not window.more(inside=True):
            return True


def _pass_rubbish(window: Window, place: int) -> Iterator[BadRecord]:
    """Go on to where the next record begins."""
    n_bytes, sample = 0, bytes(window.buf[window.pos : window.pos + 40])
    while True:
        at = next_record(window.buf, window.pos)
        if at >= 0:
            n_bytes += at - window.pos
            window.pos = at
            break
        keep = min(_MAX_LINE_BYTES, len(window.buf) - window.pos)
        n_bytes += len(window.buf) - window.pos - keep
        window.pos = len(window.buf) - keep
        before = window.tell() + keep
        if not window.more(inside=False):
            n_bytes += keep
            window.pos = len(window.buf)
            break
        if window.member_start == before and starts_record(bytes(window.buf[keep : keep + _MAX_LINE_BYTES])):
            n_bytes += keep
            window.pos += keep
            break
    if window.faults:
        yield from drain_faults(window)
    else:
        yield BadRecord(place, "not-a-record", f"{n_bytes} bytes, beginning {sample!r}")
