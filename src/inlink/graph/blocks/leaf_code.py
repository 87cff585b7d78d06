"""The lists of one leaf, translated to the order by rank, sorted and coded: compiled.

Lists are sorted many at once: keys (list, node) of as many lists as fit the cache, by the digits of the node, the least
first, and then put back list by list. That takes some 10 ns an edge whatever the lengths; one by one, short lists cost
a comparison sort and middle ones more than that.

Source: Knuth, The Art of Computer Programming 3, 5.2.5 (radix list sort).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inlink.graph.blocks.gap_code import encode_list
from inlink.graph.blocks.leaf_kernel import sort_ids
from inlink.kernels.jit import compiled, compiled_bare

Int = Any  # int here, int64 in compiled code
Ids = NDArray[np.uint32]
Offsets = NDArray[np.int64]
Words = NDArray[np.uint64]
Bytes = NDArray[np.uint8]

BATCH = 1 << 16  # edges sorted at once: keys and their second place stay in the second-level cache
GROUP = 64  # nodes that one bit of the coarse table of flagged ones stands for
_DIGIT = 11


@compiled
def sort_lists(
    lines: Ids, offsets: Offsets, neighbours: Ids, node_of_line: Ids, base: Int, nodes: Ids, keys: Words, spare: Words
) -> None:
    """Write the lists of `lines` as nodes, ascending in each, one after the other into `nodes`.

    Shapes: neighbours: from edge `base` of the graph on. nodes: room for all; keys, spare: room for BATCH. A longer
    list is sorted by itself.
    """
    n = node_of_line.shape[0]
    first, done = 0, 0
    while first < lines.shape[0]:
        last, size = first, 0
        while last < lines.shape[0]:
            degree = offsets[np.int64(lines[last]) + 1] - offsets[lines[last]]
            if size + degree > BATCH:
                break
            size += degree
            last += 1
        if last > first:
            _sort_batch(
                lines[first:last], offsets, neighbours, node_of_line, base, nodes[done : done + size], keys, spare
            )
            done += size
            first = last
            continue
        start = offsets[lines[first]] - base
        size = offsets[np.int64(lines[first]) + 1] - base - start
        for j in range(size):
            nodes[done + j] = node_of_line[neighbours[start + j]]
        sort_ids(nodes[done : done + size], np.empty(size, np.uint32), size, n)
        done += size
        first += 1


@compiled
def _sort_batch(
    lines: Ids, offsets: Offsets, neighbours: Ids, node_of_line: Ids, base: Int, nodes: Ids, keys: Words, spare: Words
) -> None:
    """Several lists at once."""
    size = nodes.shape[0]
    starts = np.empty(lines.shape[0], np.int64)
    at = 0
    for i in range(lines.shape[0]):
        starts[i] = at
        high = np.uint64(i) << np.uint64(32)
        for j in range(offsets[lines[i]] - base, offsets[np.int64(lines[i]) + 1] - base):
            keys[at] = high | np.uint64(node_of_line[neighbours[j]])
            at += 1
    n_passes = 1
    while (node_of_line.shape[0] - 1) >> (n_passes * _DIGIT):
        n_passes += 1
    bits = 1
    while (node_of_line.shape[0] - 1) >> (n_passes * bits):
        bits += 1
    mask = np.uint64((1 << bits) - 1)
    places = np.zeros((n_passes, 1 << bits), np.int32)
    for k in range(size):
        for each in range(n_passes):
            places[each, (keys[k] >> np.uint64(each * bits)) & mask] += 1
    for each in range(n_passes):
        total = np.int32(0)
        for digit in range(1 << bits):
            total, places[each, digit] = total + places[each, digit], total
        mine = places[each]
        shift = np.uint64(each * bits)
        for k in range(size):
            digit = (keys[k] >> shift) & mask
            place = mine[digit]
            mine[digit] = place + np.int32(1)
            spare[place] = keys[k]
        keys, spare = spare, keys
    for k in range(size):
        which = keys[k] >> np.uint64(32)
        place = starts[which]
        starts[which] = place + 1
        nodes[place] = np.uint32(keys[k] & np.uint64(0xFFFFFFFF))


@compiled_bare
def _has(bits: Bytes, node: Int) -> Int:
    """1 where the bit of a node is set."""
    return (bits[node >> 3] >> np.uint8(node & 7)) & np.uint8(1)


@compiled
def code_lists(
    degrees: Offsets,
    nodes: Ids,
    n: Int,
    flagged: Bytes,
    groups: Bytes,
    heads: Bytes,
    sizes: tuple[int, int, int, int, int],
    words: Words,
    entries: Offsets,
    tails: Bytes,
    chunk_bytes: Ids,
    deep: Ids,
    n_flagged: Ids,
) -> tuple[Int, Int, Int, Int]:
    """Code the lists of a leaf, strongest first.

    nodes: the lists one after the other, each ascending. sizes: (prefix, chunk, named, skip, unnamed) of the layout.
    flagged, heads: a bit for each node, set where it is flagged or its name stands in the head; groups: a bit for each
    GROUP of nodes, set where one of them is flagged.
    Writes: `words` the first sources of all lists; `entries` the bit where every skip-th list begins; `tails` the
    chunks of what is left, one after the other, each whole words, with their lengths in `chunk_bytes`; `deep` the nodes
    (not distinct) whose names the leaf should hold; `n_flagged` the flagged sources of each list.
    Gives: (bits in words, bytes in tails, chunks, deep nodes).
    """
    prefix, chunk, named, skip, unnamed = sizes
    piece = np.zeros(chunk * 61 // 64 + 3, np.uint64)
    at, place, n_chunks, n_deep, begin = 0, 0, 0, 0, 0
    for i in range(degrees.shape[0]):
        if i % skip == 0:
            entries[i // skip] = at
        end = begin + degrees[i]
        marked = np.int64(0)
        for j in range(begin, end):
            node = np.int64(nodes[j])
            if _has(groups, node // GROUP):
                marked += _has(flagged, node)
        n_flagged[i] = marked
        n_named, before = 0, n_deep
        for j in range(begin, min(end, begin + prefix)):
            if n_named >= named:
                break
            node = np.int64(nodes[j])
            if not (_has(groups, node // GROUP) and _has(flagged, node)):
                n_named += 1
                if not _has(heads, node):
                    deep[n_deep] = node
                    n_deep += 1
        n_deep = max(before, n_deep - unnamed)
        first = min(end, begin + prefix)
        at = encode_list(nodes, begin, first, degrees[i], n, words, at)
        for start in range(first, end, chunk):
            stop = min(start + chunk, end)
            piece[:] = 0
            used = (encode_list(nodes, start, stop, end - start, n, piece, 0) + 63) >> 6
            tails[place : place + used * 8] = piece[:used].view(np.uint8)
            place += used * 8
            chunk_bytes[n_chunks] = used * 8
            n_chunks += 1
        begin = end
    return at, place, n_chunks, n_deep
