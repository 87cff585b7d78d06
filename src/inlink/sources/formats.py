"""What an input is, by its first bytes, whatever it is called."""

from __future__ import annotations

import re
from dataclasses import dataclass

from inlink.errors import BadInput
from inlink.sources import arc, warc
from inlink.sources.blobs import Blob
from inlink.sources.layouts import Layout
from inlink.sources.limits import Limits
from inlink.sources.listings import list_layout
from inlink.sources.members import coding_of

HEAD_BYTES = 256 * 1024
_WAT_JSON = re.compile(rb"\{\s*\"(?:Envelope|Container)\"\s*:")
_ARCHIVE_NAME = re.compile(r"[^\s,;\"]+\.(?:warc|arc|wat|wet)(?:\.(?:gz|zst|lz4))?\Z", re.IGNORECASE)
_OTHER = (
    (b"PK\x03\x04", "a zip archive", "unpack it first"),
    (b"BZh", "compressed by bzip2", "unpack it first"),
    (b"\xfd7zXZ\x00", "compressed by xz", "unpack it first"),
    (b"SQLite format 3", "a database", "export its links as CSV"),
    (b"PAR1", "a Parquet file", "export its links as CSV"),
    (b"%PDF", "a PDF", ""),
    (b"{", "JSON", "WARC, ARC, WAT and CSV link lists can be read"),
    (b"<", "a bare page", "wrap it in WARC, which also says its address and date"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A format (warc, arc, wat, paths, gsc or links) and, of a link list, its layout."""

    format: str
    layout: Layout | None = None


def format_of(blob: Blob, limits: Limits) -> Found:
    """The format that the beginning of an input shows.

    Raises: BadInput (facts: reason, a slug) where it shows none that can be read.
    """
    head = _decoded_head(blob, limits)
    if not head.strip(b"\0\r\n\t "):
        raise BadInput(f"{blob.name} is empty", hint="", file=blob.name, offset=0, reason="empty")
    start = head.lstrip(b"\r\n\0")
    if start.startswith(warc.MAGIC):
        return Found("wat" if _is_wat(start) else "warc")
    if arc.starts_record(start):
        return Found("arc")
    for magic, what, hint in _OTHER:
        if start.lstrip(b"\xef\xbb\xbf \t").startswith(magic):
            raise _unknown(blob, f"{blob.name} is {what}, which cannot be read", hint)
    if _is_paths(head):
        return Found("paths")
    layout = list_layout(blob, limits)
    if layout is None:
        raise _unknown(blob, f"{blob.name} is none of the formats that can be read", "WARC, ARC, WAT, CSV link lists")
    if "own" in layout.columns:
        raise BadInput(
            f"{blob.name} lists pages of your own site, not the pages that link to it",
            hint="export 'Latest links' or 'More sample links'",
            file=blob.name,
            offset=0,
            reason="no-links-inside",
        )
    return Found("gsc" if layout.name.startswith("gsc-") else "links", layout)


def _unknown(blob: Blob, message: str, hint: str) -> BadInput:
    return BadInput(message, hint=hint, file=blob.name, offset=0, reason="unknown-format")


def _decoded_head(blob: Blob, limits: Limits) -> bytes:
    head = b""
    for piece in coding_of(blob).pieces(blob, 0, limits):
        head += piece.data
        if len(head) >= HEAD_BYTES:
            break
    return head


def _is_wat(head: bytes) -> bool:
    """Whether metadata in WAT's JSON comes before any answer."""
    answers = (head.find(b"WARC-Type: " + kind) for kind in (b"response", b"resource"))
    answer = min((at for at in answers if at >= 0), default=len(head))
    found = _WAT_JSON.search(head)
    return found is not None and found.start() < answer


def _is_paths(head: bytes) -> bool:
    """Whether every line names an archive."""
    lines = [line.strip() for line in head[:65536].decode("utf-8", "replace").splitlines()[:50] if line.strip()]
    if len(head) > 65536:
        lines = lines[:-1]
    return bool(lines) and all(_ARCHIVE_NAME.match(line) for line in lines)
