"""Revisit records whose originals would go: what is left says "unchanged", and nothing says what it was."""

from __future__ import annotations

import duckdb

from inlink.index.build import part_names
from inlink.store.workspace import Workspace

_COUNT = """
    SELECT count(*) FROM (
        SELECT DISTINCT url_key, payload_digest FROM read_parquet($left) WHERE is_revisit
    ) r
    SEMI JOIN (SELECT url_key, payload_digest FROM read_parquet($doomed) WHERE NOT is_revisit) d
        USING (url_key, payload_digest)
    ANTI JOIN (SELECT url_key, payload_digest FROM read_parquet($left) WHERE NOT is_revisit) o
        USING (url_key, payload_digest)
"""


def stranded(workspace: Workspace, doomed: frozenset[str]) -> int:
    """Pages that inputs which are left repeat from those with these digests, and from no other.

    Parts that are not made yet, or are damaged, are passed over. Cost: three columns of all captures, where there are
    both kinds.
    """
    files: dict[bool, list[str]] = {True: [], False: []}
    for name, entry in part_names(workspace).items():
        path = workspace.part(name) / "captures.parquet"
        if path.exists():
            files[entry.digest in doomed].append(str(path))
    if not files[True] or not files[False]:
        return 0
    with duckdb.connect() as db:
        try:
            found = db.execute(_COUNT, {"left": files[False], "doomed": files[True]}).fetchone()
        except duckdb.Error:  # a part that cannot be read: `inlink verify` says so
            return 0
    return int(found[0]) if found else 0
