"""How much of a node's mass rests on its strongest sources: its exact mass if their links were gone, all others held.

Strongest by what they carry now (`flow`). Losing several at once is one question, not a sum: sources feed each other,
and a source that loses this link gives its vote to its other links.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.graph.explain_numbers import Floats
from inlink.graph.explain_walk import Walk
from inlink.graph.flow import flow
from inlink.graph.policy import Policy
from inlink.graph.what_if import Known, known_enough, solved
from inlink.graph.what_if_columns import WORK
from inlink.graph.what_if_masses import MassAfter
from inlink.graph.what_if_wishes import CountsOf, Wish, counts_of_plain, judge

SETS = (1, 3, 10)


@dataclass(frozen=True, slots=True)
class Rest:
    """The mass without the strongest `n_lost` sources. share: the part of the mass that goes with them."""

    n_lost: int
    after: MassAfter
    share: float


@dataclass(frozen=True, slots=True)
class Fragility:
    """What rests on the strongest sources (in order; uint32), and how many sources there are in all."""

    node: int
    mass: float
    sources: NDArray[np.uint32]
    n_sources: int
    rests: tuple[Rest, ...]


def fragility(
    walk: Walk,
    node: int,
    *,
    sets: Sequence[int] = SETS,
    policy: Policy | None = None,
    counts_of: CountsOf | None = None,
    leaks: Floats | None = None,
    known: Known | None = None,
    work: int = WORK,
) -> Fragility:
    """What is left without the strongest 1, 3, 10 sources; of fewer sources, without all of them, once.

    Raises: NotFound.    Cost: one flow, and a reverse push for each of the sources.
    """
    terms = flow(walk, node)
    n_sources = len(terms.sources)
    strongest = terms.sources[: max(sets)]
    sizes = sorted({min(size, n_sources) for size in sets} - {0})
    wishes = [Wish(str(source), int(source), is_added=False) for source in strongest]
    judged = judge(walk, node, wishes, policy or Policy(), counts_of or counts_of_plain(walk), by_pages=False)
    edits = [one.edit for one in judged if one.edit]
    _, columns = known_enough(walk, edits, node, leaks=leaks, known=known, work=work)
    rests = []
    for size in sizes:
        after = solved(walk, [one.edit for one in judged[:size] if one.edit], node, columns)
        rests.append(Rest(size, after, 1 - after.after / terms.mass if terms.mass else 0.0))
    return Fragility(node, terms.mass, strongest, n_sources, tuple(rests))
