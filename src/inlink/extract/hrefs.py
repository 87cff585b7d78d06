"""All links of a page as a browser lists them in `document.links`: the judge of extraction compares the two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from inlink.extract.charset import as_browser
from inlink.extract.html import base_url
from inlink.extract.layout import L_HREF, L_HREF_END, L_KIND, Buffers
from inlink.extract.pages import Scan, rows_of, scan_record
from inlink.schema import KINDS
from inlink.sources.limits import DEFAULT_LIMITS
from inlink.sources.records import Record
from inlink.urls.charsets import with_encoded_query
from inlink.urls.parse import Url, parse

_UNLIMITED = replace(DEFAULT_LIMITS, max_links=1 << 30, max_attribute_chars=1 << 30)
_SPECIAL = ("http", "https", "ftp", "file", "ws", "wss")
_IN_DOCUMENT_LINKS = (KINDS.index("anchor"), KINDS.index("area"))


def document_links(record: Record) -> list[str]:
    """The `href` of each <a href> and <area href> of the page, in document order.

    Fragments and every scheme are kept; what is no URL stands as it is written, as `href` has it.
    """
    scan = Scan(Buffers(_UNLIMITED))
    scan_record(scan, record, 0, "", _UNLIMITED, keep_all=True)
    page = scan.pages[0]
    url = parse(record.url)
    base = url.href if url is not None else record.url
    if page.said.base is not None:
        base = base_url(page.said.base, base)
    rows = rows_of(scan.found)
    rows = rows[np.isin(rows[:, L_KIND], _IN_DOCUMENT_LINKS)]
    hrefs = []
    for start, end in zip(rows[:, L_HREF].tolist(), rows[:, L_HREF_END].tolist(), strict=True):
        raw = scan.found.blob[start:end].tobytes().decode("utf-8", "replace")
        raw = as_browser(raw, page.decoded) if page.decoded.is_contradicted else raw
        target = parse(with_encoded_query(raw, page.decoded.browser), base)
        hrefs.append(raw if target is None else _as_chromium(target))
    return hrefs


def _as_chromium(url: Url) -> str:
    """The URL's href with `'` escaped in the query of every scheme.

    The standard escapes it for http(s) and the like only, Chromium for mailto: and all others too.
    """
    if url.scheme in _SPECIAL:
        return url.href
    body, hash_, fragment = url.href.partition("#")
    head, mark, query = body.partition("?")
    return head + mark + query.replace("'", "%27") + hash_ + fragment
