"""Makes WAT records as Common Crawl writes them, and extracts them."""

from __future__ import annotations

import json
from typing import Any

from inlink.extract.batch import PartBatch
from inlink.extract.wat import extract_wat
from inlink.schema import CAPTURES, LINKS, PAGES
from inlink.sources.limits import DEFAULT_LIMITS, Limits
from inlink.sources.records import InputFile, WatRecord
from inlink.urls.domains import SuffixRules

FILE = InputFile("x.warc.wat.gz", "wat", None, "")
RULES = SuffixRules()
URL = "https://www.example.org/dir/page"
DATE = "2019-05-19T07:25:24Z"
Json = dict[str, Any]
Row = dict[str, Any]


def wat(
    html: Json | None = None,
    *,
    links: Any = None,
    head: Json | None = None,
    headers: Json | None = None,
    header: Json | None = None,
) -> Json:
    """One record of a page, in the envelope that Common Crawl writes."""
    html = {**(html or {}), **({"Links": links} if links is not None else {}), **({"Head": head} if head else {})}
    told = {
        "WARC-Type": "response",
        "WARC-Target-URI": URL,
        "WARC-Date": DATE,
        "WARC-Payload-Digest": "sha1:AB",
        **(header or {}),
    }
    return {
        "Container": {"Filename": "x.warc.gz", "Offset": "949"},
        "Envelope": {
            "WARC-Header-Metadata": told,
            "Payload-Metadata": {
                "HTTP-Response-Metadata": {
                    "Response-Message": {"Status": "200", "Version": "HTTP/1.1", "Reason": "OK"},
                    "Headers": headers or {"Content-Type": "text/html"},
                    "HTML-Metadata": html,
                }
            },
        },
    }


def response(record: Json) -> Json:
    found: Json = record["Envelope"]["Payload-Metadata"]["HTTP-Response-Metadata"]
    return found


def extract(*records: Json | bytes, limits: Limits = DEFAULT_LIMITS) -> PartBatch:
    texts = [record if isinstance(record, bytes) else json.dumps(record).encode() for record in records]
    batch = extract_wat([WatRecord(text, 7 * n, 5) for n, text in enumerate(texts)], FILE, RULES, limits)
    for found, schema in ((batch.captures, CAPTURES), (batch.pages, PAGES), (batch.links, LINKS)):
        assert found.schema.equals(schema.arrow)
        found.validate(full=True)
    return batch


def links_of(*records: Json | bytes, limits: Limits = DEFAULT_LIMITS) -> list[Row]:
    rows: list[Row] = extract(*records, limits=limits).links.to_pylist()
    return rows


def page_of(record: Json) -> Row:
    (row,) = extract(record).pages.to_pylist()
    return dict(row)


def anchor(url: str, **more: Any) -> Json:
    return {"path": "A@/href", "url": url, **more}
