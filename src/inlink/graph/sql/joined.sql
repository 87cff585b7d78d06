-- The tables of a snapshot that hold strengths, with the strength that a run gives.
-- In:  files of the run's scores (run_scores) and its number of nodes (run_nodes), of which these may hold some; of links,
--      indirect links and pairs (joined_links …).
-- Out: views of the same columns; strength: how many domains of the run's graph the source's domain stands above

CREATE TABLE stands AS
SELECT name AS domain, (getvariable('run_nodes') - position)::BIGINT AS above
FROM read_parquet(getvariable('run_scores'));

CREATE VIEW links_rows AS
SELECT l.* REPLACE (coalesce(s.above, 0) AS strength)
FROM read_parquet(getvariable('joined_links')) l LEFT JOIN stands s ON s.domain = l.source_domain;

CREATE VIEW indirect_rows AS
SELECT l.* REPLACE (coalesce(s.above, 0) AS strength)
FROM read_parquet(getvariable('joined_indirect')) l LEFT JOIN stands s ON s.domain = l.source_domain;

CREATE VIEW pairs_rows AS
SELECT p.* REPLACE (coalesce(s.above, 0) AS strength)
FROM read_parquet(getvariable('joined_pairs')) p LEFT JOIN stands s ON s.domain = p.source_domain;
