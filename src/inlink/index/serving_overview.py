"""Sums of a target's links: one row of counts, and counts by kind, rel, top-level domain, region and language."""

from __future__ import annotations

from inlink.index.serving_columns import FOLLOW, SOURCE_DOMAIN, UNKNOWN_FOLLOW
from inlink.index.serving_sql import Span, Sql

SHOWN_VALUES = 30
CARD_TOP = 8
LINE = "label, n_links, n_follow_links, n_unknown_follow_links, n_domains, strength"
"""Columns of each line of a card."""

CARDS = ("kind", "rel", "tld", "region", "lang", "anchors", "pages", "domains")

_LIVE = "l.is_live AND NOT l.is_left_out AND NOT l.is_embed"
_OURS = "NOT l.is_left_out AND NOT l.is_embed"

SUMS = {
    "n_links": f"count(*) FILTER ({_LIVE})",
    "n_follow_links": f"count(*) FILTER ({_LIVE} AND {FOLLOW})",
    "n_unknown_follow_links": f"count(*) FILTER ({_LIVE} AND {UNKNOWN_FOLLOW})",
    "n_nofollow_links": f"count(*) FILTER ({_LIVE} AND l.nofollow)",
    "n_ugc_links": f"count(*) FILTER ({_LIVE} AND l.ugc)",
    "n_sponsored_links": f"count(*) FILTER ({_LIVE} AND l.sponsored)",
    "n_pages": f"count(DISTINCT l.source_page) FILTER ({_LIVE})",
    "n_hosts": f"count(DISTINCT l.source_host_id) FILTER ({_LIVE})",
    "n_domains": f"count(DISTINCT l.source_domain_id) FILTER ({_LIVE})",
    "n_follow_domains": f"count(DISTINCT l.source_domain_id) FILTER ({_LIVE} AND {FOLLOW})",
    "n_ips": f"count(DISTINCT l.ip_id) FILTER ({_LIVE})",
    "n_subnets": f"count(DISTINCT l.subnet_id) FILTER ({_LIVE})",
    "n_target_pages": f"count(DISTINCT l.target_page) FILTER ({_LIVE})",
    "n_lost_links": f"count(*) FILTER (NOT l.is_live AND {_OURS})",
    "n_new_links": f"count(*) FILTER (l.change IN ('new', 'restored') AND {_OURS})",
    "n_newly_lost_links": f"count(*) FILTER (l.change IN ('lost', 'moved') AND {_OURS})",
    "n_left_out_links": "count(*) FILTER (l.is_live AND l.is_left_out AND NOT l.is_embed)",
    "n_left_out_domains": "count(DISTINCT l.source_domain_id) FILTER (l.is_live AND l.is_left_out AND NOT l.is_embed)",
    "n_embeds": "count(*) FILTER (l.is_live AND l.is_embed)",
    "n_lost_all": "count(*) FILTER (NOT l.is_live)",
    "n_rows": "count(*)",
    "first_seen": f"min(l.first_seen) FILTER ({_OURS})",
    "last_seen": f"max(l.last_seen) FILTER ({_OURS})",
}

TALLIED = ("n_links", "n_left_out_links", "n_embeds")
"""The sums that are stored for every target: answers and their notes need them."""

_REL = f"CASE {FOLLOW} WHEN true THEN 'follow' WHEN false THEN concat_ws('+', CASE WHEN l.nofollow THEN 'nofollow' END, CASE WHEN l.ugc THEN 'ugc' END, CASE WHEN l.sponsored THEN 'sponsored' END) END"  # noqa: E501

BREAKDOWNS = {"kind": "l.kind", "rel": _REL, "tld": "l.tld", "region": "l.region", "lang": "l.lang"}


def sums_sql(span: Span, relation: str, *, infrastructure: bool = False) -> Sql:
    """One row with all the sums; with `infrastructure`, links from flagged domains count like all others."""
    columns = ", ".join(f"{_open(sql, infrastructure)} AS {name}" for name, sql in SUMS.items())
    where = span.sql
    return Sql(f"SELECT {columns} FROM {relation} l WHERE {where.text}", where.params)


def _open(sql: str, infrastructure: bool) -> str:
    return sql.replace("NOT l.is_left_out AND ", "") if infrastructure else sql


