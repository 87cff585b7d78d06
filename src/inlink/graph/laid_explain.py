"""Explanations of a run over a release of any size: the flow, of in-links that are read when they are asked for.

What needs both directions of the graph (origins, what-if, fragility) needs lists that are kept (`laid_lists`); where
they are not, it is refused: see `check_whole`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from inlink.errors import CorruptIndex, Refused
from inlink.graph.explain import Explained
from inlink.graph.explain_walk import Floats, Walk
from inlink.graph.laid import Laid, lists_bytes
from inlink.graph.runs import Run
from inlink.graph.votes import COUNTS, Votes, nobody, open_votes, votes_folder
from inlink.graph.what_if_wishes import Counts
from inlink.kernels.csr_rows import Csr
from inlink.store.disk import shown
from inlink.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class LaidWalk(Walk):
    """A walk whose in-links are a release's and the user's own; `inward` holds none of them."""

    laid: Laid

    def in_links(self, node: int) -> tuple[NDArray[np.uint32], Floats]:
        """Sources of a node's in-links; each counts 1."""
        found = self.laid.sources(node)
        return found, np.ones(len(found))

    def weight(self, source: int, target: int) -> float:
        """Weight of the edge; 0 where there is none."""
        return float(np.any(self.laid.sources(target) == source))


@dataclass(frozen=True, slots=True)
class LaidExplained(Explained):
    """What explanations are made from; votes are the user's own. The walk is a `LaidWalk`, or of kept lists."""

    laid: Laid

    def counts(self, source: int, target: int) -> Counts:
        """What stands behind an edge: own links, as overlay_votes counts them; an edge of the release is one page.

        Of a `LaidWalk` only the edges of a flow are asked about, which all are there.
        """
        nodes = self.laid.own_nodes
        is_edge = isinstance(self.walk, LaidWalk) or self.walk.weight(source, target) > 0
        least = int(is_edge and source not in self.laid.extra.row(target))
        targets = np.flatnonzero(nodes == target)
        each = [_between(self.votes, int(a), targets) for a in np.flatnonzero(nodes == source)]
        of_sources = np.array(each, np.int64).reshape(-1, len(COUNTS))
        joined = [
            of_sources[:, at].sum() if name.endswith("pages") else of_sources[:, at].max(initial=0)
            for at, name in enumerate(COUNTS)
        ]
        return Counts(*(max(int(count), least) for count in joined))


def _between(own: Votes, source: int, targets: NDArray[np.int64]) -> list[int]:
    """The greatest counts of an own name's votes for some others."""
    low, high = (int(np.searchsorted(own.source, np.uint32(source), side)) for side in ("left", "right"))
    at = low + np.flatnonzero(np.isin(own.target[low:high], targets))
    return [int(own.counts[name][at].max(initial=0)) for name in COUNTS]


def open_laid_explained(workspace: Workspace, run: Run, *, whole: bool = False) -> LaidExplained:
    """A run's graph and own votes; `whole`: both directions, from its lists.

    Raises: CorruptIndex, NotFound where the release is not what or where it was; see `check_whole`.
    """
    laid, facts = run.laid, run.facts
    if laid.facts.n != run.n or laid.release.n > run.n or facts.returned is None:
        raise CorruptIndex(f"the graph of {run.id} does not fit the run", hint="run inlink rank --release again")
    folder = votes_folder(workspace, facts.votes)
    votes = open_votes(folder) if facts.votes else nobody(run.kind, laid.facts.release)
    if whole:
        return LaidExplained(run, _walk_of_lists(run, facts.returned), run.recipe.policy, votes, laid)
    walk = LaidWalk(
        inward=Csr(np.zeros(1, np.int64), np.zeros(0, np.uint32)),
        outward=None,
        out_weight=cast("Floats", laid.out_votes),  # whole numbers, as they are kept
        mass=run.mass,
        damping=run.recipe.damping,
        restart=None,
        returns="restart",
        leak=None,
        returned=facts.returned,
        is_leaky=facts.n_dangling > 0,
        laid=laid,
    )
    return LaidExplained(run, walk, run.recipe.policy, votes, laid)


def _walk_of_lists(run: Run, returned: float) -> Walk:
    from inlink.graph.laid_lists import open_lists  # compiled: the flow is told without

    lists = open_lists(run)
    return Walk(
        inward=lists.inward,
        outward=lists.outward,
        out_weight=lists.out_weight,
        mass=run.mass,
        damping=run.recipe.damping,
        restart=None,
        returns="restart",
        leak=None,
        returned=returned,
        is_leaky=run.facts.n_dangling > 0,
        prepared=lists.prepared,
    )


def check_whole(run: Run, what: str) -> None:
    """Nothing, if the run's graph is there in both directions. Raises: Refused."""
    if not run.has_lists:
        raise Refused(
            f"{what} needs both directions of the graph, which this run over a release of {run.facts.m:,} edges "
            "does not keep",
            hint=f"inlink rank --release … --keep-lists keeps them, in at most "
            f"{shown(lists_bytes(run.n, run.facts.m))}; inlink explain X shows the flow without, and what-if and "
            "fragility have --release, which asks the release itself",
        )
