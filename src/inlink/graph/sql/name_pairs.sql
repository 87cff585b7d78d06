-- One row per host and host, or domain and domain, that it votes for; votes for itself are none.
-- In:  votes, nodes (node, key, name).
-- Out: pairs, with the pages and hosts that vote, and those of them that vote with a follow link;
--      self_votes (n), how many links were left out as votes for oneself

CREATE TABLE pairs AS
WITH counted AS (
    SELECT
        source_$level AS source, target_$level AS target,
        count(DISTINCT hash(source_key)) AS pages,
        count(DISTINCT hash(source_key)) FILTER (is_follow) AS follow_pages,
        count(DISTINCT hash(source_host)) AS hosts,
        count(DISTINCT hash(source_host)) FILTER (is_follow) AS follow_hosts
    FROM votes
    WHERE source_$level <> target_$level
    GROUP BY ALL
)
SELECT
    s.node AS source, t.node AS target, pages::UINTEGER AS pages, follow_pages::UINTEGER AS follow_pages,
    hosts::UINTEGER AS hosts, follow_hosts::UINTEGER AS follow_hosts
FROM counted c
JOIN nodes s ON s.name = c.source
JOIN nodes t ON t.name = c.target;

CREATE TABLE self_votes AS SELECT count(*) AS n FROM votes WHERE source_$level = target_$level;
