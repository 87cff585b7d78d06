"""Sums of a target's links: one row of counts, and counts by kind, rel, top-level domain, region and language."""

from __future__ import annotations

from inlink.index.serving_columns import FOLLOW
from inlink.index.serving_sql import Span, Sql

_LIVE = "l.is_live AND NOT l.is_left_out AND NOT l.is_embed"
_OURS = "NOT l.is_left_out AND NOT l.is_embed"

SUMS = {
    "n_links": f"count(*) FILTER ({_LIVE})",
    "n_follow_links": f"count(*) FILTER ({_LIVE} AND {FOLLOW})",
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

_REL = f"CASE WHEN {FOLLOW} THEN 'follow' ELSE concat_ws('+', CASE WHEN l.nofollow THEN 'nofollow' END, CASE WHEN l.ugc THEN 'ugc' END, CASE WHEN l.sponsored THEN 'sponsored' END) END"  # noqa: E501

BREAKDOWNS = {"kind": "l.kind", "rel": _REL, "tld": "l.tld", "region": "l.region", "lang": "l.lang"}


def sums_sql(span: Span, relation: str, *, infrastructure: bool = False) -> Sql:
    """One row with all the sums; with `infrastructure`, links from flagged domains count like all others."""
    columns = ", ".join(f"{_open(sql, infrastructure)} AS {name}" for name, sql in SUMS.items())
    where = span.sql
    return Sql(f"SELECT {columns} FROM {relation} l WHERE {where.text}", where.params)


def _open(sql: str, infrastructure: bool) -> str:
    return sql.replace("NOT l.is_left_out AND ", "") if infrastructure else sql


def breakdowns_sql(span: Span, relation: str, *, infrastructure: bool = False) -> Sql:
    """Rows (dimension, value, n_links, n_domains) for each dimension, the most links first."""
    where = span.sql
    dimensions = ", ".join(f"{sql} AS d{n}" for n, sql in enumerate(BREAKDOWNS.values()))
    sets = ", ".join(f"(d{n})" for n in range(len(BREAKDOWNS)))
    flags = ", ".join(f"grouping(d{n}) AS g{n}" for n in range(len(BREAKDOWNS)))
    values = ", ".join(f"d{n}" for n in range(len(BREAKDOWNS)))
    name = " ".join(f"WHEN g{n} = 0 THEN '{key}'" for n, key in enumerate(BREAKDOWNS))
    value = " ".join(f"WHEN g{n} = 0 THEN d{n}" for n in range(len(BREAKDOWNS)))
    text = (
        f"WITH r AS (SELECT {dimensions}, l.source_domain_id AS domain FROM {relation} l "
        f"WHERE {where.text} AND {_open(_LIVE, infrastructure)}), "
        f"c AS (SELECT {values}, {flags}, count(*) AS n_links, count(DISTINCT domain) AS n_domains FROM r "
        f"GROUP BY GROUPING SETS ({sets})), "
        f"named AS (SELECT CASE {name} END AS dimension, CASE {value} END AS value, n_links, n_domains FROM c) "
        "SELECT * FROM named QUALIFY row_number() OVER "
        "(PARTITION BY dimension ORDER BY n_links DESC, value NULLS LAST) <= 30 "
        "ORDER BY dimension, n_links DESC, value NULLS LAST"
    )
    return Sql(text, where.params)
