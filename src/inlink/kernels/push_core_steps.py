"""The passes that lay out the core of a graph for sweeps over its out-links."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled, compiled_bare
from inlink.kernels.pagerank_gather import renumber

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Singles = NDArray[np.float32]
Floats = NDArray[np.float64]
Bits = NDArray[np.uint8]


@compiled
def mark(nodes: Words, bits: Bits) -> None:
    """Set the bits of the nodes."""
    for node in nodes:
        bits[node >> np.uint32(3)] |= np.uint8(1) << np.uint8(node & np.uint32(7))


@compiled_bare
def _is_set(bits: Bits, node: np.uint32) -> np.uint64:
    """The bit of a node."""
    return np.uint64((bits[node >> np.uint32(3)] >> np.uint8(node & np.uint32(7))) & np.uint8(1))


@compiled
def count_kept(
    offsets: Longs, neighbours: Words, is_linking: Bits, nodes: Words, low: int, high: int, counts: Longs
) -> None:
    """counts[row + 1]: how many links of the rows from low until high lead to a node whose bit is set."""
    for row in range(low, high):
        node, found = np.int64(nodes[row]), np.uint64(0)
        for k in range(np.uint64(offsets[node]), np.uint64(offsets[node + 1])):
            found += _is_set(is_linking, neighbours[k])
        counts[row + 1] = found


@compiled
def keep_rows(
    offsets: Longs,
    neighbours: Words,
    weights: Singles,
    out_weight: Floats,
    is_linking: Bits,
    places: Words,
    nodes: Words,
    low: int,
    high: int,
    ends: Longs,
    links: Words,
    carried: Singles,
    kept: Floats,
) -> None:
    """Write the links to nodes whose bit is set, by place; the share of the out-weight that they have.

    ends[row] is where the links of a row begin; nothing is written beyond those of the last one.
    """
    n_edges, weighted = 0, len(weights) > 0
    for row in range(low, high):
        n_edges = max(n_edges, offsets[nodes[row] + 1] - offsets[nodes[row]])
    room = np.empty(n_edges + 1, np.uint32)
    room_weights = np.empty(n_edges + 1 if weighted else 0, np.float32)
    for row in range(low, high):
        node, at, total = np.int64(nodes[row]), np.uint64(0), 0.0
        for k in range(np.uint64(offsets[node]), np.uint64(offsets[node + 1])):
            room[at] = neighbours[k]
            if weighted:
                room_weights[at] = weights[k]
            at += _is_set(is_linking, neighbours[k])  # no branch to guess
        start = np.uint64(ends[row])
        renumber(places, room, np.uint64(0), at, links, start)
        if weighted:
            for k in range(at):
                carried[start + k] = room_weights[k]
                total += np.float64(room_weights[k])
        else:
            total = float(at)
        kept[row] = total / out_weight[node]
