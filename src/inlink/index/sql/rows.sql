-- The wide rows of the snapshot's tables, not yet in order.
-- In:  part_links, holdings, link_state, strengths, moved, moved_hosts, versions, captures, page_facts.
-- Out: views link_rows, version_rows, capture_rows

CREATE TABLE scored AS
SELECT h.*, coalesce(s.strength, 0) AS strength
FROM holdings h LEFT JOIN strengths s ON s.domain_id = hash(h.source_domain);

CREATE VIEW single_rows AS
SELECT l.*, h.page_no, h.source_domain AS from_domain, h.strength, h.first_seen, h.last_seen, h.lost_at, h.lost_reason,
    h.n_seen
FROM part_links l
JOIN (FROM scored WHERE NOT is_multi) h ON h.content_id = l.capture_id AND h.part = l.part;

CREATE VIEW repeated_rows AS
SELECT l.* REPLACE (s.link_id AS link_id), s.page_no, h.source_domain AS from_domain, h.strength, s.first_seen,
    s.last_seen, s.lost_at, s.lost_reason, s.n_seen
FROM part_links l
JOIN link_state s ON s.place = place(l.part, l.row)
JOIN scored h ON h.content_id = l.capture_id;

CREATE VIEW link_rows AS
SELECT
    l.* REPLACE (
        l.from_domain AS source_domain,
        coalesce(d.domain, l.target_domain) AS target_domain,
        l.from_domain = coalesce(d.domain, l.target_domain) AS is_internal,
        CASE WHEN m.link_id IS NOT NULL THEN 'moved' ELSE l.lost_reason END AS lost_reason
    ),
    l.lost_at IS NULL AS is_live
FROM (FROM single_rows UNION ALL BY NAME FROM repeated_rows) l
LEFT JOIN moved_hosts d ON d.host = l.target_host
LEFT JOIN moved m ON m.link_id = l.link_id AND m.page_no = l.page_no;

CREATE VIEW version_rows AS
SELECT
    l.* REPLACE (
        v.link_id AS link_id,
        h.source_domain AS source_domain,
        coalesce(d.domain, l.target_domain) AS target_domain,
        h.source_domain = coalesce(d.domain, l.target_domain) AS is_internal
    ),
    v.seen_from, v.seen_to, v.ended_at, v.ended_by
FROM part_links l
JOIN versions v ON v.place = place(l.part, l.row)
JOIN holdings h ON h.content_id = l.capture_id
LEFT JOIN moved_hosts d ON d.host = l.target_host;

CREATE VIEW capture_rows AS
SELECT
    r.* REPLACE (c.domain AS domain),
    p.* EXCLUDE (capture_id, part, row),
    c.is_conclusive,
    c.is_conclusive AND c.fetched_at = f.concluded_at AS is_current
FROM part_captures r
JOIN captures c ON c.part = r.part AND c.row = r.row
JOIN page_facts f ON f.page_no = c.page_no
LEFT JOIN part_pages p ON place(p.part, p.row) = c.page_place;
