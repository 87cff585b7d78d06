"""The walk whose stationary mass a run holds, with what explanations need to know of it.

    mass = b + a mass P            P[s, x] = w(s, x) / W_s, rows of weight 0 (dangling) are empty
    b    = (1 - a) v + a R u       v restart, R the mass that leaves the links, u where it returns to

    leak g_s = 1 for a dangling node, (W_s - sum of w(s, .)) / W_s where a part of the out-weight evaporates, else 0
    R        = sum of g_s mass_s

Mass that finds no link to follow returns by u: that is the same as a restart when u = v, and it keeps the mass at 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.kernels.csr_rows import Csr

if TYPE_CHECKING:
    from inlink.kernels.push_core import OutCore
    from inlink.kernels.push_sweeps import Leaked

Floats = NDArray[np.float64]
Returns = Literal["restart", "uniform"]


@dataclass(slots=True)
class Prepared:
    """What questions about a walk share: made for the first that needs it, or kept beside the run."""

    core: OutCore | None = None
    leaked: Leaked | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """A graph, its walk, and the mass that the walk leaves on each node.

    Shapes: inward (n, n) row t = sources of t's in-links; outward the same turned round, or None where what needs it is
    not asked for; out_weight float64 (n) with the evaporating part; mass float64 (n); restart float64 (n) or None
    (uniform); leak float64 (n) or None (only dangling nodes leak).
    returned: the mass that leaves the links at dangling nodes and by evaporation; is_leaky: some node leaks.
    """

    inward: Csr
    outward: Csr | None
    out_weight: Floats
    mass: Floats
    damping: float
    restart: Floats | None
    returns: Returns
    leak: Floats | None
    returned: float
    is_leaky: bool
    prepared: Prepared = field(default_factory=Prepared, compare=False, repr=False, kw_only=True)

    @property
    def n(self) -> int:
        """Nodes."""
        return len(self.out_weight)

    @property
    def n_all(self) -> int:
        """Nodes that restarts are shared among: more than `n` where a walk holds a part of its graph."""
        return self.n

    @property
    def returns_by_restart(self) -> bool:
        """What leaves the links comes back where the walk restarts."""
        return self.returns == "restart" or self.restart is None

    def in_links(self, node: int) -> tuple[NDArray[np.uint32], Floats]:
        """Sources of a node's in-links and their weights."""
        low, high = int(self.inward.offsets[node]), int(self.inward.offsets[node + 1])
        weights = np.ones(high - low)
        if self.inward.weights is not None:
            weights[:] = self.inward.weights[low:high]
        return np.asarray(self.inward.neighbours[low:high]), weights

    def weight(self, source: int, target: int) -> float:
        """Weight of the edge; 0 where there is none."""
        low, high = int(self.inward.offsets[target]), int(self.inward.offsets[target + 1])
        at = low + int(np.searchsorted(self.inward.neighbours[low:high], np.uint32(source)))
        if at == high or int(self.inward.neighbours[at]) != source:
            return 0.0
        return 1.0 if self.inward.weights is None else float(self.inward.weights[at])

    def leak_of(self, node: int) -> float:
        """Share of a node's mass that follows no link."""
        if self.out_weight[node] == 0:
            return 1.0
        return 0.0 if self.leak is None else float(self.leak[node])

    def leaks(self) -> Floats:
        """Share of each node's mass that follows no link."""
        return leaks_of(self.out_weight, self.leak)

    def links_out(self) -> Csr:
        """The out-links of each node; made from the in-links where they were not given."""
        if self.outward is not None:
            return self.outward
        from inlink.kernels.csr import transpose

        return transpose(self.inward, self.n)

    def core(self, *, threads: int | None = None) -> OutCore:
        """The links among nodes that link on, laid out for sweeps. Cost: two passes over the edges, once a walk."""
        if self.prepared.core is None:
            from inlink.kernels.push_core import out_core_of  # compiled: the flow is told without

            self.prepared.core = out_core_of(self.inward, self.links_out(), self.out_weight, threads=threads)
        return self.prepared.core

    def coarse_leaks(self, *, threads: int | None = None) -> Leaked:
        """How likely walks from each node leave the links, to 1e-4. Cost: some ten sweeps, once a walk."""
        if self.prepared.leaked is None:
            from inlink.kernels.push_sweeps import coarse_leaks

            core = self.core(threads=threads)
            self.prepared.leaked = coarse_leaks(core, damping=self.damping, evaporated=self.leak, threads=threads)
        return self.prepared.leaked

    def restart_of(self, node: int) -> float:
        """Share of the restarts that begin at a node."""
        return 1.0 / self.n if self.restart is None else float(self.restart[node])

    def base_of(self, node: int) -> tuple[float, float]:
        """Mass that a node has by restarts and by what left the links elsewhere."""
        back = self.restart_of(node) if self.returns_by_restart else 1.0 / self.n
        return (1 - self.damping) * self.restart_of(node), self.damping * self.returned * back

    def base(self, nodes: NDArray[np.integer] | None = None) -> Floats:
        """b at the nodes; None: at all."""
        chosen = slice(None) if nodes is None else nodes
        size = self.n if nodes is None else len(nodes)
        restart = np.full(size, 1.0 / self.n) if self.restart is None else np.asarray(self.restart[chosen], np.float64)
        back = restart if self.returns_by_restart else np.full(size, 1.0 / self.n)
        return (1 - self.damping) * restart + self.damping * self.returned * back


def walk_of(
    inward: Csr,
    out_weight: Floats,
    mass: Floats,
    *,
    outward: Csr | None = None,
    damping: float = 0.85,
    restart: Floats | None = None,
    returns: Returns = "restart",
    leak: Floats | None = None,
    prepared: Prepared | None = None,
) -> Walk:
    """The walk of a run: its graph and its mass; `prepared` where that is kept.

    Raises: BadInput where shapes do not fit together.
    """
    n = len(out_weight)
    sizes = {len(each) for each in (mass, restart, leak) if each is not None} | {n, inward.n}
    if len(sizes) != 1 or (outward is not None and (outward.n, outward.m) != (n, inward.m)):
        raise BadInput("graph and run do not belong together", hint="score again: inlink rank")
    leaks = leaks_of(out_weight, leak)
    returned, is_leaky = float(np.dot(mass, leaks)), bool(np.any(leaks > 0))
    parts = (inward, outward, out_weight, mass, damping, restart, returns, leak, returned, is_leaky)
    return Walk(*parts, prepared=prepared or Prepared())


def leaks_of(out_weight: Floats, leak: Floats | None) -> Floats:
    """Share of each node's mass that follows no link."""
    dangling = out_weight == 0
    return dangling.astype(np.float64) if leak is None else np.where(dangling, 1.0, leak)
