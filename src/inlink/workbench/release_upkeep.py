"""Look after converted releases: compare them with their digests, and remove what a killed import left."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from inlink.engine.protocol import Progress, Report, silent
from inlink.errors import Busy
from inlink.graph.blocks.check import release_faults
from inlink.graph.blocks.layout import MANIFEST
from inlink.graph.laid import releases_needed
from inlink.sources.releases import KINDS
from inlink.store.files import size_bytes
from inlink.store.lock import build_lock
from inlink.store.workspace import Workspace

FOLDER = "releases"
WORK, MADE, OLD = ".importing", ".made", ".old"  # beside the folder of a kind: see workbench.releases


def converted(workspace: Workspace) -> list[Path]:
    """The folder of each graph that can be asked, newest release last."""
    root = workspace.path / FOLDER
    found = [path.parent for path in root.glob(f"*/*/{MANIFEST}") if path.parent.name in KINDS]
    return sorted(found, key=lambda path: (path.parent.name, path.name))


def faults(workspace: Workspace, report: Report = silent) -> Iterator[str]:
    """What is wrong with converted releases. Cost: reads all of them."""
    folders = converted(workspace)
    for i, folder in enumerate(folders, 1):
        report(Progress("verify", i, len(folders), "releases", f"{folder.parent.name}/{folder.name}"))
        for fault in release_faults(folder):
            yield f"{fault}; inlink cc import {folder.parent.name} --kind {folder.name} --again"


def mend(folder: Path) -> None:
    """Give a graph its folder back where a killed import had moved it aside and not yet put the new one there."""
    old = folder.with_name(f"{folder.name}{OLD}")
    if (old / MANIFEST).is_file() and not folder.exists():
        old.replace(folder)


def remove_leftovers(workspace: Workspace, keep: int | None = None) -> tuple[tuple[str, ...], int]:
    """Remove what unfinished imports left and, with `keep`, all but the newest so many releases of each kind.

    Gives what was removed, and the bytes that came free. A release that is being fetched or imported stays as it is.
    Published text is kept: it goes with its release. A release that a run is laid over is needed until the run goes.
    """
    removed: list[str] = []
    freed = 0
    root = workspace.path / FOLDER
    for folder in sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []:
        for path in _doomed(workspace, folder, keep):
            removed.append(f"{folder.name}/{path.name}")
            freed += size_bytes(path)
            shutil.rmtree(path)
        if not any(path.name != "locks" for path in folder.iterdir()):
            shutil.rmtree(folder)
    return tuple(removed), freed


def _doomed(workspace: Workspace, folder: Path, keep: int | None) -> list[Path]:
    """What of a release nobody needs, moved out of the way of readers first; nothing while somebody works on it."""
    locks = folder / "locks"
    locks.mkdir(exist_ok=True)
    needed = releases_needed(workspace.path) if keep is not None else set()
    try:
        with build_lock(locks, "gc"):
            for kind in KINDS:
                mend(folder / kind)
            found = [path for path in folder.iterdir() if path.suffix in (WORK, OLD, MADE) or MADE + "." in path.name]
            for kind in KINDS if keep is not None else ():
                named = [path for path in converted(workspace) if path.name == kind]
                if folder / kind in needed:
                    continue
                if folder / kind in named[: max(0, len(named) - max(1, keep or 1))]:
                    aside = folder / f"{kind}{OLD}"
                    shutil.rmtree(aside, ignore_errors=True)
                    (folder / kind).replace(aside)
                    found = [path for path in found if path != aside] + [aside]
                    text = folder / "text" / kind
                    found += [text] if text.is_dir() else []
            return found
    except Busy:
        return []
