"""Rows of imported link lists (Search Console and the like) → captures of the linking pages, and their links.

A list says that a page linked at a time; of its other links, its status and its text it says nothing. So its captures
have depth `csv` and no HTTP status. Of nofollow, ugc and sponsored a link has what the row says, else null; where they
come from (rel, robots meta, header) no list says.

A row that does not name the page linked to gives a capture alone: its `error` is `target-not-named`, followed by `:`
and the site that the list was exported for, where that is known (`InputFile.facts["property"]`), so that "links to
your site, page unknown" can be answered from the captures.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from inlink.extract.assemble import RawLinks, Sources, assemble
from inlink.extract.batch import PartBatch, empty_batch, rows
from inlink.extract.ids import capture_id
from inlink.schema import CAPTURES, KINDS
from inlink.sources.limits import Limits
from inlink.sources.records import BadRecord, InputFile, ListedLink
from inlink.urls.domains import SuffixRules
from inlink.urls.identity import same_page_key
from inlink.urls.parse import Url, parse

TARGET_NOT_NAMED = "target-not-named"
_LISTED = KINDS.index("listed")
_MICROSECONDS = pa.timestamp("us", tz="UTC")


def extract_listed(items: Sequence[ListedLink], file: InputFile, rules: SuffixRules, limits: Limits) -> PartBatch:
    """One capture per linking page and date, and one link per row that names its target.

    A row whose source is no http(s) URL is an error; one whose target is none counts as a row without target.
    """
    pages, row_pages, bad = _pages(items)
    if not pages:
        return empty_batch(bad)
    kept = [(page, item) for page, item in zip(row_pages, items, strict=True) if page >= 0]
    with_target = sorted((pair for pair in kept if pair[1].target_url), key=lambda pair: pair[0])
    sources = _sources(pages, rules)
    raw = RawLinks(
        page=np.array([page for page, _ in with_target], np.int32),
        kind=np.full(len(with_target), _LISTED, np.uint8),
        target=pa.array([item.target_url for _, item in with_target], pa.string()),
        rel=pa.nulls(len(with_target), pa.string()),
        anchor=pa.array([_folded(item.anchor, limits) for _, item in with_target], pa.string()),
        alt=pa.nulls(len(with_target), pa.string()),
        more={
            "nofollow": pa.array([item.nofollow for _, item in with_target], pa.bool_()),
            "ugc": pa.array([item.ugc for _, item in with_target], pa.bool_()),
            "sponsored": pa.array([item.sponsored for _, item in with_target], pa.bool_()),
        },
        are_served=False,
    )
    links = assemble(sources, raw, rules).links
    has_target = np.isin(sources.capture_id, np.asarray(links["capture_id"]))
    captures = rows(CAPTURES, _capture_columns(pages, sources, has_target, file))
    return PartBatch(captures, empty_batch().pages, links, bad)


def _pages(items: Sequence[ListedLink]) -> tuple[list[tuple[Url, ListedLink]], list[int], tuple[BadRecord, ...]]:
    """The linking pages, a row per page and date; which of them each item is about (-1: none); bad rows."""
    pages: list[tuple[Url, ListedLink]] = []
    number: dict[tuple[str, int], int] = {}
    of_item: list[int] = []
    bad: list[BadRecord] = []
    for item in items:
        url = parse(item.source_url)
        if url is None or url.scheme not in ("http", "https"):
            bad.append(BadRecord(item.row, "row-no-url", item.source_url[:200]))
            of_item.append(-1)
            continue
        page = number.setdefault((same_page_key(url.href), item.seen_at_us), len(pages))
        if page == len(pages):
            pages.append((url, item))
        of_item.append(page)
    return pages, of_item, tuple(bad)


def _sources(pages: Sequence[tuple[Url, ListedLink]], rules: SuffixRules) -> Sources:
    urls = [url.href.partition("#")[0] for url, _ in pages]
    keys = [same_page_key(url) for url in urls]
    hosts = [url.host for url, _ in pages]
    ids = [capture_id(key, item.seen_at_us, None) for key, (_, item) in zip(keys, pages, strict=True)]
    return Sources(
        capture_id=np.array(ids, np.uint64),
        url=urls,
        key=keys,
        host=hosts,
        domain=rules.domains(hosts),
        base=urls,
        nofollow_origin=[None] * len(pages),
    )


def _capture_columns(
    pages: Sequence[tuple[Url, ListedLink]], sources: Sources, has_target: NDArray[np.bool_], file: InputFile
) -> dict[str, pa.Array]:
    site = file.facts.get("property")
    lacking = f"{TARGET_NOT_NAMED}:{site}" if site else TARGET_NOT_NAMED
    n = len(pages)
    known = {
        "capture_id": pa.array(sources.capture_id),
        "url_key": pa.array(sources.key, pa.string()),
        "url": pa.array(sources.url, pa.string()),
        "url_raw": pa.array([item.source_url for _, item in pages], pa.string()),
        "host": pa.array(sources.host, pa.string()),
        "domain": pa.array(sources.domain, pa.string()),
        "fetched_at": pa.array([item.seen_at_us for _, item in pages], _MICROSECONDS),
        "error": pa.array([None if has else lacking for has in has_target], pa.string()),
        "depth": pa.array(["csv"] * n),
        "is_revisit": pa.array([False] * n),
        "evidence_file": pa.array([file.name] * n),
    }
    return {c.name: known.get(c.name, pa.nulls(n, c.type)) for c in CAPTURES}


def _folded(text: str | None, limits: Limits) -> str | None:
    return None if text is None else " ".join(text.split())[: limits.max_attribute_chars]
