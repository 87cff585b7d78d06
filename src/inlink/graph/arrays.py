"""Arrays in a folder: written in pieces, opened as memory maps, told apart by their digests."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from inlink.errors import CorruptIndex
from inlink.store.files import bytes_digest

Array = NDArray[Any]


def save_arrays(folder: Path, arrays: Mapping[str, Array]) -> None:
    """Each array as `folder/<name>.npy`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)


def write_columns(folder: Path, types: Mapping[str, str], n: int, pieces: Iterable[Mapping[str, Array]]) -> None:
    """Columns of `n` rows, written piece by piece: memory holds one piece.

    Raises: CorruptIndex where the pieces have another number of rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    columns = {name: open_memmap(folder / f"{name}.npy", "w+", type_, (n,)) for name, type_ in types.items()}
    done = 0
    for piece in pieces:
        size = len(next(iter(piece.values())))
        if done + size > n:
            raise CorruptIndex(f"more than the {n} rows that were counted", hint="run the command again")
        for name, column in columns.items():
            column[done : done + size] = piece[name]
        done += size
    if done != n:
        raise CorruptIndex(f"{done} rows where {n} were counted", hint="run the command again")
    for column in columns.values():
        column.flush()


def new_array(folder: Path, name: str, type_: type[np.generic], n: int) -> Array:
    """An array of a folder as a memory map that is written; where the system can, the disk gives its room now.

    Otherwise a disk that is full would end the process while it writes. Raises: OSError where there is no room.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.npy"
    found: Array = open_memmap(path, "w+", type_, (n,))
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            try:
                os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
            except OSError as error:
                if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):  # a file system that cannot
                    raise
    return found


def open_array(folder: Path, name: str) -> Array:
    """An array as a read-only memory map. Raises: CorruptIndex where it is missing or no array."""
    path = folder / f"{name}.npy"
    try:
        found: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise CorruptIndex(f"{path} cannot be read", hint="run inlink rank: it makes the graph and run anew") from error
    return found


def digests_of(folder: Path) -> dict[str, str]:
    """File name → digest of its bytes, for the files that stand in a folder itself."""
    return {
        path.name: bytes_digest(path) for path in sorted(folder.iterdir()) if path.is_file() and path.suffix != ".json"
    }
