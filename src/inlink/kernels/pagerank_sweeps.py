"""The vectors of a PageRank run and one sweep over the core's edges, in narrow or in double precision."""

from __future__ import annotations

import math
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.kernels.pagerank_blocks import NOTHING, Crew, Rows, cut
from inlink.kernels.pagerank_core import Core
from inlink.kernels.pagerank_pull import ROUNDINGS, pull, pull_nodes, pull_weighted
from inlink.kernels.pagerank_steps import (
    TOGETHER,
    choose_dangling,
    finish_dangling,
    finish_double,
    finish_first,
    finish_narrow,
    guess,
    invert,
    multiply,
    place,
    show,
    show_narrow,
    tally,
)

UNIT = 2.0**-53
CARRIED = 2.0**-8  # of a value, the most that narrow precision leaves to be carried over

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Narrow = NDArray[np.uint16]
Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]


class Sweeps:
    """x (float64, of the core's rows) and what sweeps need beside it; a context manager that ends its threads.

    All other nodes together are one more, whose mass is what is missing from 1 (from 0 in a step).
    What bounds the error after a narrow sweep: `in_flight`, at most how much mass (L1) rows have not seen of x, with
    that of the one other node; `roundings`, what sweeps since the last double one may have lost in all.
    Memory: x, a / out-weight, a double z or two narrow ones, a step or what is carried over: 8 bytes a row each,
    together at least 8 a node and 16 a row; at the end 8 a node.
    """

    def __init__(
        self, core: Core, damping: float, restart: Doubles | None, returns_uniformly: bool, threads: int | None
    ) -> None:
        self.core, self.n, self.size, self.damping, self.threads = core, core.n, core.size, damping, threads
        self.restart = NOTHING if restart is None else checked_restart(restart, self.n)
        self.spread = NOTHING if returns_uniformly else self.restart
        self.can_start_narrow = restart is None or not returns_uniformly
        self.crew = Crew(cut(core.offsets), threads)
        self.rounding = ROUNDINGS * UNIT
        self.totals = np.zeros((len(self.crew.blocks), 3))
        self.most = max((last - first for first, last in self.crew.blocks), default=0)
        self.sums = [np.empty(self.most) for _ in range(self.crew.threads)]
        self.n_narrow = self.n_double = 0
        self.leak = core.leak[core.nodes] if len(core.leak) else core.leak
        self.core_restart = self.restart[core.nodes] if len(self.restart) else self.restart
        self.core_spread = self.core_restart if len(self.spread) else self.spread
        self.x = np.full(self.size, 1.0 / max(self.n, 1)) if restart is None else self.core_restart.copy()
        self.z = np.zeros(self.size + 1)
        self.spare = np.empty(max(2 * self.size, self.n))  # at the end it holds z by node: memory is touched once
        self.step, self.inverse = self.spare[: self.size], self.spare[self.size : 2 * self.size]
        both, longer = self.z.view(np.uint16), self.size + 2
        self.narrow_z: list[Narrow] = [both[:longer], both[longer : 2 * longer]]
        self.carried = self.step
        self.in_flight = self.roundings = 0.0
        self.is_first = self.step_waits = self.is_measured = False
        self.base = self.restarts = 0.0
        given = core.out_weight, core.nodes, damping
        self.crew.each(lambda _, block: invert(*given, *self.crew.blocks[block], self.inverse))

    def __enter__(self) -> Sweeps:
        self.crew.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.crew.__exit__(kind, error, trace)

    def start(self) -> float:
        """Prepare narrow sweeps; the norm they start from. Without a restart x begins at what in-links alone tell."""
        if not len(self.restart):
            self._guess()
        self._show_narrow(self.x, 1.0)
        self.restarts = self._share(1.0 - self.damping, self.restart)
        self.is_first = True
        return 1.0

    def narrow(self) -> float:
        """Propagate the step once more and add it to x; its norm. The first sweep finds the step from x to F(x)."""
        self.n_narrow += 1
        self.is_measured = False
        if self.step_waits:
            self.step_waits = False
            self._show_narrow(self.step, 0.0)
        z, z_next = self.narrow_z

        def work(thread: int, block: int) -> None:
            first, last = self.crew.blocks[block]
            sums, base, spread, totals = self.sums[thread], self.base, self.core_spread, self.totals[block]
            leak, inverse, places, x, carried = self.leak, self.inverse, self.core.places, self.x, self.carried
            self._pull(first, last, z, sums)
            if self.is_first:
                begun = (self.restarts, self.core_restart)
                finish_first(sums, base, spread, *begun, leak, inverse, places, first, last, x, carried, z_next, totals)
            else:
                finish_narrow(sums, base, spread, leak, inverse, places, first, last, x, carried, z_next, totals)

        self.crew.each(work)
        self.is_first = False
        self.narrow_z.reverse()
        norm, total, leaked = self._sum_totals()
        self.base = self._share(self.damping * (leaked - total), self.spread)
        # of the rows' sums; of x, which is 1 in all; of what totals say of the one other node
        self.roundings += (ROUNDINGS * self.in_flight + 4.0 + (self.most / TOGETHER + TOGETHER) * norm) * UNIT
        self.in_flight = norm + abs(total) + CARRIED * self.in_flight
        return norm + abs(total)

    def _guess(self) -> None:
        """x as if every link brought the same.

        Source: Upstill, Craswell, Hawking, Predicting Fame and Fortune: PageRank or Indegree? (2003).
        """
        core, a, n = self.core, self.damping, self.n
        links, dangling = int(core.inward.offsets[-1] - core.inward.offsets[0]), (n - self.size) / n
        own = (links - int(core.offsets[-1])) / links if links else 0.0  # of the links, those to dangling nodes
        outside = ((1.0 - a) * dangling + a * own) / (1.0 - a * dangling + a * own)
        share = a * (1.0 - outside) / links if links else 0.0
        base, blocks = (1.0 - a + a * outside) / n, self.crew.blocks
        self.crew.each(lambda _, block: guess(core.offsets, share, base, *blocks[block], self.x))

    def double(self) -> float:
        """x becomes F(x); its step waits for narrow sweeps. The norm of the step."""
        self.n_double += 1
        self._show()

        def work(thread: int, block: int) -> None:
            first, last = self.crew.blocks[block]
            sums = self.sums[thread]
            self._pull(first, last, self.z, sums)
            finish_double(
                sums,
                self.base,
                self.core_spread,
                self.restarts,
                self.core_restart,
                first,
                last,
                self.x,
                self.step,
                self.totals[block],
            )

        self.crew.each(work)
        self.step_waits = self.is_measured = True
        self.roundings = self.rounding
        norm, total, _ = self._sum_totals()
        return norm + abs(total)

    def normalise(self) -> None:
        """Where every node links, scale x to sum 1: narrow sweeps leave a surplus, of the slowest part of the error."""
        if self.size == self.n:
            self._multiply(1.0 / self._multiply(1.0))

    def mass(self) -> Doubles:
        """The masses of all nodes, float64 (n,); at the end, as vectors are given up.

        After a double sweep F of the x that it began with. After a narrow one x, and F of it for nodes without
        out-links, scaled to sum 1: no further from the solution than `narrow_bound` allows.
        """
        if not self.is_measured:
            self._show()
        core, whole, mass = self.core, self.spare[: self.n], np.empty(self.n)
        whole[:] = 0.0
        place(core.nodes, core.places, self.x, self.z, mass, whole)
        if self.size == self.n:
            return mass
        with Crew(cut(core.inward.offsets), self.threads) as crew:
            rows = Rows(core.inward, crew)
            most = max(last - first for first, last in crew.blocks)
            places = [(np.empty(most + 1, np.uint32), np.empty(most)) for _ in range(crew.threads)]

            def work(thread: int, block: int) -> None:
                first, last = crew.blocks[block]
                nodes, sums = places[thread]
                count = choose_dangling(core.out_weight, first, last, nodes)
                neighbours, weights, shift = rows.of(thread, first, last)
                pull_nodes(rows.offsets, neighbours, weights, shift, nodes, count, whole, sums)
                rows.let_go(first, last)
                finish_dangling(sums, self.base, self.spread, self.restarts, self.restart, nodes, count, mass)

            crew.each(work)
        if not self.is_measured:
            mass /= mass.sum()
        return mass

    def returned(self) -> float:
        """The mass of x that leaves the links."""
        self._lost(self.x, 1.0)
        _, total, leaked = self._sum_totals()
        return leaked if self.size == self.n else max(0.0, 1.0 - total) + leaked

    def _multiply(self, factor: float) -> float:
        """Multiply x by the factor; its sum then."""
        blocks = self.crew.blocks
        self.crew.each(lambda _, block: multiply(self.x, factor, *blocks[block], self.totals[block]))
        return self._sum_totals()[1]

    def _share(self, mass: float, over: Doubles) -> float:
        """The factor of a distribution: what each node has of it where it is uniform."""
        return mass if len(over) else mass / self.n

    def _show_narrow(self, values: Doubles, whole: float) -> None:
        """Begin narrow sweeps from values, of nodes that sum to `whole` together."""
        self.base = self._share(self.damping * self._lost(values, whole), self.spread)
        norm, total, _ = self._sum_totals()
        self.in_flight = norm + abs(whole - total)
        for z in self.narrow_z:
            z[0] = z[-1] = 0
        inverse, places, blocks = self.inverse, self.core.places, self.crew.blocks
        carried, z = self.carried, self.narrow_z[0]
        self.crew.each(lambda _, block: show_narrow(values, inverse, places, *blocks[block], carried, z))

    def _show(self) -> None:
        """What rows of a double sweep see of x."""
        self.base = self._share(self.damping * self._lost(self.x, 1.0), self.spread)
        self.restarts = self._share(1.0 - self.damping, self.restart)
        self.z[-1] = 0.0
        inverse, places, blocks = self.inverse, self.core.places, self.crew.blocks
        self.crew.each(lambda _, block: show(self.x, inverse, places, *blocks[block], self.z))

    def _lost(self, values: Doubles, whole: float) -> float:
        """How much leaks of values that sum to `whole`, with those of dangling nodes."""
        self.crew.each(lambda _, block: tally(values, self.leak, *self.crew.blocks[block], self.totals[block]))
        _, total, leaked = self._sum_totals()
        return (whole - total) + leaked

    def _pull(self, first: int, last: int, z: Narrow | Doubles, sums: Doubles) -> None:
        """Sums of the rows of one block."""
        core = self.core
        if len(core.weights):
            pull_weighted(core.offsets, core.neighbours, core.weights, 0, first, last, z, sums)
        else:
            pull(core.offsets, core.neighbours, 0, first, last, z, sums)

    def _sum_totals(self) -> tuple[float, float, float]:
        """The totals of all blocks, added in their order."""
        norm, total, leaked = (math.fsum(self.totals[:, column].tolist()) for column in range(3))
        return norm, total, leaked


def checked_restart(restart: Doubles, n: int) -> Doubles:
    """The restart distribution, scaled to sum 1. Raises: BadInput."""
    given = np.asarray(restart, np.float64)
    return given / restart_sum(given, n) if n else given


def restart_sum(given: Doubles, n: int) -> float:
    """What the weights of a restart sum to. Raises: BadInput."""
    if given.shape != (n,):
        raise BadInput(f"restart of shape {given.shape} for {n} nodes", hint="Give a weight for each node.")
    total = math.fsum(given) if n < 1 << 16 else float(given.sum())
    if n and not (np.isfinite(total) and total > 0.0 and given.min() >= 0.0):
        raise BadInput("the restart is negative, no number, or 0 everywhere", hint="Give weights of 0 or more.")
    return total
