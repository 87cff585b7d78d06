"""All lists and names of a release at once, leaf after leaf: what look-ups one by one would take hours for.

Memory: the lists (4 bytes an edge, or on disk where a place for them is given) and some 20 bytes a node.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from inlink.errors import CorruptIndex
from inlink.graph.blocks import Release
from inlink.graph.blocks.access import Place
from inlink.graph.blocks.leaf import Lists
from inlink.graph.blocks.leaf_kernel import read_chunk, read_leaf
from inlink.graph.blocks.reader import Side, forward
from inlink.kernels.csr_rows import Csr

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]


def degrees_of(release: Release) -> tuple[Longs, Longs]:
    """How many in-links and out-links each node has. Shapes: int64 (n,) both."""
    n_in, n_out = np.zeros(release.n, np.int64), np.zeros(release.n, np.int64)
    for where in leaves(release):
        numbers = release.blocks.numbers([where])[0]
        n_in[numbers["node"]] = numbers["n_in"]
        n_out[numbers["node"]] = numbers["n_out"]
    return n_in, n_out


def lists_of(release: Release, side: Side, degrees: Longs, into: Words | None = None) -> Csr:
    """The rows of all nodes, ascending; `into`, an array (a memory map, say) with room for all, is written instead.

    Raises: CorruptIndex.    Cost: some 15 ns an edge.
    """
    offsets = np.zeros(release.n + 1, np.int64)
    np.cumsum(degrees, out=offsets[1:])
    neighbours = np.empty(int(offsets[-1]), np.uint32) if into is None else into
    layout = release.manifest.layout
    for where in leaves(release):
        numbers = release.blocks.numbers([where])[0]
        counts = np.ascontiguousarray(numbers["n_in" if side == "inward" else "n_out"], np.uint32)
        starts = offsets[numbers["node"]]
        lists = release.blocks.lists(where, side, counts)
        if read_leaf(lists.words, counts, starts, layout.prefix, release.n, neighbours) >= 0:
            raise CorruptIndex("a list of a release cannot be read", hint="fetch or convert the release again")
        for which in np.flatnonzero(counts > layout.prefix).tolist():
            _tail(release, where, side, lists, which, neighbours[starts[which] :][: counts[which]])
    return Csr(offsets, neighbours)


def _tail(release: Release, where: Place, side: Side, lists: Lists, which: int, place: Words) -> None:
    """What of a list goes beyond its leaf."""
    layout, tail = release.manifest.layout, lists.tail(which)
    if tail is None:
        raise CorruptIndex("a list of a release has no end", hint="fetch or convert the release again")
    n_chunks = -(-(len(place) - layout.prefix) // layout.chunk)
    done = layout.prefix
    for span in release.blocks.tail(where, side, tail.offset, tail.digest, n_chunks):
        data = np.frombuffer(release.blocks.read([span])[0], np.uint64)
        size = min(layout.chunk, len(place) - done)
        found = read_chunk(data, size, len(place) - done, release.n)
        if len(found) != size or found[0] == release.n:
            raise CorruptIndex("a list of a release cannot be read", hint="fetch or convert the release again")
        place[done : done + size] = found
        done += size


def names_of(release: Release) -> list[str]:
    """The name of each node, as people write it."""
    found = [""] * release.n
    for where in leaves(release):
        nodes = release.blocks.numbers([where])[0]["node"].tolist()
        names = release.blocks.names([where])[0]
        for i, node in enumerate(nodes):
            found[int(node)] = forward(names.raw(i))
    return found


def leaves(release: Release) -> Iterator[Place]:
    """All leaves, in the order of names."""
    layout = release.manifest.layout
    for leaf in range(-(-release.n // layout.per_leaf)):
        yield divmod(leaf, layout.per_page)
