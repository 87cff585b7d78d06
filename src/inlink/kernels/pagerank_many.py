"""PageRank for many restart vectors: sixteen in one pass over the edges, which then cost a sixteenth each.

Formula, policies, sweeps and the bound are those of `pagerank`; sweeps go on until the bound holds for every vector.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput, NotConverged
from inlink.kernels.csr import Csr
from inlink.kernels.pagerank import Dangling, Rounds, check_settings
from inlink.kernels.pagerank_blocks import Crew, PackedRows, Rows, cut, leaks
from inlink.kernels.pagerank_lanes import LANES, aligned
from inlink.kernels.pagerank_many_steps import (
    PIECE,
    ROUNDINGS,
    finish_many,
    finish_many_double,
    multiply_many,
    pull_many,
    scale_many,
)
from inlink.kernels.pagerank_steps import invert
from inlink.kernels.pagerank_sweeps import checked_out_weight, checked_restart

Doubles = NDArray[np.float64]
Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PageRankManyResult:
    """The masses for each restart vector and how good they are; see `PageRankResult`.

    Shapes: masses float64 (k, n), each row sums to 1; error_bounds and returned float64 (k,).
    iterations: passes over all edges, of all groups of sixteen together.
    """

    masses: Doubles
    iterations: int
    error_bounds: Doubles
    returned: Doubles
    double_sweeps: int
    damping: float
    dangling: str


def pagerank_many(
    inward: Csr | PackedRows,
    out_weight: Doubles,
    restarts: Doubles,
    *,
    damping: float = 0.85,
    dangling: Dangling = "restart",
    tolerance: float = 1e-9,
    max_iterations: int = 1000,
    threads: int | None = None,
) -> PageRankManyResult:
    """The mass of each node for each restart vector.

    Shapes: restarts float64 (k, n), each row not negative and scaled to sum 1 here; else as `pagerank`.
    Memory: 520 bytes a node beside what is given and the result.
    Raises: NotConverged: facts["last"] is the last result; BadInput.    Cost: O(edges) per iteration and 16 vectors.
    """
    check_settings(damping, dangling)
    given = np.asarray(restarts, np.float64)
    n = len(inward.offsets) - 1
    if given.ndim != 2 or given.shape[1] != n:
        raise BadInput(f"restarts of shape {given.shape} for {n} nodes", hint="Give one row a vector, (k, n).")
    masses = np.empty(given.shape)
    bounds, returned, counts, done = np.zeros(len(given)), np.zeros(len(given)), [0, 0], True
    for low in range(0, len(given) if n else 0, LANES):
        part = slice(low, low + LANES)
        with ManySweeps(inward, out_weight, damping, given[part], dangling == "uniform", threads) as sweeps:
            rounds = Rounds(sweeps, damping, tolerance, max_iterations)
            done &= rounds.run(True)
            bounds[part], returned[part] = sweeps.bounds(), sweeps.returned()
            masses[part] = sweeps.x[:, : sweeps.k].T
            counts = [counts[0] + sweeps.n_single + sweeps.n_double, counts[1] + sweeps.n_double]
    result = PageRankManyResult(masses, counts[0], bounds, returned, counts[1], damping, dangling)
    if not done:
        raise NotConverged(
            f"PageRank is within {bounds.max():.2g} after {result.iterations} iterations, not within {tolerance:.2g}",
            hint="Allow more iterations or a larger tolerance.",
            last=result,
        )
    return result


class ManySweeps:
    """x (float64, n, 16), lane by lane as `Sweeps`; a context manager that ends its threads."""

    def __init__(
        self,
        inward: Csr | PackedRows,
        out_weight: Doubles,
        damping: float,
        restarts: Doubles,
        returns_uniformly: bool,
        threads: int | None,
    ) -> None:
        self.n, self.k, self.damping = restarts.shape[1], len(restarts), damping
        self.out_weight = checked_out_weight(out_weight, self.n)
        self.restarts = np.array([checked_restart(restart, self.n) for restart in restarts])
        self.returns_uniformly = returns_uniformly
        self.can_start_single = not returns_uniformly
        self.crew = Crew(cut(inward.offsets), threads)
        self.rows = Rows(inward, self.crew)
        self.leak = leaks(self.rows, self.crew, self.out_weight)
        self.rounding = (ROUNDINGS + self.rows.most_in_row() / PIECE) * 2.0**-53
        self.totals = np.zeros((len(self.crew.blocks), 2, LANES))
        most = max(last - first for first, last in self.crew.blocks)
        self.sums = [aligned(most + 1, np.float64) for _ in range(self.crew.threads)]
        self.n_single = self.n_double = 0
        self.norms = np.zeros(LANES)
        self._make_vectors()

    def _make_vectors(self) -> None:
        """x, spread and the places of z and of the step."""
        self.x = aligned(self.n, np.float64)
        self.x[:] = 0.0
        self.x[:, : self.k] = self.restarts.T
        self.spread = np.ones((1, LANES), np.float32)
        if not self.returns_uniformly:
            self.spread = aligned(self.n, np.float32)
            self.spread[:] = self.x
        self.double_z = aligned(self.n, np.float64)
        self.singles = [self.double_z.reshape(-1).view(np.float32)[: self.n * LANES].reshape(self.n, LANES)]
        self.singles.append(aligned(self.n, np.float32))
        self.step = self.singles[1]
        self.step[:] = 0.0  # lanes that are not used stay 0
        self.inverse = np.empty(self.n, np.float32)
        self.base = np.zeros((1, LANES))
        for block in self.crew.blocks:
            invert(self.out_weight, self.damping, *block, self.inverse)

    def __enter__(self) -> ManySweeps:
        self.crew.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.crew.__exit__(kind, error, trace)

    def start(self) -> float:
        """Prepare single sweeps from x = v, whose first step is F(v) - v; the norm they start from."""
        lost = self._scale(self.x, self.singles[0])
        self._set_base(self.damping * (lost - 1.0))
        return 1.0

    def single(self) -> float:
        """Propagate the steps once more and add them to x; the largest norm."""
        self.n_single += 1
        z, z_next = self.singles

        def work(thread: int, block: int) -> None:
            first, last = self.crew.blocks[block]
            sums = self.sums[thread]
            pull_many(self.rows.offsets, *self.rows.of(thread, first, last), first, last, z, False, sums)
            finish_many(
                sums, self.base, self.spread, self.leak, self.inverse, first, last, self.x, z_next, self.totals[block]
            )

        self.crew.each(work)
        self.singles.reverse()
        norms, lost = self._sum_totals()
        self._set_base(self.damping * lost)
        return float(norms.max())

    def double(self) -> float:
        """x becomes F(x); its steps are prepared for single sweeps. The largest norm of a step."""
        self.n_double += 1
        self._set_base(self.damping * self._scale(self.x, self.double_z))
        spread = np.empty((0, 0)) if self.returns_uniformly else self.restarts

        def work(thread: int, block: int) -> None:
            first, last = self.crew.blocks[block]
            sums = self.sums[thread]
            pull_many(self.rows.offsets, *self.rows.of(thread, first, last), first, last, self.double_z, True, sums)
            finish_many_double(
                sums,
                self.base,
                spread,
                1.0 - self.damping,
                self.restarts,
                first,
                last,
                self.x,
                self.step,
                self.totals[block],
            )

        self.crew.each(work)
        self.norms, _ = self._sum_totals()
        if self.singles[0] is not self.step:
            self.singles.reverse()
        self._set_base(self.damping * self._scale(self.step, self.step))
        return float(self.norms.max())

    def normalise(self) -> None:
        """Scale each lane of x to sum 1."""
        sums = self._multiply(np.ones(LANES))
        self._multiply(1.0 / np.where(sums > 0.0, sums, 1.0))

    def bounds(self) -> Doubles:
        """The error bound of each vector after a double sweep."""
        found: Doubles = (self.damping * self.norms[: self.k] + self.rounding) / (1.0 - self.damping)
        return found

    def returned(self) -> Doubles:
        """The mass of each x that leaves the links."""
        return self._scale(self.x, self.singles[0])[: self.k]

    def _multiply(self, factors: Doubles) -> Doubles:
        """Multiply the lanes of x by the factors; their sums then."""
        blocks = self.crew.blocks
        self.crew.each(lambda _, block: multiply_many(self.x, factors, *blocks[block], self.totals[block]))
        return self._sum_totals()[0]

    def _set_base(self, mass: Doubles) -> None:
        """The factor of the distribution that leaked mass returns by."""
        self.base[0] = mass / self.n if self.returns_uniformly else mass

    def _scale(self, values: Singles | Doubles, z: Singles | Doubles) -> Doubles:
        """z = a values / out-weight; how much of each lane leaks."""
        blocks = self.crew.blocks
        self.crew.each(
            lambda _, block: scale_many(
                values, self.out_weight, self.leak, self.damping, *blocks[block], z, self.totals[block]
            )
        )
        return self._sum_totals()[1]

    def _sum_totals(self) -> tuple[Doubles, Doubles]:
        """The totals of all blocks, added in their order."""
        sums = [[math.fsum(self.totals[:, row, lane].tolist()) for lane in range(LANES)] for row in (0, 1)]
        return np.array(sums[0]), np.array(sums[1])
