-- When each link was first and last seen, whether it stands, and since when and why not.
-- In:  captures, pages, part_links.
-- Out: holdings    one row per capture that shows links of its own: the state that its links share when their page has
--                  no other (is_multi false)
--      sightings   narrow: every link of every page that was seen more than once
--      link_state  the state of these links, and the row that shows each as it was last seen
--      runs        unbroken runs of conclusive captures of a page that show the same content

CREATE TABLE page_facts AS
SELECT
    page_no,
    count(*) FILTER (is_conclusive) AS n_conclusive,
    max(fetched_at) FILTER (is_conclusive) AS concluded_at
FROM captures
GROUP BY page_no;

CREATE TABLE spans AS
SELECT
    page_no, content_id,
    min(fetched_at) AS first_seen, max(fetched_at) AS last_seen,
    count(*) FILTER (is_conclusive)::INT AS n_seen
FROM captures
WHERE shows_links
GROUP BY page_no, content_id;

CREATE MACRO reason_of(class) AS
    CASE class
        WHEN 'gone' THEN 'page_gone' WHEN 'redirect' THEN 'page_redirects' WHEN 'other' THEN 'page_not_html'
        ELSE 'removed'
    END;

-- The first conclusive capture after a page was last seen as it was.
CREATE TABLE losses AS
WITH moments AS (SELECT page_no, last_seen FROM spans GROUP BY page_no, last_seen),
conclusions AS (SELECT page_no, fetched_at, class FROM captures WHERE is_conclusive)
SELECT
    m.page_no, m.last_seen, c.fetched_at AS lost_at,
    reason_of(c.class) AS lost_reason
FROM moments m ASOF JOIN conclusions c ON m.page_no = c.page_no AND m.last_seen < c.fetched_at;

CREATE TABLE holdings AS
WITH counted AS (SELECT page_no, count(*) AS n_contents FROM spans GROUP BY page_no)
SELECT
    s.*, c.part, c.depth, c.is_repeated, c.host AS source_host, c.domain AS source_domain,
    l.lost_at, l.lost_reason,
    n.n_contents > 1 OR f.n_conclusive > 1 OR c.is_repeated AS is_multi
FROM spans s
JOIN captures c ON c.capture_id = s.content_id
JOIN counted n ON n.page_no = s.page_no
JOIN page_facts f ON f.page_no = s.page_no
LEFT JOIN losses l ON l.page_no = s.page_no AND l.last_seen = s.last_seen;

-- Three answers in a byte: bits 0 to 2 say yes, bits 3 to 5 that it is known.
CREATE MACRO flags_of(nofollow, ugc, sponsored) AS (
    coalesce(nofollow::INT, 0) + 2 * coalesce(ugc::INT, 0) + 4 * coalesce(sponsored::INT, 0)
    + 8 * (nofollow IS NOT NULL)::INT + 16 * (ugc IS NOT NULL)::INT + 32 * (sponsored IS NOT NULL)::INT
)::UTINYINT;
CREATE MACRO flag_of(flags, bit) AS CASE WHEN flags & (8 * bit) <> 0 THEN flags & bit END;

-- WAT cuts anchors at 128 characters, until 2022 at 100, and trims them: how a long one goes on is not known.
CREATE VIEW narrow_sightings AS
SELECT
    l.link_id, h.page_no, h.content_id, h.is_repeated, place(l.part, l.row) AS place,
    l.kind = 'listed' AS is_listed, hash(l.target_key) AS target, l.ordinal,
    flags_of(l.nofollow, l.ugc, l.sponsored) AS rel_flags,
    CASE WHEN l.anchor IS NOT NULL AND NOT (h.depth = 'wat' AND length(l.anchor) >= 96) THEN hash(l.anchor) END AS anchor,
    CASE WHEN l.anchor IS NOT NULL THEN hash(left(l.anchor, 96)) END AS anchor_head,
    CASE WHEN l.alt IS NOT NULL THEN hash(l.alt) END AS alt,
    (l.kind <> 'anchor')::INT AS kind_rank
