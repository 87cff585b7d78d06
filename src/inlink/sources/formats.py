"""What an input is, by its first bytes."""

from __future__ import annotations

from inlink.sources import arc, warc
from inlink.sources.blobs import Blob
from inlink.sources.limits import Limits
from inlink.sources.members import coding_of

_LOOK_BYTES = 256 * 1024


def format_of(blob: Blob, limits: Limits) -> str | None:
    """warc, wat, arc …, or None where the first bytes show nothing known."""
    head = _decoded_head(blob, limits).lstrip(b"\r\n\0")
    if head.startswith(warc.MAGIC):
        return "wat" if _is_wat(head) else "warc"
    if arc.starts_record(head):
        return "arc"
    return None


def _decoded_head(blob: Blob, limits: Limits) -> bytes:
    head = b""
    for piece in coding_of(blob).pieces(blob, 0, limits):
        head += piece.data
        if len(head) >= _LOOK_BYTES:
            break
    return head


def _is_wat(head: bytes) -> bool:
    """Whether metadata records in JSON come before any answer."""
    answer = min(
        (at for kind in (b"response", b"resource") if (at := head.find(b"WARC-Type: " + kind)) >= 0), default=len(head)
    )
    return 0 <= head.find(b'{"Container":') < answer or 0 <= head.find(b'{"Envelope":') < answer
