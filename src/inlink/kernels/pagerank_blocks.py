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

from inlink.errors import BadInput
from inlink.kernels.csr import Csr
from inlink.kernels.pagerank_pull import add_spent
from inlink.kernels.views import let_go

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]

_WORK = 1 << 19  # edges of a block, a row counting as eight
_ROW = 8
NOTHING = np.empty(0)
NO_WEIGHTS = np.empty(0, np.float32)
_TINY_LEAK = 1e-12  # a smaller share is rounding of sums, not evaporation


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


def most_in_row(offsets: Longs) -> int:
    """The largest number of edges of a row."""
    return max((int(np.diff(offsets[first : last + 1]).max()) for first, last in cut(offsets)), default=0)


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


class Rows:
    """The in-links of blocks of rows, from an array or unpacked into a thread's own place.

    Shapes: offsets int64 (n + 1,); weights float32 (m,), empty where all edges count 1.
    """

    def __init__(self, inward: Csr | PackedRows, crew: Crew) -> None:
        self.blocks = crew.blocks
        self.offsets = np.asarray(inward.offsets)
        self.weights = NO_WEIGHTS if inward.weights is None else np.asarray(inward.weights)
        self.whole = np.asarray(inward.neighbours) if isinstance(inward, Csr) else None
        self.packed = None if isinstance(inward, Csr) else inward
        most = max((int(self.offsets[last] - self.offsets[first]) for first, last in crew.blocks), default=0)
        self.places = [np.empty(0 if self.packed is None else most, np.uint32) for _ in range(crew.threads)]

    def let_go(self, first: int, last: int) -> None:
        """Give back the pages of a block's neighbours where they are mapped: it will not be read again soon."""
        if self.whole is not None:
            let_go(self.whole, int(self.offsets[first]), int(self.offsets[last]))

    def of(self, thread: int, first: int, last: int) -> tuple[Words, Singles, int]:
        """Neighbours and weights of a block, and which edge of the graph stands first in them."""
        if self.whole is not None:
            return self.whole, self.weights, 0
        low, high = int(self.offsets[first]), int(self.offsets[last])
        place = self.places[thread][: high - low]
        if self.packed is not None:
            self.packed.rows_into(first, last, place)
        return place, self.weights[low:high] if len(self.weights) else self.weights, low


def leaks(rows: Rows, crew: Crew, out_weight: Doubles) -> Doubles:
    """The share of each node's out-weight that is on no edge; empty where only dangling nodes leak.

    Where edges and out-weights have the same sum, none leaks and no edge is looked at.
    Raises: BadInput: a node's edges weigh more than its out-weight.
    """
    m = int(rows.offsets[-1] - rows.offsets[0])
    all_spent = float(rows.weights.sum(dtype=np.float64)) if len(rows.weights) else float(m)
    if abs(float(out_weight.sum()) - all_spent) <= _TINY_LEAK * all_spent:
        return NOTHING
    spent = np.zeros(len(out_weight))
    for first, last in crew.blocks:
        neighbours, weights, shift = rows.of(0, first, last)
        add_spent(rows.offsets, neighbours, weights, shift, first, last, spent)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(out_weight > 0.0, 1.0 - spent / out_weight, 1.0)
    if np.any(spent[out_weight == 0.0] > 0.0) or share.min(initial=0.0) < -1e-6:
        raise BadInput("a node's edges weigh more than its out-weight", hint="Give the weights of this very graph.")
    share[share < _TINY_LEAK] = 0.0
    return share if np.any((share > 0.0) & (out_weight > 0.0)) else NOTHING
