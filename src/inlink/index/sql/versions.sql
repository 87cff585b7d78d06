-- Unbroken runs of conclusive captures in which a link stood unchanged.
-- In:  placed_sightings, runs, moved.
-- Out: versions (place, link_id, page_no, seen_from, seen_to, ended_at, ended_by)
-- What an input cannot know (null) is no change: each value is compared with the last known one of the runs that follow
-- each other. A version is shown by the capture that tells most of it, the last of several.

CREATE TABLE versions AS
WITH stood AS (
    SELECT
        s.link_id, s.page_no, r.run_no, r.seen_from, r.seen_to, r.next_at, r.next_class, s.place, s.anchor,
        s.anchor_head, s.alt,
        flag_of(s.rel_flags, 1) AS nofollow, flag_of(s.rel_flags, 2) AS ugc, flag_of(s.rel_flags, 4) AS sponsored,
        -- the same for all runs of which each follows the one before
        r.run_no - row_number() OVER (PARTITION BY s.link_id, s.page_no ORDER BY r.run_no) AS stretch
    FROM placed_sightings s
    JOIN runs r ON r.page_no = s.page_no AND r.content_id = s.content_id
),
compared AS (
    SELECT
        * EXCLUDE (nofollow, ugc, sponsored, anchor, anchor_head, alt),
        row_number() OVER link = 1
            OR coalesce(nofollow <> lag(nofollow IGNORE NULLS) OVER link, false)
            OR coalesce(ugc <> lag(ugc IGNORE NULLS) OVER link, false)
            OR coalesce(sponsored <> lag(sponsored IGNORE NULLS) OVER link, false)
            OR coalesce(anchor <> lag(anchor IGNORE NULLS) OVER link, false)
            OR coalesce(anchor_head <> lag(anchor_head IGNORE NULLS) OVER link, false)
            OR coalesce(alt <> lag(alt IGNORE NULLS) OVER link, false) AS is_new,
        (nofollow IS NOT NULL)::INT + (ugc IS NOT NULL)::INT + (sponsored IS NOT NULL)::INT
            + (anchor IS NOT NULL)::INT + (alt IS NOT NULL)::INT AS n_known
    FROM stood
    WINDOW link AS (PARTITION BY link_id, page_no, stretch ORDER BY run_no)
),
numbered AS (
    SELECT *, sum(is_new::INT) OVER (PARTITION BY link_id, page_no ORDER BY run_no) AS version_no FROM compared
),
versions AS (
    SELECT
        link_id, page_no, version_no, min(run_no) AS first_run, max(run_no) AS last_run,
        min(seen_from) AS seen_from, max(seen_to) AS seen_to, arg_max(place, (n_known, run_no)) AS place,
        arg_max_null(next_at, run_no) AS ended_at, arg_max_null(next_class, run_no) AS next_class
    FROM numbered
    GROUP BY link_id, page_no, version_no
),
ended AS (
    SELECT *, lead(first_run) OVER (PARTITION BY link_id, page_no ORDER BY first_run) AS next_run FROM versions
)
SELECT
    e.place, e.link_id, e.page_no, e.seen_from, e.seen_to, e.ended_at,
    CASE
        WHEN e.ended_at IS NULL THEN NULL
        WHEN e.next_run = e.last_run + 1 THEN 'changed'
        WHEN e.next_run IS NULL AND m.link_id IS NOT NULL THEN 'moved'
        ELSE reason_of(e.next_class)
    END AS ended_by
FROM ended e
LEFT JOIN moved m ON m.link_id = e.link_id AND m.page_no = e.page_no;
