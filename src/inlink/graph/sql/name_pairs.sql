-- One row per host and host, or domain and domain, that it votes for; votes for itself are none.
-- In:  votes, nodes (node, key, name).
-- Out: pairs, with the pages and hosts that vote, and those of them that vote with a follow link;
--      self_votes (n), how many links were left out as votes for oneself;
--      unknown_votes (n), how many of the others count as follow because it is not known whether they are

CREATE TABLE pairs AS
WITH numbered AS (
    SELECT s.node AS source, t.node AS target, hash(source_key) AS page, hash(source_host) AS host, is_follow
    FROM votes v
    JOIN nodes s ON s.name = v.source_$level
    JOIN nodes t ON t.name = v.target_$level
    WHERE source_$level <> target_$level
),
by_page AS (
    SELECT source, target, page, min(host) AS host, bool_or(is_follow) AS is_follow
    FROM numbered
    GROUP BY source, target, page
),
by_host AS (
    SELECT
        source, target, count(*) AS pages, count(*) FILTER (is_follow) AS follow_pages,
        bool_or(is_follow) AS is_follow
    FROM by_page
    GROUP BY source, target, host
)
SELECT
    source, target, sum(pages)::UINTEGER AS pages, sum(follow_pages)::UINTEGER AS follow_pages,
    count(*)::UINTEGER AS hosts, count(*) FILTER (is_follow)::UINTEGER AS follow_hosts
FROM by_host
GROUP BY source, target;

CREATE TABLE self_votes AS SELECT count(*) AS n FROM votes WHERE source_$level = target_$level;

CREATE TABLE unknown_votes AS SELECT count(*) AS n FROM votes WHERE is_unknown AND source_$level <> target_$level;
