"""Open what a workspace serves."""

from __future__ import annotations

import contextlib
import json
import weakref
from datetime import datetime
from pathlib import Path

import duckdb

from inlink.errors import CorruptIndex, NotFound
from inlink.index.serving_db import arrow
from inlink.index.serving_reader import Serving
from inlink.store.workspace import Current, Workspace
from inlink.urls.domains import SuffixRules
from inlink.workbench.places import Served

MEMORY = "1GB"  # of the served file's pages and of queries


def open_served(workspace: Workspace, memory: str = MEMORY) -> tuple[Current, Served]:
    """The served snapshot, kept from `gc` until the last question to it has ended."""
    current, lease = workspace.lease()
    try:
        serving = _serving(workspace, current, memory)
    except BaseException:
        lease.release()
        raise
    weakref.finalize(serving, lease.release)
    own = serving.meta.get("suffixes")
    return current, Served(serving, SuffixRules(json.loads(own) if own else workspace.settings.suffixes))


def _serving(workspace: Workspace, current: Current, memory: str) -> Serving:
    """The file of the snapshot with its run; of the snapshot alone where that is not there or of another version."""
    if current.run is not None:
        with contextlib.suppress(NotFound, CorruptIndex):
            return Serving(workspace.serving(current.snapshot, current.run), memory_limit=memory)
    return Serving(workspace.serving(current.snapshot), memory_limit=memory)


def as_of(snapshot: Path) -> datetime | None:
    """The time of a snapshot's latest capture."""
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'").fetchall()
        files = str(snapshot / "captures" / "*.parquet")
        found = arrow(db, "SELECT max(fetched_at) AS at FROM read_parquet(?)", [files])
    latest: datetime | None = found["at"][0].as_py()
    return latest
