"""A release of any size with the user's own votes laid over it. The release itself never changes.

Nodes 0..n-1 are the release's, by its order; own domains that it lacks come after them, in the order of their keys. An
own domain under a private suffix or the user's own is a node of its own: a release folds all names below such a suffix
into one (`io.github`), which is not this domain. An edge of the release and a vote of the user's count 1 each; a vote
that the release has as an edge counts once.

Masses are computed over places, the order of names in which a release keeps its rows: these are read as they are
needed, with own votes put behind them, so that of the release's links nothing is held but what PageRank sweeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.errors import CorruptIndex
from inlink.graph.blocks import Release
from inlink.graph.laid import Extra, known_as
from inlink.graph.names import Names
from inlink.graph.overlay_rows import count_nodes, insert_rows, is_in_rows, take_places
from inlink.graph.release_rows import Counts, ReleaseRows, counts_of
from inlink.graph.runs import DAMPING, TOLERANCE
from inlink.kernels.pagerank import PageRankResult, pagerank
from inlink.urls.domains import SuffixRules
from inlink.urls.surt import host_key

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]

_TOGETHER = 1 << 20  # links of rows that are read at once where one of them is asked for


@dataclass(frozen=True, slots=True)
class Placed:
    """Own domains as nodes of the overlay.

    Shapes: nodes int64 (own domains,). added: names of nodes n, n + 1 … that the release lacks, in the order of their
    keys; n_shared_suffix of all own domains are under a suffix that a release folds.
    """

    nodes: Longs
    added: tuple[str, ...]
    n_shared_suffix: int


@dataclass(frozen=True, slots=True)
class Overlay:
    """In-links of a release and of the user's votes, row by row (see kernels.pagerank_blocks.PackedRows), over places.

    base: in-links of the release, nodes in rows by place. extra: votes that it lacks, nodes in rows by place too.
    n_known: votes that it has already.
    Shapes: offsets int64 (n + 1,), out_weight float64 (n,), how many a place links to; place_of_node uint32 (n,).
    """

    base: ReleaseRows
    extra: Extra
    offsets: Longs
    out_weight: NDArray[np.float64]
    place_of_node: Words
    n_known: int

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.out_weight)

    @property
    def m(self) -> int:
        """Number of edges."""
        return int(self.offsets[-1])

    @property
    def weights(self) -> None:
        """Every edge counts 1."""
        return None

    def rows_into(self, first: int, last: int, place: Words) -> None:
        """Write the sources of the rows from first until last to the beginning of `place`, own ones last in each row.

        Raises: CorruptIndex.
        """
        size = int(self.offsets[last] - self.offsets[first])
        place = place[:size]
        end = min(last, self.base.n)
        done = self.base.rows_into(first, end, place) if end > first else 0
        low, high = np.searchsorted(self.extra.rows, [first, last]).tolist()
        if low < high:
            ends = np.full(last - first, done, np.int64)
            if end > first:
                np.cumsum(self.base.degrees[first:end], out=ends[: end - first])
            insert_rows(place, ends, self.extra.rows, self.extra.offsets, self.extra.sources, (low, high, first))
        take_places(self.place_of_node, place)

    def extra_by_node(self) -> Extra:
        """Votes that the release lacks, in rows by node."""
        node_of_place = np.empty(self.n, np.int64)
        node_of_place[self.place_of_node] = np.arange(self.n)
        return Extra.of(node_of_place[self.extra.targets()], self.extra.sources.astype(np.int64))

    def in_degrees(self) -> Words:
        """How many vote for each node, by node."""
        found: Words = np.diff(self.offsets).astype(np.uint32)[self.place_of_node]
        return found

    def out_degrees(self) -> Words:
        """How many each node votes for, by node."""
        found: Words = self.out_weight.astype(np.uint32)[self.place_of_node]
        return found

    def mass(
        self,
        *,
        damping: float = DAMPING,
        tolerance: float = TOLERANCE,
        threads: int | None = None,
        tick: Callable[[float], None] | None = None,
    ) -> PageRankResult:
        """Masses by place, of the release's nodes and of the added ones. Raises: NotConverged, CorruptIndex."""
        return pagerank(
            self, self.out_weight, damping=damping, tolerance=tolerance, threads=threads, tick=tick
        )  # fmt: skip


