"""Common Crawl's graphs in a workspace: which releases there are, fetch one, convert it, and what is here.

releases/<release>/<kind>/             converted: it can be asked
releases/<release>/text/<kind>/        the files as published
releases/<release>/<kind>.importing/   a conversion on its way
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from inlink.engine.protocol import Progress, Report, silent
from inlink.errors import CorruptIndex, NotFound
from inlink.graph.blocks.layout import MANIFEST, Layout, Manifest
from inlink.graph.release_findings import Findings
from inlink.sources.releases import (
    KINDS,
    FetchReport,
    Place,
    Release,
    ReleaseFile,
    check_name,
    fetch_release,
    find_release,
    list_releases,
    open_place,
    read_record,
    release_files,
)
from inlink.store.files import rename, replace_text, size_bytes
from inlink.store.workspace import Workspace
from inlink.workbench.release_attempts import attempting, is_running, stopped
from inlink.workbench.release_results import Example, FetchedRelease, ImportedRelease, ImportOptions, ReleaseState
from inlink.workbench.release_upkeep import mend

FOLDER = "releases"
_TEXT = "text"
_WORK = ".importing"
_WHOLE = "whole.json"
_TOLD = "told.json"  # what the list of releases told of it


def published(workspace: Workspace | None, where: str | None = None) -> list[ReleaseState]:
    """Every graph of every release of a place, with what is here of it. Raises: NotFound, BadInput, Unreachable."""
    found = []
    for release in list_releases(_place(workspace, where)):
        for kind in [kind for kind in KINDS if kind in release.n_nodes] or KINDS:
            here = _state(workspace, release.name, kind) if workspace else ReleaseState(release.name, kind, "published")
            found.append(_with_sizes(here, release))
    return found


def status(workspace: Workspace) -> list[ReleaseState]:
    """What is here of releases, newest name first."""
    root = workspace.path / FOLDER
    names = sorted((path.name for path in root.iterdir() if path.is_dir()), reverse=True) if root.is_dir() else []
    states = [_state(workspace, name, kind) for name in names for kind in KINDS]
    return [state for state in states if state.state != "published"]


def fetch(
    workspace: Workspace,
    name: str,
    kind: str = "domain",
    *,
    where: str | None = None,
    ranks: bool = True,
    restart: bool = False,
    report: Report = silent,
) -> FetchedRelease:
    """The published files of one graph, whole, in the workspace; goes on where an earlier fetch stopped.

    Raises: NotFound, BadInput, Busy, Unreachable (reason "changed" where the release is another one than before).
    """
    place = _place(workspace, where)
    release = _find(place, name)
    with attempting(_folder(workspace, release.name), kind, "fetch", where):
        return _fetch(workspace, place, release, kind, ranks=ranks, restart=restart, report=report)


def import_(
    workspace: Workspace, name: str, kind: str = "domain", options: ImportOptions | None = None, report: Report = silent
) -> ImportedRelease:
    """One graph converted so that it can be asked. Text that is not here is fetched first; a folder's is read there.

    Raises: NotFound, BadInput, Busy, Unreachable, NotConverged, CorruptIndex.
    """
    options = options or ImportOptions()
    if name != "latest" and (found := _unchanged(workspace, name, kind, options)):
        return found  # no list of releases is asked for what is here
    release = _release_for(workspace, name, kind, options)
    with attempting(_folder(workspace, release.name), kind, "import", options.where):
        found = _unchanged(workspace, release.name, kind, options)
        return found or _import(workspace, release, kind, options, report)


def _unchanged(workspace: Workspace, name: str, kind: str, options: ImportOptions) -> ImportedRelease | None:
    """The graph that is here, unless it is to be converted again or cannot be read."""
    final = _folder(workspace, name) / kind
    manifest = None if options.again else _readable(final)
    return None if manifest is None else _imported("unchanged", final, manifest, Findings())


def _import(
    workspace: Workspace, release: Release, kind: str, options: ImportOptions, report: Report
) -> ImportedRelease:
    from inlink.graph.release_import import ReleaseText, import_release  # the compiler takes a second to load

    place, files_folder = _text(workspace, release, kind, options, report)
    files = release_files(place, release.name, kind, ranks=options.ranks)
    final = _folder(workspace, release.name) / kind
    made, work = final.with_name(f"{kind}.made"), final.with_name(f"{kind}{_WORK}")
    shutil.rmtree(made, ignore_errors=True)
    mend(final)
    text = ReleaseText(
        name=release.name,
        kind=kind,
        vertices=[each.file for each in files.vertices],
        edges=[each.file for each in files.edges],
        ranks=[each.file for each in files.ranks],
        identity=_identity(files_folder, [*files.vertices, *files.edges, *files.ranks]),
        n_bytes={
            part: sum(each.file.size_bytes or 0 for each in getattr(files, part))
            for part in ("vertices", "edges", "ranks")
        },
        meta={"crawls": list(release.crawls), "source": options.where or "Common Crawl"},
        n_nodes=release.n_nodes.get(kind),
        n_edges=release.n_edges.get(kind),
    )
    layout = Layout(keeps_out=options.keeps_out)
    if not options.names_beside:
        layout = replace(layout, named=0, named_out=0)
    done = import_release(
        text, made, work, memory_bytes=options.memory_bytes, threads=options.threads, layout=layout, report=report
    )
    _swap(made, final)
    shutil.rmtree(work, ignore_errors=True)
    if not options.keeps_text and files_folder is not None:
        shutil.rmtree(files_folder, ignore_errors=True)
    return _imported("imported", final, done.manifest, done.findings, done.seconds)


def _text(
    workspace: Workspace, release: Release, kind: str, options: ImportOptions, report: Report
) -> tuple[Place, Path | None]:
    """Where the text is, and its folder where it is in the workspace; fetched where it is nowhere on this machine."""
    if options.where is not None and Path(options.where).expanduser().is_dir():
        return open_place(options.where), None
    root = _folder(workspace, release.name) / _TEXT
    if not _is_whole(root / kind, ranks=options.ranks) or options.restart or options.where is not None:
        place = _place(workspace, options.where)
        _fetch(workspace, place, release, kind, ranks=options.ranks, restart=options.restart, report=report)
    return open_place(str(root)), root / kind


def _fetch(
    workspace: Workspace, place: Place, release: Release, kind: str, *, ranks: bool, restart: bool, report: Report
) -> FetchedRelease:
    name = release.name
    folder = _folder(workspace, name) / _TEXT / kind
    files = release_files(place, name, kind, ranks=ranks)

    def tick(done: int, total: int | None, path: str) -> None:
        report(Progress("fetch", done, total, "bytes", path))

    found: FetchReport = fetch_release(files, folder, restart=restart, tick=tick)
    told = {"n_nodes": release.n_nodes.get(kind), "n_edges": release.n_edges.get(kind), "crawls": release.crawls}
    replace_text(folder / _TOLD, json.dumps(told) + "\n")
    replace_text(folder / _WHOLE, json.dumps([file.path for file in found.files]) + "\n")
    return FetchedRelease(
        name, kind, str(folder), len(found.files), found.n_new, found.n_resumed, found.n_bytes,
        sum(file.size_bytes for file in found.files),
    )  # fmt: skip


def _is_whole(folder: Path, *, ranks: bool = False) -> bool:
    """Whether all files that a finished fetch wanted are there; with ranks, whether it wanted those too."""
    try:
        wanted = json.loads((folder / _WHOLE).read_text(encoding="utf-8"))
        known = read_record(folder)
    except (OSError, ValueError):
        return False
    if ranks and not any("-ranks." in path for path in wanted):
        return False
    return all(path in known and (folder / path).is_file() for path in wanted)


def _identity(folder: Path | None, files: list[ReleaseFile]) -> list[list[object]]:
    """For each file its path, size and digest; its time where it has no digest because it is no copy of ours."""
    known = read_record(folder) if folder else {}
    return [
        [each.path, each.file.size_bytes, known[each.path].digest if each.path in known else each.file.validator]
        for each in files
    ]


def _release_for(workspace: Workspace, name: str, kind: str, options: ImportOptions) -> Release:
    """The release of a name; one whose text is here, or in a folder without a list, needs no list."""
    if name != "latest" and options.where is None and _is_whole(text := _folder(workspace, name) / _TEXT / kind):
        return _told(text, name, kind)
    return _find(_place(workspace, options.where), name)


def _told(text: Path, name: str, kind: str) -> Release:
    """What the list of releases said when the text was fetched; older text has no record of it."""
    try:
        found = json.loads((text / _TOLD).read_text(encoding="utf-8"))
        crawls = tuple(map(str, found["crawls"]))
        n_nodes, n_edges = ({kind: int(found[what])} if found[what] else {} for what in ("n_nodes", "n_edges"))
    except (OSError, ValueError, TypeError, KeyError):
        return Release(check_name(name), (), {}, {})
    return Release(check_name(name), crawls, n_nodes, n_edges)


def _find(place: Place, name: str) -> Release:
    try:
        return find_release(place, name)
    except NotFound as error:
        if error.facts.get("reason") != "no-listing" or name == "latest":
            raise
        return Release(check_name(name), (), {}, {})


def _place(workspace: Workspace | None, where: str | None) -> Place:
    return open_place(where, workspace.settings.fetch.test_hosts if workspace else ())


def _folder(workspace: Workspace, name: str) -> Path:
    return workspace.path / FOLDER / check_name(name)


def _swap(made: Path, final: Path) -> None:
    """The new release gets its name; an older one is removed."""
    old = final.with_name(f"{final.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        rename(final, old)
    rename(made, final)
    shutil.rmtree(old, ignore_errors=True)


def _readable(folder: Path) -> Manifest | None:
    """What a converted graph says of itself; None where there is none, or it is damaged or of another version."""
    path = folder / MANIFEST
    try:
        return Manifest.from_json(path.read_bytes(), name=str(path))
    except (CorruptIndex, FileNotFoundError):
        return None


def _imported(
    outcome: str, folder: Path, manifest: Manifest, findings: Findings, seconds: Mapping[str, float] | None = None
) -> ImportedRelease:
    examples = tuple(Example(e.file, e.line, e.reason, e.text) for e in findings.examples)
    return ImportedRelease(
        outcome, manifest.name, manifest.kind, str(folder), manifest.n, manifest.n_edges_in, size_bytes(folder),
        dict(findings.counts), examples, seconds or {},
    )  # fmt: skip


def _state(workspace: Workspace, name: str, kind: str) -> ReleaseState:
    folder = _folder(workspace, name)
    text = folder / _TEXT / kind
    held = size_bytes(text) if text.is_dir() else None
    if (folder / kind / MANIFEST).is_file():
        size = size_bytes(folder / kind)
        found = _readable(folder / kind)
        if found is None:
            return ReleaseState(name, kind, "unreadable", size_bytes=size, text_bytes=held, path=str(folder / kind))
        return ReleaseState(name, kind, "imported", found.n, found.n_edges_in, size, held, str(folder / kind))
    if (folder / f"{kind}{_WORK}").is_dir():
        work = size_bytes(folder / f"{kind}{_WORK}")
        return _begun(ReleaseState(name, kind, "importing", size_bytes=work, text_bytes=held), folder)
    if held is not None:
        if _is_whole(text):
            return ReleaseState(name, kind, "fetched", text_bytes=held, path=str(text))
        return _begun(ReleaseState(name, kind, "fetching", text_bytes=held, path=str(text)), folder)
    return ReleaseState(name, kind, "published")


def _begun(state: ReleaseState, folder: Path) -> ReleaseState:
    """A state that lasts while somebody works on it; else it has stopped."""
    if is_running(folder, state.kind):
        return state
    purpose = {"importing": "import", "fetching": "fetch"}[state.state]
    found = stopped(folder, state.kind, purpose)
    return replace(state, state=f"{purpose} stopped", why=found.why, hint=found.hint)


def _with_sizes(state: ReleaseState, release: Release) -> ReleaseState:
    return replace(
        state,
        n_nodes=state.n_nodes or release.n_nodes.get(state.kind),
        n_edges=state.n_edges or release.n_edges.get(state.kind),
        crawls=release.crawls,
    )
