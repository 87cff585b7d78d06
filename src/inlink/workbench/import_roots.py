"""Which folders of this machine people with accounts may import from: what a server can read is not all theirs."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inlink.errors import BadInput, Refused
from inlink.sources.naming import is_address
from inlink.workbench.jobs_kinds import Add, Arguments, Release

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inlink.store.workspace import Workspace
    from inlink.workbench.people import Who

USUAL = ("uploads", "data")  # of the workspace


def check(workspace: Workspace, who: Who, arguments: Arguments) -> None:
    """Whether somebody may have read what a job is told to read.

    Whoever sits at the machine itself (the command line; a site without users) may name any whole path.
    Raises: BadInput for a relative path; Refused, in the same words whether the path is there or not.
    """
    if who.user_id is not None:
        check_named(workspace, arguments)
    else:
        _named(arguments)


def check_named(workspace: Workspace, arguments: Arguments) -> None:
    """Whether people with accounts may have read what a job is told to read. Raises: BadInput, Refused, as `check`."""
    named = _named(arguments)
    if not named:
        return
    roots = [_real(root, workspace.path) for root in (*USUAL, *workspace.settings.imports.roots)]
    for spec in named:
        if not _is_within(spec, roots):
            raise Refused(
                f"{spec[:200]} is in no folder that may be imported from",
                hint="upload the file, give its address, or have an admin add its folder (Settings, Imports; "
                "[import] roots in inlink.toml)",
            )


def _named(arguments: Arguments) -> list[str]:
    """The paths and patterns that a job is to read.

    Raises: BadInput for a relative one: who judges it and who reads it may stand in different folders.
    """
    given: list[str | None] = []
    if isinstance(arguments, Add):
        given = [*arguments.inputs, arguments.base_url]
    elif isinstance(arguments, Release):
        given = [arguments.where]
    named = [spec for spec in given if spec and not is_address(spec)]
    for spec in named:
        if not Path(spec).is_absolute():
            raise BadInput(
                f"{spec[:200]} is no whole path", hint="name it from the root on, as in /srv/crawls/a.warc.gz"
            )
    return named


def from_here(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a job whose relative paths are those of this process: what its user means at the command line."""
    found = dict(arguments)
    for name in ("inputs", "base_url", "where"):
        if isinstance(given := found.get(name), list):
            found[name] = [_whole(spec) for spec in given]
        elif given:
            found[name] = _whole(given)
    return found


def _whole(spec: str) -> str:
    """The path or pattern from the root on, spelled as it was; an address, and what is none of both, as it is."""
    if is_address(spec) or not spec.strip():
        return spec
    here = str(Path.cwd())
    is_pattern = glob.has_magic(spec) and not os.path.exists(spec)  # noqa: PTH110  names with \0 are not there
    return os.path.join(glob.escape(here) if is_pattern else here, os.path.expanduser(spec))  # noqa: PTH111, PTH118


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
    return os.path.join(*parts[: next(n for n, part in enumerate(parts) if glob.has_magic(part))])  # noqa: PTH118


def _real(path: str, base: Path = Path("/")) -> Path:
    """The path without links of the file system; of a relative one below `base`."""
    return Path(os.path.realpath(base / Path(path).expanduser()))
