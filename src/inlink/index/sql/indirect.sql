-- Live links that reach another target through a chain, read from the links as they were just arranged.
-- In:  chains; variables arranged_links (files), chain_kinds (kinds of links that send a reader).
-- Out: view indirect_rows

CREATE VIEW indirect_rows AS
SELECT
    l.* REPLACE (
        c.final_url AS target_url, c.final_key AS target_key, c.final_host AS target_host,
        c.final_domain AS target_domain, l.source_domain = c.final_domain AS is_internal,
        coalesce(l.target_raw, l.target_url) AS target_raw
    ),
    list_prepend(l.target_url, c.passed) AS via,
    c.via_kind
FROM read_parquet(getvariable('arranged_links')) l
JOIN chains c ON c.key = l.target_key
WHERE l.is_live AND list_contains(getvariable('chain_kinds'), l.kind) AND l.source_key <> c.final_key;
