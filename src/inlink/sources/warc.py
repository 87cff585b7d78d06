"""Reader of WARC records (versions 0.17 to 1.1), tolerant of wrong lengths and of rubbish between records."""

from __future__ import annotations

import re
from collections.abc import Iterator

from inlink.sources.limits import Limits
from inlink.sources.raw import HEAD_END, RawRecord, find_head_end, header_fields, skip_newlines, take_block
from inlink.sources.records import BadRecord
from inlink.sources.window import Window

MAGIC = b"WARC/"
_VERSION_LINE = re.compile(rb"WARC/[01]\.\d+\r*\n(?=[A-Za-z])")
_SCAN_OVERLAP = 64
_CONTENT_LENGTH = re.compile(rb"\nContent-Length:[ \t]*(\d{1,15})[ \t]*\r*\n", re.IGNORECASE)


def starts_record(data: bytes) -> bool:
    """Whether bytes begin a WARC record."""
    return data.lstrip(b"\r\n").startswith(MAGIC)


def next_record(buffer: bytes | bytearray, start: int) -> int:
    """Where the line ends before the next record begin, from `start` on; -1 where no record begins."""
    at = start
    while (at := buffer.find(b"\nWARC/", at)) >= 0:
        if _VERSION_LINE.match(buffer, at + 1):
            while at > start and buffer[at - 1] in b"\r\n":
                at -= 1
            return at
        at += 1
    return -1


def warc_records(
    window: Window, limits: Limits, wanted: frozenset[bytes], max_block_bytes: int | None = None
) -> Iterator[RawRecord | BadRecord]:
    """Records of the wanted types in file order; what cannot be read as a BadRecord.

    A block beyond `max_block_bytes` (of a body and an HTTP head, by default) is cut, and told as body-too-large.
    """
    max_block_bytes = max_block_bytes or limits.max_body_bytes + limits.max_http_header_bytes
    while window.pos < len(window.buf) or window.more(inside=False):
        if window.is_whole and window.pos == 0:
            sound = _sound_record(window, wanted, limits.max_record_header_bytes, max_block_bytes)
            if sound is not None:
                window.pos = len(window.buf)
                if sound.kind:
                    yield sound
                continue
        if not skip_newlines(window):
            break
        if not _at_record(window):
            yield from _pass_rubbish(window)
            continue
        record = _record(window, limits, wanted, max_block_bytes)
        if record is not None:
            yield record
        if window.faults:
            yield from drain_faults(window)
    yield from drain_faults(window)


_UNWANTED = RawRecord(b"", {}, b"", 0, 0, 0, None)


def _sound_record(window: Window, wanted: frozenset[bytes], max_head: int, max_block: int) -> RawRecord | None:
    """The one record that the whole member is, as nearly all are; None where the careful way must look.

    Cost: a few microseconds; unwanted records are told by two searches.
    """
    buf = window.buf
    start = buf.find(b"\r\n\r\n", 0, max_head) + 4
    at = buf.find(b"\r\nContent-Length: ", 0, start) + 18
    if at < 18 or not buf.startswith(MAGIC) or not buf.endswith(b"\r\n\r\n"):
        return None
    digits = buf[at : buf.find(b"\r\n", at, start)]
    end = len(buf) - 4
    if not digits.isdigit() or len(digits) > 9 or start + int(digits) != end or end - start > max_block:
        return None
    at = buf.find(b"\r\nWARC-Type: ", 0, start) + 13
    if at < 13:
        return None
    kind = bytes(buf[at : buf.find(b"\r\n", at, start)])
    if kind not in wanted:
        return _UNWANTED
    return RawRecord(kind, bytes(buf[: start - 4]), buf, start, end, *window.member_place())


def cut_record(window: Window, offset: int, detail: str) -> BadRecord:
    """A record that ends too early: by the fault of its member where that has one, told once then."""
    if not window.faults:
        return BadRecord(offset, "record-cut", detail)
    fault = window.faults.pop()
    return BadRecord(offset, fault.slug, f"{detail}; {fault.detail}")


def drain_faults(window: Window) -> Iterator[BadRecord]:
    """The faults that decoding has met since it was last asked."""
    for fault in window.faults:
        yield BadRecord(fault.offset, fault.slug, fault.detail)
    window.faults.clear()


def _at_record(window: Window) -> bool:
    window.require(len(MAGIC))
    return window.buf.startswith(MAGIC, window.pos)


def _pass_rubbish(window: Window) -> Iterator[BadRecord]:
    """Go on to where the next record begins, and say what was passed."""
    yield from drain_faults(window)
    place, sample = window.place(), bytes(window.buf[window.pos : window.pos + 40])
    n_bytes = _go_to_next(window)
    if window.faults:  # a broken member explains the rubbish
        yield from drain_faults(window)
    else:
        yield BadRecord(place, "not-a-record", f"{n_bytes} bytes, beginning {sample!r}")


