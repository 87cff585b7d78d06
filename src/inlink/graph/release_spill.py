"""Edges that came out of order: put aside on disk by range of sources, and merged into sorted out-lists."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled

_N_RANGES = 256


@compiled
def group(pairs: NDArray[np.uint32], width: int, starts: NDArray[np.int64], grouped: NDArray[np.uint32]) -> None:
    """Pairs (source, target) by range of sources, `width` sources each; starts (ranges + 1,) is filled in."""
    starts[:] = 0
    for k in range(len(pairs)):
        starts[pairs[k, 0] // width + 1] += 1
    for r in range(1, len(starts)):
        starts[r] += starts[r - 1]
    fills = starts[:-1].copy()
    for k in range(len(pairs)):
        r = pairs[k, 0] // width
        grouped[fills[r], 0], grouped[fills[r], 1] = pairs[k, 0], pairs[k, 1]
        fills[r] += 1


@compiled
def merge_rows(
    kept: NDArray[np.uint32],
    pairs: NDArray[np.uint32],
    first: int,
    degrees: NDArray[np.uint32],
    merged: NDArray[np.uint32],
) -> int:
    """Rows of sources from `first` on with more targets in each, ascending and unique; gives how many were repeated.

    kept: the rows as they are; degrees: of these sources, replaced by the new ones; merged: kept and pairs fit in.
    """
    n = len(degrees)
    starts = np.zeros(n + 1, np.int64)
    for s in range(n):
        starts[s + 1] = degrees[s]
    for k in range(len(pairs)):
        starts[pairs[k, 0] - first + 1] += 1
    for s in range(n):
        starts[s + 1] += starts[s]
    fills = starts[:-1].copy()
    at = 0
    for s in range(n):
        for _ in range(degrees[s]):
            merged[fills[s]] = kept[at]
            fills[s] += 1
            at += 1
    for k in range(len(pairs)):
        s = pairs[k, 0] - first
        merged[fills[s]] = pairs[k, 1]
        fills[s] += 1
    fill = 0
    for s in range(n):
        merged[starts[s] : starts[s + 1]].sort()
        begin = fill
        for k in range(starts[s], starts[s + 1]):
            if k > starts[s] and merged[k] == merged[k - 1] and fill > begin:
                continue
            merged[fill] = merged[k]
            fill += 1
        degrees[s] = fill - begin
    return int(starts[n]) - fill


class Spill:
    """Edges put aside; its folder is there from the first one on."""

    def __init__(self, folder: Path, n: int) -> None:
        self._folder = folder
        self._n = n
        self._width = max(1, -(-n // _N_RANGES))
        self._files: list[BinaryIO] = []
        self.n_edges = 0

    def add(self, pairs: NDArray[np.uint32]) -> None:
        """Put edges aside. Shapes: pairs (k, 2): source, target."""
        if not self._files:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir()
            self._files = [(self._folder / str(r)).open("w+b") for r in range(_N_RANGES)]
        starts = np.empty(_N_RANGES + 1, np.int64)
        grouped = np.empty_like(pairs)
        group(pairs, self._width, starts, grouped)
        for r in np.flatnonzero(np.diff(starts)):
            grouped[starts[r] : starts[r + 1]].tofile(self._files[r])
        self.n_edges += len(pairs)

    def merge(self, path: Path, degrees: NDArray[np.uint32]) -> int:
        """The rows in the file at `path` take in what was put aside; gives how many edges were there already."""
        aside = path.with_name(f"{path.name}.merged")
        n_repeated = 0
        with path.open("rb") as old, aside.open("wb") as new:
            for r in range(-(-self._n // self._width)):
                rows = degrees[r * self._width : (r + 1) * self._width]
                kept = np.fromfile(old, np.uint32, int(rows.sum(dtype=np.int64)))
                self._files[r].seek(0)
                pairs = np.fromfile(self._files[r], np.uint32).reshape(-1, 2)
                merged = np.empty(len(kept) + len(pairs), np.uint32)
                n_more = int(merge_rows(kept, pairs, r * self._width, rows, merged))
                n_repeated += n_more
                merged[: len(merged) - n_more].tofile(new)
                self._files[r].truncate(0)
        aside.replace(path)
        return n_repeated

    def close(self) -> None:
        """Remove the files."""
        for file in self._files:
            file.close()
        self._files = []
        shutil.rmtree(self._folder, ignore_errors=True)
