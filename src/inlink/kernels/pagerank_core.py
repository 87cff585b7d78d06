"""The part of a graph that PageRank has to sweep: the links between nodes that link on, laid out for gathers.

A node without out-links passes nothing on, and what mass all such nodes hold together is known from what the others
hold, as masses sum to 1. So their rows are summed once, at the end; sweeps go over the links among linking nodes, the
core. On the web about half of all nodes dangle.

Places of the vector that is gathered from are in classes of like out-weight, heaviest first, in the order of the nodes
within a class: what most links ask for stands together and stays in the cache. Rows of a block are in the order of how
many eights of links they have, so that the processor guesses the length of the next one right.

Source: Lee, Golub, Zenios, A Fast Two-Stage Algorithm for Computing PageRank (2003); Ipsen, Selee, PageRank
Computation, with Special Attention to Dangling Nodes (2007); Faldu, Diamond, Grot, A Closer Look at Lightweight Graph
Reordering (2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.kernels.csr import Csr
from inlink.kernels.pagerank_blocks import NO_WEIGHTS, NOTHING, Crew, PackedRows, Rows, cut, leaks
from inlink.kernels.pagerank_core_steps import N_CLASSES, copy_rows, count_classes, order_rows, set_places
from inlink.kernels.pagerank_gather import MOST_NODES

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Core:
    """The core of a graph, and the graph, whose other rows are summed once at the end.

    Shapes: out_weight float64 (n,); of the c linking nodes, by row: nodes uint32 (c,), which node it is; places uint32
    (c,), where its value stands in a vector that is gathered from; offsets int64 (c + 1,), neighbours uint32 (edges,):
    places, c for a source that has out-weight 0 all the same; weights float32 (edges,) or empty. leak float64 (n,) or
    empty where only dangling nodes leak.
    """

    inward: Csr | PackedRows
    out_weight: Doubles
    nodes: Words
    places: Words
    offsets: Longs
    neighbours: Words
    weights: Singles
    leak: Doubles

    @property
    def n(self) -> int:
        """How many nodes the graph has."""
        return len(self.out_weight)

    @property
    def size(self) -> int:
        """How many nodes link on."""
        return len(self.nodes)


def core_of(inward: Csr | PackedRows, out_weight: Doubles, threads: int | None = None) -> Core:
    """The core of a graph, to be swept by any number of runs.

    Shapes: as `pagerank`. Memory: 4 bytes (8 with weights) for each link between nodes that link on, 16 for each of
    these, 4 a node meanwhile.    Raises: BadInput.    Cost: O(edges), about that of one or two sweeps.
    """
    n = len(inward.offsets) - 1
    if n > MOST_NODES:
        raise BadInput(f"{n} nodes are too many to rank", hint=f"PageRank takes at most {MOST_NODES} nodes.")
    given = checked_out_weight(out_weight, n)
    with Crew(cut(inward.offsets), threads) as crew:
        rows = Rows(inward, crew)
        leak = leaks(rows, crew, given)
        starts = np.zeros(len(crew.blocks) + 1, np.int64)
        for number, (first, last) in enumerate(crew.blocks):
            starts[number + 1] = starts[number] + np.count_nonzero(given[first:last])
        size = int(starts[-1])
        nodes, offsets, places = np.empty(size, np.uint32), np.zeros(size + 1, np.int64), _places(given, size)

        def order(_: int, block: int) -> None:
            first, last = crew.blocks[block]
            order_rows(rows.offsets, given, first, last, starts[block], nodes, offsets)

        crew.each(order)
        np.cumsum(offsets, out=offsets)
        m = int(offsets[-1])
        neighbours = np.empty(m, np.uint32)
        weights = np.empty(m, np.float32) if len(rows.weights) else NO_WEIGHTS

        def copy(thread: int, block: int) -> None:
            low, high = int(starts[block]), int(starts[block + 1])
            lists = rows.of(thread, *crew.blocks[block])
            copy_rows(rows.offsets, *lists, nodes, low, high, offsets, places, neighbours, weights)
            rows.let_go(*crew.blocks[block])

        crew.each(copy)
    return Core(inward, given, nodes, places[nodes], offsets, neighbours, weights, leak)


def _places(out_weight: Doubles, size: int) -> Words:
    """The place of each node, uint32 (n,): heaviest class first; `size` for a node that does not link."""
    counts = np.zeros(N_CLASSES, np.int64)
    count_classes(out_weight, counts)
    cursors = size - np.cumsum(counts)
    places = np.empty(len(out_weight), np.uint32)
    set_places(out_weight, cursors, size, places)
    return places


def checked_out_weight(out_weight: Doubles, n: int) -> Doubles:
    """The out-weights as doubles. Raises: BadInput: not one a node, or negative or no number."""
    given = np.ascontiguousarray(out_weight, np.float64)
    if given.shape != (n,):
        raise BadInput(f"out-weights of shape {given.shape} for {n} nodes", hint="Give one for each node.")
    if n and not (np.isfinite(given.max()) and given.min() >= 0.0):
        raise BadInput("an out-weight is negative or no number", hint="Weights are 0 or more.")
    return given if n else NOTHING
