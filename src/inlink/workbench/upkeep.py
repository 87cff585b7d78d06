"""Fill a workspace and look after it: add, build, verify, gc, status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from inlink.engine.local import LocalEngine
from inlink.engine.protocol import Progress, Report, silent
from inlink.errors import CorruptIndex
from inlink.graph import upkeep as runs_upkeep
from inlink.graph.runs import remembered, run_names, runs_of
from inlink.index import adding, upkeep
from inlink.index import inputs as input_list
from inlink.index.build import build as build_index
from inlink.index.manifest import Manifest, read_manifest
from inlink.index.reports import AddReport, BuildReport, GcReport, InputState, RemoveReport, VerifyReport
from inlink.store.disk import told_when_full
from inlink.store.files import size_bytes
from inlink.store.workspace import Current, Workspace
from inlink.workbench import release_upkeep
from inlink.workbench.results import Status


def add(
    workspace: Workspace,
    specs: Sequence[str],
    *,
    keep: bool = False,
    base_url: str | None = None,
    report: Report = silent,
) -> AddReport:
    """Register inputs."""
    with told_when_full(workspace.path):
        return adding.add(workspace, specs, keep=keep, base_url=base_url, report=report)


def inputs(workspace: Workspace) -> tuple[InputState, ...]:
    """Every input, and what of it is served."""
    return input_list.states(workspace)


def remove(workspace: Workspace, specs: Sequence[str]) -> RemoveReport:
    """Take inputs out."""
    with told_when_full(workspace.path):
        return input_list.remove(workspace, specs)


def build(workspace: Workspace, *, workers: int | None = None, report: Report = silent) -> BuildReport:
    """Bring what is served up to date with the inputs, by local processes."""
    settings = workspace.settings.build
    engine = LocalEngine(workers or settings.workers, settings.memory_bytes)
    return build_index(workspace, engine, report)


def verify(workspace: Workspace, *, report: Report = silent) -> VerifyReport:
    """Compare everything that is stored with its digests."""
    found = upkeep.verify(workspace, report)
    faults = list(found.faults)
    done = found.n_parts + found.n_snapshots
    for i, (name, wrong) in enumerate(runs_upkeep.run_faults(workspace), done + 1):
        report(Progress("verify", i, None, "folders", name))
        faults += wrong
    faults += release_upkeep.faults(workspace, report)
    n_releases = len(release_upkeep.converted(workspace))
    return replace(found, faults=tuple(faults), n_runs=len(run_names(workspace)), n_releases=n_releases)


def gc(workspace: Workspace, *, keep: int | None = None, keep_releases: int | None = None) -> GcReport:
    """Remove what is old and not in use; releases of web graphs only where it is said how many to keep."""
    before = size_bytes(workspace.graph)
    found = upkeep.gc(workspace, keep)
    runs = runs_upkeep.remove_old(workspace, workspace.settings.retention.snapshots if keep is None else keep)
    freed = max(0, before - size_bytes(workspace.graph))
    releases, more = release_upkeep.remove_leftovers(workspace, keep_releases)
    return replace(found, runs=runs, freed_bytes=found.freed_bytes + freed + more, releases=releases)


def status(workspace: Workspace) -> Status:
    """What the workspace holds and serves, by the manifest of the served snapshot."""
    current = workspace.current()
    rows: dict[str, int] = {}
    notes: list[str] = []
    if current is not None:
        try:
            manifest = read_manifest(workspace.snapshot(current.snapshot))
            rows = _rows(manifest)
            notes += _differing(workspace, manifest)
        except CorruptIndex as error:
            notes.append(error.message)
    return Status(
        path=str(workspace.path),
        snapshot=current.snapshot if current else None,
        n_inputs=len(workspace.inputs),
        n_captures=rows.get("captures"),
        n_links=rows.get("links"),
        n_hosts=rows.get("hosts"),
        n_domains=rows.get("domains"),
        size_bytes=size_bytes(workspace.path),
        facts=_run_facts(workspace, current),
        notes=tuple(notes),
    )


def _differing(workspace: Workspace, manifest: Manifest) -> list[str]:
    """That the served snapshot has other inputs than the workspace."""
    served, known = {str(row["digest"]) for row in manifest.inputs}, set(workspace.inputs)
    counts = {
        "the served snapshot lacks inputs that were added": len(known - served),
        "the served snapshot has inputs that were removed": len(served - known),
    }
    return [f"{what} ({count:,}): run inlink build" for what, count in counts.items() if count]


def _run_facts(workspace: Workspace, current: Current | None) -> dict[str, str]:
    """The latest run of each kind of graph, and the one that rows are ordered by."""
    latest = {run.kind: run.id for run in runs_of(workspace)} | remembered(workspace)
    facts = {"runs": ", ".join(latest[kind] for kind in sorted(latest))} if latest else {}
    return {**facts, "ordered by": current.run} if current is not None and current.run else facts


def _rows(manifest: Manifest) -> dict[str, int]:
    return {name: int(table["n_rows"]) for name, table in manifest.tables.items()}
