"""Open what a workspace serves."""

from __future__ import annotations

import weakref
from datetime import datetime
from pathlib import Path

import duckdb

from inlink.index.serving_db import arrow
from inlink.index.serving_reader import Serving
from inlink.store.workspace import Current, Workspace
from inlink.urls.domains import SuffixRules
from inlink.workbench.places import Served


def open_served(workspace: Workspace) -> tuple[Current, Served]:
    """The served snapshot, kept from `gc` until the last question to it has ended."""
    current, lease = workspace.lease()
    try:
        serving = Serving(workspace.serving(current.snapshot))
    except BaseException:
        lease.release()
        raise
    weakref.finalize(serving, lease.release)
    return current, Served(serving, SuffixRules(workspace.settings.suffixes))


def as_of(snapshot: Path) -> datetime | None:
    """The time of a snapshot's latest capture."""
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'").fetchall()
        files = str(snapshot / "captures" / "*.parquet")
        found = arrow(db, "SELECT max(fetched_at) AS at FROM read_parquet(?)", [files])
    latest: datetime | None = found["at"][0].as_py()
    return latest
