"""Parts made by hand: a few words a row, for exact tests of what the index makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from inlink.schema import CAPTURES, LINKS, PAGES
from inlink.urls.domains import SuffixRules
from inlink.urls.identity import same_page_key
from inlink.urls.parse import normalise, parse

RULES = SuffixRules()
DAY_0 = datetime(2024, 1, 1, tzinfo=UTC)


def day(n: float) -> datetime:
    """The n-th day of the tests' time."""
    return DAY_0 + timedelta(days=n)


def _hash(*words: object) -> int:
    return xxhash.xxh3_64_intdigest("\0".join(map(str, words)).encode())


def _host(url: str) -> str:
    found = parse(url)
    if found is None:
        raise ValueError(url)
    return found.host


@dataclass
class SmallPart:
    """Rows of one input, as extraction would give them."""

    name: str = "input"
    depth: str = "warc"
    rules: SuffixRules = RULES
    captures: list[dict[str, Any]] = field(default_factory=list)
    pages: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)

    def see(
        self,
        url: str,
        at: float,
        links: Iterable[str | Mapping[str, Any]] = (),
        *,
        status: int | None = 200,
        **facts: Any,
    ) -> int:
        """A capture of `url` on day `at` with its links: a target, or a dictionary of columns with `to`."""
        links = list(links)
        url = normalise(url) or url
        page_facts = facts.pop(
            "page", {} if status is not None and 200 <= status < 300 and self.depth != "csv" else None
        )
        row = self._capture(url, at, links, status, facts)
        self.captures.append(row)
        if page_facts is not None and not row["is_revisit"]:
            self.pages.append(
                {
                    "capture_id": row["capture_id"], "title": f"Title of {url}", "robots_noindex": False,
                    "robots_nofollow": False, "n_internal_links": 0, "n_external_links": len(links), **page_facts,
                }
            )  # fmt: skip
        self._add_links(row, links)
        return int(row["capture_id"])

    def _capture(
        self, url: str, at: float, links: list[Any], status: int | None, facts: dict[str, Any]
    ) -> dict[str, Any]:
        content = facts.pop("content", f"{status} {links} {facts.get('error')} {facts.get('redirect_target')}")
        digest = f"xxh3:{_hash(content):016x}"
        host = _host(url)
        fields = {
            "url_key": same_page_key(url), "url": url, "url_raw": url, "host": host,
            "domain": self.rules.domain(host), "fetched_at": day(at), "http_status": status, "depth": self.depth,
            "payload_digest": digest, "content_type": "text/html", "is_revisit": False, "evidence_file": self.name,
            "evidence_offset": len(self.captures) * 100, "evidence_length": 100, **facts,
        }  # fmt: skip
        fields["capture_id"] = _hash(fields["url_key"], fields["fetched_at"], fields["payload_digest"])
        return fields

    def _add_links(self, capture: dict[str, Any], links: list[Any]) -> None:
        seen: dict[tuple[str, str], int] = {}
        if capture.get("redirect_target"):
            links = [{"to": capture["redirect_target"], "kind": "redirect", "anchor": None}, *links]
        for ordinal, link in enumerate(links):
            given = {"to": link} if isinstance(link, str) else dict(link)
            self.links.append(self._link(capture, ordinal, given, seen))

    def _link(
        self, capture: dict[str, Any], ordinal: int, given: dict[str, Any], seen: dict[tuple[str, str], int]
    ) -> dict[str, Any]:
        target = normalise(given.pop("to"), capture["url"]) or ""
        kind = given.get("kind", "listed" if self.depth == "csv" else "anchor")
        occurrence = seen[target, kind] = seen.get((target, kind), -1) + 1
        host = _host(target)
        row = {
            "link_id": _hash(capture["url_key"], target, kind, occurrence), "capture_id": capture["capture_id"],
            "ordinal": ordinal, "source_url": capture["url"], "source_key": capture["url_key"],
            "source_host": capture["host"], "source_domain": capture["domain"], "target_url": target,
            "target_key": same_page_key(target), "target_host": host, "target_domain": self.rules.domain(host),
            "kind": kind, "nofollow": False, "ugc": False, "sponsored": False, "anchor": "a link", "region": "main",
            "position_share": 0.5 if self.depth == "warc" else None, **given,
        }  # fmt: skip
        row["is_internal"] = row["source_domain"] == row["target_domain"]
        return row

    def write(self, folder: Path) -> Path:
        """The part as a folder with its three tables."""
        folder.mkdir(parents=True)
        for table, rows in ((CAPTURES, self.captures), (PAGES, self.pages), (LINKS, self.links)):
            pq.write_table(pa.Table.from_pylist(rows, schema=table.arrow), folder / f"{table.name}.parquet")
        return folder
