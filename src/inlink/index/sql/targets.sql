-- Every link once, narrow; what left its page for another; and the sums of pairs.
-- In:  captures, holdings, link_state, part_links; moved_hosts (host, domain): hosts whose domain is another one under today's
--      rules than when their part was made; variable embed_kinds.
-- Out: page_targets  per page and target host: counted links to other domains
--      page_domains  the same per target domain
--      domain_links  per pair of source and target domain
--      strengths     referring domains of each domain with a link that is follow, or not known to be nofollow

CREATE MACRO region_rank(region) AS
    CASE region WHEN 'main' THEN 0 WHEN 'bio' THEN 2 WHEN 'comment' THEN 3 WHEN 'aside' THEN 4 WHEN 'header' THEN 5
        WHEN 'nav' THEN 6 WHEN 'footer' THEN 7 WHEN 'head' THEN 8 ELSE 1 END;

-- 0 follow, 1 not known, 2 not follow.
CREATE MACRO rel_rank(nofollow, ugc, sponsored) AS CASE nofollow OR ugc OR sponsored WHEN false THEN 0 WHEN true THEN 2 ELSE 1 END;

CREATE VIEW single_links AS
SELECT l.*, h.page_no, h.source_domain AS from_domain, h.first_seen, h.last_seen, h.lost_at, h.lost_reason, h.n_seen
FROM part_links l
JOIN (FROM holdings WHERE NOT is_multi) h ON h.content_id = l.capture_id AND h.part = l.part;

CREATE VIEW repeated_links AS
SELECT l.*, s.page_no, h.source_domain AS from_domain, s.first_seen, s.last_seen, s.lost_at, s.lost_reason, s.n_seen
FROM part_links l
JOIN link_state s ON s.place = place(l.part, l.row)
JOIN holdings h ON h.content_id = l.capture_id;

CREATE VIEW stated_links AS
SELECT l.*, coalesce(d.domain, l.target_domain) AS to_domain
FROM (FROM single_links UNION ALL BY NAME FROM repeated_links) l
LEFT JOIN moved_hosts d ON d.host = l.target_host;

CREATE TABLE page_targets AS
SELECT
    page_no, hash(target_host) AS host_id, hash(to_domain) AS domain_id,
    count(*) FILTER (lost_at IS NULL)::INT AS n_live,
    count(*) FILTER (lost_at IS NULL AND rel_rank(nofollow, ugc, sponsored) = 0)::INT AS n_follow,
    count(*) FILTER (lost_at IS NULL AND rel_rank(nofollow, ugc, sponsored) = 1)::INT AS n_unknown,
    count(*) FILTER (lost_at IS NOT NULL)::INT AS n_lost,
    min(first_seen) AS first_seen, max(last_seen) AS last_seen,
    min((((lost_at IS NOT NULL)::HUGEINT * 1000 + rel_rank(nofollow, ugc, sponsored)::HUGEINT * 100
        + (kind <> 'anchor')::HUGEINT * 10 + region_rank(region)::HUGEINT) << 64) + link_id::HUGEINT) AS best
FROM stated_links
WHERE from_domain <> to_domain AND NOT list_contains(getvariable('embed_kinds'), kind)
GROUP BY page_no, host_id, domain_id;

-- Where a page lies: as its latest capture with links says, its address as the latest one that knows it.
CREATE TABLE sources AS
SELECT
    page_no,
    hash(arg_max(host, (fetched_at, capture_id))) AS host_id,
    hash(arg_max(domain, (fetched_at, capture_id))) AS domain_id,
    arg_max(ip, (fetched_at, capture_id)) FILTER (ip IS NOT NULL) AS ip
FROM captures
WHERE shows_links
GROUP BY page_no;

CREATE TABLE page_domains AS
SELECT
    page_no, domain_id, sum(n_live)::BIGINT AS n_live, sum(n_follow)::BIGINT AS n_follow,
    sum(n_unknown)::BIGINT AS n_unknown, sum(n_lost)::BIGINT AS n_lost,
    min(first_seen) AS first_seen, max(last_seen) AS last_seen, min(best) AS best
FROM page_targets
GROUP BY page_no, domain_id;

CREATE TABLE domain_links AS
SELECT
    s.domain_id AS source_id, t.domain_id AS target_id,
    sum(n_live)::BIGINT AS n_links, sum(n_follow)::BIGINT AS n_follow_links,
    sum(n_unknown)::BIGINT AS n_unknown_follow_links,
    count(*) FILTER (n_live > 0) AS n_pages, sum(n_lost)::BIGINT AS n_lost_links,
    min(first_seen) AS first_seen, max(last_seen) AS last_seen,
    (min(best) & ((1::HUGEINT << 64) - 1))::UBIGINT AS best_link_id
FROM page_domains t JOIN sources s ON s.page_no = t.page_no
GROUP BY source_id, target_id;

CREATE TABLE strengths AS
SELECT target_id AS domain_id, count(*) AS strength
FROM domain_links
WHERE n_follow_links + n_unknown_follow_links > 0
GROUP BY target_id;
