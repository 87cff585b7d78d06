"""A store of watches in a folder, open while a block runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from inlink.monitor.keeping import MonitorStore
from inlink.store.db import WorkDatabase
from inlink.urls.domains import SuffixRules


@contextlib.contextmanager
def opened_store(folder: Path, rules: SuffixRules) -> Iterator[MonitorStore]:
    with contextlib.closing(WorkDatabase.open(folder / "workspace.db")) as database:
        yield MonitorStore(database, rules)
