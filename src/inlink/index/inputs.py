"""Which inputs a workspace has, and taking some out."""

from __future__ import annotations

from collections.abc import Sequence

from inlink.errors import CorruptIndex
from inlink.index.kept import drop_unneeded
from inlink.index.manifest import read_manifest
from inlink.index.reports import InputState, RemoveReport
from inlink.index.stranded import stranded
from inlink.store.inputs import Input, named
from inlink.store.workspace import Workspace


def remove(workspace: Workspace, specs: Sequence[str]) -> RemoveReport:
    """Take inputs out of the register: the next build makes a snapshot without them. All of them, or none.

    specs: names, folders or digests, as `named` reads them. The files themselves stay where they are.
    Raises: NotFound, BadInput for a spec; Busy while a build runs.
    """
    with workspace.building("remove"):
        known = workspace.inputs
        doomed = {entry.digest: entry for spec in specs for entry in named(known, spec)}
        n_stranded = stranded(workspace, frozenset(doomed))
        served = {str(row["digest"]) for row in _served_rows(workspace)}
        workspace.unregister(doomed)
        n_copies = drop_unneeded(workspace, doomed)
    return RemoveReport(
        tuple(doomed.values()), len(known) - len(doomed), len(served & doomed.keys()), n_copies, n_stranded
    )


def states(workspace: Workspace) -> tuple[InputState, ...]:
    """Every input in the order in which they were added, then those that only the served snapshot still has."""
    rows = {str(row["digest"]): row for row in _served_rows(workspace)}
    known = workspace.inputs
    listed = [_state(entry, rows.get(digest)) for digest, entry in known.items()]
    gone = [_removed(row) for digest, row in rows.items() if digest not in known]
    return (*listed, *gone)


def _served_rows(workspace: Workspace) -> list[dict[str, object]]:
    """Inputs of the served snapshot; none where nothing is served, or what is served cannot be read."""
    try:
        current = workspace.current()
        return read_manifest(workspace.snapshot(current.snapshot)).inputs if current else []
    except CorruptIndex:
        return []


def _state(entry: Input, row: dict[str, object] | None) -> InputState:
    return InputState(
        entry.digest,
        "waiting" if row is None else "served",
        entry.format,
        entry.size_bytes,
        *_counts(row),
        entry.name,
        entry.copies,
        entry.facts.get("path") or entry.facts.get("url"),
        entry.facts.get("kept_until"),
    )


def _removed(row: dict[str, object]) -> InputState:
    return InputState(str(row["digest"]), "removed", str(row["format"]), None, *_counts(row), str(row["name"]))


def _counts(row: dict[str, object] | None) -> tuple[int | None, int | None]:
    """Captures and links of a part."""
    rows = row["rows"] if row else None
    return (int(rows["captures"]), int(rows["links"])) if isinstance(rows, dict) else (None, None)
