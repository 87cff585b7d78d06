-- What each host and domain has and gives.
-- In:  captures, page_domains, domain_links, sources, the tables of sums.sql; hosts_seen (host, host_key, domain,
--      domain_key); flags (domain, flags, flags_below).
-- Out: views host_sums, domain_sums, pair_sums in the form of the snapshot's tables

CREATE TABLE own_pages AS
WITH current AS (
    SELECT page_no, arg_max(host, fetched_at) AS host, arg_max(domain, fetched_at) AS domain,
        arg_max(class, fetched_at) = 'page' AS is_page
    FROM captures
    WHERE is_conclusive
    GROUP BY page_no
)
SELECT host, domain, count(*) AS n_pages FROM current WHERE is_page GROUP BY host, domain;

CREATE TABLE own_times AS
SELECT host, domain, min(fetched_at) AS first_seen, max(fetched_at) AS last_seen
FROM captures
WHERE class IN ('page', 'partial', 'other')
GROUP BY host, domain;

CREATE TABLE host_out AS
WITH by_domain AS (
    SELECT s.host_id AS id, t.domain_id, sum(n_live) AS n_links
    FROM page_domains t JOIN sources s ON s.page_no = t.page_no
    WHERE n_live > 0
    GROUP BY ALL
)
SELECT id, sum(n_links)::BIGINT AS out_links, count(*) AS out_domains FROM by_domain GROUP BY id;

CREATE TABLE domain_out AS
SELECT source_id AS id, sum(n_links)::BIGINT AS out_links, count(*) FILTER (n_links > 0) AS out_domains
FROM domain_links
GROUP BY source_id;

CREATE VIEW host_sums AS
SELECT
    h.host, h.host_key, h.domain,
    coalesce(p.n_pages, 0) AS n_pages,
    coalesce(i.in_links, 0) AS in_links, coalesce(i.in_follow_links, 0) AS in_follow_links,
    coalesce(i.in_unknown_follow_links, 0) AS in_unknown_follow_links,
    coalesce(i.in_pages, 0) AS in_pages, coalesce(d.in_hosts, 0) AS in_hosts,
    coalesce(d.in_domains, 0) AS in_domains, coalesce(d.in_follow_domains, 0) AS in_follow_domains,
    coalesce(a.in_ips, 0) AS in_ips, coalesce(a.in_subnets, 0) AS in_subnets,
    coalesce(o.out_links, 0) AS out_links, coalesce(o.out_domains, 0) AS out_domains,
    coalesce(i.lost_links, 0) AS lost_links,
    least(i.first_seen, t.first_seen) AS first_seen, greatest(i.last_seen, t.last_seen) AS last_seen
FROM hosts_seen h
LEFT JOIN own_pages p ON p.host = h.host
LEFT JOIN own_times t ON t.host = h.host
LEFT JOIN host_in i ON i.id = hash(h.host)
LEFT JOIN host_in_domains d ON d.id = hash(h.host)
LEFT JOIN host_in_ips a ON a.id = hash(h.host)
LEFT JOIN host_out o ON o.id = hash(h.host);

CREATE TABLE domains_seen AS
SELECT domain, any_value(domain_key) AS domain_key, count(*) AS n_hosts FROM hosts_seen GROUP BY domain;

CREATE VIEW domain_sums AS
WITH n AS (SELECT domain, sum(n_pages)::BIGINT AS n_pages FROM own_pages GROUP BY domain),
t AS (SELECT domain, min(first_seen) AS first_seen, max(last_seen) AS last_seen FROM own_times GROUP BY domain)
SELECT
    h.domain, h.domain_key, h.n_hosts,
    coalesce(n.n_pages, 0) AS n_pages,
    coalesce(i.in_links, 0) AS in_links, coalesce(i.in_follow_links, 0) AS in_follow_links,
    coalesce(i.in_unknown_follow_links, 0) AS in_unknown_follow_links,
    coalesce(i.in_pages, 0) AS in_pages, coalesce(d.in_hosts, 0) AS in_hosts,
    coalesce(d.in_domains, 0) AS in_domains, coalesce(d.in_follow_domains, 0) AS in_follow_domains,
    coalesce(a.in_ips, 0) AS in_ips, coalesce(a.in_subnets, 0) AS in_subnets,
    coalesce(o.out_links, 0) AS out_links, coalesce(o.out_domains, 0) AS out_domains,
    coalesce(i.lost_links, 0) AS lost_links,
    least(i.first_seen, t.first_seen) AS first_seen, greatest(i.last_seen, t.last_seen) AS last_seen,
    coalesce(f.flags, b.flags_below, []::VARCHAR[]) AS flags
FROM domains_seen h
LEFT JOIN n ON n.domain = h.domain
LEFT JOIN t ON t.domain = h.domain
LEFT JOIN domain_in i ON i.id = hash(h.domain)
LEFT JOIN domain_in_domains d ON d.id = hash(h.domain)
LEFT JOIN domain_in_ips a ON a.id = hash(h.domain)
LEFT JOIN domain_out o ON o.id = hash(h.domain)
LEFT JOIN flags f ON f.domain = h.domain
LEFT JOIN flags b ON b.domain = substr(h.domain, instr(h.domain, '.') + 1);

CREATE VIEW pair_sums AS
SELECT
    s.domain AS source_domain, t.domain AS target_domain,
    p.n_links, p.n_follow_links, p.n_unknown_follow_links, p.n_pages, p.n_lost_links, p.first_seen, p.last_seen,
    coalesce(r.strength, 0) AS strength, p.best_link_id
FROM domain_links p
JOIN domains_seen s ON hash(s.domain) = p.source_id
JOIN domains_seen t ON hash(t.domain) = p.target_id
LEFT JOIN strengths r ON r.domain_id = p.source_id;
