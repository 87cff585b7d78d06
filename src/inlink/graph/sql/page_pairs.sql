-- One row per page and page that it votes for; a page's vote for itself is none.
-- In:  votes, nodes (node, key, name).
-- Out: pairs; self_votes (n), how many links were left out as votes for oneself;
--      unknown_votes (n), how many of the others count as follow because it is not known whether they are

CREATE TABLE pairs AS
SELECT
    s.node AS source, t.node AS target,
    1::UINTEGER AS pages, bool_or(is_follow)::UINTEGER AS follow_pages,
    1::UINTEGER AS hosts, bool_or(is_follow)::UINTEGER AS follow_hosts
FROM votes v
JOIN nodes s ON s.key = v.source_key
JOIN nodes t ON t.key = v.target_key
WHERE v.source_key <> v.target_key
GROUP BY s.node, t.node;

CREATE TABLE self_votes AS SELECT count(*) AS n FROM votes WHERE source_key = target_key;

CREATE TABLE unknown_votes AS SELECT count(*) AS n FROM votes WHERE is_unknown AND source_key <> target_key;
