"""Reverse push against the inverse of the whole matrix, and against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from inlink.errors import BadInput, NotConverged
from inlink.kernels import push_rounds
from inlink.kernels.csr import Csr, csr_of_edges, transpose
from inlink.kernels.pagerank import pagerank
from inlink.kernels.push import exact_column, leak_visits, reverse_push

Floats = NDArray[np.float64]
A = 0.85


def weights_of(inward: Csr) -> Floats:
    return np.ones(inward.m) if inward.weights is None else np.asarray(inward.weights, np.float64)


def out_weights(inward: Csr) -> Floats:
    return np.asarray(np.bincount(inward.neighbours, weights_of(inward), minlength=inward.n), np.float64)


def walk_matrix(inward: Csr, out_weight: Floats) -> Floats:
    """Q, dense: naive, entry by entry."""
    q = np.zeros((inward.n, inward.n))
    targets = np.repeat(np.arange(inward.n), inward.degrees())
    for source, target, weight in zip(inward.neighbours, targets, weights_of(inward), strict=True):
        q[source, target] += weight / out_weight[source]
    return q


def random_inward(seed: int) -> tuple[Csr, Floats]:
    """A graph with self-loops, dangling nodes, nodes without in-links; weights, and evaporation, now and then."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 60))
    m = int(rng.integers(0, 5 * n))
    weights = rng.random(m) + 0.1 if seed % 2 else None
    inward = csr_of_edges(rng.integers(0, n, m), rng.integers(0, max(1, n * 2 // 3), m), n, weights)
    return inward, out_weights(inward) * (1.5 if seed % 3 == 0 else 1.0)


@pytest.mark.parametrize("seed", range(40))
def test_bound_holds(seed: int) -> None:
    inward, out_weight = random_inward(seed)
    z = np.linalg.inv(np.eye(inward.n) - A * walk_matrix(inward, out_weight))
    target = seed % inward.n
    truth = z[:, target]
    assert np.abs(exact_column(inward, out_weight, target) - truth).max() < 1e-12
    for epsilon in (0.5, 1e-2, 1e-4, 1e-9):
        column = reverse_push(inward, out_weight, target, epsilon=epsilon)
        missing = truth - column.dense(inward.n)
        assert column.complete
        assert column.error_bound <= epsilon
        assert missing.min() > -1e-13
        assert missing.max() <= column.error_bound + 1e-13
        again = column.dense(inward.n) + z[:, column.residual_nodes] @ column.residuals
        assert np.abs(again - truth).max() < 1e-12


@pytest.mark.parametrize("seed", range(40))
def test_unresolved_is_exact(seed: int) -> None:
    inward, out_weight = random_inward(seed)
    q = walk_matrix(inward, out_weight)
    base = np.random.default_rng(seed).random(inward.n)
    mass = np.asarray(np.linalg.solve(np.eye(inward.n) - A * q.T, base), np.float64)
    target = seed % inward.n
    for share in (0.3, 0.01, 1e-6):
        column = reverse_push(inward, out_weight, target, mass=mass, unresolved_share=share)
        assert column.unresolved is not None
        assert column.unresolved <= share * mass[target]
        assert base @ column.dense(inward.n) + column.unresolved == pytest.approx(mass[target], rel=1e-12)


@pytest.mark.parametrize("seed", range(0, 40, 3))
def test_dangling_nodes_as_one_scalar(seed: int) -> None:
    """The column of the walk that returns from dangling nodes is y and a multiple of h."""
    inward, out_weight = random_inward(seed)
    n = inward.n
    q = walk_matrix(inward, out_weight)
    leak = 1 - q.sum(axis=1)
    whole = np.linalg.inv(np.eye(n) - A * (q + np.outer(leak, np.full(n, 1 / n))))
    h = leak_visits(transpose(inward, n), out_weight)
    assert np.abs(h - np.linalg.solve(np.eye(n) - A * q, leak)).max() < 1e-12
    y = exact_column(inward, out_weight, seed % n)
    assert np.abs(y + h * A * y.mean() / (1 - A * h.mean()) - whole[:, seed % n]).max() < 1e-11


def test_a_run_splits_into_its_origins() -> None:
    rng = np.random.default_rng(3)
    inward = csr_of_edges(rng.integers(0, 300, 2000), rng.integers(0, 200, 2000), 300)
    run = pagerank(inward, out_weights(inward), tolerance=1e-12)
    column = reverse_push(inward, out_weights(inward), 17, mass=run.mass, unresolved_share=0.01)
    began = (1 - A + A * run.returned) / 300 * column.values.sum()
    assert column.unresolved is not None
    assert 0 < column.unresolved <= 0.01 * run.mass[17]
    assert began + column.unresolved == pytest.approx(run.mass[17], rel=1e-10)


def test_closed_forms() -> None:
    star = csr_of_edges([0] * 5, [1, 2, 3, 4, 5], 6)
    assert exact_column(star, out_weights(star), 0).tolist() == [1, A, A, A, A, A]
    cycle = csr_of_edges([1, 2, 3, 0], [0, 1, 2, 3], 4)
    wanted = np.array([1, A**3, A**2, A]) / (1 - A**4)
    assert exact_column(cycle, out_weights(cycle), 0) == pytest.approx(wanted, rel=1e-12)
    loop = csr_of_edges([0], [0], 1)
    assert exact_column(loop, np.ones(1), 0) == pytest.approx([1 / (1 - A)], rel=1e-12)
    alone = csr_of_edges([], [], 3)
    column = reverse_push(alone, np.zeros(3), 1)
    assert (column.nodes.tolist(), column.values.tolist(), column.error_bound) == ([1], [1.0], 0.0)


def test_a_limit_of_work_is_owned_up_to() -> None:
    rng = np.random.default_rng(5)
    inward = csr_of_edges(rng.integers(0, 400, 6000), rng.integers(0, 400, 6000), 400)
    out_weight = out_weights(inward)
    mass = pagerank(inward, out_weight).mass
    truth = exact_column(inward, out_weight, 3)
    column = reverse_push(inward, out_weight, 3, epsilon=1e-9, mass=mass, most_edges=500)
    assert not column.complete
    assert column.edges_pushed <= 500
    assert column.error_bound > 1e-9
    missing = truth - column.dense(400)
    assert missing.min() > -1e-13
    assert missing.max() <= column.error_bound
    assert column.unresolved == pytest.approx(missing.sum() * 0.15 / 400, rel=1e-6)


def test_what_does_not_fit_is_refused() -> None:
    links = csr_of_edges([0], [1], 2)
    with pytest.raises(BadInput, match="3 out-weights for 2 nodes"):
        reverse_push(links, np.ones(3), 0)
    with pytest.raises(BadInput, match="node 2"):
        reverse_push(links, np.ones(2), 2)
    with pytest.raises(BadInput, match="damping"):
        reverse_push(links, np.ones(2), 0, damping=1.0)
    with pytest.raises(BadInput, match="epsilon"):
        reverse_push(links, np.ones(2), 0, epsilon=0.0)
    with pytest.raises(BadInput, match="mass"):
        reverse_push(links, np.ones(2), 0, unresolved_share=0.1)
    with pytest.raises(BadInput, match="unresolved share of 0"):
        reverse_push(links, np.ones(2), 0, mass=np.ones(2), unresolved_share=0.0)
    with pytest.raises(NotConverged) as caught:
        exact_column(csr_of_edges([0], [0], 1), np.ones(1), 0, most=3)
    assert caught.value.facts["last"][0] == pytest.approx(1 + A + A**2)  # type: ignore[index]


def test_a_target_that_nothing_leads_to_costs_no_look_at_the_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    inward = csr_of_edges([1, 2], [0, 1], 3)
    monkeypatch.setattr(push_rounds, "find_large", None)
    found = reverse_push(inward, np.array([1.0, 1.0, 0.0]), 0, epsilon=1e-9)
    assert (found.nodes.tolist(), found.values.tolist(), found.residual_nodes.tolist()) == ([0], [1.0], [])
    assert found.complete


@pytest.mark.parametrize("damping", [0.5, 0.95, 0.99, 0.999])
def test_slow_walks_are_followed_to_the_end(damping: float) -> None:
    n = 7
    ring = csr_of_edges([*range(n), 3, n], [*[(node + 1) % n for node in range(n)], 0, 3], n + 1)
    for inward in (ring, *(random_inward(seed)[0] for seed in range(1, 20))):
        out_weight = out_weights(inward) * 1.01
        z = np.linalg.inv(np.eye(inward.n) - damping * walk_matrix(inward, out_weight))
        assert np.abs(exact_column(inward, out_weight, 0, damping=damping) - z[:, 0]).max() < 1e-11
        linked = np.divide(out_weights(inward), out_weight, out=np.zeros(inward.n), where=out_weight > 0)
        leaked = leak_visits(transpose(inward, inward.n), out_weight, damping=damping, tolerance=1e-14)
        assert np.abs(leaked - z @ (1 - linked)).max() < 1e-11
