"""Who holds what: one builder per workspace, and readers whose snapshots are not thrown away."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from inlink.errors import Busy, Unreachable

READER_WAIT_S = 30.0


@contextmanager
def build_lock(folder: Path, purpose: str = "build", about: str | None = None) -> Iterator[None]:
    """Held by one process at a time; the system lets go of it when the process ends, however it ends.

    about: what is worked on, where the lock is for several things. Raises: Busy that names the holder.
    """
    lock = FileLock(folder / "build.lock")
    note = folder / "build.holder"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise _busy(folder, note) from None
    try:
        said = {"pid": os.getpid(), "purpose": purpose, "about": about, "since": time.time()}
        note.write_text(json.dumps(said), encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def holder(folder: Path) -> dict[str, object] | None:
    """What is known of the process that holds the build lock; None where it is free.

    Without a note nobody is asked: trying the lock takes it for a moment, in which another would be refused.
    """
    found = _read(folder / "build.holder")
    if found is None:
        return None
    lock = FileLock(folder / "build.lock")
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):  # who may not write here cannot try it: the note counts
        return found
    (folder / "build.holder").unlink(missing_ok=True)  # of a process that was killed
    lock.release()
    return None


def _busy(folder: Path, note: Path) -> Busy:
    found = _read(note) or {}
    pid, purpose = found.get("pid"), found.get("purpose", "build")
    who = f"process {pid}" if pid is not None else "another process"
    return Busy(
        f"a {purpose} of {folder.parent} is running ({who})", hint="wait until it has ended, or end it", pid=pid
    )


def _read(note: Path) -> dict[str, object] | None:
    try:
        found: dict[str, object] = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


@contextmanager
def readers_gate(folder: Path) -> Iterator[None]:
    """Held for moments: by a reader that takes a lease, and by gc while it looks at leases and renames folders.

    Raises: Busy where it cannot be had for long; Unreachable where nothing may be written in the workspace.
    """
    lock = FileLock(folder / "readers.lock")
    try:
        lock.acquire(timeout=READER_WAIT_S)
    except Timeout:
        raise Busy(f"{folder.parent} is being changed by another process", hint="try again in a minute") from None
    except OSError as error:
        raise Unreachable(
            f"nothing can be written to {folder} ({error.strerror})",
            hint="make the folder of the workspace writable",
        ) from error
    try:
        yield
    finally:
        lock.release()


class Lease:
    """A reader's word that it has a snapshot open: a locked file that ends with the process at the latest.

    folder: where the file goes; None on a disk that cannot be written, where nothing is thrown away either.
    """

    def __init__(self, folder: Path | None, snapshot: str) -> None:
        self.snapshot = snapshot
        self._path = (folder or Path()) / f"{snapshot}.{os.getpid()}.{secrets.token_hex(4)}.lease"
        self._lock = FileLock(self._path, thread_local=False)
        if folder is not None:
            self._lock.acquire(timeout=0)

    def release(self) -> None:
        """The reader has closed the snapshot. Releasing twice is harmless."""
        if self._lock.is_locked:
            self._lock.release()
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)


def leased(folder: Path) -> set[str]:
    """Snapshots that a living reader has open; leases of ended readers are removed. Call it within `readers_gate`."""
    held: set[str] = set()
    for path in folder.glob("*.lease"):
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            held.add(path.name.split(".", 1)[0])
        else:
            lock.release()
            path.unlink(missing_ok=True)
    return held