def breakdowns_sql(span: Span, *, infrastructure: bool = False) -> Sql:
    """Rows (part, pos, and those of LINE) for each dimension, most links first."""
    where = span.sql
    dimensions = ", ".join(f"{sql} AS d{n}" for n, sql in enumerate(BREAKDOWNS.values()))
    sets = ", ".join(f"(d{n})" for n in range(len(BREAKDOWNS)))
    flags = ", ".join(f"grouping(d{n}) AS g{n}" for n in range(len(BREAKDOWNS)))
    values = ", ".join(f"d{n}" for n in range(len(BREAKDOWNS)))
    name = " ".join(f"WHEN g{n} = 0 THEN '{key}'" for n, key in enumerate(BREAKDOWNS))
    value = " ".join(f"WHEN g{n} = 0 THEN d{n}" for n in range(len(BREAKDOWNS)))
    text = (
        f"WITH r AS (SELECT {dimensions}, l.source_domain_id AS domain, {FOLLOW} AS follow, l.strength FROM links l "
        f"WHERE {where.text} AND {_open(_LIVE, infrastructure)}), "
        f"c AS (SELECT {values}, {flags}, count(*) AS n_links, count(*) FILTER (follow) AS n_follow_links, "
        "count(*) FILTER (follow IS NULL) AS n_unknown_follow_links, "
        f"count(DISTINCT domain) AS n_domains, max(strength) AS strength FROM r GROUP BY GROUPING SETS ({sets})), "
        f"named AS (SELECT CASE {name} END AS part, CASE {value} END AS label, c.* FROM c) "
        f"SELECT part, (row_number() OVER w - 1)::INTEGER AS pos, {LINE}::BIGINT AS strength FROM named WINDOW w AS "
        "(PARTITION BY part ORDER BY n_links DESC, label NULLS LAST) "
        f"QUALIFY row_number() OVER w <= {SHOWN_VALUES}"
    )
    return Sql(text, where.params)


def stays_sql(span: Span, *, infrastructure: bool = False) -> Sql:
    """Rows (first, last, lost, is_new, n, twice): so many domains with the same days; see `workbench.over_time`."""
    where = span.sql
    text = f"""
        SELECT least(found, added)::DATE AS first, last, lost, added < found OR found IS NULL AS is_new,
               count(*) AS n, bool_or(twice) AS twice FROM (
            SELECT min(l.first_seen) FILTER (NOT l.is_added) AS found, min(l.first_seen) FILTER (l.is_added) AS added,
                   max(l.last_seen)::DATE AS last,
                   CASE WHEN bool_or(l.is_live) THEN NULL ELSE max(l.lost_at)::DATE END AS lost,
                   bool_or(l.is_added OR l.n_seen > 1 OR NOT l.is_live) AS twice
            FROM links l WHERE {where.text} AND {_open(_OURS, infrastructure)} GROUP BY l.source_domain_id)
        GROUP BY first, last, lost, is_new ORDER BY first, last, lost, is_new
    """
    return Sql(text, where.params)


_TOPS = {
    "anchors": ("l.anchor", "any_value(l.anchor)", "", "n_domains DESC, n_links DESC, _key NULLS LAST"),
    "pages": (
        "l.target_page",
        "any_value(tp.url)",
        "JOIN pages tp ON tp.page = l.target_page",
        "n_domains DESC, n_links DESC, _key",
    ),
    "domains": ("l.source_domain_id", f"any_value({SOURCE_DOMAIN})", "", "strength DESC, _key"),
}


def cards_sql(span: Span, *, infrastructure: bool = False) -> Sql:
    """The rows of a whole card: the breakdowns, and the first anchors, pages and domains."""
    where = span.sql
    broken = breakdowns_sql(span, infrastructure=infrastructure)
    parts, params = [broken.text], list(broken.params)
    for name, (key, label, join, order) in _TOPS.items():
        parts.append(
            f"SELECT '{name}' AS part, (row_number() OVER (ORDER BY {order}) - 1)::INTEGER AS pos, {LINE} "
            f"FROM (SELECT {key} AS _key, {label} AS label, count(*) AS n_links, "
            f"count(*) FILTER ({FOLLOW}) AS n_follow_links, "
            f"count(*) FILTER ({UNKNOWN_FOLLOW}) AS n_unknown_follow_links, "
            f"count(DISTINCT l.source_domain_id) AS n_domains, max(l.strength)::BIGINT AS strength FROM links l {join} "
            f"WHERE {where.text} AND {_open(_LIVE, infrastructure)} GROUP BY {key}) QUALIFY pos < {CARD_TOP}"
        )
        params += where.params
    union = " UNION ALL ".join(f"({part})" for part in parts)
    return Sql(f"SELECT part, {LINE}, pos FROM ({union}) ORDER BY part, pos", tuple(params))