def overlay(release: Release, source: Longs, target: Longs, n: int) -> Overlay:
    """The release with votes from `source` to `target`, over n nodes; nodes beyond the release's are new.

    Votes for oneself are left out, repeated ones are one.
    Cost: beside the votes, 24 bytes a node; the release's rows of voted-for nodes are read once.
    """
    counts = counts_of(release)
    base = ReleaseRows(release, counts.n_in)
    places = np.concatenate([counts.place_of_node, np.arange(release.n, n, dtype=np.uint32)])
    kept = source != target
    pairs = np.unique(places[target[kept]].astype(np.int64) << 32 | source[kept])
    rows, nodes = pairs >> 32, pairs & 0xFFFFFFFF
    is_new = ~_is_known(base, rows, nodes)
    extra = Extra.of(rows[is_new], nodes[is_new])
    offsets = np.zeros(n + 1, np.int64)
    offsets[1 : release.n + 1] = counts.n_in
    offsets[extra.rows + 1] += np.diff(extra.offsets)
    np.cumsum(offsets, out=offsets)
    out_weight = np.zeros(n)
    out_weight[: release.n] = _out_degrees(release, counts, base)
    sources, more = np.unique(extra.sources, return_counts=True)
    out_weight[places[sources]] += more
    return Overlay(base, extra, offsets, out_weight, places, int(np.count_nonzero(~is_new)))


def _out_degrees(release: Release, counts: Counts, base: ReleaseRows) -> NDArray[np.generic]:
    """How many each place links to; counted in the in-lists of a release that does not say it."""
    n_edges = int(counts.n_in.sum(dtype=np.int64))
    if int(counts.n_out.sum(dtype=np.int64)) == n_edges:
        return counts.n_out
    if counts.n_out.any():
        raise CorruptIndex(
            f"{release.manifest.name} has other in-links than out-links", hint="fetch or convert the release again"
        )
    found = np.zeros(release.n, np.int64)
    for _, _, rows in _pieces(base, np.arange(release.n)):
        count_nodes(rows, found)
    return found[np.argsort(counts.place_of_node)]


def _is_known(base: ReleaseRows, rows: Longs, nodes: Longs) -> NDArray[np.bool_]:
    """Which votes, ascending by row and node, the release has as edges."""
    found = np.zeros(len(rows), np.bool_)
    wanted = np.unique(rows[rows < base.n])
    wanted = wanted[base.degrees[wanted] > 0]
    for first, starts, sources in _pieces(base, wanted):
        last = first + len(starts) - 1
        for row in wanted[slice(*np.searchsorted(wanted, [first, last]))].tolist():
            low, high = np.searchsorted(rows, [row, row + 1]).tolist()
            mine = sources[starts[row - first] : starts[row - first + 1]]
            is_in_rows(mine, nodes[low:high].astype(np.uint32), found[low:high])
    return found


def _pieces(base: ReleaseRows, wanted: Longs) -> Iterator[tuple[int, Longs, Words]]:
    """Runs of rows of one leaf that hold the wanted ones: the first row, where each begins with the end, the rows."""
    per, at = base.release.manifest.layout.per_leaf, 0
    while at < len(wanted):
        first = int(wanted[at])
        in_leaf = wanted[at : int(np.searchsorted(wanted, (first // per + 1) * per))]
        ends = np.cumsum(base.degrees[first : int(in_leaf[-1]) + 1], dtype=np.int64)
        fit = max(1, int(np.count_nonzero(ends[in_leaf - first] <= _TOGETHER)))
        starts = np.concatenate([[0], ends[: int(in_leaf[fit - 1]) - first + 1]])
        rows = np.empty(int(starts[-1]), np.uint32)
        base.rows_into(first, first + len(starts) - 1, rows)
        yield first, starts, rows
        at += fit


def place_own(own: Names, release: Release, rules: SuffixRules) -> Placed:
    """Which nodes of the overlay own domains (or hosts) are. Cost: a look-up in the release for each.

    A release of hosts without `www.` has a host that is written with it under the rest of its name.
    """
    nodes = np.empty(len(own), np.int64)
    added: dict[str, int] = {}
    n_shared = 0
    is_folded = not release.manifest.kind.startswith("host")
    for node, name in enumerate(own.names):
        known = known_as(name, release.manifest)
        is_shared = is_folded and rules.is_private(name)
        n_shared += is_shared
        card = None if is_shared else release.find(known)
        nodes[node] = release.n + added.setdefault(known, len(added)) if card is None else card.node
    names = list(added)
    order = sorted(range(len(names)), key=lambda which: (host_key(names[which]).encode(), names[which]))
    number = np.empty(len(names), np.int64)
    number[order] = np.arange(len(names))
    is_added = nodes >= release.n
    nodes[is_added] = release.n + number[nodes[is_added] - release.n]
    return Placed(nodes, tuple(names[which] for which in order), n_shared)
