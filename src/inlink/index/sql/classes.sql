-- What each capture tells, and whose links it shows.
-- In:  raw_captures, part_links; url_keys (url, key): same-page keys of the URLs that redirects point at; host_domains;
--      variable definite_4xx.
-- Out: captures (see captures.sql), pages (one row per page: page_no, url_key).

-- Pages that were seen with links that need scripts: without running them, a capture shows only a part of the page.
CREATE TABLE script_pages AS
SELECT DISTINCT c.url_key
FROM (FROM raw_captures WHERE depth = 'js') c
JOIN (FROM part_links WHERE needs_script) l ON l.capture_id = c.capture_id;

CREATE TABLE classed AS
SELECT
    c.*,
    CASE
        WHEN depth IN ('csv', 'webmention') THEN 'listed'
        WHEN error IS NULL AND http_status BETWEEN 300 AND 399 AND http_status <> 304 AND redirect_target IS NOT NULL
            THEN CASE WHEN k.key IS NULL OR k.key <> c.url_key THEN 'redirect' ELSE 'self' END
        WHEN error IS NULL AND list_contains(getvariable('definite_4xx'), http_status) THEN 'gone'
        WHEN is_revisit OR http_status = 304 THEN 'revisit'
        WHEN http_status IS NOT NULL AND http_status NOT BETWEEN 200 AND 299 THEN 'unknown'
        WHEN page_place IS NOT NULL AND error IS NULL AND http_status <> 206
            THEN CASE WHEN depth <> 'js' AND c.url_key IN (SELECT url_key FROM script_pages) THEN 'partial' ELSE 'page' END
        WHEN page_place IS NOT NULL THEN 'partial'
        WHEN error IS NULL AND http_status IS NOT NULL AND http_status <> 206
            AND coalesce(content_type, 'text/html') NOT IN ('text/html', 'application/xhtml+xml') THEN 'other'
        ELSE 'unknown'
    END AS class
FROM raw_captures c
LEFT JOIN url_keys k ON k.url = c.redirect_target;

-- A revisit shows the links of the capture of the same page that had its payload: the latest before it, else the
-- earliest after it. Where none is in the index, nothing is known.
CREATE TABLE originals AS
SELECT
    r.capture_id,
    arg_min(o.capture_id, (
        o.fetched_at > r.fetched_at, abs(epoch_us(o.fetched_at) - epoch_us(r.fetched_at)), o.capture_id
    )) AS content_id
FROM classed r
JOIN classed o
    ON o.url_key = r.url_key AND o.payload_digest = r.payload_digest AND o.class IN ('page', 'partial', 'other')
WHERE r.class = 'revisit'
GROUP BY r.capture_id;

CREATE TABLE resolved AS
SELECT
    c.* EXCLUDE (class, page_place),
    coalesce(o.content_id, c.capture_id) AS content_id,
    CASE WHEN c.class = 'revisit' THEN coalesce(content.class, 'unknown') ELSE c.class END AS class,
    CASE WHEN c.class = 'revisit' THEN content.page_place ELSE c.page_place END AS page_place
FROM classed c
LEFT JOIN originals o ON o.capture_id = c.capture_id
LEFT JOIN classed content ON content.capture_id = o.content_id;

-- Two conclusive captures of one page at one time (http and https, say): one of them concludes.
CREATE TABLE twins AS
SELECT url_key, fetched_at, arg_min(capture_id, (
    CASE class WHEN 'page' THEN 0 WHEN 'other' THEN 1 WHEN 'redirect' THEN 2 ELSE 3 END, depth_rank(depth), capture_id
)) AS capture_id
FROM resolved
WHERE class IN ('page', 'other', 'redirect', 'gone')
GROUP BY url_key, fetched_at
HAVING count(*) > 1;

CREATE TABLE pages AS
SELECT (row_number() OVER (ORDER BY url_key))::INT AS page_no, url_key FROM (FROM resolved SELECT DISTINCT url_key);

CREATE TABLE captures AS
WITH told AS (
    SELECT
        c.* EXCLUDE (class, domain), d.domain, p.page_no,
        CASE
            WHEN t.url_key IS NULL OR t.capture_id = c.capture_id OR c.class NOT IN ('page', 'other', 'redirect', 'gone')
                THEN c.class
            WHEN c.class IN ('page', 'other') THEN 'partial'
            ELSE 'unknown'
        END AS class
    FROM resolved c
    JOIN pages p ON p.url_key = c.url_key
    JOIN host_domains d ON d.host = c.host
    LEFT JOIN twins t ON t.url_key = c.url_key AND t.fetched_at = c.fetched_at
)
SELECT
    *,
    class IN ('page', 'other', 'redirect', 'gone') AS is_conclusive,
    class IN ('page', 'other', 'redirect', 'partial', 'listed') AS shows_links
FROM told;

DROP TABLE script_pages;
DROP TABLE classed;
DROP TABLE originals;
DROP TABLE resolved;
DROP TABLE raw_captures;
