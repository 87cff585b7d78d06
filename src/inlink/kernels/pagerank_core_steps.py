"""The passes that lay out the core of a graph."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled
from inlink.kernels.pagerank_gather import renumber
from inlink.kernels.prefetch import prefetch

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]

N_CLASSES = 1 << 12  # of out-weights: exponent and the first bit after the point, two classes an octave
_CLASS_SHIFT = np.int64(51)
_CLASS_MASK = np.uint64(N_CLASSES - 1)  # without the sign: -0.0 is a weight of 0
_ROWS_AHEAD = 8  # rows between asking for the beginning of one and its use
_LINE = 16  # neighbours in a cache line
_LENGTHS = 64  # rows are in order of how many eights of links they have, the longest as they come


@compiled
def count_classes(out_weight: Doubles, counts: Longs) -> None:
    """Count the positive out-weights of each class."""
    bits = out_weight.view(np.int64)
    for node in range(len(bits)):
        group = np.uint64(bits[node] >> _CLASS_SHIFT) & _CLASS_MASK
        counts[group] += np.int64(out_weight[node] > 0.0)  # no branch to guess


@compiled
def set_places(out_weight: Doubles, cursors: Longs, size: int, places: Words) -> None:
    """Give each node that links the next place of its class; `size` to the others."""
    bits = out_weight.view(np.int64)
    for node in range(len(bits)):
        group, links = np.uint64(bits[node] >> _CLASS_SHIFT) & _CLASS_MASK, out_weight[node] > 0.0
        place = cursors[group]
        cursors[group] = place + np.int64(links)
        places[node] = place if links else size


@compiled
def order_rows(
    offsets: Longs, out_weight: Doubles, first: int, last: int, start: int, nodes: Words, lengths: Longs
) -> None:
    """The linking nodes of a block as rows from `start` on, short ones first; lengths[row + 1] how many links."""
    linking, size = np.empty(last - first + 1, np.uint32), np.uint64(0)
    for node in range(first, last):
        linking[size] = node
        size += np.uint64(out_weight[node] > 0.0)  # no branch to guess
    cursors = np.zeros(_LENGTHS + 1, np.int64)
    for k in range(size):
        source = np.int64(linking[k])
        eights = np.uint64(min((offsets[source + 1] - offsets[source] + 7) >> 3, _LENGTHS - 1))
        cursors[eights + np.uint64(1)] += 1
    cursors[0] = start
    for group in range(_LENGTHS):
        cursors[group + 1] += cursors[group]
    for k in range(size):
        source = np.int64(linking[k])
        length = offsets[source + 1] - offsets[source]
        eights = np.uint64(min((length + 7) >> 3, _LENGTHS - 1))
        row = cursors[eights]
        cursors[eights] = row + 1
        nodes[row] = source
        lengths[row + 1] = length


@compiled
def copy_rows(
    offsets: Longs,
    neighbours: Words,
    weights: Singles,
    shift: int,
    nodes: Words,
    low: int,
    high: int,
    core_offsets: Longs,
    places: Words,
    core_neighbours: Words,
    core_weights: Singles,
) -> None:
    """Write the links of the core's rows from low until high, sources by their places."""
    end = len(neighbours) - 1
    for row in range(low, high):
        ahead = offsets[np.int64(nodes[min(row + _ROWS_AHEAD, high - 1)])] - shift
        prefetch(neighbours, min(ahead, end))
        prefetch(neighbours, min(ahead + _LINE, end))
        node = np.int64(nodes[row])
        k, stop = np.uint64(offsets[node] - shift), np.uint64(offsets[node + 1] - shift)
        at = np.uint64(core_offsets[row])
        renumber(places, neighbours, k, stop, core_neighbours, at)
        if len(weights) > 0:
            for further in range(stop - k):
                core_weights[at + further] = weights[k + further]
