-- Where redirects, refreshes and canonicals lead in the end.
-- In:  captures, holdings, part_links; url_keys (url, key, host, domain).
-- Out: chains (key, final_url, final_key, final_host, final_domain, passed, via_kind)
-- At most five hops; a chain that runs in a circle, or on beyond five hops, leads nowhere.

CREATE TABLE current_captures AS
SELECT
    page_no, arg_max(url_key, fetched_at) AS key, arg_max(class, fetched_at) AS class,
    arg_max(content_id, fetched_at) AS content_id,
    arg_max_null(redirect_target, fetched_at) AS redirect_target, arg_max_null(page_place, fetched_at) AS page_place
FROM captures
WHERE is_conclusive
GROUP BY page_no;

CREATE TABLE hops AS
WITH redirects AS (
    SELECT c.key, u.url AS next_url, u.key AS next_key, u.host, u.domain, 'redirect' AS kind, 0 AS rank
    FROM current_captures c JOIN url_keys u ON u.url = c.redirect_target
    WHERE c.class = 'redirect'
),
refreshes AS (
    SELECT c.key, l.target_url AS next_url, l.target_key AS next_key, l.target_host AS host,
        coalesce(d.domain, l.target_domain) AS domain, 'refresh' AS kind, 1 + l.ordinal AS rank
    FROM part_links l
    JOIN current_captures c ON c.content_id = l.capture_id AND c.class = 'page'
    LEFT JOIN moved_hosts d ON d.host = l.target_host
    WHERE l.kind = 'refresh' AND l.target_key <> c.key
),
canonicals AS (
    SELECT c.key, u.url AS next_url, u.key AS next_key, u.host, u.domain, 'canonical' AS kind, 1 << 30 AS rank
    FROM current_captures c
    JOIN canonicals o ON o.place = c.page_place
    JOIN url_keys u ON u.url = o.canonical
    WHERE c.class = 'page' AND u.key <> c.key
),
found AS (FROM redirects UNION ALL FROM refreshes UNION ALL FROM canonicals)
SELECT
    key, arg_min(struct_pack(next_url, next_key, host, domain, kind), (rank, next_url)) AS hop
FROM found
GROUP BY key;

CREATE TABLE chains AS
WITH RECURSIVE walk AS (
    SELECT key AS start, [key] AS keys, []::VARCHAR[] AS passed, hop, hop.kind AS via_kind, 1 AS n_hops FROM hops
    UNION ALL
    SELECT
        w.start, list_append(w.keys, w.hop.next_key), list_append(w.passed, w.hop.next_url), h.hop,
        CASE WHEN w.via_kind = h.hop.kind THEN w.via_kind ELSE 'mixed' END, w.n_hops + 1
    FROM walk w
    JOIN hops h ON h.key = w.hop.next_key
    WHERE w.n_hops < 5 AND NOT list_contains(w.keys, w.hop.next_key)
)
SELECT
    start AS key, hop.next_url AS final_url, hop.next_key AS final_key, hop.host AS final_host,
    hop.domain AS final_domain, passed, via_kind
FROM walk
WHERE hop.next_key NOT IN (SELECT key FROM hops);
