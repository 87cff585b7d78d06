"""PageRank: how often a random walker visits each node who now and then starts anew.

    x = a P x + a R u + (1 - a) v      P[t, s] = w(s, t) / W_s;  v restart, u where leaked mass returns to
    R = sum over s of g_s x_s          g_s leak: 1 for a node without out-links (W_s = 0), (W_s - sum of w(s, .)) / W_s
                                       where a part of the out-weight evaporates, else 0

`dangling` states u: "restart" (u = v, strongly preferential) or "uniform" (u = 1/n, weakly preferential). Evaporated
weight returns as a dangling node's mass does. x sums to 1.

Nodes without out-links are one node during the sweeps: F depends on how much mass they hold together, which is what is
missing from 1. Only links between nodes that link on are swept (pagerank_core); the rows of the others are summed once,
from the x of the last sweep, so that the result is F of that x.

Sweeps: the step d_(k+1) = a P d_k + a R(d_k) u is propagated in narrow precision and added to x, which is double: what
is gathered has 16 bits (bfloat16), so that the cache holds twice as much of it, sums are double, and what a value loses
by rounding is carried over to the node's next one, so that it comes a sweep later. How much of x the rows have not seen
yet, N, is known. Where roundings hide what tolerance asks for, one sweep in double precision computes x' = F(x) afresh,
whose step is what is left of the error and starts another round.
Where all nodes restart alike, x begins as if every link brought the same mass, which spares a sweep.
Stops: (a N + rounding) / (1 - a) <= tolerance, the nodes without out-links counted as one; N is |F(x) - x|_1 of a
double sweep, after a narrow one |d|_1 and at most 2**-8 of the N before. That bounds the true L1 error of all nodes: F
contracts by a in L1 on the lumped walk, and from lumped to whole vectors too, so |F(x) - x| <= a N; of nodes without
out-links the result is F(x), so it is off by at most a |x - x*| + a N. Scaling it to sum 1 adds at most a N, for which
the bound is taken 2 - a times. The bits are the same for any number of threads.

Source: Page, Brin, Motwani, Winograd 1999; Boldi, Posenato, Santini, Vigna, Traps and Pitfalls of Topic-Biased PageRank
2006 (dangling policies); Ipsen, Selee, PageRank Computation, with Special Attention to Dangling Nodes 2007 (lumping);
Wilkinson, Rounding Errors in Algebraic Processes 1963 (refinement by residuals); Seide, Fu, Droppo, Li, Yu, 1-Bit
Stochastic Gradient Descent 2014 (carrying over what rounding takes).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput, NotConverged
from inlink.kernels.csr import Csr
from inlink.kernels.pagerank_blocks import PackedRows
from inlink.kernels.pagerank_core import Core, core_of
from inlink.kernels.pagerank_sweeps import Sweeps

Doubles = NDArray[np.float64]
Dangling = Literal["restart", "uniform"]
Precision = Literal["mixed", "double"]


@dataclass(frozen=True, slots=True)
class PageRankResult:
    """The mass of each node and how good it is.

    Shapes: mass float64 (n,), sums to 1.
    error_bound: at most so far from the true vector in L1. returned: the mass that leaves the links at dangling nodes
    and by evaporation (R above). iterations: sweeps over the core's edges, `double_sweeps` of them in double precision.
    """

    mass: Doubles
    iterations: int
    error_bound: float
    returned: float
    double_sweeps: int
    damping: float
    dangling: str


def pagerank(
    inward: Csr | PackedRows | Core,
    out_weight: Doubles | None = None,
    *,
    damping: float = 0.85,
    restart: Doubles | None = None,
    dangling: Dangling = "restart",
    tolerance: float = 1e-9,
    max_iterations: int = 1000,
    threads: int | None = None,
    precision: Precision = "mixed",
    tick: Callable[[float], None] | None = None,
) -> PageRankResult:
    """The mass of each node; the module says the formula, the policy and the stopping rule.

    Shapes: inward: row t has the nodes that link to t; or the core of a graph, which several runs may share and that
    has the out-weights; out_weight float64 (n,), 0 for a dangling node, what evaporates included; restart float64 (n,),
    not negative, scaled to sum 1 here, or None for all nodes alike.
    `threads`: None for all cores. `precision` "double" makes no narrow sweeps (x after k iterations is then that of the
    power method). `tick` is told the bound after each sweep.
    Memory: that of the core, 32 bytes for each of its nodes, 16 for each node.
    Raises: NotConverged: facts["last"] is the last result; BadInput.    Cost: O(edges) per iteration.
    """
    check_settings(damping, dangling)
    if precision not in ("mixed", "double"):
        raise BadInput(f"unknown precision: {precision}", hint="Use mixed or double.")
    core = core_given(inward, out_weight, threads)
    if core.n == 0:
        return PageRankResult(np.empty(0), 0, 0.0, 0.0, 0, damping, dangling)
    with Sweeps(core, damping, restart, dangling == "uniform", threads) as sweeps:
        plan = Rounds(sweeps, damping, tolerance, max_iterations, tick)
        done = plan.run(precision == "mixed")
        result = PageRankResult(
            mass=sweeps.mass(),
            iterations=sweeps.n_narrow + sweeps.n_double,
            error_bound=plan.bound,
            returned=sweeps.returned(),
            double_sweeps=sweeps.n_double,
            damping=damping,
            dangling=dangling,
        )
    if not done:
        raise NotConverged(
            f"PageRank is within {plan.bound:.2g} after {result.iterations} iterations, not within {tolerance:.2g}",
            hint="Allow more iterations or a larger tolerance.",
            last=result,
        )
    return result


def core_given(inward: Csr | PackedRows | Core, out_weight: Doubles | None, threads: int | None) -> Core:
    """The core that is given, or that of the graph. Raises: BadInput."""
    if isinstance(inward, Core):
        if out_weight is not None and out_weight is not inward.out_weight:
            raise BadInput("a core has out-weights already", hint="Give the core alone.")
        return inward
    if out_weight is None:
        raise BadInput("there are no out-weights", hint="Give one for each node.")
    return core_of(inward, out_weight, threads)


def check_settings(damping: float, dangling: str) -> None:
    """Raises: BadInput where a setting is none of those that there are."""
    if not 0.0 <= damping < 1.0:
        raise BadInput(f"damping {damping} is not in [0, 1)", hint="The usual value is 0.85.")
    if dangling not in ("restart", "uniform"):
        raise BadInput(f"unknown policy for dangling nodes: {dangling}", hint="Use restart or uniform.")


class Steps(Protocol):
    """What rounds are made of: `Sweeps`, or those of sixteen vectors. The norms are the largest of any vector."""

    rounding: float
    roundings: float
    can_start_narrow: bool

    @property
    def in_flight(self) -> float: ...  # noqa: D102
    def start(self) -> float: ...  # noqa: D102
    def narrow(self) -> float: ...  # noqa: D102
    def double(self) -> float: ...  # noqa: D102
    def normalise(self) -> None: ...  # noqa: D102


class Rounds:
    """Rounds of narrow sweeps, which a double sweep ends where their own bound cannot reach the tolerance."""

    def __init__(
        self,
        sweeps: Steps,
        damping: float,
        tolerance: float,
        most: int,
        tick: Callable[[float], None] | None = None,
    ) -> None:
        self.sweeps, self.tolerance, self.left = sweeps, tolerance, most
        self.tick = tick
        self.damping = damping
        self.bound = 1.0 / (1.0 - damping)

    def run(self, mixed: bool) -> bool:
        """Sweep until the bound holds; False where the iterations are used up first."""
        norm = self.sweeps.start() if mixed and self.left > 1 and self.sweeps.can_start_narrow else self._measure()
        while self.bound > self.tolerance and self.left > 0:
            if mixed and self.left > 1:
                self._narrow(norm)
                if self.bound <= self.tolerance:
                    break
                self.sweeps.normalise()
            norm = self._measure()
        return self.bound <= self.tolerance

    def _measure(self) -> float:
        """One double sweep; the norm of its step."""
        self.left -= 1
        norm = self.sweeps.double()
        self.bound = (self.damping * norm + self.sweeps.rounding) / (1.0 - self.damping)
        if self.tick is not None:
            self.tick(self.bound)
        return norm

    def _narrow(self, norm: float) -> None:
        """Narrow sweeps until the bound holds, or roundings hide it and a double sweep would find little."""
        a, sweeps = self.damping, self.sweeps
        aim = self.tolerance * (1.0 - a) / max(a, 1e-300)
        while self.left > 1:
            self.left -= 1
            now = sweeps.narrow()
            factor = min(a, now / norm) if norm > 0.0 else 0.0
            norm = now
            self.bound = (2.0 - a) * (a * sweeps.in_flight + sweeps.roundings) / (1.0 - a)
            if self.tick is not None:
                self.tick(self.bound)
            if self.bound <= self.tolerance:
                return
            is_hidden = (2.0 - a) * sweeps.roundings > 0.5 * self.tolerance * (1.0 - a)
            if is_hidden and norm * factor <= max(0.7 * aim, sweeps.roundings):
                return
