"""The in-lists of a release of any size, read from its blocks a run of rows at a time; nothing of them is kept.

A row is a domain by its place (the order of names, in which blocks stand); what stands in a row are nodes (the order of
ranks), ascending. Blocks are checked against their digests whenever they are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from inlink.errors import CorruptIndex
from inlink.graph.blocks import Release
from inlink.graph.blocks.access import Place
from inlink.graph.blocks.layout import CARDS
from inlink.graph.blocks.leaf import Lists, unpack_columns
from inlink.graph.blocks.leaf_kernel import read_lists, read_tails
from inlink.graph.blocks.source import FolderSource, Span, digest_of_block
from inlink.graph.release_lists import leaves

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]

_SIDE = "inward"
_DAMAGED = "fetch or convert the release again"
_LENGTH, _DIGEST = Struct("<I"), Struct("<Q")
_ENTRY = _LENGTH.size + _DIGEST.size  # bytes of a tail's index for each chunk


@dataclass(frozen=True, slots=True)
class Counts:
    """What a release knows of each domain beside its lists.

    Shapes: uint32 (n,) all: n_in and n_out by place; place_of_node.
    """

    n_in: Words
    n_out: Words
    place_of_node: Words


def counts_of(release: Release) -> Counts:
    """In-degrees, out-degrees and the order of a release. Cost: some 0.1 us a domain; memory 12 bytes a domain."""
    n, columns = release.n, release.manifest.columns
    n_in, n_out, place_of_node = (np.zeros(n, np.uint32) for _ in range(3))
    at = 0
    for where in leaves(release):
        if not where[1]:
            let_go(release, Span(CARDS, 0, release.manifest.files[CARDS][0]))
        span = release.blocks.spans([where], "numbers")[0]
        found = unpack_columns(
            release.blocks.read([span])[0], columns, ("node", "n_in", "n_out"), release.blocks.size_of(where)
        )
        nodes = found["node"]
        end = at + len(nodes)
        if len(nodes) and int(nodes.max()) >= n:
            raise CorruptIndex("a domain of a release has a number that is none", hint=_DAMAGED)
        n_in[at:end], n_out[at:end] = found["n_in"], found["n_out"]
        place_of_node[nodes] = np.arange(at, end, dtype=np.uint32)
        at = end
    return Counts(n_in, n_out, place_of_node)


class ReleaseRows:
    """In-lists by place. Safe to share between threads.

    Shapes: degrees uint32 (n,), by place.
    """

    def __init__(self, release: Release, degrees: Words) -> None:
        self.release = release
        self.degrees = degrees
        self.n = release.n

    def rows_into(self, first: int, last: int, place: Words) -> int:
        """Write the rows from first until last to the beginning of `place`; gives how many numbers that are.

        Raises: CorruptIndex.    Cost: some 6 ns an edge, beside it at most 15 further lists at either end.
        """
        per = self.release.manifest.layout.per_leaf
        done = 0
        for leaf in range(first // per, -(-last // per)):
            low, high = max(first, leaf * per), min(last, (leaf + 1) * per, self.n)
            done += self._leaf_into(leaf, low, high, place[done:])
        return done

    def _leaf_into(self, leaf: int, low: int, high: int, place: Words) -> int:
        layout, blocks = self.release.manifest.layout, self.release.blocks
        begin = leaf * layout.per_leaf
        counts = self.degrees[begin : begin + layout.per_leaf]
        ends = np.cumsum(counts[low - begin : high - begin], dtype=np.int64)
        total = int(ends[-1]) if len(ends) else 0
        if not total:
            return 0
        where = divmod(leaf, layout.per_page)
        span = blocks.spans([where], _SIDE)[0]
        lists = Lists(blocks.read([span])[0], counts, layout, self.n, _SIDE)
        starts = ends - counts[low - begin : high - begin]
        chosen, sizes = (low - begin, high - begin), (layout.prefix, layout.skip)
        if read_lists(lists.words, lists.entries, counts, starts, chosen, sizes, self.n, place) >= 0:
            raise CorruptIndex("a list of a release cannot be read", hint=_DAMAGED)
        let_go(self.release, span)
        longer = np.flatnonzero(counts[low - begin : high - begin] > layout.prefix)
        if len(longer):
            beyond = ends[longer] - starts[longer] - layout.prefix
            self._tails(where, lists, longer + (low - begin), beyond, place, starts[longer] + layout.prefix)
        return total

    def _tails(self, where: Place, lists: Lists, which: Longs, counts: Longs, place: Words, starts: Longs) -> None:
        """What of some rows of a leaf goes beyond it: so many numbers of each, from `starts` on."""
        layout, blocks = self.release.manifest.layout, self.release.blocks
        whole = blocks.pages([where[0]])[0].all_tails(where[1], _SIDE)
        long, offsets, digests = lists.tails
        at = np.searchsorted(long, which)
        ends = np.append(offsets[1:], np.uint64(whole.length)).astype(np.int64)
        if len(long) < len(which) or at[-1] == len(long) or (long[at] != which).any() or ends.max() > whole.length:
            raise CorruptIndex("a list of a release has no end", hint=_DAMAGED)
        first, last = int(offsets[at[0]]), int(ends[at[-1]])
        span = Span(whole.file, whole.offset + first, last - first)
        data = blocks.read([span])[0]
        begins = offsets[at].astype(np.int64) - first
        n_chunks = -(-counts // layout.chunk)
        for begin, n, digest in zip(begins.tolist(), n_chunks.tolist(), digests[at].tolist(), strict=True):
            _check_tail(memoryview(data), begin, n, digest)
        sizes = (layout.chunk, _ENTRY)
        if read_tails(np.frombuffer(data, np.uint8), begins, counts, sizes, self.n, place, starts) >= 0:
            raise CorruptIndex("a list of a release cannot be read", hint=_DAMAGED)
        let_go(self.release, span)


def let_go(release: Release, span: Span) -> None:
    """Give back pages of a mapped file: they will not be read again soon."""
    if isinstance(release.blocks.source, FolderSource):
        release.blocks.source.let_go(span.file, span.offset, span.length)


def _check_tail(data: memoryview, begin: int, n_chunks: int, digest: int) -> None:
    """Raises: CorruptIndex where an index or a chunk does not match its digest."""
    at = begin + _ENTRY * n_chunks
    index = data[begin:at]
    is_whole = len(index) == _ENTRY * n_chunks and digest_of_block(index) == digest
    for k in range(n_chunks if is_whole else 0):
        length = _LENGTH.unpack_from(index, 4 * k)[0]
        expected = _DIGEST.unpack_from(index, _LENGTH.size * n_chunks + _DIGEST.size * k)[0]
        is_whole = is_whole and digest_of_block(data[at : at + length]) == expected
        at += length
    if not is_whole:
        raise CorruptIndex("the rest of a list does not match its digest", hint=_DAMAGED)
