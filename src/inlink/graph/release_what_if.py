"""The mass of a domain of a release if references to it were added or lost: by pushes over its lists, with a bound.

The formula is that of `what_if_masses`; the walk holds the few nodes that the change is about, by place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from inlink.graph.blocks import Release
from inlink.graph.explain_walk import Walk
from inlink.graph.policy import Policy
from inlink.graph.release_flow import base_of, damping_of
from inlink.graph.release_push import ReleaseColumns, ReleaseLists
from inlink.graph.what_if import WhatIf
from inlink.graph.what_if_masses import MassAfter, mass_after
from inlink.graph.what_if_rows import Edit
from inlink.graph.what_if_wishes import Wish, counts_of_plain, judge
from inlink.kernels.csr import csr_of_edges

WORK = 40_000  # edges that all pushes may look at
DIGITS = 2.0**-22  # of a mass: those of a release have 24 bits


@dataclass(frozen=True, slots=True)
class PartWalk(Walk):
    """A walk over a few nodes of a graph of `n_graph`."""

    n_graph: int

    @property
    def n_all(self) -> int:
        """Nodes of the whole graph."""
        return self.n_graph


def release_what_if(release: Release, node: int, wishes: Sequence[Wish], *, work: int = WORK) -> WhatIf:
    """What the wishes do to the node's mass; every reference counts once.

    Raises: NotFound as `release_flow`.    Cost: pushes over so many edges of lists, a place at a time.
    """
    part = _Part(release, node, [wish.source for wish in wishes if wish.source is not None], work)
    placed = [replace(wish, source=part.place_of(wish.source)) for wish in wishes]
    counts_of = counts_of_plain(part.walk)
    judged = judge(part.walk, 0, placed, Policy(), counts_of, by_pages=True)
    edits = [one.edit for one in judged if one.edit]
    singly = [judge(part.walk, 0, [wish], Policy(), counts_of, by_pages=True)[0].edit for wish in placed]
    alone = tuple(part.after([edit] if edit else []) for edit in singly)
    return WhatIf(node, part.after(edits), tuple(judged), alone)


def release_without(
    release: Release, node: int, sources: Sequence[int], sizes: Sequence[int], *, work: int = WORK
) -> list[MassAfter]:
    """The node's mass without the first of its sources, for each number of them."""
    part = _Part(release, node, sources, work)
    edits = [Edit(place, 0, -1.0) for place in (part.place_of(source) for source in sources) if place is not None]
    return [part.after(edits[:size]) for size in sizes]


class _Part:
    """The target (place 0) and the sources that change, as a walk, with their columns."""

    def __init__(self, release: Release, node: int, sources: Sequence[int], work: int) -> None:
        damping, base = damping_of(release), base_of(release)
        self.nodes = [node, *(s for s in dict.fromkeys(sources) if s != node)]
        lists = ReleaseLists(release)
        known = lists.known(self.nodes)
        linked = [place for place, other in enumerate(self.nodes) if place and lists.links(other, node)]
        inward = csr_of_edges(np.zeros(len(linked), np.int64), np.array(linked, np.int64), len(self.nodes))
        self.walk = PartWalk(
            inward=inward,
            outward=None,
            out_weight=np.array([float(each.n_out) for each in known]),
            mass=np.array([each.mass for each in known]),
            damping=damping,
            restart=None,
            returns="restart",
            leak=None,
            returned=(base * release.n - (1 - damping)) / damping,
            is_leaky=True,
            n_graph=release.n,
        )
        self.columns = ReleaseColumns(lists, self.nodes, damping, work // len(self.nodes))

    def place_of(self, node: int | None) -> int | None:
        """The place of a node; None for one that the release does not have."""
        return None if node is None else self.nodes.index(node)

    def after(self, edits: Sequence[Edit]) -> MassAfter:
        """The target's mass after edits, its bound with what 24 bits leave out."""
        found = mass_after(self.walk, edits, 0, self.columns)
        moved = abs(found.after - found.before)
        return replace(found, error=found.error + DIGITS * (found.after + 2 * moved) if edits else 0.0)
