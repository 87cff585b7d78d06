-- Sums per host or per domain; run once for each level.
-- In:  page_targets or page_domains (as $table), sources, ips (ip, subnet).
-- Out: ${level}_in, ${level}_in_domains, ${level}_in_ips

CREATE TABLE ${level}_in AS
SELECT
    ${level}_id AS id, sum(n_live)::BIGINT AS in_links, sum(n_follow)::BIGINT AS in_follow_links,
    sum(n_unknown)::BIGINT AS in_unknown_follow_links,
    count(*) FILTER (n_live > 0) AS in_pages, sum(n_lost)::BIGINT AS lost_links,
    min(first_seen) AS first_seen, max(last_seen) AS last_seen
FROM $table
GROUP BY ${level}_id;

CREATE TABLE ${level}_in_domains AS
WITH by_host AS (
    SELECT t.${level}_id AS id, s.host_id, s.domain_id, bool_or(n_follow > 0) AS is_follow
    FROM $table t JOIN sources s ON s.page_no = t.page_no
    WHERE n_live > 0
    GROUP BY ALL
),
by_domain AS (
    SELECT id, domain_id, count(*) AS n_hosts, bool_or(is_follow) AS is_follow FROM by_host GROUP BY ALL
)
SELECT
    id, sum(n_hosts)::BIGINT AS in_hosts, count(*) AS in_domains, count(*) FILTER (is_follow) AS in_follow_domains
FROM by_domain
GROUP BY id;

CREATE TABLE ${level}_in_ips AS
WITH by_ip AS (
    SELECT t.${level}_id AS id, s.ip
    FROM $table t JOIN sources s ON s.page_no = t.page_no
    WHERE n_live > 0 AND s.ip IS NOT NULL
    GROUP BY ALL
),
by_subnet AS (
    SELECT b.id, coalesce(i.subnet, b.ip) AS subnet, count(*) AS n_ips
    FROM by_ip b LEFT JOIN ips i ON i.ip = b.ip
    GROUP BY ALL
)
SELECT id, sum(n_ips)::BIGINT AS in_ips, count(*) AS in_subnets FROM by_subnet GROUP BY id;
