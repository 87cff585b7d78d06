-- The tables of all parts, each row with its part and its place in it.
-- In:  variables part_captures, part_pages, part_links: lists of files, one per part, in the order of part digests.

CREATE VIEW part_captures AS
SELECT *, file_index::BIGINT AS part, file_row_number AS row FROM read_parquet(getvariable('part_captures'));

CREATE VIEW part_pages AS
SELECT *, file_index::BIGINT AS part, file_row_number AS row FROM read_parquet(getvariable('part_pages'));

CREATE VIEW part_links AS
SELECT *, file_index::BIGINT AS part, file_row_number AS row FROM read_parquet(getvariable('part_links'));
