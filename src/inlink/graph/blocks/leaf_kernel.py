"""The lists of one leaf: translated to the order by rank, sorted, coded; and read back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inlink.graph.blocks.gap_code import decode_list, encode_list
from inlink.kernels.jit import compiled, compiled_bare

Int = Any  # int here, int64 in compiled code
Ids = NDArray[np.uint32]
Offsets = NDArray[np.int64]
Words = NDArray[np.uint64]
Bytes = NDArray[np.uint8]

_SMALL, _MIDDLE = 24, 512
_DIGIT = 11


@compiled
def sort_ids(ids: Ids, spare: Ids, count: Int, n: Int) -> None:
    """Sort ids[:count] (all below n): by insertion, by comparison or by radix, after their number."""
    if count <= _SMALL:
        for i in range(1, count):
            value, j = ids[i], i - 1
            while j >= 0 and ids[j] > value:
                ids[j + 1] = ids[j]
                j -= 1
            ids[j + 1] = value
        return
    if count <= _MIDDLE:
        ids[:count].sort()
        return
    places = np.empty(1 << _DIGIT, np.int64)
    shift, turned = 0, False
    while n >> shift:
        source, target = (spare, ids) if turned else (ids, spare)
        places[:] = 0
        for i in range(count):
            places[(source[i] >> np.uint32(shift)) & np.uint32((1 << _DIGIT) - 1)] += 1
        total = 0
        for digit in range(1 << _DIGIT):
            total, places[digit] = total + places[digit], total
        for i in range(count):
            digit = (source[i] >> np.uint32(shift)) & np.uint32((1 << _DIGIT) - 1)
            target[places[digit]] = source[i]
            places[digit] += 1
        shift += _DIGIT
        turned = not turned
    if turned:
        ids[:count] = spare[:count]


@compiled
def code_lists(
    lines: Ids,
    offsets: Offsets,
    neighbours: Ids,
    node_of_line: Ids,
    flagged: Bytes,
    heads: Bytes,
    sizes: tuple[int, int, int, int],
    words: Words,
    entries: Offsets,
    tails: Bytes,
    chunk_bytes: Ids,
    deep: Ids,
    n_flagged: Ids,
) -> tuple[Int, Int, Int, Int]:
    """Code the lists of a leaf's lines, strongest first.

    sizes: (prefix, chunk, named, skip) of the layout. flagged, heads: a bit for each node, set where it is flagged or
    its name stands in the head.
    Writes: `words` the first sources of all lists; `entries` the bit where every skip-th list begins; `tails` the
    chunks of what is left, one after the other, each whole words, with their lengths in `chunk_bytes`; `deep` the nodes
    (not distinct) whose names the leaf should hold; `n_flagged` the flagged sources of each list.
    Gives: (bits in words, bytes in tails, chunks, deep nodes).
    """
    prefix, chunk, named, skip = sizes
    n = node_of_line.shape[0]
    longest = 0
    for i in range(lines.shape[0]):
        longest = max(longest, offsets[np.int64(lines[i]) + 1] - offsets[lines[i]])
    ids, spare = np.empty(longest, np.uint32), np.empty(max(longest, 1), np.uint32)
    piece = np.zeros(chunk * 61 // 64 + 3, np.uint64)
    at, place, n_chunks, n_deep = 0, 0, 0, 0
    for i in range(lines.shape[0]):
        if i % skip == 0:
            entries[i // skip] = at
        start = offsets[lines[i]]
        count = offsets[np.int64(lines[i]) + 1] - start
        n_named, marked = 0, 0
        for j in range(count):
            ids[j] = node_of_line[neighbours[start + j]]
        sort_ids(ids, spare, count, n)
        for j in range(count):
            node = ids[j]
            is_flagged = (flagged[node >> np.uint32(3)] >> (node & np.uint32(7))) & 1
            marked += is_flagged
            if j < prefix and not is_flagged and n_named < named:
                n_named += 1
                if not (heads[node >> np.uint32(3)] >> (node & np.uint32(7))) & 1:
                    deep[n_deep] = node
                    n_deep += 1
        n_flagged[i] = marked
        at = encode_list(ids, 0, min(count, prefix), count, n, words, at)
        for begin in range(prefix, count, chunk):
            stop = min(begin + chunk, count)
            piece[:] = 0
            used = (encode_list(ids, begin, stop, count - begin, n, piece, 0) + 63) >> 6
            raw = piece[:used].view(np.uint8)
            tails[place : place + used * 8] = raw
            place += used * 8
            chunk_bytes[n_chunks] = used * 8
            n_chunks += 1
    return at, place, n_chunks, n_deep


@compiled
def distinct(ids: Ids, most: Int) -> Ids:
    """The ids (all below `most`) once each, ascending."""
    sort_ids(ids, np.empty(max(ids.shape[0], 1), np.uint32), ids.shape[0], most)
    n = 0
    for i in range(ids.shape[0]):
        if i == 0 or ids[i] != ids[i - 1]:
            ids[n] = ids[i]
            n += 1
    return ids[:n].copy()


@compiled
def read_list(words: Words, entry: Int, counts: Ids, which: Int, prefix: Int, n: Int, first: Int) -> Ids:
    """The first sources of list `which`, read from the entry point at list `first`; empty with a mark if damaged.

    A damaged list comes back as one node n, which no list can hold.
    """
    scratch = np.empty(prefix, np.uint32)
    at = entry
    for i in range(first, which + 1):
        count = np.int64(counts[i])
        at = decode_list(words, at, min(count, prefix), count, n, scratch, 0)
        if at < 0:
            return np.full(1, n, np.uint32)
    return scratch[: min(np.int64(counts[which]), prefix)].copy()


@compiled_bare
def _is_in(ids: Ids, value: Int) -> bool:
    """Whether ascending ids have a value."""
    low, high = 0, ids.shape[0]
    while low < high:
        middle = (low + high) >> 1
        if ids[middle] < value:
            low = middle + 1
        else:
            high = middle
    return bool(low < ids.shape[0] and ids[low] == value)


@compiled
def read_deep(
    words: Words, counts: Ids, flagged: Ids, heads: Ids, sizes: tuple[int, int, int, int], n: Int
) -> tuple[Int, Ids]:
    """(0, the nodes whose names the leaf holds, ascending), or (-1, …) where the bits are wrong.

    Shapes: flagged, heads: nodes, ascending.
    """
    prefix, _, named, _ = sizes
    deep = np.empty(counts.shape[0] * named, np.uint32)
    scratch = np.empty(prefix, np.uint32)
    at, n_deep = 0, 0
    for i in range(counts.shape[0]):
        count: Int = min(np.int64(counts[i]), prefix)
        at = decode_list(words, at, count, np.int64(counts[i]), n, scratch, 0)
        if at < 0:
            return -1, deep[:0]
        n_named = 0
        for j in range(count):
            if n_named >= named or _is_in(flagged, scratch[j]):
                continue
            n_named += 1
            if not _is_in(heads, scratch[j]):
                deep[n_deep] = scratch[j]
                n_deep += 1
    return 0, distinct(deep[:n_deep], n)


@compiled
def read_chunk(words: Words, count: Int, n_left: Int, n: Int) -> Ids:
    """The sources of one chunk of a tail; a damaged one comes back as one node n."""
    out = np.empty(count, np.uint32)
    if decode_list(words, 0, count, n_left, n, out, 0) < 0:
        return np.full(1, n, np.uint32)
    return out
