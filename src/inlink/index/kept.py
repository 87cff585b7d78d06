"""The workspace's own copies of inputs, made by `add --keep`: how they come, and how they go.

A file of the user's is never touched: what is removed lies in the archive folder under the name that `keep` gave it.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from inlink.errors import CorruptIndex
from inlink.index.manifest import read_manifest
from inlink.store.disk import check_room
from inlink.store.files import publish
from inlink.store.inputs import Input
from inlink.store.workspace import Workspace

_DAY_S = 86_400.0
_PREFIX = 16  # characters of the digest that a copy's name begins with


def keep(workspace: Workspace, entry: Input) -> Input:
    """The input, read from a copy in the workspace from now on; an address or a list of none is left as it is."""
    source = Path(entry.facts.get("path", ""))
    if not source.is_file():
        return entry
    final = workspace.archive / f"{entry.digest[:_PREFIX]}-{source.name}"
    if not final.exists():
        check_room(workspace.path, entry.size_bytes or 0, what=f"the copy of {entry.name}")
        aside = final.with_name(f".{final.name}.part")
        shutil.copyfile(source, aside)
        publish(aside, final)
    facts = {**entry.facts, "path": str(final), "modified_ns": str(final.stat().st_mtime_ns), "kept_from": str(source)}
    return replace(entry, facts=facts)


def copy_of(workspace: Workspace, digest: str) -> Path | None:
    """The copy of the input with that digest; None where the workspace has none."""
    return next(iter(sorted(workspace.archive.glob(f"{digest[:_PREFIX]}-*"))), None)


def drop_unneeded(workspace: Workspace, digests: Iterable[str]) -> int:
    """Remove the copies of these inputs, but for those that the register or a snapshot names; gives how many.

    Call it while holding the build lock. Where a manifest cannot be read, nothing is removed.
    """
    wanted = set(workspace.inputs)
    try:
        for name in workspace.snapshots():
            wanted |= {str(row["digest"]) for row in read_manifest(workspace.snapshot(name)).inputs}
    except CorruptIndex:
        return 0
    return sum(_remove(copy_of(workspace, digest)) for digest in set(digests) - wanted)


def drop_old(workspace: Workspace, days: int, parts: Mapping[str, Input], now_s: float | None = None) -> int:
    """Remove copies made longer than `days` ago of inputs that have been read; gives how many.

    parts: name of the part → input, as the next build would have it; a copy without its part is not read yet.
    The register then names the place that the copy was made from, and when the copy went.
    """
    now_s = time.time() if now_s is None else now_s
    gone = [
        entry
        for name, entry in parts.items()
        if _is_own_copy(workspace, entry)
        and (workspace.part(name) / "part.json").exists()
        and _age_s(Path(entry.facts["path"]), now_s) > days * _DAY_S
    ]
    removed = [entry for entry in gone if _remove(Path(entry.facts["path"]))]
    until = datetime.fromtimestamp(now_s, UTC).date().isoformat()
    workspace.update(_as_before(entry, until) for entry in removed)
    return len(removed)


def _is_own_copy(workspace: Workspace, entry: Input) -> bool:
    path = Path(entry.facts.get("path", ""))
    return "kept_from" in entry.facts and path.parent == workspace.archive and path.name.startswith(
        f"{entry.digest[:_PREFIX]}-"
    )  # fmt: skip


def _as_before(entry: Input, until: str) -> Input:
    """The input, read from where the copy was made from: its bytes are compared before they are taken for the same."""
    facts = {name: value for name, value in entry.facts.items() if name != "kept_from"}
    return replace(entry, facts={**facts, "path": entry.facts["kept_from"], "modified_ns": "", "kept_until": until})


def _age_s(path: Path, now_s: float) -> float:
    try:
        return now_s - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _remove(path: Path | None) -> bool:
    """Whether a file is gone; one that is read right now (on Windows) stays for the next time."""
    if path is None:
        return False
    with contextlib.suppress(PermissionError):
        path.unlink(missing_ok=True)
    return not path.exists()
