-- Every capture once, what it tells, and whose links it shows.
-- In:  part_captures, part_pages.
-- Out: captures, one row per capture, with
--      part, row   where its row stands in the parts
--      class       page      answers 2xx with a readable page           conclusive, shows links
--                  other     answers 2xx with something else            conclusive, shows links of its headers
--                  redirect  answers 3xx to another page                conclusive, shows the redirect
--                  gone      answers 404, 410 or the like               conclusive
--                  partial   a page that was cut, is not alone at its time, or whose scripts were not run though it
--                            has links that need them                shows links, concludes nothing
--                  listed    a row of a link list                       shows a link, concludes nothing
--                  self      redirects to its own page (http to https, www) or no usable answer: tells nothing
--                  unknown
--      content_id  the capture whose links it shows: itself, or the one whose payload a revisit repeats

-- Deeper input first, then an answer without error, then the order of parts and rows.
CREATE MACRO depth_rank(depth) AS
    CASE depth WHEN 'js' THEN 0 WHEN 'warc' THEN 1 WHEN 'wat' THEN 2 WHEN 'webmention' THEN 3 ELSE 4 END;
CREATE MACRO place(part, row) AS (part << 36) + row;
CREATE MACRO part_of(place) AS place >> 36;

CREATE TABLE chosen AS
SELECT
    capture_id,
    min((((depth_rank(depth) * 2 + (error IS NOT NULL)::INT)::BIGINT) << 56) + place(part, row))
        & ((1::BIGINT << 56) - 1) AS place,
    count(*) > 1 AS is_repeated
FROM part_captures
GROUP BY capture_id;

-- The same URL at the same time from WARC and WAT, with digests that cannot be compared: the deeper one stands.
CREATE TABLE deepest AS
SELECT url, fetched_at, min(depth_rank(depth)) AS rank
FROM part_captures
WHERE depth IN ('js', 'warc', 'wat')
GROUP BY url, fetched_at
HAVING min(depth_rank(depth)) < max(depth_rank(depth));

CREATE TABLE page_rows AS
SELECT p.capture_id, min(place(p.part, p.row)) AS place
FROM part_pages p JOIN chosen c ON p.capture_id = c.capture_id AND p.part = part_of(c.place)
GROUP BY p.capture_id;

CREATE TABLE raw_captures AS
SELECT
    c.capture_id, c.part, c.row, c.url_key, c.url, c.host, c.domain, c.fetched_at, c.http_status, c.error, c.depth,
    c.payload_digest, c.ip, c.content_type, c.redirect_target, c.is_revisit, w.is_repeated, p.place AS page_place
FROM part_captures c
JOIN chosen w ON c.capture_id = w.capture_id AND place(c.part, c.row) = w.place
LEFT JOIN page_rows p ON p.capture_id = c.capture_id
LEFT JOIN deepest d ON d.url = c.url AND d.fetched_at = c.fetched_at
WHERE d.rank IS NULL OR depth_rank(c.depth) = d.rank OR c.depth IN ('csv', 'webmention');
