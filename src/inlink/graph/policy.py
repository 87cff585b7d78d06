"""How a vote counts: what nofollow does, and what a pair weighs. A run records its policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.graph.votes import Votes

FOLLOW = ("drop", "evaporate", "weight")
WEIGHTS = {"one": ("pages", "hosts", "domains"), "log-pages": ("hosts", "domains"), "hosts": ("domains",)}
"""Weight → the graphs in which it can differ from 1."""

NOFOLLOW_SHARE = 0.1
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Policy:
    """follow: drop (links that are nofollow, ugc or sponsored are not there), evaporate (they take their share of the
    source's vote and give it to nobody), weight (they count `nofollow_share` of a follow link). Under each of them a
    link of which it is not known whether it is follow counts as one that is: a run says how many there were.

    weight: one (a pair counts 1), log-pages (ln(1 + pages that vote)), hosts (hosts that vote).
    """

    follow: str = "drop"
    weight: str = "one"
    nofollow_share: float = NOFOLLOW_SHARE

    def check(self, kind: str) -> None:
        """Nothing, if the policy has a meaning for graphs of this kind. Raises: BadInput."""
        if self.follow not in FOLLOW:
            raise BadInput(f"there is no follow policy {self.follow!r}", hint=f"use one of {', '.join(FOLLOW)}")
        if self.weight not in WEIGHTS:
            raise BadInput(f"there is no weight {self.weight!r}", hint=f"use one of {', '.join(WEIGHTS)}")
        if kind not in WEIGHTS[self.weight]:
            raise BadInput(
                f"the weight {self.weight} is always the same in a graph of {kind}",
                hint=f"use it with {' or '.join(WEIGHTS[self.weight])}, or --weight one",
            )
        if not 0 < self.nofollow_share <= 1:
            raise BadInput(
                f"a nofollow link cannot count {self.nofollow_share:g} of a follow link",
                hint="name a share above 0 and at most 1, or use --follow drop or evaporate",
            )

    @property
    def words(self) -> dict[str, object]:
        """What a run records; the share only where it counts."""
        shared = {"nofollow_share": self.nofollow_share} if self.follow == "weight" else {}
        return {"follow": self.follow, "weight": self.weight, **shared}

    @property
    def is_plain(self) -> bool:
        """Every pair that counts, counts 1."""
        return self.weight == "one" and self.follow != "weight"


def weigh(votes: Votes, policy: Policy) -> Iterator[tuple[slice, NDArray[np.float32], NDArray[np.float64]]]:
    """For each run of pairs: the weight that a vote carries, and what its source spends on it.

    With f the weight of a count, F the follow and N all of what votes: a pair carries f(F), under `weight` f(F) +
    share (f(N) - f(F)); its source spends as much, under `evaporate` f(N).
    """
    name = "hosts" if policy.weight == "hosts" else "pages"
    for start in range(0, votes.m, CHUNK):
        part = slice(start, min(start + CHUNK, votes.m))
        yield part, *weights_of(votes.counts[f"follow_{name}"][part], votes.counts[name][part], policy)


def weights_of(
    follow_counts: NDArray[np.uint32], counts: NDArray[np.uint32], policy: Policy
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """What votes with these counts (of pages, or of hosts as the policy weighs) carry, and what sources spend."""
    follow = _weight(follow_counts, policy.weight)
    carried = follow.astype(np.float32)
    if policy.follow == "drop":
        return carried, carried.astype(np.float64)
    rest = _weight(counts, policy.weight) - follow
    if policy.follow == "weight":
        carried = (follow + policy.nofollow_share * rest).astype(np.float32)
        rest = np.zeros_like(follow)
    return carried, carried.astype(np.float64) + rest


def _weight(counts: NDArray[np.uint32], weight: str) -> NDArray[np.float64]:
    if weight == "log-pages":
        return np.log1p(counts.astype(np.float64))
    return np.minimum(counts, 1).astype(np.float64) if weight == "one" else counts.astype(np.float64)
