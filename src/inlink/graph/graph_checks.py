"""Sorted rows from a disk, checked before compiled loops follow them: a number out of range would be read as a place.

Checking reads all of it (some 0.2 s for 100 million edges). What is checked of a large graph is noted beside its
arrays by size and time of each file, and not looked at again until one of them changes.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inlink.errors import CorruptIndex
from inlink.store.files import replace_text

FILE_NAME = "checked.json"
MANY = 1 << 20  # edges from which on it is noted
_PIECE = 1 << 22


def check_rows(folder: Path, side: str, *, n: int, n_columns: int, rows: tuple[NDArray[Any], NDArray[Any]]) -> None:
    """Nothing, if offsets and neighbours are those of n rows of numbers below n_columns. Raises: CorruptIndex."""
    if not _are_rows(rows[0], rows[1], n):
        raise CorruptIndex(f"the arrays in {folder} do not fit together", hint=_hint(folder))
    stamp = _stamp(folder, side)
    if len(rows[1]) >= MANY and _noted(folder).get(side) == stamp:
        return
    if not _is_ascending(rows[0]) or _largest(rows[1]) >= n_columns:
        raise CorruptIndex(f"{folder} is damaged: {side} links lead to nodes that there are not", hint=_hint(folder))
    if len(rows[1]) >= MANY:
        with suppress(OSError):  # a place that cannot be written is checked each time
            replace_text(folder / FILE_NAME, json.dumps({**_noted(folder), side: stamp}) + "\n")


def _are_rows(offsets: NDArray[Any], neighbours: NDArray[Any], n: int) -> bool:
    return (
        offsets.dtype == np.int64
        and offsets.shape == (n + 1,)
        and neighbours.dtype == np.uint32
        and neighbours.ndim == 1
        and int(offsets[0]) == 0
        and int(offsets[-1]) == len(neighbours)
    )


def _is_ascending(offsets: NDArray[Any]) -> bool:
    for start in range(0, len(offsets) - 1, _PIECE):
        part = offsets[start : start + _PIECE + 1]
        if np.any(part[1:] < part[:-1]):
            return False
    return True


def _largest(values: NDArray[Any]) -> int:
    return int(values.max(initial=0)) if len(values) else -1


def _stamp(folder: Path, side: str) -> list[list[int]]:
    """Size and time of the files of one side."""
    found = (path.stat() for path in sorted(folder.glob(f"{side}_*.npy")))
    return [[each.st_size, each.st_mtime_ns] for each in found]


def _noted(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _hint(folder: Path) -> str:
    return f"delete {folder} and run inlink rank: it makes it again"
