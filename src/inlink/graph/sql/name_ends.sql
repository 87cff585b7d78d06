-- Every host, or domain, with a captured page, a vote, or a vote for it. The set does not depend on rel.
-- In:  votes, seen_pages; files of the snapshot's hosts or domains (graph_names).
-- Out: ends (key, name)

CREATE TABLE ends AS
WITH found AS (
    SELECT $level AS name FROM seen_pages
    UNION
    SELECT source_$level FROM votes
    UNION
    SELECT target_$level FROM votes
)
SELECT n.${level}_key AS key, n.$level AS name
FROM read_parquet(getvariable('graph_names')) n
SEMI JOIN found ON found.name = n.$level;
