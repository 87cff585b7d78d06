"""Tables of a snapshot (`index/<snapshot>/`): the parts of a set of captures, arranged for questions."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from inlink.schema.columns import Column, TableSchema
from inlink.schema.parts import CAPTURES, CODED, LINKS, PAGES, STRING, TIME

_STATE = (
    Column("first_seen", TIME, "least fetched_at of the captures that hold the link", nullable=False),
    Column("last_seen", TIME, "greatest fetched_at of the captures that hold the link", nullable=False),
    Column("is_live", pa.bool_(), "no conclusive capture of the page comes after last_seen", nullable=False),
    Column("lost_at", TIME, "fetched_at of the first conclusive capture after last_seen; null while live"),
    Column("lost_reason", CODED, "removed, page_gone, page_redirects, page_not_html, moved; null while live"),
    Column("n_seen", pa.int32(), "conclusive captures that hold the link", nullable=False),
    Column(
        "strength",
        pa.int64(),
        "referring domains of the source domain whose link is follow or not known (until a run gives authority)",
        nullable=False,
    ),
)

SNAPSHOT_LINKS = TableSchema(
    "snapshot_links",
    2,
    "Every link ever seen, once, with the attributes it had when last seen. "
    "Sorted by target_key, strength descending, source_url, ordinal, link_id.",
    (*LINKS.columns, *_STATE),
)

INDIRECT_LINKS = TableSchema(
    "indirect_links",
    2,
    "Live links that reach a target through a redirect or canonical: a row of snapshot_links whose target is the "
    "final URL, with the chain. Counted apart from direct links.",
    (
        *SNAPSHOT_LINKS.columns,
        Column("via", pa.list_(STRING), "URLs passed on the way, first is the URL on the page", nullable=False),
        Column("via_kind", CODED, "redirect, refresh, canonical, or mixed", nullable=False),
    ),
)

LINK_VERSIONS = TableSchema(
    "link_versions",
    2,
    "For links of pages with two or more conclusive captures: each unbroken run of captures in which the link "
    "stood unchanged (rel flags, anchor, alt, as far as known). Sorted by source_key, link_id, seen_from.",
    (
        *LINKS.columns,
        Column("seen_from", TIME, "first capture of the run", nullable=False),
        Column("seen_to", TIME, "last capture of the run", nullable=False),
        Column("ended_at", TIME, "the conclusive capture that ended the run; null for a run that still stands"),
        Column("ended_by", CODED, "changed, or a lost reason; null for a run that still stands"),
    ),
)

SNAPSHOT_CAPTURES = TableSchema(
    "snapshot_captures",
    1,
    "Every capture once (a deeper input wins), with its page facts. Sorted by url_key, fetched_at.",
    (
        *CAPTURES.columns,
        *(replace(c, nullable=True) for c in PAGES.columns if c.name != "capture_id"),
        Column(
            "is_conclusive",
            pa.bool_(),
            "tells what is on the page (5xx, 401, 403, 408, 425, 429, time-outs, errors do not)",
            nullable=False,
        ),
        Column("is_current", pa.bool_(), "latest conclusive capture of its page", nullable=False),
    ),
)

_SUMS = (
    Column("n_pages", pa.int64(), "pages captured (latest conclusive capture answers 200)", nullable=False),
    Column("in_links", pa.int64(), "live links from other domains", nullable=False),
    Column("in_follow_links", pa.int64(), "of these, follow", nullable=False),
    Column("in_unknown_follow_links", pa.int64(), "of these, not known whether follow", nullable=False),
    Column("in_pages", pa.int64(), "distinct referring pages", nullable=False),
    Column("in_hosts", pa.int64(), "distinct referring hosts", nullable=False),
    Column("in_domains", pa.int64(), "distinct referring domains", nullable=False),
    Column("in_follow_domains", pa.int64(), "distinct referring domains with a follow link", nullable=False),
    Column("in_ips", pa.int64(), "distinct addresses of referring pages, where known", nullable=False),
    Column("in_subnets", pa.int64(), "distinct /24 (IPv4) or /48 (IPv6) of them", nullable=False),
    Column("out_links", pa.int64(), "live links to other domains", nullable=False),
    Column("out_domains", pa.int64(), "distinct domains linked to", nullable=False),
    Column("lost_links", pa.int64(), "links from other domains that are lost", nullable=False),
    Column("first_seen", TIME, "first time a link from another domain, or a page, was seen"),
    Column("last_seen", TIME, "last time a link from another domain, or a page, was seen"),
)

HOSTS = TableSchema(
    "hosts",
    2,
    "Sums per host; rows for every host that was captured or linked to. Sorted by host_key.",
    (
        Column("host", STRING, "host name", nullable=False),
        Column("host_key", STRING, "reversed host (org,example,www)", nullable=False),
        Column("domain", STRING, "its registrable domain", nullable=False),
        *_SUMS,
    ),
)

DOMAINS = TableSchema(
    "domains",
    2,
    "Sums per registrable domain. Sorted by domain_key.",
    (
        Column("domain", STRING, "registrable domain", nullable=False),
        Column("domain_key", STRING, "reversed domain (org,example)", nullable=False),
        Column("n_hosts", pa.int64(), "hosts captured or linked to", nullable=False),
        *_SUMS,
        Column(
            "flags",
            pa.list_(STRING),
            "infrastructure, hosting, social, search, shortener; empty for most",
            nullable=False,
        ),
    ),
)

DOMAIN_PAIRS = TableSchema(
    "domain_pairs",
    2,
    "One row per source domain and target domain with a link between them, live or lost. "
    "Sorted by target_domain, strength descending, source_domain.",
    (
        Column("source_domain", STRING, "where the links come from", nullable=False),
        Column("target_domain", STRING, "where they go", nullable=False),
        Column("n_links", pa.int64(), "live links", nullable=False),
        Column("n_follow_links", pa.int64(), "live follow links", nullable=False),
        Column("n_unknown_follow_links", pa.int64(), "live links not known whether follow", nullable=False),
        Column("n_pages", pa.int64(), "referring pages, live", nullable=False),
        Column("n_lost_links", pa.int64(), "lost links", nullable=False),
        Column("first_seen", TIME, "least first_seen of the links", nullable=False),
        Column("last_seen", TIME, "greatest last_seen of the links", nullable=False),
        Column("strength", pa.int64(), "as in snapshot_links", nullable=False),
        Column(
            "best_link_id",
            pa.uint64(),
            "the strongest link of the pair: live, follow (unknown before nofollow), main region first",
            nullable=False,
        ),
    ),
)
