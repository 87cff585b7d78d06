-- Every page that was captured, votes, or is voted for. The set does not depend on rel.
-- In:  votes, seen_pages.
-- Out: ends (key, name): the URL it was captured under; else one that a vote names it by

CREATE TABLE ends AS
WITH named AS (
    SELECT url_key AS key, min(url) AS url, 0 AS place FROM seen_pages GROUP BY ALL
    UNION ALL
    SELECT source_key, min(source_url), 1 FROM votes GROUP BY ALL
    UNION ALL
    SELECT target_key, min(target_url), 2 FROM votes GROUP BY ALL
)
SELECT key, arg_min(url, (place, url)) AS name FROM named GROUP BY key;
