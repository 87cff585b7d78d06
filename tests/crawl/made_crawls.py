"""Crawls of a small web into a workspace, and what their archives hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hosting import Web
from warcio.archiveiterator import ArchiveIterator

from inlink.fetch import Manners
from inlink.store.workspace import Workspace
from inlink.workbench.crawling import CrawlOptions, CrawlReport, crawl

FAST = Manners(delay_s=0.0, backoff_s=0.05, total_timeout_s=120.0, contact="https://who.example/bot")


def workspace(folder: Path, web: Web) -> Workspace:
    made = Workspace.create(folder)
    made.settings_path.write_text(f'[fetch]\nroutes = ["{web.route}"]\n', encoding="utf-8")
    return made


def run(folder: Path, web: Web, *seeds: str, **options: Any) -> CrawlReport:
    return crawl(workspace(folder, web), seeds or ("https://a.example/",), CrawlOptions(**options), manners=FAST)


def records(folder: Path, *kinds: str) -> list[tuple[str, str, str]]:
    """(type, URL, body as stored) of the archive's records, by warcio, digests checked."""
    found = []
    for path in sorted((folder / "archive").glob("*.warc.gz")):
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream, check_digests="raise"):
                if not kinds or record.rec_type in kinds:
                    url = record.rec_headers.get_header("WARC-Target-URI") or ""
                    found.append((record.rec_type, url, record.raw_stream.read().decode("utf-8", "replace")))
    return found


def archived(folder: Path) -> list[str]:
    return sorted(url for _, url, _ in records(folder, "response", "revisit"))
