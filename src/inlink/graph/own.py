"""Graphs of the user's own pages, hosts and domains: the votes of a snapshot, counted by a policy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inlink.engine.session import Session
from inlink.graph.blocks import Release
from inlink.graph.explain_prepared import save_prepared
from inlink.graph.graph import Graph, open_graph, save_graph
from inlink.graph.overlay_votes import write_overlay_votes
from inlink.graph.policy import Policy, weigh
from inlink.graph.votes import Say, Votes, count_votes, open_votes, votes_folder, votes_id
from inlink.kernels.csr import Csr, transpose
from inlink.store.files import publish
from inlink.store.workspace import Workspace
from inlink.urls.domains import SuffixRules

# The version of how votes become a graph: it rises whenever the same votes and policy would give another graph.
CODE = "1"


def own_votes(workspace: Workspace, snapshot: str, key: str, kind: str, session: Session, say: Say) -> Votes:
    """The votes of a snapshot, counted where they are not there yet. Call it while holding the build lock."""
    name = votes_id(kind, key)
    folder = votes_folder(workspace, name)
    if not folder.is_dir():
        aside = workspace.tmp / f"votes-{name}"
        count_votes(workspace.snapshot(snapshot), key, kind, aside, session, say)
        folder.parent.mkdir(parents=True, exist_ok=True)
        publish(aside, folder)
    return open_votes(folder)


def overlaid_votes(workspace: Workspace, own: Votes, release: Release, key: str) -> Votes:
    """Own votes laid over a release, made where they are not there yet. Call it while holding the build lock."""
    name = votes_id(own.facts.kind, key)
    folder = votes_folder(workspace, name)
    if not folder.is_dir():
        aside = workspace.tmp / f"votes-{name}"
        aside.mkdir()
        write_overlay_votes(release, own, SuffixRules(workspace.settings.suffixes), key, aside)
        folder.parent.mkdir(parents=True, exist_ok=True)
        publish(aside, folder)
    return open_votes(folder)


def own_graph(workspace: Workspace, votes: Votes, policy: Policy) -> Graph:
    """The graph of votes under a policy, made where it is not there yet. Call it while holding the build lock."""
    kind, key = votes.facts.kind, votes.facts.snapshot_key
    name = graph_id(kind, key, policy)
    folder = graph_folder(workspace, name)
    if not folder.is_dir():
        aside = workspace.tmp / f"graph-{name}"
        graph = graph_of(votes, policy)
        save_prepared(graph, aside, evaporates=policy.follow == "evaporate")
        save_graph(graph, aside, with_names=False)
        folder.parent.mkdir(parents=True, exist_ok=True)
        publish(aside, folder)
    return open_graph(folder, votes.names)


def graph_id(kind: str, snapshot_key: str, policy: Policy) -> str:
    """What a graph is kept under: the same for the same votes and policy."""
    words = json.dumps([votes_id(kind, snapshot_key), policy.words, CODE], sort_keys=True)
    return f"{kind}-{hashlib.sha256(words.encode()).hexdigest()[:12]}"


def graph_folder(workspace: Workspace, name: str) -> Path:
    """Folder of a graph's arrays."""
    return workspace.graph / "arrays" / name


def graph_of(votes: Votes, policy: Policy) -> Graph:
    """The graph of votes under a policy.

    Cost: memory for both directions of the graph, some 16 (with weights 32) bytes a pair.
    Raises: BadInput where the policy has no meaning for this kind of graph.
    """
    policy.check(votes.facts.kind)
    out_weight = np.zeros(votes.n)
    sources, targets, weights = [], [], []
    for part, carried, spent in weigh(votes, policy):
        source = np.asarray(votes.source[part])
        out_weight += np.bincount(source, spent, minlength=votes.n)
        kept = carried > 0
        sources.append(source[kept])
        targets.append(votes.target[part][kept])
        weights.append(carried[kept])
    outward = _outward(votes.n, _joined(sources, np.uint32), _joined(targets, np.uint32), _joined(weights, np.float32))
    if policy.is_plain:
        outward = Csr(outward.offsets, outward.neighbours, None)
    meta = {"votes": votes_id(votes.facts.kind, votes.facts.snapshot_key), "snapshot": votes.facts.snapshot,
            "snapshot_key": votes.facts.snapshot_key, "n_self": votes.facts.n_self,
            "n_unknown_follow": votes.facts.n_unknown_follow, **policy.words}  # fmt: skip
    return Graph(votes.names, transpose(outward, votes.n), outward, out_weight, votes.facts.kind, meta)


def _outward(n: int, source: NDArray[np.uint32], target: NDArray[np.uint32], weights: NDArray[np.float32]) -> Csr:
    """The rows of pairs that are sorted by source and target already."""
    offsets = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(source, minlength=n), out=offsets[1:])
    return Csr(offsets, target, weights)


def _joined(parts: Sequence[NDArray[Any]], type_: type[np.generic]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, type_)
