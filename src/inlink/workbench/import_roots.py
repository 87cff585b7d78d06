"""Which folders of this machine people with accounts may import from: what a server can read is not all theirs."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING

from inlink.errors import Refused
from inlink.sources.naming import is_address
from inlink.workbench.jobs_kinds import Add, Arguments, Release

if TYPE_CHECKING:
    from inlink.store.workspace import Workspace
    from inlink.workbench.people import Who

USUAL = ("uploads", "data")  # of the workspace


def check(workspace: Workspace, who: Who, arguments: Arguments) -> None:
    """Whether somebody may have read what a job is told to read.

    Whoever sits at the machine itself (the command line; a site without users) may name any path.
    Raises: Refused, in the same words whether the path is there or not.
    """
    if who.user_id is not None:
        check_named(workspace, arguments)


def check_named(workspace: Workspace, arguments: Arguments) -> None:
    """Whether people with accounts may have read what a job is told to read. Raises: Refused, as `check`."""
    named: list[str] = []
    if isinstance(arguments, Add):
        named = [*arguments.inputs, *([arguments.base_url] if arguments.base_url else [])]
    elif isinstance(arguments, Release) and arguments.where:
        named = [arguments.where]
    if not named:
        return
    roots = [_real(root, workspace.path) for root in (*USUAL, *workspace.settings.imports.roots)]
    for spec in named:
        if not is_address(spec) and not _is_within(spec, roots):
            raise Refused(
                f"{spec[:200]} is in no folder that may be imported from",
                hint="upload the file, give its address, or have an admin add its folder (Settings, Imports; "
                "[import] roots in inlink.toml)",
            )


def _is_within(spec: str, roots: list[Path]) -> bool:
    """Whether what a path or pattern names lies below one of the folders, links of the file system followed."""
    try:
        if "\0" in spec or ".." in Path(spec).parts:
            return False
        if not glob.has_magic(spec):
            return _is_below(spec, roots)
        # The part before its first sign comes first: nothing else is searched through. Then what it names now.
        return _is_below(_before_magic(spec), roots) and all(
            _is_below(name, roots)
            for name in glob.iglob(spec, recursive=True)  # noqa: PTH207
        )
    except (OSError, ValueError):
        return False


def _is_below(path: str, roots: list[Path]) -> bool:
    return any(_real(path).is_relative_to(root) for root in roots)


def _before_magic(spec: str) -> str:
    parts = Path(spec).parts
    n = next(n for n, part in enumerate(parts) if glob.has_magic(part))
    return os.path.join(*parts[:n]) if n else "."  # noqa: PTH118


def _real(path: str, base: Path | None = None) -> Path:
    """The path without links of the file system; of a relative one below `base`, or where the server runs."""
    expanded = Path(path).expanduser()
    return Path(os.path.realpath(base / expanded if base is not None else expanded))
