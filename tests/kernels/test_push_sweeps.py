"""Columns by sweeps against the inverse of the whole matrix, against pushes, and against themselves by more threads."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from test_push import A, out_weights, random_inward, walk_matrix

from inlink.errors import BadInput
from inlink.kernels.csr import Csr, csr_of_edges, transpose
from inlink.kernels.push import leak_visits, reverse_push
from inlink.kernels.push_sweeps import Start, coarse_leaks, swept_column

Floats = NDArray[np.float64]


def base_of(n: int, seed: int) -> Floats:
    """What begins at each node: the same for all, or not."""
    return np.full(1, 1 / n) if seed % 2 else np.random.default_rng(seed).random(n) / n


@pytest.mark.parametrize("seed", range(40))
def test_values_lie_within_their_bound(seed: int) -> None:
    inward, out_weight = random_inward(seed)
    n, target = inward.n, seed % inward.n
    z = np.linalg.inv(np.eye(n) - A * walk_matrix(inward, out_weight))
    base = base_of(n, seed)
    mass = np.broadcast_to(base, n) @ z
    for share in (0.3, 0.01, 1e-5):
        aim = share * float(mass[target])
        found = swept_column(
            inward, transpose(inward, n), out_weight, target, base=base, mass=mass, unresolved=aim, damping=A, threads=1
        )
        assert found.complete
        assert found.unresolved <= aim
        missing = z[:, target] - found.values
        assert np.abs(missing).max() <= found.error_bound
        assert missing.min() >= -1e-6
        assert found.unresolved == pytest.approx(float(np.broadcast_to(base, n) @ missing), abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_an_earlier_push_is_gone_on_with(seed: int) -> None:
    inward, out_weight = random_inward(seed)
    n, target = inward.n, seed % inward.n
    z = np.linalg.inv(np.eye(n) - A * walk_matrix(inward, out_weight))
    base = base_of(n, seed)
    mass = np.broadcast_to(base, n) @ z
    push = reverse_push(inward, out_weight, target, epsilon=0.3)
    found = swept_column(
        inward, transpose(inward, n), out_weight, target, base=base, mass=mass, unresolved=1e-3 * float(mass[target]),
        start=Start(push.nodes, push.values), threads=1,
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
        found = coarse_leaks(outward, out_weight, damping=A, evaporated=evaporated, tolerance=tolerance, threads=1)
        assert np.abs(found.values - exact).max() <= found.error_bound
        assert found.error_bound <= 2 * tolerance + 1e-5


def large() -> tuple[Csr, Csr, Floats, Floats]:
    """A graph of many blocks, with weights, half of its nodes dangling, and masses that balance."""
    rng = np.random.default_rng(5)
    n, m = 200_000, 2_500_000
    source = rng.integers(0, n // 2, m)
    target = (n * rng.random(m) ** 3).astype(np.int64)
    inward = csr_of_edges(target, source, n, rng.random(m).astype(np.float64) + 0.5)
    out_weight = out_weights(inward)
    mass = np.full(n, 1 / n)
    rows = np.repeat(np.arange(n), inward.degrees())
    weights = np.asarray(inward.weights, np.float64)
    for _ in range(200):
        sums = np.bincount(rows, weights * mass[inward.neighbours] / out_weight[inward.neighbours], minlength=n)
        mass = 1 / n + A * sums
    return inward, transpose(inward, n), out_weight, mass


def test_the_same_bits_for_any_number_of_threads() -> None:
    inward, outward, out_weight, mass = large()
    base, target = np.full(1, 1 / inward.n), 3
    found = [
        swept_column(
            inward, outward, out_weight, target, base=base, mass=mass, unresolved=1e-4 * mass[target], threads=threads
        )
        for threads in (1, 2, 5)
    ]
    for other in found[1:]:
        assert np.array_equal(found[0].values, other.values)
        assert (found[0].unresolved, found[0].error_bound) == (other.unresolved, other.error_bound)
    push = reverse_push(inward, out_weight, target, epsilon=1e-7).dense(inward.n)
    assert np.abs(found[0].values - push).max() <= found[0].error_bound + 1e-7
    leaks = [coarse_leaks(outward, out_weight, threads=threads) for threads in (1, 3)]
    assert np.array_equal(leaks[0].values, leaks[1].values)


def test_what_does_not_fit_together_is_refused() -> None:
    inward, out_weight = random_inward(3)
    with pytest.raises(BadInput):
        swept_column(
            inward, transpose(inward, inward.n), out_weight, inward.n, base=np.ones(1), mass=out_weight, unresolved=0.1
        )
