"""Which nodes, anywhere, a node's mass comes from: where a walk began that ends here along links.

    mass_x = sum over s of b_s Z_sx        b_s: mass that s has by restarts and by what left the links elsewhere
    with a push that stopped early:
    mass_x = sum of b_s (p_s + r_s) + unresolved,  unresolved = sum of r_u (mass_u - b_u)

The second form is exact for any push: what is not attributed is known to the last digit, and is a row of its own.
Source: Andersen et al., WAW 2007 (`kernels.push`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.graph.explain_numbers import Floats
from inlink.graph.explain_walk import Walk
from inlink.graph.flow import check_node
from inlink.kernels.push import Column, exact_column, reverse_push
from inlink.kernels.push_sweeps import Start, Swept, swept_column

UNRESOLVED_SHARE = 0.01
EXACT = 1e-14
ROUNDING = 1e-13  # of a mass: less than this by links is none
MOST_SWEEPS = 400
MANY_EDGES = 1 << 22  # below this many, pushing is quick enough
PUSHED_PART = 1 / 256  # of all edges: where more are to be pushed, sweeps are quicker


@dataclass(frozen=True, slots=True)
class Origins:
    """Where a node's mass began.

    Shapes: sources uint32 (k,) ascending, begun float64 (k,).
    unresolved: mass that was not followed to
    its beginning. open: what the run's stopping rule left (after sweeps it is within the unresolved). column: the push
    or the sweeps, for what-if.
    """

    node: int
    mass: float
    sources: NDArray[np.uint32]
    begun: Floats
    unresolved: float
    open: float
    is_exact: bool
    column: Column | Swept | None = None

    @property
    def itself(self) -> float:
        """The part that began at the node."""
        return float(self.begun[self.sources == self.node].sum())

    @property
    def total(self) -> float:
        """Sum of all rows; the mass."""
        return math.fsum([float(np.sum(self.begun)), self.unresolved, self.open])

    def strongest(self, n: int | None) -> NDArray[np.int64]:
        """Places of the n greatest parts, in order; None: of all."""
        n = len(self.begun) if n is None else min(n, len(self.begun))
        found = np.arange(len(self.begun))
        if n < len(found):
            found = np.flatnonzero(self.begun >= np.partition(self.begun, -n)[-n]) if n else found[:0]
        return found[np.lexsort((self.sources[found], -self.begun[found]))][:n]


def origins(
    walk: Walk, node: int, *, unresolved_share: float = UNRESOLVED_SHARE, threads: int | None = None
) -> Origins:
    """Origins of all but a share of the mass. Raises: NotFound.

    Cost: one reverse push; where that would look at much of a large graph, some sweeps by `threads` (None: all cores).
    """
    return origins_of(walk, column_of(walk, node, unresolved_share=unresolved_share, threads=threads))


def column_of(
    walk: Walk, node: int, *, unresolved_share: float = UNRESOLVED_SHARE, threads: int | None = None
) -> Column | Swept:
    """The push or the sweeps that tell the origins of a node's mass. Raises, Cost: as `origins`."""
    check_node(walk, node)
    mass = np.asarray(walk.mass)
    own = sum(walk.base_of(node))
    linked = float(mass[node]) - own
    if linked <= ROUNDING * mass[node]:  # nothing came by links
        return reverse_push(walk.inward, walk.out_weight, node, damping=walk.damping, epsilon=1.0)
    limit = int(walk.inward.m * PUSHED_PART) if is_large(walk) else MOST_SWEEPS * walk.inward.m
    if is_large(walk) and n_two_steps(walk, node) > limit // 4:
        return swept(walk, node, unresolved_share * linked, threads=threads)
    column = reverse_push(
        walk.inward,
        walk.out_weight,
        node,
        damping=walk.damping,
        mass=_linked(walk),
        unresolved_share=unresolved_share,
        most_edges=limit,
    )
    if is_large(walk) and not column.complete:
        return swept(walk, node, unresolved_share * linked, start=column, threads=threads)
    return column


def is_large(walk: Walk) -> bool:
    """Sweeps may be quicker than a push."""
    return walk.outward is not None and has_many_edges(walk.inward.m)