def _go_to_next(window: Window) -> int:
    """Go on to where the next record begins (or to the end), and say how many bytes were passed."""
    n_bytes = 0
    while True:
        at = next_record(window.buf, window.pos)
        if at >= 0:
            n_bytes += at - window.pos
            window.pos = at
            return n_bytes
        keep = min(_SCAN_OVERLAP, len(window.buf) - window.pos)
        n_bytes += len(window.buf) - window.pos - keep
        window.pos = len(window.buf) - keep
        before = window.tell() + keep
        if not window.more(inside=False):
            window.pos = len(window.buf)
            return n_bytes + keep
        if window.member_start == before and starts_record(bytes(window.buf[keep : keep + 64])):
            window.pos += keep
            return n_bytes + keep


def _record(
    window: Window, limits: Limits, wanted: frozenset[bytes], max_block_bytes: int
) -> RawRecord | BadRecord | None:
    offset, start = window.place(), window.tell()
    ends = find_head_end(window, limits.max_record_header_bytes)
    if ends is None:
        window.pos += len(MAGIC)
        _go_to_next(window)
        return BadRecord(offset, "bad-record-header", "the header does not end")
    head = bytes(window.buf[window.pos : window.pos + ends[0]])
    window.pos += ends[1]
    fields = header_fields(head.rstrip(b"\r"))
    kind = fields.get(b"warc-type", b"").lower()
    declared = fields.get(b"content-length", b"")
    if not declared.isdigit() or len(declared) > 18:
        _go_to_next(window)
        return BadRecord(offset, "no-length", f"Content-Length {declared[:40].decode('latin-1')!r}")
    size = int(declared)
    is_wanted = kind in wanted
    block, there = take_block(window, size, max_block_bytes, is_wanted=is_wanted)
    problem = BadRecord(offset, "body-too-large", f"{size} bytes") if is_wanted and there > len(block) else None
    if there < size or not _is_in_step(window):
        block, problem = _mend(window, block, there, size, offset, limits)
    if not is_wanted:
        return problem
    return RawRecord(kind, fields, block, 0, len(block), offset, window.length_from(offset, start), problem)


def _is_in_step(window: Window) -> bool:
    """Whether a record ends here: before CR LF CR LF (whatever follows that), at an end, or before another record."""
    buf, pos = window.buf, window.pos
    if buf.startswith(b"\r\n\r\n", pos):
        window.pos = pos + 4
        return True
    while True:
        while window.pos < len(window.buf) and window.buf[window.pos] in b"\r\n":
            window.pos += 1
        if window.pos < len(window.buf):
            return _at_record(window)
        if not window.more(inside=True):
            return True


def _mend(
    window: Window, block: bytes, there: int, size: int, offset: int, limits: Limits
) -> tuple[bytes, BadRecord | None]:
    """The block as it must have been where the declared length does not lead to the next record."""
    inner = next_record(block, 0) if there == len(block) else -1
    if inner >= 0:
        window.unread(block[inner:])
        detail = f"declared {size} bytes, the next record begins after {inner}"
        return block[:inner], BadRecord(offset, "wrong-length", detail)
    if there < size:
        if offset >= 0 and window.is_at_member_end and there == len(block):
            block = block.removesuffix(b"\r\n\r\n")
            return block, BadRecord(offset, "wrong-length", f"declared {size} bytes, its member has {len(block)}")
        return block, cut_record(window, offset, f"{there} of {size} bytes")
    is_whole = _is_whole_answer(block)
    if is_whole:
        return block, None  # what follows is rubbish, and told as such
    extra = _up_to_next(window, limits.max_body_bytes, or_end=is_whole is False)
    if extra is None:
        return block, None
    detail = f"declared {size} bytes, the next record begins after {size + len(extra)}"
    return block + extra, BadRecord(offset, "wrong-length", detail)


def _is_whole_answer(block: bytes) -> bool | None:
    """Whether the block is an HTTP answer with all the body that it declares; None where nothing tells."""
    if not block.startswith(b"HTTP/"):
        return None
    head_end = HEAD_END.search(block)
    if head_end is None:
        return False
    length = _CONTENT_LENGTH.search(block, 0, head_end.end())
    return len(block) - head_end.end() >= int(length[1]) if length else None


def _up_to_next(window: Window, limit: int, *, or_end: bool) -> bytes | None:
    """Bytes up to the next record (or to the end), taken; None where none begins within the limit."""
    seen = 0
    while True:
        at = next_record(window.buf, window.pos + max(seen - _SCAN_OVERLAP, 0))
        if at >= 0:
            return window.take(at - window.pos)
        seen = len(window.buf) - window.pos
        if seen > limit:
            return None
        if not window.more(inside=True):
            is_end = or_end or window.has_record_ahead
            return window.take(seen).removesuffix(b"\r\n\r\n") if is_end else None
