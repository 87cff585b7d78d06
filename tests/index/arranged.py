"""A snapshot of hand-made parts, read back as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from small_parts import RULES, SmallPart

from inlink.engine.session import SORT_ROWS, Session
from inlink.index.arrange import arrange
from inlink.store.tables import Written
from inlink.urls.domains import SuffixRules

MEMORY = 400 * 2**20


@dataclass(frozen=True)
class Snapshot:
    """The tables of a snapshot."""

    folder: Path
    written: dict[str, Written]

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table, in order."""
        files = sorted((self.folder / table).glob("*.parquet"))
        rows: list[dict[str, Any]] = pa.concat_tables([pq.read_table(path) for path in files]).to_pylist()
        return rows

    def of_page(self, table: str, name: str, key: str | None = None) -> list[dict[str, Any]]:
        """Rows whose source (or page) lies on `name`.example, on the page of `key` if given."""
        domain, page = ("domain", "url_key") if table == "captures" else ("source_domain", "source_key")
        found = [row for row in self.rows(table) if row[domain] == f"{name}.example"]
        return [row for row in found if key is None or row[page] == key]

    @property
    def digests(self) -> dict[str, str]:
        """Digest of each table's ordered rows."""
        return {name: one.digest for name, one in self.written.items()}


def arranged(
    parts: Sequence[SmallPart],
    folder: Path,
    *,
    rules: SuffixRules = RULES,
    threads: int = 2,
    memory: int = MEMORY,
    sort_rows: int = SORT_ROWS,
) -> Snapshot:
    """The snapshot of some parts."""
    folders = [part.write(folder / f"part-{i}") for i, part in enumerate(parts)]
    scratch = folder / "scratch"
    scratch.mkdir()
    with Session(scratch, threads=threads, memory_bytes=memory, sort_rows=sort_rows) as session:
        written = arrange(folders, folder / "out", rules, session)
    return Snapshot(folder / "out", written)