def has_many_edges(m: int) -> bool:
    """A graph of so many edges is worth a core."""
    return m > MANY_EDGES


def swept(
    walk: Walk, node: int, unresolved: float, *, start: Column | None = None, threads: int | None = None
) -> Swept:
    """A column until all but so much mass is attributed, by sweeps from a push that was not enough or from none."""
    return swept_column(
        walk.inward,
        walk.core(threads=threads),
        walk.out_weight,
        node,
        base=_base(walk),
        mass=np.asarray(walk.mass),
        unresolved=unresolved,
        damping=walk.damping,
        start=None if start is None else _settled(start),
        threads=threads,
    )


def origins_of(walk: Walk, column: Column | Swept) -> Origins:
    """Origins from a push or sweeps that were made already."""
    return _pushed(walk, column) if isinstance(column, Column) else _swept(walk, column)


def _swept(walk: Walk, column: Swept) -> Origins:
    base = _base(walk)
    sources = np.flatnonzero(column.values != 0).astype(np.uint32)  # of truth values it is quicker
    begun = column.values[sources].astype(np.float64) * (base if len(base) == 1 else base[sources])
    mass = float(walk.mass[column.target])
    left = mass - float(np.sum(begun))
    return Origins(column.target, mass, sources, begun, left, 0.0, False, column)


def _base(walk: Walk) -> Floats:
    """b of all nodes; one number where it is the same."""
    return walk.base(np.zeros(1, np.int64)) if walk.restart is None else walk.base()


def _settled(column: Column) -> Start:
    """What a push found, its residuals added: they are visits too."""
    nodes = np.concatenate([column.nodes, column.residual_nodes])
    found, place = np.unique(nodes, return_inverse=True)
    values = np.bincount(place, np.concatenate([column.values, column.residuals]), minlength=len(found))
    return Start(found, np.asarray(values, np.float64))


def _linked(walk: Walk) -> Floats:
    """The mass of each node that came by links."""
    mass = np.asarray(walk.mass)
    linked = np.subtract(mass, _base(walk))
    linked *= linked > ROUNDING * mass
    return linked


def n_two_steps(walk: Walk, node: int) -> int:
    """In-links of a node and of its sources."""
    offsets = walk.inward.offsets
    sources = walk.in_links(node)[0].astype(np.int64)
    return len(sources) + int(np.sum(offsets[sources + 1] - offsets[sources]))


def _pushed(walk: Walk, column: Column) -> Origins:
    rest, residuals = column.residual_nodes, column.residuals
    rest_base = walk.base(rest)
    unresolved = float(np.sum(residuals * (np.asarray(walk.mass[rest]) - rest_base)))
    nodes = np.concatenate([column.nodes, rest])
    parts = np.concatenate([column.values * walk.base(column.nodes), residuals * rest_base])
    order = np.argsort(nodes, kind="stable")  # merges two ascending runs
    nodes, parts = nodes[order], parts[order]
    first = np.flatnonzero(np.concatenate([[True], nodes[1:] != nodes[:-1]]))
    sources, begun = nodes[first], np.add.reduceat(parts, first)
    return _origins(walk, column.target, sources, begun, unresolved=unresolved, column=column)


def exact_origins(walk: Walk, node: int) -> Origins:
    """Origins of all of the mass. Raises: NotFound. Cost: some 200 passes over the edges."""
    check_node(walk, node)
    visits = exact_column(walk.inward, walk.out_weight, node, damping=walk.damping, tolerance=EXACT)
    begun = visits * walk.base()
    sources = np.flatnonzero(begun).astype(np.uint32)
    return _origins(walk, node, sources, begun[sources], unresolved=0.0, is_exact=True)


def _origins(
    walk: Walk,
    node: int,
    sources: NDArray[np.uint32],
    begun: Floats,
    *,
    unresolved: float,
    is_exact: bool = False,
    column: Column | None = None,
) -> Origins:
    kept = np.flatnonzero(begun > 0)
    if len(kept) < len(begun):
        sources, begun = sources[kept], begun[kept]
    mass = float(walk.mass[node])
    left = math.fsum([mass, -unresolved, -float(np.sum(begun))])
    return Origins(node, mass, sources, begun, unresolved, left, is_exact, column)
