"""What the workbench answers with: frozen results that every face renders and none computes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Target:
    """What a question is about. `text` is the resolved form to show, `is_guessed` says the scope was not given."""

    text: str
    scope: str  # url, prefix, host, domain
    is_guessed: bool = False

    def __str__(self) -> str:
        return f"{self.text} ({self.scope})"


@dataclass(frozen=True, slots=True)
class Rows:
    """One page of an answer, in order.

    n_total: rows of the whole view, null where counting would cost more than the answer.
    cursor:  opaque text that asks for the next page; null at the end.
    notes:   sentences that belong to the answer: what was left out, why it is empty, what was guessed.
    is_kept: the index keeps these rows ready; else they were found among all of the target.
    """

    table: pa.Table
    columns: tuple[str, ...]
    n_total: int | None
    cursor: str | None
    target: Target | None
    snapshot: str
    notes: tuple[str, ...] = ()
    is_kept: bool = False

    def to_dicts(self) -> list[dict[str, object]]:
        """The rows as dictionaries, in column order."""
        rows: list[dict[str, object]] = self.table.to_pylist()
        return rows

    def __len__(self) -> int:
        return int(self.table.num_rows)


@dataclass(frozen=True, slots=True)
class RowStream:
    """A whole view as record batches, in order and in bounded memory; it can be read once."""

    columns: tuple[str, ...]
    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    target: Target | None
    snapshot: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """How many live links have one value of a dimension, and from how many domains."""

    value: str | None
    n_links: int
    n_domains: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The summary card of a target. Counts are of live links from other domains, infrastructure left out.

    new and lost are against the captures before the latest ones of the linking pages; `breakdowns` has the keys kind,
    tld, region, lang, rel; `anchors`, `pages` and `domains` are short tables with the columns of those questions.
    """

    target: Target
    snapshot: str
    n_links: int
    n_follow_links: int
    n_unknown_follow_links: int
    n_nofollow_links: int
    n_ugc_links: int
    n_sponsored_links: int
    n_pages: int
    n_hosts: int
    n_domains: int
    n_follow_domains: int
    n_ips: int
    n_subnets: int
    n_target_pages: int
    n_lost_links: int
    n_new_links: int
    n_newly_lost_links: int
    n_indirect_links: int
    n_internal_links: int
    n_left_out_links: int
    n_left_out_domains: int
    first_seen: datetime | None
    last_seen: datetime | None
    breakdowns: dict[str, tuple[Count, ...]] = field(default_factory=dict)
    anchors: pa.Table | None = None
    pages: pa.Table | None = None
    domains: pa.Table | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The archived record of a link with the link marked.

    state: shown, moved (the file is not where it was), changed (the file holds another record there),
           unknown (the input kept no position), absent (the record no longer yields the link).
    html[start:end] is the link as it stands in the record; both are 0 where it is not shown. is_page: html is of the
    page itself, not of a header or a WAT record.
    """

    link_id: int
    state: str
    source_url: str
    target_url: str
    fetched_at: datetime
    file: str
    offset: int | None
    length: int | None
    anchor: str | None
    html: str = ""
    start: int = 0
    end: int = 0
    note: str = ""
    is_page: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote."""

    path: str
    format: str
    n_rows: int
    n_bytes: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """What a workspace holds and serves."""

    path: str
    snapshot: str | None
    n_inputs: int
    n_captures: int | None
    n_links: int | None
    n_hosts: int | None
    n_domains: int | None
    size_bytes: int
    facts: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
