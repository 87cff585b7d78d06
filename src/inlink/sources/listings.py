"""Reader of link lists: Search Console exports, other tools' tables, and plain lists of URLs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from inlink.sources.blobs import Blob
from inlink.sources.dates import DateOrder, date_order, listed_date
from inlink.sources.layouts import Layout, layout_of
from inlink.sources.limits import Limits
from inlink.sources.records import BadRecord, InputFile, Item, ListedLink
from inlink.sources.tables import Row, is_comment, lines_of, rows_of, sample_rows

_TRUE = frozenset(("true", "yes", "1", "+", "y"))
_FALSE = frozenset(("false", "no", "0", "-", "n"))
_FOLLOW = frozenset(("dofollow", "follow"))
_HTTP = re.compile(r"https?://[^\s/?#]", re.IGNORECASE)
# the names that Search Console gives its downloads: example.com-Latest links-2020-07-15.csv, https___www.example.com_-…
_EXPORT_NAME = re.compile(
    r"(?P<site>(?:https?___)?[^/\\]+?\.[a-z0-9-]{2,}?_?)-.*?(?P<date>\d{4}-\d\d-\d\d)", re.IGNORECASE
)
_ANY_DATE = re.compile(r"(?<!\d)(20\d\d-\d\d-\d\d)(?!\d)")


def list_layout(blob: Blob, limits: Limits) -> Layout | None:
    """The layout of a link list, or None where the text is no such list."""
    _, rows = sample_rows(blob, limits)
    return layout_of(rows)


def list_facts(name: str, layout: Layout, modified_at_s: float | None) -> dict[str, str]:
    """What the file's name and date say: the site it was exported for, and when."""
    facts = {"layout": layout.name}
    base = re.split(r"[/\\]", name)[-1]
    match = _EXPORT_NAME.match(base) if layout.name.startswith("gsc-") else None
    if match is not None:
        facts["property"] = re.sub(r"^(https?)___", r"\1://", match["site"]).rstrip("_")
    date = match["date"] if match else (found[1] if (found := _ANY_DATE.search(base)) else None)
    if date is None and modified_at_s is not None:
        date = datetime.fromtimestamp(modified_at_s, UTC).strftime("%Y-%m-%d")
    if date is not None:
        facts["listed_on"] = date
    return facts


def listed_items(blob: Blob, file: InputFile, limits: Limits) -> Iterator[Item]:
    """Rows of a link list. `BadRecord.offset` and `ListedLink.row` are line numbers, from 1."""
    delimiter, sample = sample_rows(blob, limits)
    layout = layout_of(sample)
    if layout is None:
        return
    fallback = listed_date(file.facts.get("listed_on", ""), DateOrder.YMD)
    order = date_order([layout.cell(row, "seen") or layout.cell(row, "first_seen") for row in sample[1:]])
    is_first = layout.has_header
    for row in rows_of(lines_of(blob, limits), delimiter):
        if isinstance(row, BadRecord):
            yield row
        elif layout.name == "urls" and is_comment(row.cells[0]):
            continue
        elif is_first:
            is_first = False
        else:
            yield from _row_items(row, layout, order, fallback)


def _row_items(row: Row, layout: Layout, order: DateOrder, fallback: int | None) -> Iterator[Item]:
    source = layout.cell(row.cells, "source")
    if not source and (site := layout.cell(row.cells, "site")):
        source = f"http://{site}/"  # the list names the site alone: its home page stands for it
    if _HTTP.match(source) is None:
        needed = max(layout.columns.values())
        slug = "row-broken" if len(row.cells) <= needed else "row-no-url"
        yield BadRecord(row.line, slug, (source or ",".join(row.cells))[:100])
        return
    written = layout.cell(row.cells, "seen") or layout.cell(row.cells, "first_seen")
    seen_at = listed_date(written, order)
    if seen_at is None:
        if fallback is None:
            yield BadRecord(row.line, "bad-date", written[:40])
            return
        if written:
            yield BadRecord(row.line, "row-bad-date", written[:40])
        seen_at = fallback
    target = layout.cell(row.cells, "target")
    yield ListedLink(
        source,
        target if _HTTP.match(target) else None,
        seen_at,
        row.line,
        layout.cell(row.cells, "anchor") or None,
        *_rel_of(row, layout),
    )


def _rel_of(row: Row, layout: Layout) -> tuple[bool | None, bool | None, bool | None]:
    """nofollow, ugc and sponsored as a row says; None is what it does not say.

    "dofollow" is the tools' word for a link that passes its vote: none of the three. A no in a column of nofollow is
    just that: of ugc and sponsored it says nothing. What is only said not to follow is nofollow, as the tools use the
    word.
    """
    cell = layout.cell(row.cells, "nofollow").lower()
    nofollow, ugc, sponsored = (
        _truth(cell, "nofollow"),
        *(_truth(layout.cell(row.cells, name).lower(), name) for name in ("ugc", "sponsored")),
    )
    said = layout.cell(row.cells, "follow").lower()
    follow = True if cell in _FOLLOW else False if said == "nofollow" else _truth(said, *_FOLLOW)
    if follow:
        nofollow, ugc, sponsored = (bool(said) for said in (nofollow, ugc, sponsored))
    elif follow is False and nofollow is None and not (ugc or sponsored):
        nofollow = True
    return nofollow, ugc, sponsored


def _truth(cell: str, *words: str) -> bool | None:
    """What a cell says; its column's own name means yes."""
    if cell in _TRUE or cell in words:
        return True
    return False if cell in _FALSE else None
