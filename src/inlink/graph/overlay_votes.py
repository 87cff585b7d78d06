"""A release and the user's own votes as votes of one graph, so that runs, explanations and differences take them alike.

A release's edge counts as one page of one host that votes with a follow link (it does not know more); where the user's
own links know the pair too, the greater count stands. Made in memory: for releases of some hundreds of
millions of edges.
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
from inlink.graph.overlay import lists_of_release, place_own
from inlink.graph.release_lists import names_of
from inlink.graph.votes import COUNTS, FILE_NAME, Votes, VotesFacts
from inlink.store.files import replace_text
from inlink.urls.domains import SuffixRules
from inlink.urls.surt import host_key

MOST_EDGES = 400_000_000  # pairs, votes and both directions of the graph: some 45 bytes an edge in memory


def check_release(release: Release, kind: str) -> None:
    """Nothing, if own votes of this kind can be laid over the release. Raises: BadInput; Refused for its size."""
    manifest = release.manifest
    if kind == "pages" or manifest.kind.removesuffix("s") != kind.removesuffix("s"):
        raise BadInput(
            f"votes of {kind} cannot be laid over {manifest.name} ({manifest.kind})",
            hint="use --graph domains with a release of domains, --graph hosts with one of hosts",
        )
    if manifest.n_edges_in > MOST_EDGES:
        raise Refused(
            f"{manifest.name} has {manifest.n_edges_in:,} edges; own votes are laid over at most {MOST_EDGES:,}",
            hint="its own ranks are in `inlink who`",
        )


def overlay_key(snapshot_key: str, release: Release) -> str:
    """What tells this content from others: that of the snapshot, and the release."""
    words = json.dumps([snapshot_key, release.manifest.digest])
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
    base, _ = lists_of_release(release)
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
    at = np.searchsorted(pairs, mine)
    for name in COUNTS:
        counts = np.ones(len(pairs), np.uint32)
        counts[np.searchsorted(pairs, new)] = 0
        np.maximum.at(counts, at, np.asarray(own.counts[name])[kept])
        columns[name] = counts
    return columns