FROM part_links l
JOIN (FROM holdings WHERE is_multi) h ON h.content_id = l.capture_id AND h.part = l.part;

-- A capture that stands twice in its input holds each link once.
CREATE TABLE sightings AS
SELECT * EXCLUDE (is_repeated) FROM narrow_sightings WHERE NOT is_repeated
UNION ALL BY NAME
SELECT
    link_id, page_no, content_id, min(place) AS place, any_value(is_listed) AS is_listed, any_value(target) AS target,
    min(ordinal) AS ordinal, arg_min(rel_flags, place) AS rel_flags, arg_min(anchor, place) AS anchor,
    arg_min(anchor_head, place) AS anchor_head,
    arg_min(alt, place) AS alt, any_value(kind_rank) AS kind_rank
FROM narrow_sightings
WHERE is_repeated
GROUP BY link_id, page_no, content_id;

-- A listed link that a page was seen to hold is that link.
CREATE TABLE listed_as AS
SELECT s.link_id AS listed_id, s.page_no, arg_min(o.link_id, (o.kind_rank, o.ordinal, o.link_id)) AS link_id
FROM sightings s
JOIN sightings o ON o.page_no = s.page_no AND o.target = s.target AND NOT o.is_listed
WHERE s.is_listed
GROUP BY s.link_id, s.page_no;

CREATE VIEW placed_sightings AS
SELECT s.* REPLACE (coalesce(a.link_id, s.link_id) AS link_id)
FROM sightings s
LEFT JOIN listed_as a ON s.is_listed AND a.listed_id = s.link_id AND a.page_no = s.page_no;

-- The row to show: a seen link before a listed one, the last sighting, the deeper input, the first row.
CREATE MACRO shown_place(is_listed, seen_at, depth, place) AS (
    ((NOT is_listed)::HUGEINT << 120) + (least(greatest(epoch_us(seen_at), 0), (1::BIGINT << 56) - 1)::HUGEINT << 64)
    + ((8 - depth_rank(depth))::HUGEINT << 60) + (((1::BIGINT << 60) - 1) - place)
);
CREATE MACRO place_of(shown) AS ((1::BIGINT << 60) - 1) - (shown & ((1::HUGEINT << 60) - 1))::BIGINT;

CREATE TABLE grouped AS
SELECT
    s.link_id, s.page_no,
    min(h.first_seen) AS first_seen, max(h.last_seen) AS last_seen, sum(h.n_seen) AS n_seen,
    place_of(max(shown_place(s.is_listed, h.last_seen, h.depth, s.place))) AS place
FROM placed_sightings s
JOIN holdings h ON h.content_id = s.content_id
GROUP BY s.link_id, s.page_no;

CREATE TABLE link_state AS
SELECT
    g.place, g.link_id, g.page_no, g.first_seen, g.last_seen, l.lost_at, l.lost_reason, g.n_seen::INT AS n_seen
FROM grouped g
LEFT JOIN losses l ON l.page_no = g.page_no AND l.last_seen = g.last_seen;
DROP TABLE grouped;

CREATE TABLE runs AS
WITH ordered AS (
    SELECT
        page_no, content_id, fetched_at, class,
        lag(content_id) OVER page AS before,
        lead(fetched_at) OVER page AS next_at,
        lead(class) OVER page AS next_class
    FROM captures
    WHERE is_conclusive AND page_no IN (SELECT page_no FROM page_facts WHERE n_conclusive > 1)
    WINDOW page AS (PARTITION BY page_no ORDER BY fetched_at)
),
numbered AS (
    SELECT *, sum((before IS DISTINCT FROM content_id)::INT) OVER (PARTITION BY page_no ORDER BY fetched_at) AS run_no
    FROM ordered
)
SELECT
    page_no, run_no::INT AS run_no, any_value(content_id) AS content_id,
    min(fetched_at) AS seen_from, max(fetched_at) AS seen_to,
    arg_max_null(next_at, fetched_at) AS next_at, arg_max_null(next_class, fetched_at) AS next_class
FROM numbered
GROUP BY page_no, run_no;
