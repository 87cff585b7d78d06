-- What votes in a snapshot: live links of a kind that sends a reader on by choice.
-- In:  files of the snapshot's links (graph_links) and captures (graph_captures), kinds (vote_kinds).
-- Out: view votes (is_follow: also where it is not known; is_unknown says so); view seen_pages, the pages whose latest conclusive capture answers 2xx

CREATE VIEW votes AS
SELECT
    source_key, source_url, source_host, source_domain, target_key, target_url, target_host, target_domain,
    coalesce(NOT (nofollow OR ugc OR sponsored), true) AS is_follow,
    (nofollow OR ugc OR sponsored) IS NULL AS is_unknown
FROM read_parquet(getvariable('graph_links'))
WHERE is_live AND list_contains(getvariable('vote_kinds'), kind);

CREATE VIEW seen_pages AS
SELECT url_key, url, host, domain
FROM read_parquet(getvariable('graph_captures'))
WHERE is_current AND http_status BETWEEN 200 AND 299;
