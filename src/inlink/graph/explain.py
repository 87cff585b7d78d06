"""A scoring run opened for explanations: its walk, its policy, and the counts behind each of its edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inlink.errors import CorruptIndex
from inlink.graph.explain_prepared import evaporated_of, open_prepared
from inlink.graph.explain_walk import Walk, walk_of
from inlink.graph.graph import open_graph
from inlink.graph.policy import Policy
from inlink.graph.runs import Run
from inlink.graph.votes import Votes, open_votes, votes_folder
from inlink.graph.what_if_wishes import Counts
from inlink.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Explained:
    """What explanations of a run are made from; arrays are memory maps."""

    run: Run
    walk: Walk
    policy: Policy
    votes: Votes

    @property
    def by_pages(self) -> bool:
        """Nodes are pages: a page votes once, however many links it has."""
        return self.run.kind == "pages"

    def counts(self, source: int, target: int) -> Counts:
        """What stands behind an edge, nofollow links included."""
        votes = self.votes
        low, high = (int(np.searchsorted(votes.source, np.uint32(source), side)) for side in ("left", "right"))
        at = low + int(np.searchsorted(votes.target[low:high], np.uint32(target)))
        if at == high or int(votes.target[at]) != target:
            return Counts()
        return Counts(*(int(votes.counts[name][at]) for name in ("pages", "follow_pages", "hosts", "follow_hosts")))


def open_explained(workspace: Workspace, run: Run) -> Explained:
    """A run's graph and votes. Raises: CorruptIndex where they are not there, or do not fit the run."""
    votes = open_votes(votes_folder(workspace, run.facts.votes))
    graph = open_graph(run.graph_folder, run.kept_names)
    recipe = run.recipe
    if graph.n != run.n or votes.n != run.n or recipe.restart != "uniform":
        raise CorruptIndex(f"the graph of {run.id} does not fit the run", hint="run inlink rank: it makes both anew")
    walk = walk_of(
        graph.inward,
        graph.out_weight,
        run.mass,
        outward=graph.outward,
        damping=recipe.damping,
        returns="uniform" if recipe.dangling == "uniform" else "restart",
        leak=evaporated_of(graph, run.graph_folder) if recipe.policy.follow == "evaporate" else None,
        prepared=open_prepared(run),
    )
    return Explained(run, walk, recipe.policy, votes)
