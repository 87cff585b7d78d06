"""Rows of `pages` from what WAT records tell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from inlink.extract.assemble import Assembled, RawLinks, Sources
from inlink.extract.batch import rows
from inlink.extract.facts import Facts
from inlink.extract.page_kinds import Shape, page_kind
from inlink.schema import KINDS, PAGES
from inlink.urls.batch import resolve

_TIME = pa.timestamp("us", tz="UTC")
_CANONICAL = KINDS.index("canonical")
_MANY_WORDS = 1 << 30
_UNDECIDED = "other"


def page_rows(sources: Sources, facts: Sequence[Facts | None], links: RawLinks, assembled: Assembled) -> pa.RecordBatch:
    """A row for each capture that holds a readable page, in order; what needs the page's text is null."""
    at = [row for row, one in enumerate(facts) if one is not None]
    told = [one for one in facts if one is not None]
    canonical = _canonicals(sources, links)
    columns = {
        "capture_id": pa.array(sources.capture_id[at]),
        "title": pa.array([one.title for one in told], pa.string()),
        "lang": pa.array([one.lang for one in told], pa.string()),
        "author": pa.array([one.author for one in told], pa.string()),
        "published_at": pa.array([one.published_us for one in told], _TIME),
        "modified_at": pa.array([one.modified_us for one in told], _TIME),
        "canonical": pa.array([canonical.get(row) for row in at], pa.string()),
        "robots_noindex": pa.array([one.robots.is_noindex for one in told], pa.bool_()),
        "robots_nofollow": pa.array([one.robots.is_nofollow for one in told], pa.bool_()),
        "robots_origin": pa.array([one.robots.origin for one in told], pa.string()),
        "n_internal_links": pa.array(assembled.n_internal[at]),
        "n_external_links": pa.array(assembled.n_external[at]),
        "page_kind": pa.array([_kind(sources.url[row], one) for row, one in zip(at, told, strict=True)], pa.string()),
    }
    return rows(PAGES, {c.name: columns.get(c.name, pa.nulls(len(at), c.type)) for c in PAGES})


def _kind(url: str, facts: Facts) -> str | None:
    """The kind where URL or metas tell it; the text might tell more, so nothing else is said."""
    kind = page_kind(url, facts, Shape(n_long_blocks=0, n_words=_MANY_WORDS, n_internal=0, n_external=0, n_articles=0))
    return kind if kind != _UNDECIDED else None


def _canonicals(sources: Sources, links: RawLinks) -> dict[int, str]:
    """The first canonical URL that each page declares, by row of the page."""
    at = np.flatnonzero(links.kind == _CANONICAL)
    page = links.page[at]
    urls = resolve(links.target.take(pa.array(at)), page, sources.base, sources.charset).url.to_pylist()
    first: dict[int, str] = {}
    for row, url in zip(page.tolist(), urls, strict=True):
        if url is not None:
            first.setdefault(row, url)
    return first
