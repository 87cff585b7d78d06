"""The best new sources against every candidate recomputed, and sets of them against every set."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from dense_votes import DenseVotes, random_votes

from inlink.errors import BadInput
from inlink.graph.greedy import best_set, best_sources
from inlink.graph.policy import Policy

PLAIN = Policy("drop", "one")


def with_links(votes: DenseVotes, sources: tuple[int, ...], target: int) -> float:
    after = votes.copy()
    for source in sources:
        after.add(source, target, is_follow=True)
    return float(after.solve()[0][target])


def free(votes: DenseVotes, target: int) -> list[int]:
    """Nodes without a vote for the target."""
    return [s for s in range(votes.n) if s != target and votes.follow_pages[s, target] == 0]


def graph(rng: np.random.Generator, n: int) -> DenseVotes:
    while True:
        votes = random_votes(rng, PLAIN, n=n)
        if votes.restart is None:
            return votes


@pytest.mark.parametrize("seed", range(25))
def test_every_candidate_has_its_exact_place(seed: int) -> None:
    rng = np.random.default_rng(seed)
    votes = graph(rng, int(rng.integers(4, 60)))
    target = int(rng.integers(votes.n))
    want = sorted((with_links(votes, (s,), target) for s in free(votes, target)), reverse=True)
    for n in (1, 5, votes.n):
        found = best_sources(votes.walk(), target, n)
        assert found.is_proven
        assert found.n_ranked == len(want)
        assert [gain.after.after for gain in found.gains] == pytest.approx(want[:n], rel=1e-9)
        for gain in found.gains:
            assert gain.after.after == pytest.approx(with_links(votes, (gain.source,), target), rel=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_a_set_is_the_best_step_by_step_and_near_the_best_set(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    votes = graph(rng, int(rng.integers(5, 11)))
    target, k = int(rng.integers(votes.n)), 3
    found = best_set(votes.walk(), target, k)
    assert found.is_proven
    chosen: tuple[int, ...] = ()
    for gain in found.gains:
        options = {s: with_links(votes, (*chosen, s), target) for s in free(votes, target) if s not in chosen}
        assert options[gain.source] == pytest.approx(max(options.values()), rel=1e-9)
        chosen = (*chosen, gain.source)
        assert gain.after.after == pytest.approx(with_links(votes, chosen, target), rel=1e-9)
    if len(chosen) == k:
        best = max(with_links(votes, each, target) for each in combinations(free(votes, target), k))
        gained, possible = found.gains[-1].after.after - found.before, best - found.before
        assert gained >= (1 - 1 / np.e) * possible - 1e-12


def test_a_set_looks_beyond_its_first_pool() -> None:
    """More candidates than are made exact at first, and all of them alike: the bound must rule out the rest."""
    rng = np.random.default_rng(7)
    votes = graph(rng, 70)
    found = best_set(votes.walk(), 5, 4)
    assert found.is_proven
    chosen: tuple[int, ...] = ()
    for gain in found.gains:
        options = {s: with_links(votes, (*chosen, s), 5) for s in free(votes, 5) if s not in chosen}
        assert options[gain.source] == pytest.approx(max(options.values()), rel=1e-9)
        chosen = (*chosen, gain.source)


def test_only_allowed_sources_are_chosen() -> None:
    votes = graph(np.random.default_rng(3), 20)
    allowed = np.arange(20) % 2 == 0
    found = best_sources(votes.walk(), 1, 20, allowed=allowed)
    assert all(gain.source % 2 == 0 for gain in found.gains)
    assert found.n_ranked == len([s for s in free(votes, 1) if s % 2 == 0])


def test_nothing_is_chosen_where_all_link_already() -> None:
    votes = graph(np.random.default_rng(4), 6)
    for source in free(votes, 2):
        votes.add(source, 2, is_follow=True)
    assert best_sources(votes.walk(), 2, 3).gains == best_set(votes.walk(), 2, 3).gains == ()


def test_topical_runs_whose_leaks_return_uniformly_are_refused() -> None:
    rng = np.random.default_rng(5)
    votes = random_votes(rng, PLAIN, n=6)
    while votes.returns != "uniform":
        votes = random_votes(rng, PLAIN, n=6)
    with pytest.raises(BadInput, match="returns by restarts"):
        best_sources(votes.walk(), 0, 1)
