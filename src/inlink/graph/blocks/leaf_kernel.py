"""The lists of one leaf read back, and nodes sorted: compiled, for what is long."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inlink.graph.blocks.gap_code import decode_list
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


@compiled
def read_leaf(words: Words, counts: Ids, starts: Offsets, prefix: Int, n: Int, out: Ids) -> Int:
    """Read the first sources of all lists of a leaf, each to its place in `out`; the first damaged list, or -1."""
    at = 0
    for i in range(counts.shape[0]):
        count = np.int64(counts[i])
        at = decode_list(words, at, min(count, prefix), count, n, out, starts[i])
        if at < 0:
            return i
    return -1


@compiled
def read_lists(
    words: Words,
    entries: Ids,
    counts: Ids,
    starts: Offsets,
    chosen: tuple[int, int],
    sizes: tuple[int, int],
    n: Int,
    out: Ids,
) -> Int:
    """Read the first sources of the lists from chosen[0] until chosen[1]; the first damaged list, or -1.

    Shapes: starts (chosen lists,): where each goes in `out`. sizes: prefix and skip of the layout.
    """
    first, last = chosen
    prefix, skip = sizes
    begin = first // skip * skip
    at, scratch = np.int64(entries[first // skip]), np.empty(prefix, np.uint32)
    for i in range(begin, last):
        count = np.int64(counts[i])
        if i < first:
            at = decode_list(words, at, min(count, prefix), count, n, scratch, 0)
        else:
            at = decode_list(words, at, min(count, prefix), count, n, out, starts[i - first])
        if at < 0:
            return i
    return -1


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
    words: Words, counts: Ids, flagged: Ids, heads: Ids, sizes: tuple[int, int, int, int, int], n: Int
) -> tuple[Int, Ids]:
    """(0, the nodes whose names the leaf holds, ascending), or (-1, …) where the bits are wrong.

    Shapes: flagged, heads: nodes, ascending.
    """
    prefix, _, named, _, unnamed = sizes
    deep = np.empty(counts.shape[0] * named, np.uint32)
    scratch = np.empty(prefix, np.uint32)
    at, n_deep = 0, 0
    for i in range(counts.shape[0]):
        count: Int = min(np.int64(counts[i]), prefix)
        at = decode_list(words, at, count, np.int64(counts[i]), n, scratch, 0)
        if at < 0:
            return -1, deep[:0]
        n_named, before = 0, n_deep
        for j in range(count):
            if n_named >= named or _is_in(flagged, scratch[j]):
                continue
            n_named += 1
            if not _is_in(heads, scratch[j]):
                deep[n_deep] = scratch[j]
                n_deep += 1
        n_deep = max(before, n_deep - unnamed)
    return 0, distinct(deep[:n_deep], n)


@compiled
def read_chunk(words: Words, count: Int, n_left: Int, n: Int) -> Ids:
    """The sources of one chunk of a tail; a damaged one comes back as one node n."""
    out = np.empty(count, np.uint32)
    if decode_list(words, 0, count, n_left, n, out, 0) < 0:
        return np.full(1, n, np.uint32)
    return out


@compiled
def read_tails(
    data: Bytes, begins: Offsets, counts: Offsets, sizes: tuple[int, int], n: Int, out: Ids, starts: Offsets
) -> Int:
    """Read what of some lists goes beyond their leaf; the first damaged one, or -1.

    Shapes: data: indexes and chunks as they stand in a file, a tail from begins[i] on; counts: how many numbers it has;
    starts: where they go in `out`. sizes: numbers of a chunk, bytes of an index for each chunk.
    """
    chunk, entry = sizes
    words = np.empty(chunk, np.uint64)  # more than any chunk takes: a number has at most 56 bits
    raw = words.view(np.uint8)
    for i in range(begins.shape[0]):
        n_chunks = (counts[i] + chunk - 1) // chunk
        at, done = begins[i] + entry * n_chunks, np.int64(0)
        for k in range(n_chunks):
            length = np.int64(0)
            for byte in range(4):
                length |= np.int64(data[begins[i] + 4 * k + byte]) << (8 * byte)
            if length > raw.shape[0] or length & 7 or at + length > data.shape[0]:
                return i
            raw[:length] = data[at : at + length]
            n_left, size = counts[i] - done, min(chunk, counts[i] - done)
            if decode_list(words[: length >> 3], 0, size, n_left, n, out, starts[i] + done) < 0:
                return i
            at += length
            done += size
    return -1
