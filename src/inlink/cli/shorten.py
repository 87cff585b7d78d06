"""Text made short enough for its column."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

ELLIPSIS = "…"


def width(text: str) -> int:
    """Terminal cells that the text takes."""
    return cell_len(text)


def shorten_middle(text: str, limit: int) -> str:
    """At most `limit` cells, the middle replaced by an ellipsis: a URL keeps its host and its end."""
    if width(text) <= limit:
        return text
    if limit <= 1:
        return ELLIPSIS[:limit]
    tail = (limit - 1) * 2 // 5
    head = limit - 1 - tail
    return set_cell_size(text, head).rstrip() + ELLIPSIS + _last_cells(text, tail)


def shorten_end(text: str, limit: int) -> str:
    """At most `limit` cells, the end replaced by an ellipsis."""
    if width(text) <= limit:
        return text
    return set_cell_size(text, limit - 1).rstrip() + ELLIPSIS if limit > 1 else ELLIPSIS[:limit]


def _last_cells(text: str, limit: int) -> str:
    start, used = len(text), 0
    while start > 0:
        used += cell_len(text[start - 1])
        if used > limit:
            break
        start -= 1
    return text[start:]
