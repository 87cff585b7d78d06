"""Questions over several lists: who references several domains, whom of these I lack, and what differs in two releases.

A release says what a crawl happened to see. What is in one release and not in another was perhaps never there, perhaps
not crawled: no answer here calls it deleted. Counts of two releases are compared a million edges, because crawls differ
in size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.graph.blocks.reader import Card, Nodes, Release

MOST_TARGETS = 20
_STEP = 256  # sources whose names are looked up at a time
MOST_WALKED = 20_000
MOST_WALKED_REMOTE = 200  # each costs a server two requests


@dataclass(frozen=True, slots=True)
class Shared:
    """Domains that reference several, those of most first, then the strongest. references: (shown, targets) bool."""

    nodes: Nodes
    names: list[str]
    positions: list[int]
    counts: NDArray[np.int64]
    references: NDArray[np.bool_]
    n_total: int
    n_left_out: int


def shared(
    release: Release,
    targets: Sequence[Card],
    at_least: int,
    *,
    but_not: Card | None = None,
    limit: int | None = 100,
    offset: int = 0,
    keep_flagged: bool = False,
) -> Shared:
    """Domains that reference at least so many of the targets, and not `but_not`; the targets themselves left out.

    Raises: BadInput for no or too many targets, or a number that cannot be.    Cost: all lists are read.
    """
    if not 1 <= len(targets) <= MOST_TARGETS:
        raise BadInput(f"1 to {MOST_TARGETS} domains can be compared, not {len(targets)}", hint="name fewer")
    if not 1 <= at_least <= len(targets):
        raise BadInput(f"of {len(targets)} domains, {at_least} cannot be referenced", hint="choose a smaller number")
    found = [release.list_of(card, "inward") for card in targets]
    nodes, counts = _counted([nodes for nodes, _ in found])
    kept = counts >= at_least
    own = [card.node for card in targets]
    if but_not is not None:
        kept &= ~np.isin(nodes, release.neighbours(but_not, "inward"))
        own.append(but_not.node)
    kept &= ~np.isin(nodes, np.array(own, np.uint32))
    nodes, counts = nodes[kept], counts[kept]
    flagged = release.is_flagged(nodes)
    n_left_out = 0 if keep_flagged else int(np.count_nonzero(flagged))
    if n_left_out:
        nodes, counts = nodes[~flagged], counts[~flagged]
    order = np.lexsort((nodes, -counts))[offset : None if limit is None else offset + limit]
    shown = nodes[order]
    references = np.stack([np.isin(shown, part) for part, _ in found], 1)
    names, positions = release.standings(shown, [lists for _, lists in found if lists is not None])
    return Shared(shown, names, positions, counts[order], references, len(nodes), n_left_out)


def _counted(lists: Sequence[Nodes]) -> tuple[Nodes, NDArray[np.int64]]:
    """Distinct nodes, ascending, and in how many lists each stands."""
    every = np.concatenate(lists)
    every.sort()
    first = np.flatnonzero(np.concatenate([[True], every[1:] != every[:-1]])) if len(every) else np.zeros(0, np.int64)
    return every[first], np.diff(np.concatenate([first, [len(every)]]))


Reason = Literal["source", "reference"]


@dataclass(frozen=True, slots=True)
class OneSided:
    """A reference that only one of two releases has.

    reason: "source" where the other release does not have the referring domain at all, "reference" where it has the
    domain without this reference.
    """

    name: str
    node: int
    position: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class ListDiff:
    """References to one domain in two releases. n_walked: how many of each list, strongest first, were compared."""

    only_a: list[OneSided]
    only_b: list[OneSided]
    n_walked: tuple[int, int]


def diff_lists(
    releases: tuple[Release, Release], cards: tuple[Card | None, Card | None], limit: int, *, keep_flagged: bool = False
) -> ListDiff:
    """References to a domain that one release has and the other has not, strongest first, up to `limit` of each."""
    a, b = releases
    only_a, n_a = _one_sided(a, b, cards[0], cards[1], limit, keep_flagged)
    only_b, n_b = _one_sided(b, a, cards[1], cards[0], limit, keep_flagged)
    return ListDiff(only_a, only_b, (n_a, n_b))


def _one_sided(
    here: Release, there: Release, card: Card | None, other: Card | None, limit: int, keep_flagged: bool
) -> tuple[list[OneSided], int]:
    if card is None:
        return [], 0
    is_local = here.blocks.source.is_local and there.blocks.source.is_local
    nodes, lists = here.list_of(card, "inward", MOST_WALKED if is_local else MOST_WALKED_REMOTE + card.n_in_flagged)
    if not keep_flagged:
        nodes = nodes[~here.is_flagged(nodes)]
    nodes = nodes[: MOST_WALKED if is_local else MOST_WALKED_REMOTE]
    others = there.neighbours(other, "inward") if other is not None else np.zeros(0, np.uint32)
    found: list[OneSided] = []
    for start in range(0, len(nodes), _STEP):
        part = nodes[start : start + _STEP]
        known = zip(part.tolist(), *here.standings(part, [] if lists is None else [lists]), strict=True)
        for step, (node, name, position) in enumerate(known):
            source = there.find(name)
            if source is None or not _holds(others, source.node):
                found.append(OneSided(name, node, position, "source" if source is None else "reference"))
                if len(found) == limit:
                    return found, start + step + 1
    return found, len(nodes)


def _holds(nodes: Nodes, node: int) -> bool:
    place = int(np.searchsorted(nodes, node))
    return place < len(nodes) and int(nodes[place]) == node


@dataclass(frozen=True, slots=True)
class Moved:
    """A domain's position in two releases; None where it is not among those looked at (see `diff_heads`)."""

    name: str
    position_a: int | None
    position_b: int | None


def diff_heads(a: Release, b: Release, n_top: int) -> list[Moved]:
    """The strongest `n_top` domains of either release, with their position in both: the strongest in b first.

    From a server, a position beyond its strongest is None: one look-up each would cost too many requests.
    """
    tops = [_top(release, n_top) for release in (a, b)]
    found = []
    for name in dict.fromkeys([*tops[1], *tops[0]]):
        places = [_place(release, top, name) for release, top in zip((a, b), tops, strict=True)]
        found.append(Moved(name, places[0], places[1]))
    return found


def _top(release: Release, n_top: int) -> dict[str, int]:
    nodes = np.arange(min(n_top, release.n, release.manifest.layout.head), dtype=np.uint32)
    return dict(zip(*release.standings(nodes), strict=True))


def _place(release: Release, top: dict[str, int], name: str) -> int | None:
    if name in top or not release.blocks.source.is_local:
        return top.get(name)
    card = release.find(name)
    return None if card is None else card.position
