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
from inlink.kernels.pagerank import Dangling, Rounds, check_settings, core_given
from inlink.kernels.pagerank_blocks import Crew, PackedRows, Rows, cut, most_in_row
from inlink.kernels.pagerank_core import Core
from inlink.kernels.pagerank_core_steps import copy_rows
from inlink.kernels.pagerank_lanes import LANES, aligned
from inlink.kernels.pagerank_many_steps import (
    PIECE,
    ROUNDINGS,
    finish_many,
    finish_many_dangling,
    finish_many_double,
    multiply_many,
    place_many,
    pull_many,
    show_many,
    show_many_narrow,
    start_many,
    tally_many,
)
from inlink.kernels.pagerank_steps import invert
from inlink.kernels.pagerank_sweeps import CARRIED, UNIT, restart_sum

LOST = 2.0**-32  # of a value, the most that is lost of what is carried over in single precision

Words = NDArray[np.uint32]
Doubles = NDArray[np.float64]
Narrow = NDArray[np.uint16]
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
    inward: Csr | PackedRows | Core,
    out_weight: Doubles | None,
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
    Memory: that of the core, 390 bytes for each of its nodes, 4 for each node, and the result.
    Raises: NotConverged: facts["last"] is the last result; BadInput.    Cost: O(edges) per iteration and 16 vectors.
    """
    check_settings(damping, dangling)
    given = np.asarray(restarts, np.float64)
    n = inward.n if isinstance(inward, Core) else len(inward.offsets) - 1
    if given.ndim != 2 or given.shape[1] != n:
        raise BadInput(f"restarts of shape {given.shape} for {n} nodes", hint="Give one row a vector, (k, n).")
    masses = np.empty(given.shape)
    bounds, returned, counts, done = np.zeros(len(given)), np.zeros(len(given)), [0, 0], True
    core = core_given(inward, out_weight, threads)
    for low in range(0, len(given) if n else 0, LANES):
        part = slice(low, low + LANES)
        with ManySweeps(core, damping, given[part], dangling == "uniform", threads) as sweeps:
            rounds = Rounds(sweeps, damping, tolerance, max_iterations)
            done &= rounds.run(True)
            sweeps.masses(masses[part])
            bounds[part], returned[part] = sweeps.bounds(), sweeps.returned()
            counts = [counts[0] + sweeps.n_narrow + sweeps.n_double, counts[1] + sweeps.n_double]
    result = PageRankManyResult(masses, counts[0], bounds, returned, counts[1], damping, dangling)
    if not done:
        raise NotConverged(
            f"PageRank is within {bounds.max():.2g} after {result.iterations} iterations, not within {tolerance:.2g}",
            hint="Allow more iterations or a larger tolerance.",
            last=result,
        )
    return result


class ManySweeps:
    """x (float64, core's rows, 16), lane by lane as `Sweeps`; a context manager that ends its threads."""

    def __init__(
        self, core: Core, damping: float, restarts: Doubles, returns_uniformly: bool, threads: int | None
    ) -> None:
        self.core, self.n, self.size, self.k = core, core.n, core.size, len(restarts)
        self.damping, self.threads = damping, threads
        self.given = restarts
        self.shares = np.array([1.0 / restart_sum(restart, self.n) for restart in restarts])
        self.returns_uniformly = returns_uniformly
        self.can_start_narrow = not returns_uniformly
        self.crew = Crew(cut(core.offsets), threads)
        self.rounding = (ROUNDINGS + most_in_row(core.inward.offsets) / PIECE) * 2.0**-53
        self.totals = np.zeros((len(self.crew.blocks), 3, LANES))
        self.most = max((last - first for first, last in self.crew.blocks), default=0)
        self.sums = [aligned(self.most + 1, np.float64) for _ in range(self.crew.threads)]
        self.n_narrow = self.n_double = 0
        self.norms, self.in_flights, self.roundings = np.zeros(LANES), np.zeros(LANES), 0.0
        self.is_measured = False
        self._make_vectors()

    def _make_vectors(self) -> None:
        """x, spread and the places of z and of the step."""
        self.x = aligned(self.size, np.float64)
        is_uniform = self.returns_uniformly
        self.spread = np.ones((1, LANES), np.float32) if is_uniform else aligned(self.size, np.float32)
        blocks, given, nodes = self.crew.blocks, (self.given, self.shares), self.core.nodes
        x, spread = self.x, self.spread
        self.crew.each(
            lambda _, block: start_many(*given, nodes, is_uniform, *blocks[block], x, spread),
        )
        places = self.size + 1
        self.z = aligned(places, np.float64)
        self.step = aligned(places, np.float32)
        self.step[:] = 0.0  # lanes that are not used stay 0
        both, items = self.z.reshape(-1).view(np.uint16), places * LANES
        self.narrow_z = [both[:items].reshape(places, LANES), both[items : 2 * items].reshape(places, LANES)]
        self.carried = self.z.reshape(-1).view(np.float32)[items:].reshape(places, LANES)
        self.step_waits = False
        self.leak = self.core.leak[self.core.nodes] if len(self.core.leak) else self.core.leak
        self.inverse = np.empty(self.size)
        self.base = np.zeros((1, LANES))
        weights = self.core.out_weight, self.core.nodes, self.damping
        self.crew.each(lambda _, block: invert(*weights, *blocks[block], self.inverse))

    def __enter__(self) -> ManySweeps:
        self.crew.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.crew.__exit__(kind, error, trace)

    @property
    def in_flight(self) -> float:
        """The most of any lane; see `Sweeps`."""
        return float(self.in_flights.max())

    def start(self) -> float:
        """Prepare narrow sweeps from x = v, whose first step is F(v) - v; the norm they start from."""
        self._show_narrow(self.x)
        self._set_base(self.damping * (self._lost(self.x, 1.0) - 1.0))
        self.in_flights[:] = 1.0
        return 1.0

    def narrow(self) -> float:
        """Propagate the steps once more and add them to x; the largest norm."""
        self.n_narrow += 1
        self.is_measured = False
        if self.step_waits:
            self.step_waits = False
            self._show_narrow(self.step)
            self._set_base(self.damping * self._lost(self.step, 0.0))
            self.in_flights = self.norms.copy()
            self.roundings += 2.0**-24 * self.in_flight  # the steps are kept in single precision
        z, z_next = self.narrow_z

        def work(thread: int, block: int) -> None:
            first, last = self.crew.blocks[block]
            sums, base, spread, totals = self.sums[thread], self.base, self.spread, self.totals[block]
            leak, inverse, places, x, carried = self.leak, self.inverse, self.core.places, self.x, self.carried
            self._pull(first, last, z, sums)
            finish_many(sums, base, spread, leak, inverse, places, first, last, x, carried, z_next, totals)

        self.crew.each(work)
        self.narrow_z.reverse()
        norms, lost = self._sum_totals()
        self._set_base(self.damping * lost)
        self.norms = norms + np.abs(lost)
        self.roundings += self.rounding + (4.0 + self.most * self.norms.max()) * UNIT + LOST * self.in_flight
        self.in_flights = self.norms + CARRIED * self.in_flights
        return float(self.norms.max())

    def double(self) -> float:
        """x becomes F(x); its steps wait for narrow sweeps. The largest norm of a step."""
        self.n_double += 1
        self._show()

        def work(thread: int, block: int) -> None:
            first, last = self.crew.blocks[block]
            sums = self.sums[thread]
            self._pull(first, last, self.z, sums)
            finish_many_double(
                sums,
                self.base,
                self.returns_uniformly,
                1.0 - self.damping,
                self.given,
                self.shares,
                self.core.nodes,
                first,
                last,
                self.x,
                self.step,
                self.totals[block],
            )

        self.crew.each(work)
        self.step_waits = self.is_measured = True
        self.roundings = self.rounding
        norms, totals = self._sum_totals()
        self.norms = norms + np.abs(totals)
        return float(self.norms.max())

    def normalise(self) -> None:
        """Where every node links, scale each lane of x to sum 1."""
        if self.size == self.n:
            sums = self._multiply(np.ones(LANES))
            self._multiply(1.0 / np.where(sums > 0.0, sums, 1.0))

    def bounds(self) -> Doubles:
        """The error bound of each vector."""
        a, k = self.damping, self.k
        if self.is_measured:
            return np.asarray((a * self.norms[:k] + self.rounding) / (1.0 - a))
        return np.asarray((2.0 - a) * (a * self.in_flights[:k] + self.roundings) / (1.0 - a))

    def masses(self, into: Doubles) -> None:
        """Write the masses of all nodes, float64 (k, n); see `Sweeps`."""
        if not self.is_measured:
            self._show()
        core = self.core
        places = np.full(self.n, self.size, np.uint32)
        places[core.nodes] = core.places
        with Crew(cut(core.inward.offsets), self.threads) as crew:
            rows = Rows(core.inward, crew)
            links = [np.count_nonzero(core.out_weight[first:last]) for first, last in crew.blocks]
            starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(links, dtype=np.int64)]).tolist()

            def work(thread: int, block: int) -> None:
                first, last = crew.blocks[block]
                place_many(core.nodes, starts[block], starts[block + 1], self.x, into)
                nodes = (first + np.flatnonzero(core.out_weight[first:last] == 0.0)).astype(np.uint32)
                part = _part(rows, thread, (first, last), nodes, places)
                sums = aligned(len(nodes) + 1, np.float64)
                pull_many(*part, 0, 0, len(nodes), self.z, sums)
                settings = (self.base, self.returns_uniformly, 1.0 - self.damping, self.given, self.shares)
                finish_many_dangling(sums, *settings, nodes, into)
                rows.let_go(first, last)

            crew.each(work)
        if not self.is_measured:
            for mass in into:
                mass /= mass.sum()

    def returned(self) -> Doubles:
        """The mass of each x that leaves the links."""
        x = self.x[:, : self.k]
        lost: Doubles = np.maximum(1.0 - x.sum(axis=0), 0.0) if self.size < self.n else np.zeros(self.k)
        return lost + self.leak @ x if len(self.leak) else lost

    def _multiply(self, factors: Doubles) -> Doubles:
        """Multiply the lanes of x by the factors; their sums then."""
        blocks = self.crew.blocks
        self.crew.each(lambda _, block: multiply_many(self.x, factors, *blocks[block], self.totals[block]))
        return self._sum_totals()[0]

    def _set_base(self, mass: Doubles) -> None:
        """The factor of the distribution that leaked mass returns by."""
        self.base[0] = mass / self.n if self.returns_uniformly else mass

    def _show_narrow(self, values: Singles | Doubles) -> None:
        """What the rows of narrow sweeps see of values."""
        for z in self.narrow_z:
            z[-1] = 0
        inverse, places, blocks = self.inverse, self.core.places, self.crew.blocks
        carried, z = self.carried, self.narrow_z[0]
        self.crew.each(lambda _, block: show_many_narrow(values, inverse, places, *blocks[block], carried, z))

    def _show(self) -> None:
        """What rows of a double sweep see of x."""
        self._set_base(self.damping * self._lost(self.x, 1.0))
        self.z[-1] = 0.0
        inverse, places, blocks = self.inverse, self.core.places, self.crew.blocks
        self.crew.each(lambda _, block: show_many(self.x, inverse, places, *blocks[block], self.z))

    def _lost(self, values: Singles | Doubles, whole: float) -> Doubles:
        """How much leaks of lanes that sum to `whole`, with those of dangling nodes."""
        blocks = self.crew.blocks
        self.crew.each(lambda _, block: tally_many(values, self.leak, *blocks[block], self.totals[block]))
        totals, leaked = self._sum_totals()
        lost: Doubles = (whole - totals) + leaked
        lost[self.k :] = 0.0
        return lost

    def _pull(self, first: int, last: int, z: Narrow | Doubles, sums: Doubles) -> None:
        """Sums of the rows of one block."""
        core = self.core
        pull_many(core.offsets, core.neighbours, core.weights, 0, first, last, z, sums)

    def _sum_totals(self) -> tuple[Doubles, Doubles]:
        """The first two totals of all blocks, added in their order."""
        sums = [[math.fsum(self.totals[:, row, lane].tolist()) for lane in range(LANES)] for row in (0, 1)]
        return np.array(sums[0]), np.array(sums[1])


def _part(
    rows: Rows, thread: int, block: tuple[int, int], nodes: Words, places: Words
) -> tuple[NDArray[np.int64], Words, Singles]:
    """Some rows of a block as a graph of their own, sources by their places: offsets, neighbours, weights."""
    ends = np.cumsum(rows.offsets[nodes + np.uint32(1)] - rows.offsets[nodes])
    offsets = np.concatenate([np.zeros(1, np.int64), ends])
    neighbours = np.empty(int(offsets[-1]), np.uint32)
    weights = np.empty(len(neighbours) if len(rows.weights) else 0, np.float32)
    lists = rows.of(thread, *block)
    copy_rows(rows.offsets, *lists, nodes, 0, len(nodes), offsets, places, neighbours, weights)
    return offsets, neighbours, weights
