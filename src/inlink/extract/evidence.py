"""A link shown where it stands: extracted again from its archived record, and marked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from inlink.extract.html import Extraction, extract_web
from inlink.extract.layout import L_AT, L_AT_END, L_KIND
from inlink.extract.pages import canonical
from inlink.schema import KINDS
from inlink.sources.limits import DEFAULT_LIMITS, Limits
from inlink.sources.records import Record
from inlink.urls.domains import SuffixRules

_AROUND = 400  # bytes of HTML on either side
_META_REFRESH = re.compile(rb"""<meta [^<>]*http-equiv="refresh"[^<>]*>""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Marked:
    """Where a link stands: text[start:end] is the link, in canonical HTML or, for one from a header, in that header.

    `text` is a window; `is_cut_before` and `is_cut_after` say whether the record goes on beyond it.
    """

    text: str
    start: int
    end: int
    is_header: bool
    is_cut_before: bool
    is_cut_after: bool
    headers: tuple[tuple[str, str], ...]
    anchor: str | None


def mark_link(record: Record, link_id: int, *, limits: Limits = DEFAULT_LIMITS, around: int = _AROUND) -> Marked | None:
    """The link of that id, marked in its record; None where the record no longer yields it.

    Ids are computed again, so the answer is that of the extraction that runs now.
    """
    return _marked(record, limits, around, link_id=link_id)


def mark_target(
    record: Record,
    target_url: str,
    kind: str,
    *,
    occurrence: int = 0,
    limits: Limits = DEFAULT_LIMITS,
    around: int = _AROUND,
) -> Marked | None:
    """The link of that kind to a normalised URL, the `occurrence`-th of its like; None where there is none."""
    return _marked(record, limits, around, target_url=target_url, kind=kind, occurrence=occurrence)


def _marked(record: Record, limits: Limits, around: int, **wanted: object) -> Marked | None:
    extraction = extract_web([record], "", SuffixRules(), limits)
    row = _row_of(extraction, wanted)
    if row is None:
        return None
    cells = extraction.scan.found.links[extraction.link_rows[row]]
    anchor: str | None = extraction.batch.links["anchor"][row].as_py()
    at, at_end, kind = int(cells[L_AT]), int(cells[L_AT_END]), KINDS[int(cells[L_KIND])]
    html = canonical(extraction.scan.pages[0].decoded.html) if extraction.scan.pages else b""
    if at < 0 and kind == "refresh" and not record.header("refresh"):
        match = _META_REFRESH.search(html)
        at, at_end = match.span() if match else (-1, -1)
    if at < 0:
        return _in_header(record, kind, extraction.batch.links["target_raw"][row].as_py())
    start, end = max(at - around, 0), min(max(at_end, at) + around, len(html))
    before, link, after = (html[a:b].decode("utf-8", "ignore") for a, b in ((start, at), (at, at_end), (at_end, end)))
    return Marked(
        before + link + after,
        len(before),
        len(before) + len(link),
        False,
        start > 0,
        end < len(html),
        record.headers,
        anchor,
    )


def _row_of(extraction: Extraction, wanted: dict[str, object]) -> int | None:
    """The row of `links` with these values; `occurrence` counts rows that are alike."""
    left = int(str(wanted.pop("occurrence", 0)))
    columns = extraction.batch.links.select(list(wanted)).to_pylist()
    for row, values in enumerate(columns):
        if values == wanted:
            if left == 0:
                return row
            left -= 1
    return None


def _in_header(record: Record, kind: str, raw: str | None) -> Marked:
    """A link that stands in a header (or a refresh): the header lines, the one that names it marked."""
    names = {"redirect": ("location",), "refresh": ("refresh",)}.get(kind, ("link",))
    lines = [f"{name}: {value}" for name, value in record.headers]
    marked = next(
        (
            number
            for number, (name, value) in enumerate(record.headers)
            if name.lower() in names and (raw is None or raw in value)
        ),
        None,
    )
    text = "\n".join(lines)
    start = sum(len(line) + 1 for line in lines[:marked]) if marked is not None else 0
    end = start + len(lines[marked]) if marked is not None else 0
    return Marked(text, start, end, True, False, False, record.headers, None)
