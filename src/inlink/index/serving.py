"""Make the serving file of a snapshot: DuckDB native tables, laid out so that every common answer is a short read.

Rows of `links` (links between domains) stand in the snapshot's order: target key, strength, source. All four scopes
are then one or a few runs of rows, found by bisection in the sorted keys of `pages`. Targets with many rows get their
sums and first rows stored (`serving_heavy`). The tables are described in `inlink.schema.serving`.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb

from inlink.index import serving_db, serving_heavy, serving_links, serving_names, serving_pages
from inlink.index.manifest import FILE_NAME, read_manifest
from inlink.index.serving_db import one
from inlink.index.serving_scan import Snapshot

Progress = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done and how much there is."""

FORMAT = 6
HEAVY_ROWS = 20_000
CHUNK_ROWS = 150_000
BLOCK_BYTES = 65_536
"""A page reads few rows of some thirty columns, a block of each: with DuckDB's 256 KiB that is 8 MB from disk."""


def build_serving(
    snapshot_dir: Path,
    out_path: Path,
    run: str | None = None,
    *,
    memory_limit: str = "1GB",
    threads: int | None = None,
    heavy_rows: int = HEAVY_ROWS,
    chunk_rows: int = CHUNK_ROWS,
    progress: Progress | None = None,
) -> Path:
    """The serving file of the snapshot, written beside `out_path` and moved there when complete.

    heavy_rows: targets with more rows than this have their answers stored.
    Raises: CorruptIndex where tables of the snapshot do not fit together.
    """
    say = progress or _silent
    out_path.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out_path.name}.", dir=out_path.parent))
    try:
        half_done = work / "serving.duckdb"
        with duckdb.connect(str(half_done), config={"default_block_size": BLOCK_BYTES}) as db:
            _configure(db, work, memory_limit, threads)
            snapshot = Snapshot(snapshot_dir, chunk_rows)
            _build(db, snapshot, heavy_rows, say)
            _write_meta(db, snapshot, run, heavy_rows)
            serving_db.run(db, "DETACH scratch")
            serving_db.run(db, "CHECKPOINT")
        half_done.replace(out_path)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return out_path


def _build(db: duckdb.DuckDBPyConnection, snapshot: Snapshot, heavy_rows: int, say: Progress) -> None:
    serving_names.build_names(db, snapshot)
    serving_pages.build_pages(db, snapshot, say)
    serving_links.build_links(db, snapshot, say)
    serving_links.build_places(db)
    serving_links.build_outgoing(db, say)
    serving_links.build_retargets(db)
    serving_links.build_indirect(db, snapshot)
    serving_links.build_pairs(db, snapshot)
    serving_links.build_captures(db, snapshot)
    serving_heavy.build_heavy(db, heavy_rows, say)


def _configure(db: duckdb.DuckDBPyConnection, work: Path, memory_limit: str, threads: int | None) -> None:
    serving_db.run(db, "SET TimeZone = 'UTC'")
    serving_db.run(db, "SET memory_limit = ?", [memory_limit])
    serving_db.run(db, "SET temp_directory = ?", [str(work / "spill")])
    if threads:
        serving_db.run(db, "SET threads = ?", [threads])
    serving_db.run(db, f"ATTACH '{_quoted(work / 'scratch.duckdb')}' AS scratch")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _write_meta(db: duckdb.DuckDBPyConnection, snapshot: Snapshot, run: str | None, heavy_rows: int) -> None:
    latest, earliest = one(db, "SELECT max(fetched_at)::VARCHAR, min(fetched_at)::VARCHAR FROM captures")
    facts = {
        "format": str(FORMAT),
        "snapshot": snapshot.name,
        "run": run,
        "heavy_rows": str(heavy_rows),
        "latest_capture": latest,
        "earliest_capture": earliest,
        "suffixes": _own_suffixes(snapshot.folder),
    }
    serving_db.run(db, "CREATE TABLE meta (name VARCHAR, value VARCHAR)")
    db.executemany("INSERT INTO meta VALUES (?, ?)", list(facts.items()))


def _own_suffixes(folder: Path) -> str | None:
    """The user's own suffixes that the snapshot was made with, as JSON: targets are read by the same."""
    if not (folder / FILE_NAME).exists():
        return None
    return json.dumps(read_manifest(folder).suffixes["own"])


def _silent(step: str, done: int, total: int) -> None:
    """No progress is shown."""
