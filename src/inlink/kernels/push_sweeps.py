"""The column of a target that much of the graph leads to: sweeps along out-links instead of pushes along in-links.

    y_s = [s = t] + a sum over x of Q[s, x] y_x         one equation a node, solved from below, rows in order

Where most nodes are reached, pushing adds to memory in no order, an edge at a time; gathering reads it some five times
faster. The start is two levels of pushes; then rows are gathered, each with the newest values of the phases before its
own. In every other sweep, rows of many links wait: they cost most and there are few.

The mass of a run is x = b + a Q' x, so that for any p whatever

    x_t = sum of b_s p_s + sum of r_u x_u,     r = e_t + a Q p - p

and what is unresolved is known without r. How far y is above p: r_u <= a times all growth since u's row was gathered,
and y - p <= max(r) / (1 - a). The same bits for any number of threads: phases and blocks depend on the graph alone,
and a block reads what earlier phases wrote.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.kernels.csr import Csr
from inlink.kernels.pagerank_blocks import available_cores
from inlink.kernels.push_core import OutCore
from inlink.kernels.push_gather import gather_rows, scatter_rows
from inlink.kernels.push_rounds import arrays_of
from inlink.kernels.views import read_only

Words = NDArray[np.uint32]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Block = tuple[int, int]
Gathered = tuple[float, float, int]  # attributed, largest growth, links looked at
Each = Callable[[Callable[[Block], Gathered], Sequence[Block]], list[Gathered]]

MOST_SWEEPS = 400
_PHASES = 16
_BLOCK_WORK = 1 << 20  # edges and rows of a block
_ROW = 8  # edges that a row costs
_LONG = 2.5  # rows of so many times the mean number of links wait every other sweep
_ALL = 1 << 62
LEAK_TOLERANCE = 1e-4
_NOTHING = np.empty(0)
_ROUNDING = 2.0**-22  # of the largest value: what single precision may lose in a residual


@dataclass(frozen=True, slots=True)
class Swept:
    """Visits to `target` from everywhere: y_s lies within error_bound of values[s].

    Shapes: values float32 (n,).
    unresolved: the part of the target's mass that is not attributed, of the run whose base was given.
    complete: what was asked for was reached.
    """

    target: int
    values: Singles
    error_bound: float
    unresolved: float
    edges_pushed: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Leaked:
    """How likely a damped walk from each node is to leave the links at their end, within error_bound.

    Shapes: values float32 (n,).
    """

    values: Singles
    error_bound: float


@dataclass(frozen=True, slots=True)
class Start:
    """What is known of the column before the sweeps, from below. Shapes: nodes uint32 (k,), values float64 (k,)."""

    nodes: Words
    values: Floats


def swept_column(
    inward: Csr,
    core: OutCore,
    out_weight: Floats,
    target: int,
    *,
    base: Floats,
    mass: Floats,
    unresolved: float,
    damping: float = 0.85,
    start: Start | None = None,
    threads: int | None = None,
    most_sweeps: int = MOST_SWEEPS,
) -> Swept:
    """The column of `target` until at most `unresolved` of its mass is not attributed.

    Shapes: inward (n, n), row t = sources of t's in-links; core: of the same graph; out_weight float64 (n,);
    mass float64 (n,) of a run over these links; base float64 (n,), or (1,) where it is the same for all: b.
    start: from an earlier push, else two levels of pushes are made. threads: None for all cores.
    Raises: BadInput.    Cost: a gather a link of the core and sweep, some three sweeps for a share of 1 %; 13 n bytes.
    """
    n = inward.n
    if not n == core.n == len(out_weight) == len(mass) or len(base) not in (1, n) or not 0 <= target < n:
        raise BadInput("the graph, its masses and the target do not fit together", hint="Give them of one run.")
    known = np.zeros(n, np.float32)
    if start is None:
        edges = _two_levels(inward, out_weight, target, damping, mass, known)
    else:
        known[start.nodes] = start.values
        edges = 0
    sweeps = _column_sweeps(inward, core, target, damping, base, known, threads)
    links_on = out_weight[target] > 0
    own = 0.0 if links_on else float(base[0] if len(base) == 1 else base[target])
    complete = sweeps.until(float(mass[target]) - unresolved - own, most_sweeps)
    values = core.spread(sweeps.values, 0.0)
    if not links_on:
        values[target] = 1.0
    left = float(mass[target]) - (sweeps.attributed + own)
    return Swept(target, read_only(values), sweeps.error_bound(), left, edges + sweeps.edges, complete)


def coarse_leaks(
    core: OutCore,
    *,
    damping: float = 0.85,
    evaporated: Floats | None = None,
    tolerance: float = LEAK_TOLERANCE,
    threads: int | None = None,
    most_sweeps: int = MOST_SWEEPS,
) -> Leaked:
    """c = g + a Q c to about `tolerance`: g is 1 for dangling nodes, and `evaporated` (float64 (n,)) at others.

    Cost: a gather a link of the core and sweep, ten sweeps where half of all nodes dangle.
    """
    own = np.zeros(core.size) if evaporated is None else np.asarray(evaporated, np.float64)[core.nodes]
    to_ends = np.maximum(1.0 - own - core.kept, 0.0)
    constant = own + damping * to_ends  # the links that end at once are known
    values = np.empty(core.size, np.float32)
    values[core.places] = constant
    sweeps = _Sweeps(core, damping, np.zeros(1), values, threads, constant=constant)
    sweeps.until_even(tolerance * (1 - damping), most_sweeps)
    return Leaked(read_only(core.spread(values, 1.0)), sweeps.error_bound())


def _column_sweeps(
    inward: Csr, core: OutCore, target: int, damping: float, base: Floats, known: Singles, threads: int | None
) -> _Sweeps:
    """Sweeps from what is known of a column, float32 (n,); a target that does not link on is a constant to others."""
    values = np.empty(core.size, np.float32)
    values[core.places] = known[core.nodes]
    row = int(core.rows_of(np.array([target], np.uint32))[0])
    of_rows = base if len(base) == 1 else base[core.nodes]
    if row >= 0:
        return _Sweeps(core, damping, of_rows, values, threads, target=row)
    low, high = int(inward.offsets[target]), int(inward.offsets[target + 1])
    sources, weights = inward.neighbours[low:high], np.ones(high - low)
    if inward.weights is not None:
        weights[:] = inward.weights[low:high]
    rows = core.rows_of(sources)
    rows, weights = rows[rows >= 0], weights[rows >= 0]  # a source whose links all weigh 0 is none
    constant = np.zeros(core.size)
    constant[rows] = damping * weights / core.out_weight[rows]
    return _Sweeps(core, damping, of_rows, values, threads, constant=constant)


def _two_levels(inward: Csr, out_weight: Floats, target: int, damping: float, mass: Floats, values: Singles) -> int:
    """What leads to the target in one step, and, as far as a twentieth of a sweep goes, in two; edges looked at."""
    arrays = arrays_of(inward, out_weight)
    values[target] = 1.0
    scatter_rows(*arrays, damping, np.array([target], np.uint32), np.ones(1), values)
    low, high = int(inward.offsets[target]), int(inward.offsets[target + 1])
    sources = np.unique(inward.neighbours[low:high])
    sources = sources[sources != target]
    shares = values[sources].astype(np.float64)
    cost = inward.offsets[sources.astype(np.int64) + 1] - inward.offsets[sources]
    order = np.argsort(-shares * mass[sources] / np.maximum(cost, 1), kind="stable")
    spent = np.cumsum(cost[order])
    chosen = order[: int(np.searchsorted(spent, inward.m // 20, "right"))]
    scatter_rows(*arrays, damping, sources[chosen], shares[chosen], values)
    return int(high - low + cost[chosen].sum())


class _Sweeps:
    """Values by place (float32) that grow towards the column, and how much of the mass they attribute.

    Shapes: base (1,) or by row; constant, by row or empty: added to each row, beside the 1 of the target's own.
    """

    def __init__(
        self,
        core: OutCore,
        damping: float,
        base: Floats,
        values: Singles,
        threads: int | None,
        *,
        target: int = -1,
        constant: Floats = _NOTHING,
    ) -> None:
        self.links = core.arrays()
        self.target, self.damping, self.base, self.values = target, damping, read_only(base), values
        self.constant = read_only(constant)
        self.phases = phases_of(core.offsets)
        self.threads = max(1, available_cores() if threads is None else threads)
        self.after = np.empty(max((p[-1][1] - p[0][0] for p in self.phases), default=0), np.float32)
        self.parts = [self._attributed(phase) for phase in self.phases]
        self.growths: list[float] = [math.inf]
        self.whole_at = [0]  # in which sweeps all rows are gathered; the first stands for those before any
        self.edges = 0
        self.most = int(_LONG * core.m / max(core.size, 1)) + 1

    @property
    def attributed(self) -> float:
        """Sum of b p."""
        return math.fsum(self.parts)

    def until(self, aim: float, most_sweeps: int) -> bool:
        """Sweep until so much is attributed, all rows once at least; False where the sweeps are used up first."""
        with _pool(self.threads) as each:
            for sweep in range(most_sweeps):
                if self._sweep(self.most if sweep % 2 == 0 else _ALL, aim, each):
                    return True
        return False

    def until_even(self, growth: float, most_sweeps: int) -> None:
        """Sweep over all rows until none grows by more."""
        with _pool(self.threads) as each:
            for _ in range(most_sweeps):
                self._sweep(_ALL, math.inf, each)
                if self.growths[-1] <= growth:
                    return

    def error_bound(self) -> float:
        """How far any value may be from the truth."""
        since = self.whole_at[-1]
        largest = max(1.0, float(self.values.max(initial=0.0)))
        residual = self.damping * math.fsum(self.growths[since:]) + _ROUNDING * largest
        return min(residual, 1.0) / (1 - self.damping)

    def _sweep(self, most: int, aim: float, each: Each) -> bool:
        """All rows of at most so many links once, phase by phase; True as soon as the aim is met.

        Before all rows were gathered once nothing is known of how far values are off.
        """
        self.growths.append(0.0)
        for number, blocks in enumerate(self.phases):
            first, last = blocks[0][0], blocks[-1][1]

            def work(block: Block, first: int = first) -> Gathered:
                place = self.after[block[0] - first : block[1] - first]
                own = (self.values, self.constant, self.base, place)
                return gather_rows(*self.links, self.damping, self.target, block[0], block[1], most, *own)

            found = each(work, blocks)
            self.values[self.links[4][first:last]] = self.after[: last - first]
            self.parts[number] = math.fsum(part for part, _, _ in found)
            self.growths[-1] = max(self.growths[-1], *(growth for _, growth, _ in found))
            self.edges += sum(edges for _, _, edges in found)
            if len(self.whole_at) > 1 and self.attributed >= aim:
                return True
        if most == _ALL:
            self.whole_at.append(len(self.growths) - 1)
        return len(self.whole_at) > 1 and self.attributed >= aim

    def _attributed(self, phase: list[Block]) -> float:
        first, last = phase[0][0], phase[-1][1]
        base = self.base if len(self.base) == 1 else self.base[first:last]
        return float(np.sum(self.values[self.links[4][first:last]] * base, dtype=np.float64))


@contextmanager
def _pool(threads: int) -> Iterator[Each]:
    """Does something to each block, by so many threads; results in the order of the blocks."""
    if threads == 1:
        yield lambda work, blocks: [work(block) for block in blocks]
        return
    with ThreadPoolExecutor(threads) as pool:
        yield lambda work, blocks: list(pool.map(work, blocks))


def phases_of(offsets: NDArray[np.int64]) -> list[list[Block]]:
    """Ranges of rows of about the same work, cut again into blocks; they depend on the links alone."""
    cut = []
    for first, last in _cut(offsets, 0, len(offsets) - 1, _PHASES):
        work = int(offsets[last] - offsets[first]) + _ROW * (last - first)
        cut.append(_cut(offsets, first, last, work // _BLOCK_WORK + 1))
    return cut


def _cut(offsets: NDArray[np.int64], first: int, last: int, n: int) -> list[Block]:
    """At most n ranges of rows between first and last, none empty."""

    def work(row: int) -> int:
        return int(offsets[row]) + _ROW * row

    marks = np.linspace(float(work(first)), float(work(last)), n + 1)[1:-1].tolist()
    inner = (bisect_left(range(last + 1), mark, first, key=work) for mark in marks)
    ends = sorted({first, last, *inner})
    return list(pairwise(ends))
