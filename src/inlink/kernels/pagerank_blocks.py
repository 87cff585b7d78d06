"""Rows in blocks of like work, and threads that take one after the other: the same bits for any number of threads.

Where blocks begin depends on the graph alone; a block's rows and sums are one thread's; sums of blocks are added in the
order of the blocks.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from types import TracebackType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Singles = NDArray[np.float32]

_WORK = 1 << 19  # edges of a block, a row counting as eight
_ROW = 8


class PackedRows(Protocol):
    """In-links that are not one array: rows are unpacked, a block at a time, into a place that fits the cache.

    offsets int64 (n + 1,) as in `Csr`, so that row r has offsets[r + 1] - offsets[r] edges; weights float32 (m,) or
    None. `rows_into(first, last, place)` writes the neighbours of the rows from first until last, ascending within each
    row, to the beginning of `place` (uint32) and is called by several threads at once, without holding the lock of
    the interpreter for long.
    """

    @property
    def offsets(self) -> Longs: ...  # noqa: D102
    @property
    def weights(self) -> Singles | None: ...  # noqa: D102
    def rows_into(self, first: int, last: int, place: Words) -> None: ...  # noqa: D102


def cut(offsets: Longs) -> list[tuple[int, int]]:
    """Half-open ranges of rows of about the same work, at least one row each."""
    n = len(offsets) - 1
    base = int(offsets[0]) if n else 0
    total = (int(offsets[n]) - base + _ROW * n) if n else 0
    bounds = {0, n}
    for block in range(1, total // _WORK + 1):
        bounds.add(bisect_left(range(n + 1), block * _WORK, key=lambda row: int(offsets[row]) - base + _ROW * row))
    ordered = sorted(bound for bound in bounds if bound <= n)
    return list(pairwise(ordered))


class Crew:
    """Threads that do one thing to every block; a context manager."""

    def __init__(self, blocks: list[tuple[int, int]], threads: int | None) -> None:
        self.blocks = blocks
        wanted = available_cores() if threads is None else threads
        self.threads = max(1, min(wanted, len(blocks)))
        self._pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def each(self, work: Callable[[int, int], Any]) -> None:
        """Call work(thread, block) once for each block number, whichever thread is free."""
        waiting = iter(range(len(self.blocks)))

        def run(thread: int) -> None:
            for block in waiting:
                work(thread, block)

        if self._pool is None:
            run(0)
            return
        for done in [self._pool.submit(run, thread) for thread in range(self.threads)]:
            done.result()


def available_cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
