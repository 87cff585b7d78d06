"""The grouped questions: what one row of each is, which sums it shows, and in which order."""

from __future__ import annotations

from inlink.index.serving_columns import FOLDED, FOLLOW, LINK_COLUMNS, SOURCE_DOMAIN, STRENGTH, UNKNOWN_FOLLOW
from inlink.index.serving_sql import GroupColumn, Grouping


def _sum(name: str, sql: str, meaning: str, type_: str = "int") -> GroupColumn:
    return GroupColumn(name, type_, sql, meaning)


def _distinct(name: str, column: str, condition: str, meaning: str) -> GroupColumn:
    """How many values there are. A list made and counted costs less to plan than count(DISTINCT …)."""
    return GroupColumn(name, "int", f"coalesce(list_unique(list({column}) FILTER ({condition})), 0)::BIGINT", meaning)


_N_LINKS = _sum("n_links", "count(*) FILTER (l.is_live)", "live links")
_N_FOLLOW = _sum("n_follow_links", f"count(*) FILTER (l.is_live AND {FOLLOW})", "live follow links")
_N_UNKNOWN = _sum(
    "n_unknown_follow_links", f"count(*) FILTER (l.is_live AND {UNKNOWN_FOLLOW})", "live links not known whether follow"
)
_N_PAGES = _distinct("n_pages", "l.source_page", "l.is_live", "pages with a live link")
_N_HOSTS = _distinct("n_hosts", "l.source_host_id", "l.is_live", "hosts with a live link")
_N_DOMAINS = _distinct("n_domains", "l.source_domain_id", "l.is_live", "domains with a live link")
_N_FOLLOW_DOMAINS = _distinct(
    "n_follow_domains", "l.source_domain_id", f"l.is_live AND {FOLLOW}", "domains with a live follow link"
)
_N_TARGETS = _distinct("n_target_pages", "l.target_page", "l.is_live", "pages linked to")
_N_NEW = _sum(
    "n_new_links",
    "count(*) FILTER (l.change IN ('new', 'restored'))",
    "links gained since the capture of their page before its latest",
)
_N_LOST = _sum("n_lost_links", "count(*) FILTER (NOT l.is_live)", "lost links")
_FIRST = _sum("first_seen", "min(l.first_seen)", "first capture that holds one of the links", "time")
_LAST = _sum("last_seen", "max(l.last_seen)", "last capture that holds one of the links", "time")
_STRENGTH = _sum("strength", "max(l.strength)", f"the greatest of its links: {STRENGTH}")
_TIMES = (_N_NEW, _N_LOST, _FIRST, _LAST)

DOMAINS = Grouping(
    "domains",
    "links",
    "l.source_domain_id",
    (
        _sum("source_domain", f"any_value({SOURCE_DOMAIN})", "referring domain", "text"),
        _STRENGTH,
        _N_LINKS,
        _N_FOLLOW,
        _N_UNKNOWN,
        _N_PAGES,
        _N_HOSTS,
        _N_TARGETS,
        *_TIMES,
        _sum("tld", "any_value(l.tld)", "its top-level domain", "text"),
        GroupColumn("flags", "list", "any_value(sd.flags)", "infrastructure, hosting, social …", ("source_domains",)),
    ),
    (("strength", True),),
)

HOSTS = Grouping(
    "hosts",
    "links",
    "l.source_host_id",
    (
        _sum("source_host", "any_value(l.source_host)", "referring host", "text"),
        _sum("source_domain", f"any_value({SOURCE_DOMAIN})", "its registrable domain", "text"),
        _STRENGTH,
        _N_LINKS,
        _N_FOLLOW,
        _N_UNKNOWN,
        _N_PAGES,
        _N_TARGETS,
        *_TIMES,
    ),
    (("strength", True), ("n_links", True)),
)

_PLACE_SUMS = (_N_DOMAINS, _N_HOSTS, _N_LINKS, _N_FOLLOW, _N_UNKNOWN, _N_PAGES, *_TIMES)

