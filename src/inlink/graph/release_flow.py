"""What each reference carries to a domain of a release, from its blocks alone.

    mass(x) = sum over s -> x of a mass(s) / n_out(s)  +  b        b: what a node without in-links has

A release keeps its masses to 24 bits, so each number is right to seven digits. Its lists stand by mass: where there are
more sources than are read, the strongest are, and what all others carry together is what is missing of the mass.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.errors import NotFound
from inlink.graph.blocks import Card, Release
from inlink.graph.explain_numbers import Floats

MOST_READ = 20_000
_BATCH = 1024


@dataclass(frozen=True, slots=True)
class ReleaseFlow:
    """The terms of a domain's mass, the source that carries most first.

    Shapes: sources uint32 (read,), carried, source_mass, share_of_source float64 (read,).
    n_sources: all of them. others: carried by sources that were not read, together; none of them carries more than
    `most_of_others`. open: what rounding left.
    """

    mass: float
    damping: float
    sources: NDArray[np.uint32]
    carried: Floats
    source_mass: Floats
    share_of_source: Floats
    n_sources: int
    restart: float
    returned: float
    others: float
    most_of_others: float
    open: float


def release_flow(release: Release, card: Card, *, most: int = MOST_READ) -> ReleaseFlow:
    """The flow into a domain.

    Raises: NotFound where the release has no masses of its own, no out-degrees, or no domain without in-links, which
    tells b.
    Cost: the in-list, and the numbers of at most `most` sources.
    """
    damping, base = damping_of(release), base_of(release)
    mass = _mass(card.ranks)
    nodes = release.neighbours(card, "inward", most)[:most]
    source_mass, n_out = _numbers(release, nodes)
    if np.any(n_out < 1):
        raise NotFound(
            f"{release.manifest.name} does not know how many domains a source references",
            hint="convert it with out-lists: inlink cc import --again",
        )
    shares = 1 / n_out
    carried = damping * source_mass * shares
    restart = (1 - damping) / release.n
    left = math.fsum([mass, -base, *(-carried).tolist()])
    is_whole = len(nodes) == card.n_in
    order = np.lexsort((nodes, -carried))
    return ReleaseFlow(
        mass=mass,
        damping=damping,
        sources=nodes[order],
        carried=carried[order],
        source_mass=source_mass[order],
        share_of_source=shares[order],
        n_sources=card.n_in,
        restart=restart,
        returned=base - restart,
        others=0.0 if is_whole else max(left, 0.0),
        most_of_others=0.0 if is_whole else damping * float(source_mass[-1]),
        open=left if is_whole else min(left, 0.0),
    )


def damping_of(release: Release) -> float:
    """The damping of the release's own masses. Raises: NotFound where it has none."""
    known = release.manifest.meta.get("mass")
    has_masses = any(name == "mass" for name, _ in release.manifest.columns)
    if not has_masses or not isinstance(known, dict) or "damping" not in known:
        raise NotFound(
            f"{release.manifest.name} has no masses that could be explained", hint="convert it: inlink cc import"
        )
    return float(known["damping"])


def base_of(release: Release) -> float:
    """What each domain has by restarts and from domains without out-links: all that one without in-links has."""
    if release.manifest.n_linked >= release.n:
        raise NotFound(
            f"every domain of {release.manifest.name} is referenced, so restarts cannot be told apart",
            hint="lay your own links over it: inlink rank --release …",
        )
    return _mass(release.ranks([release.n - 1])[0])


def position_of(release: Release, node: int, mass: float) -> int:
    """Where a node would stand with another mass, all others held still; 1 the strongest.

    With the mass that it has it stands where it does, though others may have the same.
    Raises: NotFound where the release is not ordered by mass.    Cost: a look at some thirty domains.
    """
    if release.manifest.order != "mass":
        raise NotFound(f"{release.manifest.name} is not ordered by mass", hint="convert it again: inlink cc import")
    if mass == _mass(release.ranks([node])[0]):
        return release.positions([node])[0]
    low, high = 0, release.manifest.n_linked
    while low < high:
        middle = (low + high) // 2
        if _mass(release.ranks([middle])[0]) > mass:
            low = middle + 1
        else:
            high = middle
    return low if node < low else low + 1


def _numbers(release: Release, nodes: NDArray[np.uint32]) -> tuple[Floats, Floats]:
    """Mass and number of out-links of nodes."""
    mass, n_out = np.empty(len(nodes)), np.empty(len(nodes))
    blocks = release.blocks
    places = release.places(nodes.tolist())
    found = [blocks.place_of(place) for place in places]
    order = sorted(range(len(found)), key=lambda at: found[at])
    for start in range(0, len(order), _BATCH):
        part = order[start : start + _BATCH]
        leaves = list(dict.fromkeys(found[at][0] for at in part))
        numbers = dict(zip(leaves, blocks.numbers(leaves), strict=True))
        for at in part:
            where, position = found[at]
            mass[at] = numbers[where]["mass"][position]
            n_out[at] = numbers[where]["n_out"][position]
    return mass, n_out


def _mass(ranks: dict[str, float | None]) -> float:
    found = ranks.get("mass")
    if found is None:
        raise NotFound("the release does not know the mass of this domain", hint="convert it again: inlink cc import")
    return found
