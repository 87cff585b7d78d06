"""Items of an archive (WARC, WAT, ARC), whatever it is compressed with."""

from __future__ import annotations

from collections.abc import Iterator

from inlink.sources import arc, warc
from inlink.sources.answers import WANTED, answers
from inlink.sources.blobs import Blob
from inlink.sources.limits import Limits
from inlink.sources.members import PLAIN, Coding, coding_of
from inlink.sources.raw import RawRecord
from inlink.sources.records import BadRecord, Item, WatRecord
from inlink.sources.window import Window

METADATA = frozenset((b"metadata",))


def open_window(blob: Blob, limits: Limits, offset: int = 0, coding: Coding | None = None) -> Window:
    """The decoded stream of an archive from a file offset on."""
    coding = coding or coding_of(blob)
    return Window(coding.pieces(blob, offset, limits), is_plain=coding is PLAIN, starts=_starts_record, origin=offset)


def _starts_record(data: bytes) -> bool:
    return warc.starts_record(data) or arc.starts_record(data)


def archive_items(blob: Blob, format_: str, limits: Limits) -> Iterator[Item]:
    """Records of an archive in file order, bad ones as BadRecord. `format_`: warc, wat or arc."""
    window = open_window(blob, limits)
    if format_ == "wat":
        return _wat_items(window, limits)
    return _answer_items(window, format_, limits)


def _answer_items(window: Window, format_: str, limits: Limits) -> Iterator[Item]:
    read = arc.arc_records if format_ == "arc" else warc.warc_records
    for raw in read(window, limits, WANTED):
        if isinstance(raw, RawRecord):
            yield from answers(raw, limits)
        else:
            yield raw


def _wat_items(window: Window, limits: Limits) -> Iterator[Item]:
    for raw in warc.warc_records(window, limits, METADATA, limits.max_wat_bytes):
        if not isinstance(raw, RawRecord):
            yield raw
        elif raw.buffer.startswith(b"{", raw.start):
            if raw.problem is not None:
                is_large = raw.problem.reason == "body-too-large"
                yield BadRecord(raw.offset, "wat-too-large", raw.problem.detail) if is_large else raw.problem
            if raw.problem is None or raw.problem.reason == "wrong-length":
                yield WatRecord(raw.block(), raw.offset, raw.length)
