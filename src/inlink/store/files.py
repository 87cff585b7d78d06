"""Files that are there whole or not at all: written aside, forced to disk, then renamed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import xxhash

from inlink.errors import Unreachable

_IN_USE = (5, 32, 33)  # Windows: access denied, sharing violation, lock violation
_WAITS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 1.0, 2.0)
T = TypeVar("T")


def replace_text(path: Path, text: str) -> None:
    """`path` holds `text`; a reader, and a crash at any moment, sees the old file or the new one."""
    aside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with aside.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        rename(aside, path)
    except (OSError, Unreachable):
        aside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def rename(aside: Path, final: Path) -> None:
    """`aside` has the name `final`, in place of what had it.

    Windows refuses while somebody has either open, a virus scanner say: it is tried again for five seconds.
    Raises: Unreachable where it is still in use then; OSError for all else.
    """
    patiently(lambda: aside.replace(final), final)


def patiently(action: Callable[[], T], path: Path) -> T:
    """What an action on a file gives, tried again while Windows says that somebody else has the file open.

    Raises: Unreachable where it is still in use after five seconds; OSError for all else.
    """
    waits_s = iter(_WAITS_S)
    while True:
        try:
            return action()
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _IN_USE:
                raise
            if (wait_s := next(waits_s, None)) is None:
                raise Unreachable(
                    f"{path} is in use by another program, or may not be changed ({error.strerror or error})",
                    hint="close what has it open (a backup, a virus scanner, another inlink), then do it again",
                ) from error
        time.sleep(wait_s)


def sync_folder(path: Path) -> None:
    """The names in a folder are on disk (where the system lets folders be forced; Windows does not)."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows cannot open folders
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_files(paths: Iterable[Path]) -> None:
    """The bytes of files that others wrote are on disk."""
    for path in paths:
        with path.open("rb+") as stream:
            os.fsync(stream.fileno())


def publish(aside: Path, final: Path) -> None:
    """A finished folder or file gets its name: everything in it is forced to disk first."""
    if aside.is_dir():
        files = [path for path in aside.rglob("*") if path.is_file()]
        sync_files(files)
        for folder in {path.parent for path in files} | {aside}:
            sync_folder(folder)
    else:
        sync_files([aside])
    rename(aside, final)
    sync_folder(final.parent)


def size_bytes(path: Path) -> int:
    """Bytes of a file, or of all files below a folder; files that vanish meanwhile count 0."""
    total = 0
    for file in [path] if path.is_file() else path.rglob("*"):
        try:
            total += file.stat().st_size if file.is_file() else 0
        except FileNotFoundError:
            continue
    return total


def bytes_digest(path: Path) -> str:
    """Digest of a file's bytes: against accidents, not against malice. Raises: OSError."""
    digest = xxhash.xxh3_128()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
