"""What each direct in-link carries to a node: the terms that its mass is the sum of.

    mass(x) = sum over s -> x of a mass(s) w(s, x) / W_s  +  (1 - a) v_x  +  a R u_x  +  open

The last term is what the run's stopping rule left open: 0 to rounding for a run that was taken to the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.errors import NotFound
from inlink.graph.explain_walk import Floats, Walk


@dataclass(frozen=True, slots=True)
class Flow:
    """The terms of a node's mass, the strongest in-link first.

    Shapes: sources uint32 (in-links), carried and source_mass and share_of_source float64 (in-links).
    share_of_source: the part of its own mass that a source hands on by this link, before damping.
    restart: from random restarts; returned: from dangling nodes and evaporated votes; open: left by the stopping rule.
    """

    node: int
    mass: float
    sources: NDArray[np.uint32]
    carried: Floats
    source_mass: Floats
    share_of_source: Floats
    restart: float
    returned: float
    open: float

    @property
    def linked(self) -> float:
        """What all in-links carry together."""
        return math.fsum(self.carried.tolist())

    @property
    def total(self) -> float:
        """Sum of all terms; the mass."""
        return math.fsum([*self.carried.tolist(), self.restart, self.returned, self.open])


def flow(walk: Walk, node: int) -> Flow:
    """The flow into a node. Raises: NotFound. Cost: O(in-links) and one sort of them."""
    check_node(walk, node)
    sources, weights = walk.in_links(node)
    shares = weights / walk.out_weight[sources]
    source_mass = np.asarray(walk.mass[sources], np.float64)
    carried = walk.damping * source_mass * shares
    restart, returned = walk.base_of(node)
    mass = float(walk.mass[node])
    left = math.fsum([mass, -restart, -returned, *(-carried).tolist()])
    order = np.lexsort((sources, -carried))
    return Flow(node, mass, sources[order], carried[order], source_mass[order], shares[order], restart, returned, left)


def check_node(walk: Walk, node: int) -> None:
    """Raises: NotFound where the graph has no such node."""
    if not 0 <= node < walk.n:
        raise NotFound(f"the graph has no node {node}", hint="name a page, host or domain of this graph")
