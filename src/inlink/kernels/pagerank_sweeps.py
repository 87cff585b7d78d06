"""The vectors of a PageRank run and one sweep over all edges, in single or in double precision."""

from __future__ import annotations

import math
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.kernels.csr import Csr
from inlink.kernels.pagerank_blocks import NOTHING, Crew, PackedRows, Rows, cut, leaks
from inlink.kernels.pagerank_pull import AHEAD, NEVER, ROUNDINGS, pull, pull_weighted
from inlink.kernels.pagerank_steps import finish_double, finish_single, invert, multiply, scale

Words = NDArray[np.uint32]
Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]

_CACHE_BYTES = 1 << 20  # a vector of this size stays in the second-level cache


class Sweeps:
    """x (float64, n) and what sweeps need beside it; a context manager that ends its threads.

    Memory: x, two places of 8 bytes a node that hold two single vectors or a double one and a step, and 4 bytes.
    """

    def __init__(
        self,
        inward: Csr | PackedRows,
        out_weight: Doubles,
        damping: float,
        restart: Doubles | None,
        returns_uniformly: bool,
        threads: int | None,
    ) -> None:
        self.n, self.damping = len(inward.offsets) - 1, damping
        self.out_weight = checked_out_weight(out_weight, self.n)
        self.restart = NOTHING if restart is None else checked_restart(restart, self.n)
        self.spread = NOTHING if returns_uniformly else self.restart
        self.can_start_single = restart is None or not returns_uniformly
        self.crew = Crew(cut(inward.offsets), threads)
        self.rows = Rows(inward, self.crew)
        self.leak = leaks(self.rows, self.crew, self.out_weight)
        self.rounding = ROUNDINGS * 2.0**-53
        self.totals = np.zeros((len(self.crew.blocks), 2))
        most = max((last - first for first, last in self.crew.blocks), default=0)
        self.sums = [np.empty(most) for _ in range(self.crew.threads)]
        self.n_single = self.n_double = 0
        self.x = np.full(self.n, 1.0 / max(self.n, 1)) if restart is None else self.restart.copy()
        self.places = [np.empty(self.n), np.empty(self.n)]
        self.inverse = np.empty(self.n, np.float32)
        self.base = 0.0
        if self.n:
            self.crew.each(lambda _, block: invert(self.out_weight, damping, *self.crew.blocks[block], self.inverse))

    def __enter__(self) -> Sweeps:
        self.crew.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.crew.__exit__(kind, error, trace)

    def start(self) -> float:
        """Prepare single sweeps from x = v, whose first step is F(v) - v; the norm they start from."""
        lost = self._scale(self.x, self._single(0))
        self.base = self._share(self.damping * (lost - 1.0), self.spread)
        return 1.0

    def single(self) -> float:
        """Propagate the step once more and add it to x; its norm."""
        self.n_single += 1
        z, z_next = self._single(0), self._single(1)
        ahead = AHEAD if z.nbytes > _CACHE_BYTES else NEVER

        def work(thread: int, block: int) -> None:
            first, last = self.crew.blocks[block]
            sums = self.sums[thread]
            self._pull(thread, first, last, z, ahead, sums)
            finish_single(
                sums,
                self.base,
                self.spread,
                self.leak,
                self.inverse,
                first,
                last,
                self.x,
                z_next,
                self.totals[block],
            )

        self.crew.each(work)
        self.places.reverse()
        norm, lost = self._sum_totals()
        self.base = self._share(self.damping * lost, self.spread)
        return norm

    def double(self) -> float:
        """x becomes F(x); its step is prepared for single sweeps. The norm of the step."""
        self.n_double += 1
        z, step = self.places
        lost = self._scale(self.x, z)
        base = self._share(self.damping * lost, self.spread)
        restarts = self._share(1.0 - self.damping, self.restart)
        ahead = AHEAD if z.nbytes > _CACHE_BYTES else NEVER

        def work(thread: int, block: int) -> None:
            first, last = self.crew.blocks[block]
            sums = self.sums[thread]
            self._pull(thread, first, last, z, ahead, sums)
            finish_double(
                sums, base, self.spread, restarts, self.restart, first, last, self.x, step, self.totals[block]
            )

        self.crew.each(work)
        norm, _ = self._sum_totals()
        lost = self._scale(step, self._single(0))
        self.base = self._share(self.damping * lost, self.spread)
        return norm

    def normalise(self) -> None:
        """Scale x to sum 1: single sweeps leave a surplus, which is of the slowest part of the error."""
        self._multiply(1.0 / self._multiply(1.0))

    def _multiply(self, factor: float) -> float:
        """Multiply x by the factor; its sum then."""
        blocks = self.crew.blocks
        self.crew.each(lambda _, block: multiply(self.x, factor, *blocks[block], self.totals[block]))
        return self._sum_totals()[0]

    def returned(self) -> float:
        """The mass of x that leaves the links."""
        return self._scale(self.x, self._single(0))

    def _single(self, place: int) -> Singles:
        """One of the two places as a vector in single precision."""
        return self.places[place].view(np.float32)[: self.n]

    def _share(self, mass: float, over: Doubles) -> float:
        """The factor of a distribution: what each node has of it where it is uniform."""
        return mass if len(over) else mass / self.n

    def _scale(self, values: Doubles, z: Singles | Doubles) -> float:
        """z = a values / out-weight; how much of the values leaks."""
        blocks = self.crew.blocks
        self.crew.each(
            lambda _, block: scale(
                values, self.out_weight, self.leak, self.damping, *blocks[block], z, self.totals[block]
            )
        )
        return self._sum_totals()[1]

    def _pull(self, thread: int, first: int, last: int, z: Singles | Doubles, ahead: int, sums: Doubles) -> None:
        """Sums of the rows of one block."""
        neighbours, weights, shift = self.rows.of(thread, first, last)
        if len(self.rows.weights):
            pull_weighted(self.rows.offsets, neighbours, weights, shift, first, last, z, ahead, sums)
        else:
            pull(self.rows.offsets, neighbours, shift, first, last, z, ahead, sums)

    def _sum_totals(self) -> tuple[float, float]:
        """The totals of all blocks, added in their order."""
        return math.fsum(self.totals[:, 0].tolist()), math.fsum(self.totals[:, 1].tolist())


def checked_out_weight(out_weight: Doubles, n: int) -> Doubles:
    """The out-weights as doubles. Raises: BadInput: not one a node, or negative or no number."""
    given = np.asarray(out_weight, np.float64)
    if given.shape != (n,):
        raise BadInput(f"out-weights of shape {given.shape} for {n} nodes", hint="Give one for each node.")
    if n and not (np.isfinite(given.max()) and given.min() >= 0.0):
        raise BadInput("an out-weight is negative or no number", hint="Weights are 0 or more.")
    return given


def checked_restart(restart: Doubles, n: int) -> Doubles:
    """The restart distribution, scaled to sum 1. Raises: BadInput."""
    given = np.asarray(restart, np.float64)
    if given.shape != (n,):
        raise BadInput(f"restart of shape {given.shape} for {n} nodes", hint="Give a weight for each node.")
    total = math.fsum(given) if n < 1 << 20 else float(given.sum())
    if n and not (np.isfinite(total) and total > 0.0 and given.min() >= 0.0):
        raise BadInput("the restart is negative, no number, or 0 everywhere", hint="Give weights of 0 or more.")
    return given / total if n else given
