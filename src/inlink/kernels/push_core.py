"""The part of a graph that sweeps over out-links look at: the links among nodes that link on, laid out for gathers.

A walk ends at a node without out-links, so its value is known (1 where it is the target, else 0) and the links to it
tell nothing: on the web half of all links. Values stand by how often they are asked for, in classes of like in-degree
and in the order of the nodes within one, so that what most links ask for stays in the cache.

Source: as `pagerank_core`, turned round; Faldu, Diamond, Grot, A Closer Look at Lightweight Graph Reordering (2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.kernels.csr import Csr
from inlink.kernels.pagerank_blocks import Crew, cut
from inlink.kernels.pagerank_core_steps import N_CLASSES, count_classes, set_places
from inlink.kernels.pagerank_gather import MOST_NODES
from inlink.kernels.push_core_steps import count_kept, keep_rows, mark
from inlink.kernels.push_rounds import arrays_of
from inlink.kernels.views import read_only

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Singles = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class OutCore:
    """Out-links among the nodes that link on.

    Shapes: n nodes in all; of the c that link on, by row: nodes uint32 (c,) ascending, which node it is; places uint32
    (c,), where its value stands; out_weight float64 (c,); offsets int64 (c + 1,), neighbours uint32 (edges,): places;
    weights float32 (edges,) or empty; kept float64 (c,): the share of its out-weight that is on these links.
    """

    n: int
    nodes: Words
    places: Words
    out_weight: Floats
    offsets: Longs
    neighbours: Words
    weights: Singles
    kept: Floats

    @property
    def size(self) -> int:
        """How many nodes link on."""
        return len(self.nodes)

    @property
    def m(self) -> int:
        """How many links there are among them."""
        return len(self.neighbours)

    def arrays(self) -> tuple[Longs, Words, Singles, Floats, Words]:
        """What kernels read, marked as such: offsets, neighbours, weights, out-weights, places."""
        own = (read_only(self.offsets), read_only(self.neighbours), read_only(self.weights))
        return (*own, read_only(self.out_weight), read_only(self.places))

    def rows_of(self, nodes: Words) -> Longs:
        """The row of each node; -1 of one that does not link on."""
        if not self.size:
            return np.full(len(nodes), -1)
        at = np.minimum(np.searchsorted(self.nodes, nodes), self.size - 1)
        return np.where(self.nodes[at] == nodes, at, -1)

    def spread(self, values: Singles, others: float) -> Singles:
        """Values of all nodes, float32 (n,): by place those of nodes that link on, and the same for all others."""
        whole = np.full(self.n, others, np.float32)
        whole[self.nodes] = values[self.places]
        return whole


def out_core_of(inward: Csr, outward: Csr, out_weight: Floats, *, threads: int | None = None) -> OutCore:
    """The core of a graph for any number of columns: see `OutCore`.

    Shapes: inward (n, n), row t = sources of t's in-links; outward the same turned round; out_weight float64 (n,).
    Memory: 4 bytes (8 with weights) a link that is kept, 32 a node that links on, 13 a node meanwhile.
    Raises: BadInput: more nodes than gathers can tell apart.    Cost: two passes over the edges, each by all threads.
    """
    n = outward.n
    if n > MOST_NODES:
        raise BadInput(f"{n} nodes are too many to sweep", hint=f"There may be at most {MOST_NODES}.")
    offsets, neighbours, weights, given = arrays_of(outward, out_weight)
    nodes = np.flatnonzero(given > 0.0).astype(np.uint32)
    size = len(nodes)
    places = _places(inward, given, size)
    is_linking = np.zeros((n >> 3) + 1, np.uint8)
    mark(nodes, is_linking)
    ends = np.zeros(size + 1, np.int64)
    with Crew(_row_blocks(offsets, nodes), threads) as crew:
        crew.each(lambda _, block: count_kept(offsets, neighbours, is_linking, nodes, *crew.blocks[block], ends))
        np.cumsum(ends, out=ends)
        links = np.empty(int(ends[-1]), np.uint32)
        carried = np.empty(len(links) if len(weights) else 0, np.float32)
        kept = np.empty(size)

        def keep(_: int, block: int) -> None:
            source = (offsets, neighbours, weights, given, is_linking, places, nodes)
            keep_rows(*source, *crew.blocks[block], ends, links, carried, kept)

        crew.each(keep)
    return OutCore(n, nodes, places[nodes], given[nodes], ends, links, carried, kept)


def _row_blocks(offsets: Longs, nodes: Words) -> list[tuple[int, int]]:
    """Ranges of the linking nodes of about as many links each."""
    lengths = offsets[nodes.astype(np.int64) + 1] - offsets[nodes]
    sums = np.zeros(len(nodes) + 1, np.int64)
    np.cumsum(lengths, out=sums[1:])
    return cut(sums)


def _places(inward: Csr, out_weight: Floats, size: int) -> Words:
    """Where the value of each node stands, the most linked first; `size` for one that does not link on."""
    asked = np.diff(read_only(inward.offsets)).astype(np.float64)
    asked += 1.0
    asked[~(out_weight > 0.0)] = 0.0
    counts = np.zeros(N_CLASSES, np.int64)
    count_classes(asked, counts)
    places = np.empty(len(asked), np.uint32)
    set_places(asked, size - np.cumsum(counts), size, places)
    return places
