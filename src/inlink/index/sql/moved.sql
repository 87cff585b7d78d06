-- Lost links that now stand elsewhere on their site.
-- In:  stated_links; variable embed_kinds.
-- Out: moved (link_id, page_no)
-- A link has moved when the same target, anchor and context stand live on another page of the same domain, and stood on no
-- other page while it was still seen on its own: what stands on many pages (a sidebar) is repeated, and has not moved when
-- one of them is gone. Links within one host have no context, of links in WAT files and lists it is not known (nor is where
-- on the page they stand): they only get lost.
-- Context is the text before the link or the text after it where that is long enough to tell, else both together: a short
-- side is filled up from the neighbouring block, which may be another one on the new page.

CREATE MACRO is_telling(words) AS length(words) >= 24;
CREATE MACRO group_of(l, side, context) AS
    hash(row(l.from_domain, l.target_key, l.kind, coalesce(l.anchor, ''), side, context));

CREATE VIEW voiced_links AS
SELECT
    link_id, page_no, from_domain, target_key, kind, anchor, coalesce(text_before, '') AS text_before,
    coalesce(text_after, '') AS text_after, first_seen, last_seen, lost_at IS NULL AS is_live
FROM stated_links
WHERE source_host <> target_host AND position_share IS NOT NULL AND NOT list_contains(getvariable('embed_kinds'), kind)
    AND (anchor <> '' OR text_before <> '' OR text_after <> '');

-- Only what shares target and anchor with a lost link is looked at.
CREATE TABLE contenders AS
WITH lost AS (SELECT DISTINCT from_domain, target_key, kind, anchor FROM voiced_links WHERE NOT is_live)
SELECT v.*
FROM voiced_links v
SEMI JOIN lost l
    ON v.from_domain = l.from_domain AND v.target_key = l.target_key AND v.kind = l.kind
    AND v.anchor IS NOT DISTINCT FROM l.anchor;

CREATE TABLE voices AS
SELECT link_id, page_no, first_seen, last_seen, is_live, group_of(c, 'before', text_before) AS voice
FROM contenders c WHERE is_telling(text_before)
UNION ALL
SELECT link_id, page_no, first_seen, last_seen, is_live, group_of(c, 'after', text_after) AS voice
FROM contenders c WHERE is_telling(text_after)
UNION ALL
SELECT link_id, page_no, first_seen, last_seen, is_live, group_of(c, 'both', text_before || chr(0) || text_after) AS voice
FROM contenders c WHERE NOT is_telling(text_before) AND NOT is_telling(text_after);

-- The two pages of each group that held it first: only the first of them can have lost it to another.
CREATE TABLE firsts AS
WITH holders AS (SELECT voice, page_no, min(first_seen) AS first_seen FROM voices GROUP BY voice, page_no)
SELECT voice, arg_min(page_no, (first_seen, page_no)) AS first_page, min(first_seen, 2)[2] AS next_seen
FROM holders
GROUP BY voice
HAVING count(*) > 1;

CREATE TABLE moved AS
SELECT DISTINCT l.link_id, l.page_no
FROM voices l
JOIN firsts f ON f.voice = l.voice AND f.first_page = l.page_no AND f.next_seen > l.last_seen
SEMI JOIN (FROM voices WHERE is_live) n ON n.voice = l.voice AND n.page_no <> l.page_no
WHERE NOT l.is_live;
DROP TABLE voices;
DROP TABLE firsts;
DROP TABLE contenders;
