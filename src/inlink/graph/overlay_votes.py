"""A release and the user's own votes as votes of one graph, so that runs, explanations and differences take them alike.

A release's edge counts as one page of one host that votes with a follow link (it does not know more); where the user's
own links know the pair too, the greater count stands. Where a release folds own hosts into one (`www.`), pages of
several hosts that vote for one are counted together, for they are different pages; pages of one host that vote for
several which are now one may be the same pages: the greatest of these counts stands, as at least so many do. Made in
memory: for releases of some hundreds of millions of edges; over larger ones rows are read (`overlay`), and every vote
counts 1.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput, Refused
from inlink.graph.arrays import Array, digests_of, save_arrays
from inlink.graph.blocks import Release
from inlink.graph.names import Names, Texts
from inlink.graph.overlay import place_own
from inlink.graph.policy import Policy
from inlink.graph.release_lists import degrees_of, lists_of, names_of
from inlink.graph.votes import COUNTS, FILE_NAME, Votes, VotesFacts
from inlink.store.files import replace_text
from inlink.urls.domains import SuffixRules
from inlink.urls.surt import host_key

# The version of how both become one: it rises whenever the same votes and release would give other counts.
CODE = "2"
MOST_EDGES = 400_000_000  # pairs, votes and both directions of the graph: some 45 bytes an edge in memory


def is_large(release: Release) -> bool:
    """Whether the votes of both are too many to be made in memory: rows are read instead."""
    return release.manifest.n_edges_in > MOST_EDGES


def check_release(release: Release, kind: str, policy: Policy) -> None:
    """Nothing, if own votes of this kind can be laid over the release. Raises: BadInput; Refused for its size."""
    manifest = release.manifest
    if kind == "pages" or manifest.kind.removesuffix("s") != kind.removesuffix("s"):
        raise BadInput(
            f"votes of {kind} cannot be laid over {manifest.name} ({manifest.kind})",
            hint="use --graph domains with a release of domains, --graph hosts with one of hosts",
        )
    if is_large(release) and (policy.weight, policy.follow) != ("one", "drop"):
        raise Refused(
            f"{manifest.name} has {manifest.n_edges_in:,} edges: over more than {MOST_EDGES:,} every vote counts 1",
            hint="leave out --weight and --follow",
        )


def overlay_key(snapshot_key: str, release: Release) -> str:
    """What tells this content from others: that of the snapshot, the release, and how both become one."""
    words = json.dumps([CODE, snapshot_key, release.manifest.digest, *(["rows"] if is_large(release) else [])])
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def write_overlay_votes(release: Release, own: Votes, rules: SuffixRules, key: str, out: Path) -> VotesFacts:
    """The votes of both, written below `out`; nodes are numbered in the order of keys. Cost: 40 bytes an edge."""
    placed = place_own(own.names, release, rules)
    names = [*names_of(release), *placed.added]
    keys = [host_key(name) for name in names]
    order = np.array(sorted(range(len(names)), key=lambda node: (keys[node].encode(), names[node])), np.int64)
    number = np.empty(len(names), np.int64)
    number[order] = np.arange(len(names))
    columns = _joined(release, own, placed.nodes, number)
    kind = own.facts.kind
    texts = Names(kind, Texts.of([keys[node] for node in order]), Texts.of([names[node] for node in order]))
    texts.save(out)
    save_arrays(out, columns)
    facts = VotesFacts(
        kind, own.facts.snapshot, key, own.facts.code, len(names), len(columns["source"]), own.facts.n_self,
        own.facts.n_unknown_follow,
    )  # fmt: skip
    replace_text(out / FILE_NAME, json.dumps({**asdict(facts), "digests": digests_of(out)}, indent=1) + "\n")
    return facts


def _joined(release: Release, own: Votes, nodes: NDArray[np.int64], number: NDArray[np.int64]) -> dict[str, Array]:
    """Pairs of both, sorted by source and target, each once; votes for oneself are left out."""
    base = lists_of(release, "inward", degrees_of(release)[0])
    n = len(number)
    theirs = number[base.neighbours]
    theirs *= n
    theirs += np.repeat(number[: base.n], base.degrees())
    del base
    theirs.sort()
    source, target = number[nodes[np.asarray(own.source)]], number[nodes[np.asarray(own.target)]]
    kept = source != target  # two own hosts are one in a release without `www.`
    mine = source[kept] * n + target[kept]
    at = np.searchsorted(theirs, mine)
    is_known = np.append(theirs, -1)[at] == mine
    new = np.unique(mine[~is_known])
    pairs = np.insert(theirs, np.searchsorted(theirs, new), new)
    del theirs
    columns: dict[str, Array] = {"source": (pairs // n).astype(np.uint32), "target": (pairs % n).astype(np.uint32)}
    folded = _Folded(mine, np.asarray(own.source)[kept])
    at = np.searchsorted(pairs, folded.pairs)
    for name in COUNTS:
        counts = np.ones(len(pairs), np.uint32)
        counts[np.searchsorted(pairs, new)] = 0
        found = folded.counts(np.asarray(own.counts[name])[kept], of_pages=name.endswith("pages"))
        counts[at] = np.maximum(counts[at], found)
        columns[name] = counts
    return columns


class _Folded:
    """Own votes whose pairs may be the same after folding. Shapes: pairs int64 (k,), each once, ascending."""

    def __init__(self, pairs: NDArray[np.int64], own_source: Array) -> None:
        self.order = np.lexsort((own_source, pairs))
        ordered, sources = pairs[self.order], own_source[self.order]
        is_pair = np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]
        is_source = is_pair | np.append(True, sources[1:] != sources[:-1])[: len(ordered)]
        self.first_of_source = np.flatnonzero(is_source)
        self.first_of_pair = np.flatnonzero(is_pair[self.first_of_source])
        self.pairs = ordered[is_pair]

    def counts(self, own: Array, *, of_pages: bool) -> Array:
        """The count of each pair: the greatest of each own source's; of pages, those of all its own sources added."""
        if not len(own):
            return own
        of_sources = np.maximum.reduceat(own[self.order], self.first_of_source)
        return (np.add if of_pages else np.maximum).reduceat(of_sources, self.first_of_pair)
