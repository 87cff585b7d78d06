"""Crawls that were made here, by their frontiers: whoever started them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from inlink.crawl.frontier import DONE, FAILED, LEFT_OUT, Frontier
from inlink.errors import NotFound
from inlink.store.workspace import Workspace
from inlink.workbench.crawling import FOLDER, FRONTIER

_NAME = re.compile(r"[0-9]{8}-[0-9]{6}(-[0-9]+)?\Z")


@dataclass(frozen=True, slots=True)
class CrawlRow:
    """A crawl. ending: done, page-limit, stopped, waiting; None where it never ended by itself."""

    name: str
    began_at: datetime
    changed_at: datetime
    ending: str | None
    n_bytes: int
    n_files: int


@dataclass(frozen=True, slots=True)
class CrawlSeen:
    """What a crawl has met. statuses: pages by status; failed, left_out: URLs by reason; aside: host, why, URLs."""

    row: CrawlRow
    n_done: int
    n_waiting: int
    statuses: Mapping[int, int]
    failed: Mapping[str, int]
    left_out: Mapping[str, int]
    examples: Mapping[str, tuple[str, ...]]
    aside: tuple[tuple[str, str, int], ...]
    files: tuple[str, ...]


def crawls(workspace: Workspace, limit: int = 50) -> tuple[CrawlRow, ...]:
    """The crawls of a workspace, the newest first."""
    folders = sorted((workspace.path / FOLDER).glob(f"*/{FRONTIER}"), reverse=True)
    return tuple(_row(workspace, path.parent.name) for path in folders[:limit])


def _row(workspace: Workspace, name: str) -> CrawlRow:
    path = workspace.path / FOLDER / name / FRONTIER
    frontier = Frontier(path)
    try:
        files = frontier.files()
        ending = frontier.fact("ended")
    finally:
        frontier.close()
    changed = max(p.stat().st_mtime for p in path.parent.glob(f"{FRONTIER}*"))
    return CrawlRow(name, _began(name), datetime.fromtimestamp(changed, UTC), ending, sum(files.values()), len(files))


def _began(name: str) -> datetime:
    return datetime.strptime(name[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)


def seen(workspace: Workspace, name: str) -> CrawlSeen:
    """What a crawl has met. Raises: NotFound."""
    path = workspace.path / FOLDER / name / FRONTIER
    if not _NAME.match(name) or not path.exists():
        raise NotFound(f"there is no crawl {name!r}", hint="the page of crawls lists them")
    row = _row(workspace, name)
    frontier = Frontier(path)
    try:
        counts = frontier.counts()
        failed, left_out = (_reasons(counts, state) for state in (FAILED, LEFT_OUT))
        statuses: dict[int, int] = {}
        for state, _, status, n in counts:
            if state == DONE:
                statuses[status or 0] = statuses.get(status or 0, 0) + n
        return CrawlSeen(
            row=row,
            n_done=sum(statuses.values()),
            n_waiting=frontier.n_waiting(),
            statuses=dict(sorted(statuses.items())),
            failed=failed,
            left_out=left_out,
            examples={slug: tuple(frontier.examples(slug)) for slug in (*failed, *left_out)},
            aside=tuple(frontier.aside()),
            files=tuple(frontier.files()),
        )
    finally:
        frontier.close()


def _reasons(counts: list[tuple[int, str | None, int | None, int]], state: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for one, why, _, n in counts:
        if one == state:
            found[why or "unknown"] = found.get(why or "unknown", 0) + n
    return dict(sorted(found.items(), key=lambda item: -item[1]))
