"""Check stored runs and graphs, and throw away those that nobody needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from inlink.graph import runs
from inlink.graph.arrays import digests_of
from inlink.store.files import bytes_digest
from inlink.store.lock import leased, readers_gate
from inlink.store.workspace import Workspace, empty

KEPT = 3


def run_faults(workspace: Workspace) -> Iterator[tuple[str, list[str]]]:
    """Each run, and each graph beside the runs, with what is wrong with it. Cost: reads all of them."""
    for name in runs.run_names(workspace):
        folder = workspace.graph / name
        yield name, [*runs.run_faults(folder), *_lists_faults(folder)]
    for shared, facts in (("arrays", "graph.json"), ("votes", "votes.json")):
        for folder in _folders(workspace.graph / shared):
            yield f"{shared}/{folder.name}", [*_shared_faults(folder, facts), *_lists_faults(folder)]

    for file in sorted((workspace.path / "serve").glob("*+*.duckdb")):
        note = file.with_suffix(".digest")
        is_sound = note.exists() and note.read_text(encoding="utf-8").strip() == bytes_digest(file)
        wrong = f"serve/{file.name} does not match its digest; delete it and run inlink rank --serve"
        yield f"serve/{file.name}", [] if is_sound else [wrong]


def _shared_faults(folder: Path, facts: str) -> Iterator[str]:
    try:
        expected = json.loads((folder / facts).read_text(encoding="utf-8"))["digests"]
    except (OSError, ValueError, KeyError, TypeError):
        yield f"graph/{folder.parent.name}/{folder.name} cannot be read; delete it and run inlink rank"
        return
    if digests_of(folder) != expected:
        yield f"graph/{folder.parent.name}/{folder.name} does not match its digests; delete it and run inlink rank"


def _lists_faults(folder: Path) -> Iterator[str]:
    """What is wrong with the lists that a run over a release, or its graph, may have (`laid_lists`)."""
    place = folder / runs.LISTS
    if not place.exists():
        return
    again = f"delete {place}, then run inlink rank --release … --keep-lists"
    try:
        expected = json.loads((place / runs.LISTS_FILE).read_text(encoding="utf-8"))["digests"]
    except (OSError, ValueError, KeyError, TypeError):
        yield f"the lists of {folder.name} cannot be read; {again}"
        return
    if digests_of(place) != expected:
        yield f"the lists of {folder.name} do not match their digests; {again}"


def remove_old(workspace: Workspace, keep: int = KEPT) -> tuple[str, ...]:
    """Remove all but the newest `keep` runs of each kind of graph, and the graphs that no run is left for.

    The runs that questions use, and those that a reader holds open, stay. Raises: Busy while a build runs.
    """
    with workspace.building("gc"), readers_gate(workspace.locks):
        doomed = _doomed(workspace, keep)
        for name in doomed:
            (workspace.graph / name).replace(workspace.tmp / f"removed-{name}")
            for path in (workspace.path / "serve").glob(f"*+{name}.*"):
                path.unlink()
        _remove_graphs(workspace)
        empty(workspace.tmp)
    return tuple(doomed)


def _doomed(workspace: Workspace, keep: int) -> list[str]:
    current = workspace.current()
    held = leased(workspace.locks) | {current.run if current else None}
    held |= set(runs.remembered(workspace).values())
    old: list[str] = []
    found = runs.runs_of(workspace)
    for kind in {run.kind for run in found}:
        same = [run.id for run in found if run.kind == kind]
        old += [name for name in same[: max(0, len(same) - max(1, keep))] if name not in held]
    return sorted(old)


def _remove_graphs(workspace: Workspace) -> None:
    """Graphs of no run. Where a run cannot be read, nothing is known to be needless."""
    left = runs.runs_of(workspace)
    if len(left) < len(runs.run_names(workspace)):
        return
    wanted = {"arrays": {run.facts.graph for run in left}, "votes": {run.facts.votes for run in left}}
    for shared, names in wanted.items():
        for folder in _folders(workspace.graph / shared):
            if folder.name not in names:
                folder.replace(workspace.tmp / f"removed-{shared}-{folder.name}")


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
