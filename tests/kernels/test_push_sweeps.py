"""Columns by sweeps against the inverse of the whole matrix, against pushes, and against themselves by more threads."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array
from test_push import A, out_weights, random_inward, walk_matrix

from inlink.errors import BadInput
from inlink.kernels.csr import Csr, csr_of_edges, transpose
from inlink.kernels.push import leak_visits, reverse_push
from inlink.kernels.push_core import OutCore, out_core_of
from inlink.kernels.push_sweeps import Start, coarse_leaks, phases_of, swept_column

Floats = NDArray[np.float64]


def core_of(inward: Csr, out_weight: Floats) -> OutCore:
    """The core of a graph that has its in-links alone."""
    return out_core_of(inward, transpose(inward, inward.n), out_weight, threads=1)


def base_of(n: int, seed: int) -> Floats:
    """What begins at each node: the same for all, or not."""
    return np.full(1, 1 / n) if seed % 2 else np.random.default_rng(seed).random(n) / n


def solved(seed: int) -> tuple[Csr, Floats, int, Floats, Floats, Floats]:
    """A graph, its out-weights, a target, the inverse of the whole matrix, what begins at each node, and masses."""
    inward, out_weight = random_inward(seed)
    z = np.asarray(np.linalg.inv(np.eye(inward.n) - A * walk_matrix(inward, out_weight)), np.float64)
    base = base_of(inward.n, seed)
    mass = np.asarray(np.broadcast_to(base, inward.n) @ z, np.float64)
    return inward, out_weight, seed % inward.n, z, base, mass


@pytest.mark.parametrize("seed", range(40))
def test_values_lie_within_their_bound(seed: int) -> None:
    inward, out_weight, target, z, base, mass = solved(seed)
    for share in (0.3, 0.01, 1e-5):
        aim = share * float(mass[target])
        found = swept_column(
            inward,
            core_of(inward, out_weight),
            out_weight,
            target,
            base=base,
            mass=mass,
            unresolved=aim,
            damping=A,
            threads=1,
        )
        assert found.complete
        assert found.unresolved <= aim
        missing = z[:, target] - found.values
        assert np.abs(missing).max() <= found.error_bound
        assert missing.min() >= -1e-6
        assert found.unresolved == pytest.approx(float(np.broadcast_to(base, inward.n) @ missing), abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_an_earlier_push_is_gone_on_with(seed: int) -> None:
    inward, out_weight, target, z, base, mass = solved(seed)
    push = reverse_push(inward, out_weight, target, epsilon=0.3)
    found = swept_column(
        inward, core_of(inward, out_weight), out_weight, target, base=base, mass=mass,
        unresolved=1e-3 * float(mass[target]), start=Start(push.nodes, push.values), threads=1,
    )  # fmt: skip
    assert found.complete
    assert np.abs(z[:, target] - found.values).max() <= found.error_bound


@pytest.mark.parametrize("seed", range(20))
def test_leaks_lie_within_their_bound(seed: int) -> None:
    inward, out_weight = random_inward(seed)
    outward = transpose(inward, inward.n)
    exact = leak_visits(outward, out_weight, damping=A)
    linked = np.asarray(walk_matrix(inward, out_weight).sum(1))
    evaporated = np.where(out_weight > 0, np.maximum(1 - linked, 0), 0.0) if seed % 3 == 0 else None
    for tolerance in (0.1, 1e-5):
        found = coarse_leaks(
            core_of(inward, out_weight), damping=A, evaporated=evaporated, tolerance=tolerance, threads=1
        )
        assert np.abs(found.values - exact).max() <= found.error_bound
        assert found.error_bound <= 2 * tolerance + 1e-5


@pytest.mark.parametrize("seed", range(20))
def test_a_core_has_the_links_among_nodes_that_link_on(seed: int) -> None:
    inward, out_weight = random_inward(seed)
    q = walk_matrix(inward, out_weight)
    core = core_of(inward, out_weight)
    assert core.nodes.tolist() == np.flatnonzero(out_weight > 0).tolist()
    assert sorted(core.places.tolist()) == list(range(core.size))
    node_at = np.empty(core.size, np.int64)
    node_at[core.places] = core.nodes
    found = np.zeros_like(q)
    for row, node in enumerate(core.nodes.tolist()):
        part = slice(int(core.offsets[row]), int(core.offsets[row + 1]))
        weights = core.weights[part] if len(core.weights) else 1.0
        found[node, node_at[core.neighbours[part]]] = weights / out_weight[node]
    q[:, out_weight == 0] = 0
    np.testing.assert_allclose(found, q, rtol=1e-7)
    np.testing.assert_allclose(core.kept, q.sum(1)[core.nodes], rtol=1e-7)
    linked = inward.degrees()[node_at]
    assert all(b <= 1.5 * a + 1 for a, b in pairwise(linked.tolist()))  # most linked first


def large() -> tuple[Csr, Csr, Floats, Floats]:
    """A graph of many blocks, with weights, half of its nodes dangling, and masses that balance."""
    rng = np.random.default_rng(5)
    n, m = 200_000, 2_500_000
    source = rng.integers(0, n // 2, m)
    target = (n * rng.random(m) ** 3).astype(np.int64)
    inward = csr_of_edges(target, source, n, rng.random(m).astype(np.float64) + 0.5)
    out_weight = out_weights(inward)
    mass = np.full(n, 1 / n)
    shares = np.asarray(inward.weights, np.float64) / out_weight[inward.neighbours]
    walk = csr_array((shares, inward.neighbours.astype(np.int32), inward.offsets), shape=(n, n))
    for _ in range(200):
        mass = 1 / n + A * (walk @ mass)
    return inward, transpose(inward, n), out_weight, mass


def test_the_same_bits_for_any_number_of_threads() -> None:
    inward, outward, out_weight, mass = large()
    base, target = np.full(1, 1 / inward.n), 3
    core = out_core_of(inward, outward, out_weight, threads=1)
    found = [
        swept_column(
            inward, core, out_weight, target, base=base, mass=mass, unresolved=1e-4 * mass[target], threads=threads
        )
        for threads in (1, 2, 5)
    ]
    for other in found[1:]:
        assert np.array_equal(found[0].values, other.values)
        assert (found[0].unresolved, found[0].error_bound) == (other.unresolved, other.error_bound)
    push = reverse_push(inward, out_weight, target, epsilon=1e-7).dense(inward.n)
    assert np.abs(found[0].values - push).max() <= found[0].error_bound + 1e-7
    leaks = [coarse_leaks(core, threads=threads) for threads in (1, 3)]
    assert np.array_equal(leaks[0].values, leaks[1].values)


def test_a_source_whose_links_weigh_nothing_dangles() -> None:
    """0 -> 2 with weight 0, 1 -> 2 -> 0: y is 1 at the target, a at 1, and 0 at 0."""
    inward = csr_of_edges([2, 2, 0], [0, 1, 2], 3, np.array([0, 1, 1], np.float32))
    out_weight = np.array([0.0, 1.0, 1.0])
    found = swept_column(
        inward, core_of(inward, out_weight), out_weight, 2, base=np.ones(1), mass=np.ones(3), unresolved=0.1, damping=A,
        threads=1,
    )  # fmt: skip
    np.testing.assert_allclose(found.values, [0, A, 1], atol=1e-6)


def test_phases_are_ranges_of_like_work() -> None:
    rng = np.random.default_rng(2)
    inward = csr_of_edges(rng.integers(0, 900, 40_000) ** 2 // 900, rng.integers(0, 900, 40_000), 900)
    phases = phases_of(inward.offsets)
    blocks = [block for phase in phases for block in phase]
    assert [first for first, _ in blocks] == [0, *(last for _, last in blocks[:-1])]
    assert blocks[-1][1] == 900
    work = [int(inward.offsets[p[-1][1]] - inward.offsets[p[0][0]]) + 8 * (p[-1][1] - p[0][0]) for p in phases]
    assert len(work) == 16
    assert max(work) - min(work) <= 2 * (int(inward.degrees().max()) + 8)
    assert phases_of(np.zeros(1, np.int64)) == []


def test_more_nodes_than_gathers_can_tell_apart_are_refused() -> None:
    n = 1 << 31
    many = Csr(np.broadcast_to(np.int64(0), n + 1), np.empty(0, np.uint32))
    each = np.broadcast_to(1.0, n)
    with pytest.raises(BadInput, match="too many"):
        out_core_of(many, many, each)


def test_what_does_not_fit_together_is_refused() -> None:
    inward, out_weight = random_inward(3)
    with pytest.raises(BadInput):
        swept_column(
            inward, core_of(inward, out_weight), out_weight, inward.n, base=np.ones(1), mass=out_weight, unresolved=0.1
        )