IPS = Grouping(
    "ips",
    "links",
    "l.ip_id",
    (
        GroupColumn("ip", "text", "any_value(ip.ip)", "address of linking pages", ("ips",)),
        GroupColumn("subnet", "text", "any_value(ip.subnet)", "its /24 (IPv4) or /48 (IPv6)", ("ips",)),
        *_PLACE_SUMS,
    ),
    (("n_domains", True), ("n_links", True)),
    only="l.ip_id IS NOT NULL",
)

SUBNETS = Grouping(
    "subnets",
    "links",
    "l.subnet_id",
    (
        GroupColumn("subnet", "text", "any_value(ip.subnet)", "the /24 (IPv4) or /48 (IPv6) network", ("ips",)),
        _distinct("n_ips", "l.ip_id", "l.is_live", "addresses with a live link"),
        *_PLACE_SUMS,
    ),
    (("n_domains", True), ("n_links", True)),
    only="l.subnet_id IS NOT NULL",
)

_ANCHOR_SUMS = (_N_DOMAINS, _N_FOLLOW_DOMAINS, _N_PAGES, _N_LINKS, _N_FOLLOW, _N_UNKNOWN, _STRENGTH, *_TIMES)

ANCHORS = Grouping(
    "anchors",
    "links",
    "l.anchor",
    (_sum("anchor", "any_value(l.anchor)", "text of the links; null where they have none", "text"), *_ANCHOR_SUMS),
    (("n_domains", True), ("n_links", True)),
)

FOLDED_ANCHORS = Grouping(
    "folded_anchors",
    "links",
    FOLDED.format("l.anchor"),
    (
        _sum("anchor", f"any_value({FOLDED.format('l.anchor')})", "text, lower case without punctuation", "text"),
        _sum("n_spellings", "count(DISTINCT l.anchor)", "ways in which it is written"),
        *_ANCHOR_SUMS,
    ),
    (("n_domains", True), ("n_links", True)),
)

PAGES = Grouping(
    "pages",
    "links",
    "l.target_page",
    (
        GroupColumn("target_url", "text", "any_value(tp.url)", "page linked to", ("target_pages",)),
        _N_DOMAINS,
        _N_FOLLOW_DOMAINS,
        _N_PAGES,
        _N_LINKS,
        _N_FOLLOW,
        _N_UNKNOWN,
        _STRENGTH,
        *_TIMES,
        GroupColumn("target_status", "int", "any_value(tp.http_status)", "its status, if captured", ("target_pages",)),
        GroupColumn("target_title", "text", "any_value(tp.title)", "its title, if captured", ("target_pages",)),
        GroupColumn("target_host", "text", "any_value(l.target_host)", "its host"),
        GroupColumn("target_key", "text", "any_value(tp.key)", "its same-page key", ("target_pages",)),
        GroupColumn(
            "redirect_target", "text", "any_value(tp.redirect_target)", "where it redirects to", ("target_pages",)
        ),
    ),
    (("n_domains", True), ("n_links", True)),
)

OUTDOMAINS = Grouping(
    "outdomains",
    "outgoing",
    "l.target_domain_id",
    (
        _sum("target_domain", "any_value(l.target_domain)", "domain linked to", "text"),
        _N_PAGES,
        _N_LINKS,
        _N_FOLLOW,
        _N_UNKNOWN,
        _N_TARGETS,
        *_TIMES,
        GroupColumn("flags", "list", "any_value(td.flags)", "infrastructure, hosting, social …", ("target_domains",)),
    ),
    (("n_pages", True), ("n_links", True)),
)

GROUPINGS: dict[str, Grouping] = {
    g.name: g for g in (DOMAINS, HOSTS, IPS, SUBNETS, ANCHORS, FOLDED_ANCHORS, PAGES, OUTDOMAINS)
}


def counting(by: str, relation: str = "links") -> Grouping:
    """The grouping that counts links by the values of a column."""
    column = LINK_COLUMNS[by]
    sql, needs = column.on(relation)
    value = GroupColumn("value", column.type, f"any_value({sql})", column.meaning)
    return Grouping(
        f"counts_{by}",
        relation,
        sql,
        (value, _N_LINKS, _N_FOLLOW, _N_UNKNOWN, _N_PAGES, _N_DOMAINS, _N_NEW, _N_LOST),
        (("n_links", True),),
        key_needs=needs,
    )
