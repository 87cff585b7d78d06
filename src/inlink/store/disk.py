"""Whether there is room on the disk, and what to say where there is none."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inlink.errors import Unreachable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG}) if hasattr(errno, "EDQUOT") else frozenset({errno.ENOSPC})
_SQLITE_FULL = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")  # the second where not even its shared memory finds room
_MIB = 2**20


def check_room(folder: Path, need_bytes: int, *, what: str) -> None:
    """Nothing, if the disk has room. Raises: Unreachable that says how much is there and how much is needed."""
    free = shutil.disk_usage(folder).free
    if free < need_bytes:
        raise Unreachable(
            f"{what} needs about {shown(need_bytes)} and the disk of {folder} has {shown(free)} free",
            hint="free some space (inlink gc removes old snapshots) or move the workspace to a larger disk",
            need_bytes=need_bytes,
            free_bytes=free,
        )


def is_full(error: BaseException) -> bool:
    """Whether the error means that the disk, or the quota, is full. Libraries pass on the system's words only."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorname", "") in _SQLITE_FULL
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _FULL
    return any(os.strerror(code) in str(error) for code in _FULL)


def full_error(folder: Path) -> Unreachable:
    """The error to raise where the disk filled up in the middle of the work."""
    return Unreachable(
        f"the disk of {folder} is full; what was served before is still served",
        hint="free some space and run the same command again: it goes on where it stopped",
        reason="disk-full",
    )


@contextmanager
def told_when_full(folder: Path) -> Iterator[None]:
    """What a full disk breaks off in the block, as an error that says so. Raises: Unreachable (reason "disk-full")."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        if is_full(error):
            raise full_error(folder) from error
        raise


def shown(n_bytes: int) -> str:
    """A size for people: 12 MiB, 3.4 GiB."""
    return f"{n_bytes / _MIB / 1024:.1f} GiB" if n_bytes >= 1024 * _MIB else f"{max(1, n_bytes // _MIB)} MiB"
