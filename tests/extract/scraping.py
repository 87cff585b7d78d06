"""Extraction of a page written in a test, as rows."""

from __future__ import annotations

from typing import Any

from inlink.extract.batch import PartBatch
from inlink.extract.html import extract_html
from inlink.sources.limits import DEFAULT_LIMITS, Limits
from inlink.sources.records import InputFile, Record
from inlink.urls.domains import SuffixRules

URL = "https://www.example.org/dir/page.html"
FETCHED_US = 1_700_000_000_000_000  # 2023-11-14T22:13:20Z
RULES = SuffixRules()
FILE = InputFile("test.warc", "warc", None, "sha256:0")
Row = dict[str, Any]


def record(body: str | bytes, *headers: tuple[str, str], url: str = URL, status: int | None = 200) -> Record:
    """An answer; text/html in UTF-8 unless a Content-Type is given."""
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers = (("Content-Type", "text/html; charset=utf-8"), *headers)
    data = body.encode() if isinstance(body, str) else body
    return Record(url, FETCHED_US, status, headers, data, 0, len(data), "sha1:TEST")


def extracted(*records: Record, limits: Limits = DEFAULT_LIMITS) -> PartBatch:
    """What the records give."""
    return extract_html(records, FILE, RULES, limits)


def links(body: str | bytes, *headers: tuple[str, str], url: str = URL) -> list[Row]:
    """The link rows of a page."""
    rows: list[Row] = extracted(record(body, *headers, url=url)).links.to_pylist()
    return rows


def link(body: str | bytes, *headers: tuple[str, str], url: str = URL) -> Row:
    """The only link row of a page."""
    (row,) = links(body, *headers, url=url)
    return row


def page(body: str | bytes, *headers: tuple[str, str], url: str = URL) -> Row:
    """The page row of a page."""
    (row,) = extracted(record(body, *headers, url=url)).pages.to_pylist()
    return dict(row)


def targets(body: str | bytes, *headers: tuple[str, str], url: str = URL) -> list[tuple[str, str]]:
    """(kind, target) of each link."""
    return [(row["kind"], row["target_url"]) for row in links(body, *headers, url=url)]
