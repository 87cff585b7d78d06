-- Lost links that now stand elsewhere on their site.
-- In:  stated_links; variable embed_kinds.
-- Out: moved (link_id, page_no)
-- A link has moved when the same target, anchor and context stand live on another page of the same domain where they
-- were not seen before the link was last seen on its own page. Links within one host have no context: they only get lost.

CREATE TABLE lost_links AS
SELECT link_id, page_no, from_domain, target_key, kind, anchor, text_before, text_after, last_seen
FROM stated_links
WHERE lost_at IS NOT NULL AND source_host <> target_host AND NOT list_contains(getvariable('embed_kinds'), kind)
    AND (anchor <> '' OR text_before <> '' OR text_after <> '');

CREATE TABLE moved AS
SELECT l.link_id, l.page_no
FROM stated_links n
JOIN lost_links l
    ON n.from_domain = l.from_domain AND n.target_key = l.target_key AND n.kind = l.kind
    AND n.anchor IS NOT DISTINCT FROM l.anchor
    AND n.text_before IS NOT DISTINCT FROM l.text_before AND n.text_after IS NOT DISTINCT FROM l.text_after
    AND n.page_no <> l.page_no AND n.first_seen > l.last_seen
WHERE n.lost_at IS NULL
GROUP BY l.link_id, l.page_no;
DROP TABLE lost_links;
