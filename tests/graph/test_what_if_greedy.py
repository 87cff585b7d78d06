"""Bounds of the best sources against dense solves; laziness, sharing and coarse knowledge change no answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from dense_votes import POLICIES, DenseVotes, random_votes

from inlink.graph import greedy, greedy_masses, what_if_columns
from inlink.graph.explain_walk import Walk, walk_of
from inlink.graph.greedy import Best, best_of, best_set, best_sources
from inlink.graph.greedy_bounds import Pool, Start, pool_of
from inlink.graph.origins import swept
from inlink.graph.policy import Policy
from inlink.graph.what_if import Known, target_row
from inlink.graph.what_if_columns import PushColumns
from inlink.graph.what_if_forward import Forward
from inlink.graph.what_if_masses import linked
from inlink.graph.what_if_rows import Edit
from inlink.kernels.csr import csr_of_edges
from inlink.kernels.push import leak_visits, reverse_push
from inlink.workbench import explaining

N_GRAPHS = 12


def graph(rng: np.random.Generator, policy: Policy) -> tuple[DenseVotes, int, list[int]]:
    """Votes whose leaks return by restarts, a target, and the nodes without a vote for it, four at least."""
    while True:
        votes = random_votes(rng, policy, n=int(rng.integers(8, 40)))
        target = int(rng.integers(votes.n))
        linking = set(votes.walk().in_links(target)[0].tolist())
        free = [s for s in range(votes.n) if s != target and s not in linking]
        if votes.walk().returns_by_restart and len(free) > 3:
            return votes, target, free


def mass_with(walk: Walk, sources: tuple[int, ...], target: int, weight: float = 1.0) -> float:
    """The target's mass with links of that weight from sources, by a dense solve."""
    links, out = np.zeros((walk.n, walk.n)), walk.out_weight.copy()
    for node in range(walk.n):
        into, weights = walk.in_links(node)
        links[into, node] = weights
    for source in sources:
        links[source, target] += weight
        out[source] += weight
    steps = np.divide(links, out[:, None], out=np.zeros_like(links), where=out[:, None] > 0)
    restart = np.full(walk.n, 1.0 / walk.n) if walk.restart is None else np.asarray(walk.restart)
    found = np.linalg.solve((np.eye(walk.n) - walk.damping * steps).T, restart)
    return float(found[target] / found.sum())


def known_of(walk: Walk, target: int, work: int, *, is_swept: bool = True) -> Known:
    forward = Forward(walk)
    forward.know_leaks(threads=1)
    if is_swept:
        column = swept(walk, target, 0.01 * float(walk.mass[target]), threads=1)
        return Known(forward, column, target_row(walk, forward, column, work=work))
    pushed = reverse_push(walk.inward, walk.out_weight, target, damping=walk.damping, epsilon=0.1)
    return Known(forward, pushed, target_row(walk, forward, pushed, work=work))


@pytest.mark.parametrize("is_swept", [True, False], ids=["swept", "pushed"])
@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: f"{p.follow}-{p.weight}")
def test_no_source_brings_more_than_its_bound(policy: Policy, is_swept: bool) -> None:
    rng = np.random.default_rng(21)
    for _ in range(N_GRAPHS):
        votes, target, free = graph(rng, policy)
        walk = votes.walk()
        weight = float(rng.choice([0.5, 1.0, 3.0]))
        known = known_of(walk, target, int(rng.integers(0, 60)), is_swept=is_swept)
        assert known.row is not None
        start = Start(walk, known.column, known.row, weight)
        chosen = tuple(int(s) for s in rng.choice(free, int(rng.integers(0, 4)), replace=False))
        columns = PushColumns(walk, [target, *chosen])
        while columns.refine():
            pass
        state = start.after(linked(walk, [Edit(s, target, weight) for s in chosen], target, columns))
        for most in (2, walk.n):
            pool = pool_of(start, None, most)
            assert pool.n_candidates == len(free)
            for _ in range(2):  # by what is known of all, then by the last links to each
                check_bounds(pool, start, chosen, state, free)
                for place in range(len(pool.nodes)):
                    pool.meet(place)


def check_bounds(pool: Pool, start: Start, chosen: tuple[int, ...], state, free: list[int]) -> None:  # type: ignore[no-untyped-def]
    target, walk = start.row.node, start.walk
    upper = dict(zip(pool.nodes.tolist(), pool.parts.upper(state, walk.damping).tolist(), strict=True))
    rest = pool.upper_of_rest(state)
    for source in free:
        if source not in chosen:
            assert mass_with(walk, (*chosen, source), target, start.weight) <= upper.get(source, rest)


