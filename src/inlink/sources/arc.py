"""Reader of ARC records (versions 1 and 2), the format before WARC."""

from __future__ import annotations

import re
from collections.abc import Iterator

from inlink.sources.limits import Limits
from inlink.sources.raw import RawRecord, skip_newlines, take_block
from inlink.sources.records import BadRecord
from inlink.sources.warc import cut_record, drain_faults
from inlink.sources.window import Window

MAGIC = b"filedesc:"
_ADDRESS = rb"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]+|-)"
# URL, address, date, content type, (v2: result code, checksum, location, offset, filename,) length
_LINE = re.compile(
    rb"([A-Za-z][A-Za-z0-9+.-]*:[^\r\n]*) (" + _ADDRESS + rb") (\d{4,17}) ([^\r\n]*?) ?(-?\d{1,18})[ \t]*\r?\n"
)
_NEXT = re.compile(
    rb"\n(?=[A-Za-z][A-Za-z0-9+.-]*:[^\r\n]{1,8192} " + _ADDRESS + rb" \d{4,17} [^\r\n]* \d{1,18}[ \t]*\r?\n)"
)
_V2_EXTRA = 5  # fields between content type and length in version 2
_SCAN_OVERLAP = 16 * 1024


def starts_record(data: bytes) -> bool:
    """Whether bytes begin an ARC record."""
    return _LINE.match(data.lstrip(b"\r\n")[: 64 * 1024]) is not None


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


def _line(window: Window, limit: int) -> re.Match[bytes] | None:
    """The header line at the window's position, taken; None where there is none."""
    while (end := window.buf.find(b"\n", window.pos, window.pos + limit)) < 0:
        if len(window.buf) - window.pos >= limit or not window.more(inside=True):
            return None
    match = _LINE.match(window.buf[window.pos : end + 1])
    if match is not None:
        window.pos = end + 1
    return match


def _record(
    window: Window, line: re.Match[bytes], place: int, start: int, limits: Limits
) -> Iterator[RawRecord | BadRecord]:
    url, address, date, middle, length = line.groups()
    size = int(length)
    if size < 0:
        yield BadRecord(place, "no-length", f"length {size}")
        return
    block, there = take_block(window, size, limits.max_body_bytes + limits.max_http_header_bytes, is_wanted=True)
    problem = BadRecord(place, "body-too-large", f"{size} bytes") if there > len(block) else None
    if there < size or not _is_in_step(window):
        inner = _NEXT.search(block) if there == len(block) else None
        if inner is not None:
            window.unread(block[inner.start() :])
            detail = f"declared {size} bytes, the next record begins after {inner.start()}"
            problem, block = BadRecord(place, "wrong-length", detail), block[: inner.start()]
        elif there < size:
            problem = cut_record(window, place, f"{there} of {size} bytes")
    if url.startswith(MAGIC):
        if problem is not None:
            yield problem
        return
    media = middle.split(b" ")[0] if middle else b""
    fields = {b"warc-target-uri": url, b"warc-date": date[:14], b"content-type": media}
    if address not in (b"0.0.0.0", b"-"):
        fields[b"warc-ip-address"] = address
    yield RawRecord(b"arc", fields, block, 0, len(block), place, window.length_from(place, start), problem)


def _is_in_step(window: Window) -> bool:
    """Whether a record, or the end, stands here; line ends before it are passed."""
    while True:
        while window.pos < len(window.buf) and window.buf[window.pos] in b"\r\n":
            window.pos += 1
        if window.pos < len(window.buf):
            window.require(_SCAN_OVERLAP)
            return _LINE.match(window.buf, window.pos) is not None
        if not window.more(inside=True):
            return True


def _pass_rubbish(window: Window, place: int) -> Iterator[BadRecord]:
    """Go on to where the next record begins."""
    n_bytes, sample = 0, bytes(window.buf[window.pos : window.pos + 40])
    while True:
        match = _NEXT.search(window.buf, window.pos)
        if match is not None:
            n_bytes += match.end() - window.pos
            window.pos = match.end()
            break
        keep = min(_SCAN_OVERLAP, len(window.buf) - window.pos)
        n_bytes += len(window.buf) - window.pos - keep
        window.pos = len(window.buf) - keep
        before = window.tell() + keep
        if not window.more(inside=False):
            n_bytes += keep
            window.pos = len(window.buf)
            break
        if window.member_start == before and starts_record(bytes(window.buf[keep : keep + 64 * 1024])):
            n_bytes += keep
            window.pos += keep
            break
    if window.faults:
        yield from drain_faults(window)
    else:
        yield BadRecord(place, "not-a-record", f"{n_bytes} bytes, beginning {sample!r}")
