"""What a check takes from the index: addresses worth checking, and what is known of a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from inlink.check.topics import Remembered
from inlink.errors import BadInput, InlinkError

if TYPE_CHECKING:
    from inlink.workbench.questions import Questions

DIRECTIONS = ("in", "out")
_N_ANCHORS = 20


def targets(bench: Questions, site: str, links: str, limit: int | None, scope: str | None = None) -> list[str]:
    """Addresses in the order of the index, each once: pages of the site that others link to, the most linked first
    (in); or what pages of the site link to on other sites (out).

    Raises: BadInput, NotFound before the first build.
    """
    if links not in DIRECTIONS:
        raise BadInput(f"there are no links {links!r}", hint=f"use one of {', '.join(DIRECTIONS)}")
    question = "pages" if links == "in" else "outlinks"
    stream = bench.stream(question, site, scope=scope, columns=("target_url",), infrastructure=links == "out")
    found: dict[str, None] = {}
    for batch in stream.batches:
        found.update(dict.fromkeys(url for url in batch.column("target_url").to_pylist() if url))
        if limit is not None and len(found) >= limit:
            break
    return list(found)[:limit]


def remembered(bench: Questions) -> Callable[[str], Remembered | None]:
    """What the index holds of a URL: its title, and the anchors that lead to it; None where it knows nothing."""

    def known(url: str) -> Remembered | None:
        try:
            page = bench.pages(url, scope="url", limit=1, columns=("target_title",)).to_dicts()
            anchors = bench.anchors(url, scope="url", limit=_N_ANCHORS, columns=("anchor",)).to_dicts()
        except InlinkError:
            return None
        title = str(page[0]["target_title"] or "") if page else ""
        texts = tuple(str(row["anchor"]) for row in anchors if row["anchor"])
        return Remembered(title, None, texts) if title or texts else None

    return known
