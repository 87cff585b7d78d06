"""A release with the user's own votes laid over it. The release itself never changes.

Nodes 0..n-1 are the release's, by its order; own domains that it lacks come after them, in the order of their keys. An
own domain under a private suffix or the user's own is a node of its own: a release folds all names below such a suffix
into one (`io.github`), which is not this domain. An edge of the release and a vote of the user's count 1 each; a vote
that the release has as an edge counts once. Rows are merged as they are read, so nothing of the release is copied.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.graph.blocks import Release
from inlink.graph.graph import Graph
from inlink.graph.names import Names
from inlink.graph.overlay_rows import is_in_rows, merge_rows
from inlink.graph.release_lists import degrees_of, lists_of
from inlink.graph.runs import DAMPING
from inlink.kernels.csr import Csr, csr_of_edges
from inlink.kernels.pagerank import PageRankResult, pagerank
from inlink.kernels.pagerank_blocks import PackedRows
from inlink.urls.domains import SuffixRules

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Placed:
    """Own domains as nodes of the overlay.

    Shapes: nodes int64 (own domains,). added: names of nodes n, n + 1 … that the release lacks; n_shared_suffix of all
    own domains are under a suffix that a release folds.
    """

    nodes: Longs
    added: tuple[str, ...]
    n_shared_suffix: int


@dataclass(frozen=True, slots=True)
class Overlay:
    """In-links of a release and of the user's votes, row by row (see kernels.pagerank_blocks.PackedRows).

    base: in-links of the release. extra: votes that it lacks, over all nodes. n_known: votes that it has already.
    Shapes: offsets int64 (n + 1,), out_weight float64 (n,): how many a node links to.
    """

    base: Csr | PackedRows
    extra: Csr
    offsets: Longs
    out_weight: NDArray[np.float64]
    n_known: int

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.out_weight)

    @property
    def n_base(self) -> int:
        """How many of them are the release's."""
        return len(self.base.offsets) - 1

    @property
    def m(self) -> int:
        """Number of edges."""
        return int(self.offsets[-1])

    @property
    def weights(self) -> None:
        """Every edge counts 1."""
        return None

    def rows_into(self, first: int, last: int, place: Words) -> None:
        """Write the neighbours of the rows from first until last to the beginning of `place`, ascending in each row."""
        size = int(self.offsets[last] - self.offsets[first])
        low, high = int(self.extra.offsets[first]), int(self.extra.offsets[last])
        if low == high:
            _rows_into(self.base, first, last, place[:size])
            return
        end = min(last, self.n_base)
        old = np.empty(size - (high - low), np.uint32)
        _rows_into(self.base, first, end, old)
        ends = np.full(last - first + 1, len(old), np.int64)
        if end > first:
            ends[: end - first + 1] = self.base.offsets[first : end + 1] - self.base.offsets[first]
        merge_rows(old, ends, self.extra.neighbours[low:high], self.extra.offsets[first : last + 1] - low, place[:size])

    def row(self, node: int) -> Words:
        """The in-links of one node."""
        place = np.empty(int(self.offsets[node + 1] - self.offsets[node]), np.uint32)
        self.rows_into(node, node + 1, place)
        return place

    def mass(self, *, damping: float = DAMPING, tolerance: float = 1e-12, threads: int | None = None) -> PageRankResult:
        """Masses of all nodes, the release's and the added ones. Raises: NotConverged."""
        return pagerank(self, self.out_weight, damping=damping, tolerance=tolerance, threads=threads)


def _rows_into(base: Csr | PackedRows, first: int, last: int, place: Words) -> None:
    """The rows of the release from first until last; there are none beyond its nodes."""
    last = min(last, len(base.offsets) - 1)
    if first >= last:
        return
    if isinstance(base, Csr):
        place[:] = base.neighbours[int(base.offsets[first]) : int(base.offsets[last])]
    else:
        base.rows_into(first, last, place)


def overlay(base: Csr | PackedRows, out_degree: Longs, source: Longs, target: Longs, n: int) -> Overlay:
    """The release's in-links with votes from `source` to `target`, over n nodes; nodes beyond the release's are new.

    out_degree: how many edges leave each node of the release. Votes for oneself are left out, repeated ones are one.
    Cost: beside the votes, 16 bytes a node; the release's rows of voted-for nodes are read once.
    """
    kept = source != target
    votes = csr_of_edges(target[kept], source[kept], n, n_columns=n)
    is_new = ~_is_known(base, votes)
    rows = np.repeat(np.arange(n, dtype=np.int64), votes.degrees())[is_new]
    extra = csr_of_edges(rows, votes.neighbours[is_new], n, n_columns=n)
    n_base = len(base.offsets) - 1
    offsets = extra.offsets.copy()
    offsets[: n_base + 1] += base.offsets
    offsets[n_base + 1 :] += base.offsets[-1]
    out_weight = np.bincount(extra.neighbours, minlength=n).astype(np.float64)
    out_weight[:n_base] += out_degree
    return Overlay(base, extra, offsets, out_weight, int(np.count_nonzero(~is_new)))


def _is_known(base: Csr | PackedRows, votes: Csr) -> NDArray[np.bool_]:
    """Which votes the release has as edges."""
    found = np.zeros(votes.m, np.bool_)
    n_base = len(base.offsets) - 1
    for row in np.flatnonzero(votes.degrees()[:n_base]).tolist():
        low, high = int(votes.offsets[row]), int(votes.offsets[row + 1])
        size = int(base.offsets[row + 1] - base.offsets[row])
        place = np.empty(size, np.uint32)
        _rows_into(base, row, row + 1, place)
        is_in_rows(place, votes.neighbours[low:high], found[low:high])
    return found


def place_own(own: Names, release: Release, rules: SuffixRules) -> Placed:
    """Which nodes of the overlay own domains (or hosts) are. Cost: a look-up in the release for each.

    A release of hosts without `www.` has a host that is written with it under the rest of its name.
    """
    nodes = np.empty(len(own), np.int64)
    added: dict[str, int] = {}
    n_shared = 0
    is_folded = not release.manifest.kind.startswith("host")
    is_stripped = release.manifest.meta.get("www") == "stripped"
    for node, name in enumerate(own.names):
        known = name.removeprefix("www.") if is_stripped and name.count(".") > 1 else name
        is_shared = is_folded and rules.is_private(name)
        n_shared += is_shared
        card = None if is_shared else release.find(known)
        nodes[node] = release.n + added.setdefault(known, len(added)) if card is None else card.node
    return Placed(nodes, tuple(added), n_shared)


def votes_placed(own: Graph, placed: Placed) -> tuple[Longs, Longs]:
    """Sources and targets of an own graph's votes as nodes of the overlay."""
    source = np.repeat(np.arange(own.n), own.outward.degrees())
    return placed.nodes[source], placed.nodes[np.asarray(own.outward.neighbours)]


def lists_of_release(release: Release) -> tuple[Csr, Longs]:
    """All in-links of a release, and how many edges leave each node, from its blocks.

    Cost: some 15 ns an edge; memory 4 bytes an edge, 24 a node.
    """
    n_in, n_out = degrees_of(release)
    return lists_of(release, "inward", n_in), n_out