@pytest.mark.parametrize("level", [(0, 0, 0), (0, 4, 3), (50, 10, 10), (10_000, 10_000, 10_000)])
def test_coarse_masses_hold_their_bounds_and_what_is_proven_is_true(
    level: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(greedy_masses, "LEVELS", ((0, 2, 2), level))
    rng = np.random.default_rng(33)
    n_proven = 0
    for _ in range(3 * N_GRAPHS):
        votes, target, free = graph(rng, POLICIES[int(rng.integers(len(POLICIES)))])
        walk = votes.walk()
        alone, together = best_of(walk, target, 3, 3, known=known_of(walk, target, 20))
        n_proven += alone.is_proven + together.is_proven
        check_alone(walk, alone, free)
        check_set(walk, together, free)
    assert n_proven > (0 if level[2] < 100 else 4 * N_GRAPHS)


def check_alone(walk: Walk, found: Best, free: list[int]) -> None:
    want = sorted((mass_with(walk, (s,), found.node) for s in free), reverse=True)
    for gain in found.gains:
        truth = mass_with(walk, (gain.source,), found.node)
        assert abs(gain.after.after - truth) <= gain.after.error + 1e-12 * truth
        assert not found.is_proven or truth >= want[len(found.gains) - 1] * (1 - 1e-8)


def check_set(walk: Walk, found: Best, free: list[int]) -> None:
    chosen: tuple[int, ...] = ()
    for gain in found.gains:
        options = {s: mass_with(walk, (*chosen, s), found.node) for s in free if s not in chosen}
        truth = options[gain.source]
        assert abs(gain.after.after - truth) <= gain.after.error + 1e-12 * truth
        assert not found.is_proven or truth >= max(options.values()) * (1 - 1e-8)
        chosen = (*chosen, gain.source)


def test_both_at_once_are_what_each_is() -> None:
    rng = np.random.default_rng(8)
    for _ in range(N_GRAPHS):
        votes, target, _ = graph(rng, POLICIES[0])
        walk = votes.walk()
        alone, together = best_of(walk, target, 4, 3)
        assert alone == best_sources(walk, target, 4)
        assert together == best_set(walk, target, 3)
        assert alone.gains[0] == together.gains[0]


def test_a_small_pool_and_little_memory_change_no_proven_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(9)
    n_proven = 0
    for _ in range(2 * N_GRAPHS):
        votes, target, free = graph(rng, POLICIES[int(rng.integers(len(POLICIES)))])
        walk = votes.walk()
        monkeypatch.setattr(greedy, "MOST", 6)
        monkeypatch.setattr(greedy_masses, "KEPT", 1)
        alone, together = best_of(walk, target, 2, 3)
        monkeypatch.undo()
        n_proven += alone.n_exact < len(free) and alone.is_proven
        assert best_of(walk, target, 2, 3)[0].is_proven
        check_alone(walk, alone, free)
        check_set(walk, together, free)
    assert n_proven > 2


def test_only_what_can_be_among_the_best_is_computed() -> None:
    """A star of heavy nodes: the bound of a light one is below what the best brings."""
    votes = random_votes(np.random.default_rng(2), POLICIES[0], n=60)
    while votes.restart is not None:
        votes = random_votes(np.random.default_rng(2), POLICIES[0], n=60)
    found = best_sources(votes.walk(), 3, 2)
    assert found.is_proven
    assert found.n_exact < found.n_ranked / 2


def test_sources_that_bring_nothing_are_listed_too() -> None:
    """A walk that begins at node 0 alone and never leaves 0 and 1: all others have no mass, and none to give."""
    n = 8
    inward = csr_of_edges([1, 0, 3], [0, 1, 2], n)
    out_weight, restart, mass = np.zeros(n), np.zeros(n), np.zeros(n)
    out_weight[:3], restart[0] = 1.0, 1.0
    mass[0] = 1 / 1.85
    mass[1] = 0.85 / 1.85
    walk = walk_of(inward, out_weight, mass, restart=restart)
    alone, together = best_of(walk, 4, 5, 3)
    assert [gain.source for gain in alone.gains[:2]] == [0, 1]
    assert (len(alone.gains), len(together.gains)) == (5, 3)
    allowed = np.ones(n, np.bool_)
    allowed[:2] = False
    alone = best_sources(walk, 4, 4, allowed=allowed)
    assert [gain.source for gain in alone.gains] == [2, 3, 5, 6]
    assert [gain.after.after for gain in alone.gains] == [0.0] * 4


def test_fewer_than_asked_for_are_not_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    votes, target, free = graph(np.random.default_rng(11), POLICIES[0])
    assert best_sources(votes.walk(), target, len(free) + 5).is_proven
    monkeypatch.setattr(greedy, "MOST", 2)
    found = best_sources(votes.walk(), target, 4)
    assert (len(found.gains), found.is_proven) == (2, False)


def test_what_leaks_is_solved_once_for_all_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    votes, target, _ = graph(np.random.default_rng(12), POLICIES[0])
    calls: list[int] = []

    def counted(*args: object, **more: object) -> object:
        calls.append(1)
        return leak_visits(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(what_if_columns, "leak_visits", counted)
    alone, together = best_of(votes.walk(), target, 4, 3)
    assert alone.n_exact + together.n_exact > 4
    assert len(calls) == 1


def test_what_is_not_proven_of_either_list_is_said() -> None:
    votes, target, _ = graph(np.random.default_rng(13), POLICIES[0])
    alone, together = best_of(votes.walk(), target, 3, 3)
    assert explaining._open_notes(alone, together, exact=False) == []
    assert explaining._open_notes(None, None, exact=False) == []
    unproven = replace(together, is_proven=False)
    (said,) = explaining._open_notes(alone, unproven, exact=False)
    assert "best together" in said
    assert "--exact" in said
    first, second = explaining._open_notes(replace(alone, is_proven=False), unproven, exact=True)
    assert "before the last" in first
    assert "--exact" not in first + second
