"""Flow and origins: sums to the last digit, and each part against a dense solve and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from dense_votes import DAMPING, POLICIES, DenseVotes, csr_of_dense, random_votes
from numpy.typing import NDArray

from inlink.errors import BadInput, NotFound
from inlink.graph.explain_walk import Walk, walk_of
from inlink.graph.flow import flow
from inlink.graph.origins import Origins, exact_origins, origins, origins_of, swept
from inlink.kernels.push import Column

N_GRAPHS = 200


def plain(edges: list[tuple[int, int]], n: int) -> Walk:
    """A graph where every edge counts 1, with its mass."""
    matrix = np.zeros((n, n))
    for source, target in edges:
        matrix[source, target] = 1
    out = matrix.sum(1)
    step = np.where(out[:, None] > 0, matrix / np.maximum(out, 1)[:, None], 1 / n)
    mass = np.linalg.solve((np.eye(n) - DAMPING * step).T, np.full(n, (1 - DAMPING) / n))
    return walk_of(csr_of_dense(matrix.T), out, mass, damping=DAMPING)


def begun_of(votes: DenseVotes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Masses, and where they began: (n, n), source by target."""
    mass, step, leak, back = votes.solve()
    restart = np.full(votes.n, 1 / votes.n) if votes.restart is None else votes.restart
    base = (1 - DAMPING) * restart + DAMPING * float(mass @ leak) * back
    return mass, np.asarray(base[:, None] * np.linalg.inv(np.eye(votes.n) - DAMPING * step))


def is_part(found: Origins, begun: NDArray[np.float64], more: float) -> None:
    """Origins are at most the true ones, what they lack is unresolved, and all sums to the mass."""
    part = np.zeros(len(begun))
    part[found.sources] = found.begun
    assert np.all(part <= begun * (1 + more))
    assert found.unresolved == pytest.approx(float((begun - part).sum()), rel=1e-6, abs=1e-14)
    assert found.total == pytest.approx(found.mass, rel=1e-15, abs=1e-18)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: f"{p.follow}-{p.weight}")
def test_flow_is_what_each_link_carries(policy) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(1)
    for _ in range(N_GRAPHS // len(POLICIES)):
        votes = random_votes(rng, policy)
        mass, step, leak, back = votes.solve()
        restart = np.full(votes.n, 1 / votes.n) if votes.restart is None else votes.restart
        for node in range(votes.n):
            found = flow(votes.walk(), node)
            carried = DAMPING * mass * step[:, node]
            assert sorted(found.sources.tolist()) == np.flatnonzero(carried > 0).tolist() or votes.restart is not None
            np.testing.assert_allclose(found.carried, carried[found.sources], rtol=1e-12)
            np.testing.assert_allclose(found.share_of_source, step[found.sources, node], rtol=1e-12)
            assert found.restart == pytest.approx((1 - DAMPING) * restart[node], rel=1e-12)
            assert found.returned == pytest.approx(DAMPING * float(mass @ leak) * back[node], rel=1e-12)
            assert found.total == pytest.approx(mass[node], rel=1e-15, abs=1e-18)
            assert abs(found.open) <= 1e-12 * max(mass[node], 1e-3 / votes.n)


def test_flow_is_ordered_by_strength() -> None:
    found = flow(plain([(0, 3), (1, 3), (1, 2), (2, 3), (3, 0)], 4), 3)
    assert found.carried.tolist() == sorted(found.carried.tolist(), reverse=True)


def test_flow_of_a_star_is_its_closed_form() -> None:
    """Of k leaves that link to a hub: each leaf has the base b, the hub (1 + a k) b, and a k b comes by links."""
    k, n = 7, 8
    found = flow(plain([(leaf, 0) for leaf in range(1, n)], n), 0)
    base = found.restart + found.returned
    assert found.mass == pytest.approx((1 + DAMPING * k) * base, rel=1e-14)
    assert found.linked == pytest.approx(DAMPING * k * base, rel=1e-14)
    np.testing.assert_allclose(found.share_of_source, 1.0)


def test_flow_of_a_cycle_and_a_clique() -> None:
    n = 6
    cycle = plain([(i, (i + 1) % n) for i in range(n)], n)
    clique = plain([(i, j) for i in range(n) for j in range(n) if i != j], n)
    for walk, degree in ((cycle, 1), (clique, n - 1)):
        found = flow(walk, 2)
        assert len(found.sources) == degree
        np.testing.assert_allclose(found.carried, DAMPING / n / degree, rtol=1e-14)
        assert found.returned == 0


def test_what_the_run_left_open_is_a_row_of_its_own() -> None:
    exact = plain([(0, 1), (1, 2), (2, 0), (3, 0)], 4)
    rough = walk_of(exact.inward, exact.out_weight, exact.mass + np.array([1e-6, -1e-6, 0, 0]), damping=DAMPING)
    found = flow(rough, 0)
    assert found.open == pytest.approx(1e-6, rel=1e-3)
    assert found.total == pytest.approx(found.mass, rel=1e-15)


def test_a_node_without_in_links_has_its_base_alone() -> None:
    walk = plain([(0, 1)], 3)
    found, began = flow(walk, 2), origins(walk, 2)
    assert len(found.sources) == 0
    assert found.restart + found.returned == pytest.approx(found.mass, rel=1e-14)
    assert began.sources.tolist() == [2]
    assert began.itself == pytest.approx(began.mass, rel=1e-14)
    assert began.unresolved == 0


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: f"{p.follow}-{p.weight}")
def test_origins_are_where_walks_began(policy) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(2)
    for _ in range(N_GRAPHS // len(POLICIES)):
        votes = random_votes(rng, policy, n=int(rng.integers(3, 40)))
        mass, begun = begun_of(votes)
        node = int(rng.integers(votes.n))
        exact = exact_origins(votes.walk(), node)
        whole = np.zeros(votes.n)
        whole[exact.sources] = exact.begun
        np.testing.assert_allclose(whole, begun[:, node], rtol=1e-9, atol=1e-15)
        for share in (0.01, 1e-6):
            found = origins(votes.walk(), node, unresolved_share=share)
            is_part(found, begun[:, node], 1e-12)
            assert found.mass == mass[node]
            assert found.unresolved <= share * mass[node]
            assert abs(found.open) <= 1e-12 * max(mass[node], 1e-3 / votes.n)


def test_nodes_and_shapes_are_checked() -> None:
    walk = plain([(0, 1)], 3)
    for node in (-1, 3):
        with pytest.raises(NotFound):
            flow(walk, node)
        with pytest.raises(NotFound):
            origins(walk, node)
    with pytest.raises(BadInput, match="do not belong together"):
        walk_of(walk.inward, walk.out_weight, walk.mass[:2])


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: f"{p.follow}-{p.weight}")
def test_origins_by_sweeps_are_those_by_pushes(policy) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(3)
    for _ in range(N_GRAPHS // len(POLICIES)):
        votes = random_votes(rng, policy, n=int(rng.integers(3, 60)))
        mass, begun = begun_of(votes)
        node, walk = int(rng.integers(votes.n)), votes.walk()
        push = origins(walk, node, unresolved_share=0.3).column
        for start in (None, push if isinstance(push, Column) else None):
            found = origins_of(walk, swept(walk, node, 0.01 * mass[node], start=start, threads=1))
            is_part(found, begun[:, node], 1e-6)
            assert found.unresolved <= 0.01 * mass[node]
