"""Check what is stored, and throw away what nobody needs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from inlink.engine.protocol import Progress, Report, silent
from inlink.errors import CorruptIndex
from inlink.index.arrange import TABLES
from inlink.index.build import part_names
from inlink.index.kept import drop_old, drop_unneeded
from inlink.index.manifest import read_manifest
from inlink.index.reports import GcReport, VerifyReport
from inlink.store.digests import digest_of
from inlink.store.files import bytes_digest, rename, size_bytes
from inlink.store.parts import part_faults
from inlink.store.tables import read_batches, stored_schema
from inlink.store.workspace import Current, Workspace


def verify(workspace: Workspace, report: Report = silent) -> VerifyReport:
    """Compare every part, snapshot and serving file with its digests. Cost: reads all of them."""
    parts = sorted(path.name for path in workspace.parts.iterdir() if path.is_dir())
    snapshots = workspace.snapshots()
    total = len(parts) + len(snapshots)
    faults: list[str] = []
    try:
        current = workspace.current()
    except CorruptIndex as error:
        current = None
        faults.append(f"{error.message}; {error.hint}")
    for i, name in enumerate(parts):
        report(Progress("verify", i, total, "folders", name))
        faults += part_faults(workspace.part(name))
    for i, name in enumerate(snapshots, len(parts)):
        report(Progress("verify", i, total, "folders", name))
        faults += _snapshot_faults(workspace, name, current)
    report(Progress("verify", total, total, "folders"))
    if current is not None and current.snapshot not in snapshots:
        faults.append(f"CURRENT names the snapshot {current.snapshot}, which is not there")
    return VerifyReport(len(parts), len(snapshots), tuple(faults))


def _snapshot_faults(workspace: Workspace, name: str, current: Current | None) -> Iterator[str]:
    folder = workspace.snapshot(name)
    try:
        manifest = read_manifest(folder)
    except CorruptIndex as error:
        yield error.message
        return
    for table in TABLES:
        try:
            found = digest_of(read_batches(folder / table.folder, table.table), stored_schema(table.table))
        except (OSError, KeyError, pa.ArrowException) as error:
            yield f"{name}/{table.folder} cannot be read ({type(error).__name__})"
            continue
        if found != manifest.tables[table.folder]["digest"]:
            yield f"{name}/{table.folder} does not match its digest"
    yield from _serving_faults(workspace, name, current)


def _serving_faults(workspace: Workspace, name: str, current: Current | None) -> Iterator[str]:
    file = workspace.serving(name)
    note = file.with_suffix(".digest")
    if not file.exists():
        if current is not None and current.snapshot == name:
            yield f"{name}: the serving file is missing; run inlink build"
    elif not note.exists() or note.read_text(encoding="utf-8").strip() != bytes_digest(file):
        yield f"{name}: the serving file does not match its digest; delete it and run inlink build"


def gc(workspace: Workspace, keep: int | None = None) -> GcReport:
    """Remove all but the newest `keep` snapshots (the settings' number if not given), the parts of no input, and
    kept copies of inputs that nothing needs or that are older than the settings allow.

    The served snapshot, and snapshots that a reader holds open, stay. Raises: Busy while a build runs.
    """
    retention = workspace.settings.retention
    keep = retention.snapshots if keep is None else max(1, keep)
    before = size_bytes(workspace.path)
    with workspace.building("gc"):
        old = workspace.snapshots()[:-keep]
        named = {digest for name in old for digest in _inputs_of(workspace, name)}
        removed = workspace.remove(old)
        parts = part_names(workspace)
        n_copies = drop_unneeded(workspace, named)
        n_copies += drop_old(workspace, retention.archive_days, parts) if retention.archive_days is not None else 0
        n_parts = _remove_parts(workspace, set(parts))
    freed = max(0, before - size_bytes(workspace.path))
    in_use = tuple(name for name in old if name not in removed)
    return GcReport(tuple(removed), in_use, n_parts, freed, n_copies=n_copies)


def _inputs_of(workspace: Workspace, name: str) -> set[str]:
    """Digests of a snapshot's inputs; none where its manifest cannot be read."""
    try:
        return {str(row["digest"]) for row in read_manifest(workspace.snapshot(name)).inputs}
    except CorruptIndex:
        return set()


def _remove_parts(workspace: Workspace, wanted: set[str]) -> int:
    unwanted = [path for path in workspace.parts.iterdir() if path.is_dir() and path.name not in wanted]
    for path in unwanted:
        aside = Path(workspace.tmp) / f"removed-{path.name}"
        rename(path, aside)
        shutil.rmtree(aside)
    return len(unwanted)
