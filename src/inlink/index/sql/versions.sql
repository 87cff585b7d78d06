-- Unbroken runs of conclusive captures in which a link stood unchanged.
-- In:  placed_sightings, runs, moved.
-- Out: versions (place, link_id, page_no, seen_from, seen_to, ended_at, ended_by)
-- What an input cannot know (null) is no change.

CREATE TABLE versions AS
WITH stood AS (
    SELECT
        s.link_id, s.page_no, r.run_no, r.seen_from, r.seen_to, r.next_at, r.next_class, s.place,
        coalesce(r.run_no <> 1 + lag(r.run_no) OVER link, true)
            OR s.rel_flags <> lag(s.rel_flags) OVER link
            OR coalesce(s.anchor <> lag(s.anchor) OVER link, false)
            OR coalesce(s.alt <> lag(s.alt) OVER link, false) AS is_new
    FROM placed_sightings s
    JOIN runs r ON r.page_no = s.page_no AND r.content_id = s.content_id
    WINDOW link AS (PARTITION BY s.link_id, s.page_no ORDER BY r.run_no)
),
numbered AS (
    SELECT *, sum(is_new::INT) OVER (PARTITION BY link_id, page_no ORDER BY run_no) AS version_no FROM stood
),
versions AS (
    SELECT
        link_id, page_no, version_no, min(run_no) AS first_run, max(run_no) AS last_run,
        min(seen_from) AS seen_from, max(seen_to) AS seen_to, arg_max(place, run_no) AS place,
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
