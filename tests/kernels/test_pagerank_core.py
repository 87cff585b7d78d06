"""The core of a graph: closed forms of walks that end, its rows, runs that share it, rows of every length."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.kernels import pagerank_blocks
from inlink.kernels.csr import Csr, csr_of_edges
from inlink.kernels.pagerank import Dangling, pagerank
from inlink.kernels.pagerank_core import core_of
from inlink.kernels.pagerank_core_steps import N_CLASSES, count_classes
from inlink.kernels.pagerank_many import pagerank_many
from inlink.kernels.pagerank_many_steps import tally_many
from inlink.kernels.pagerank_pull import pull, pull_nodes, pull_weighted
from inlink.kernels.pagerank_steps import finish_narrow, show_narrow, tally
from inlink.kernels.views import let_go

Doubles = NDArray[np.float64]
A = 0.85


def graph_of(sources: Any, targets: Any, n: int) -> tuple[Csr, Doubles]:
    """In-links and out-weights."""
    inward = csr_of_edges(np.asarray(targets, np.int64), np.asarray(sources, np.int64), n)
    return inward, np.bincount(inward.neighbours, minlength=n).astype(np.float64)


def half_dangling(n: int, m: int, seed: int) -> tuple[Csr, Doubles]:
    rng = np.random.default_rng(seed)
    return graph_of(2 * rng.integers(0, n // 2, m), (n * rng.random(m) ** 3).astype(np.int64), n)


@pytest.mark.parametrize("precision", ["mixed", "double"])
@pytest.mark.parametrize("dangling", ["restart", "uniform"])
@pytest.mark.parametrize("length", [1, 2, 3, 40])
def test_chains_that_end(length: int, dangling: Any, precision: Any) -> None:
    """0 -> 1 -> ... -> length: x_k = b (1 + a + ... + a^k), and all together are 1."""
    inward, out_weight = graph_of(range(length), range(1, length + 1), length + 1)
    sums = np.cumsum(A ** np.arange(length + 1))
    found = pagerank(inward, out_weight, dangling=dangling, tolerance=1e-13, precision=precision)
    np.testing.assert_allclose(found.mass, sums / sums.sum(), rtol=0, atol=1e-13)
    assert abs(found.returned - found.mass[-1]) < 1e-13


def test_a_hub_that_links_to_dangling_nodes() -> None:
    """0 -> 1 ... 300: x_0 = b, the others b (1 + a / 300); one node links, and only from it do links come."""
    inward, out_weight = graph_of(np.zeros(300, int), np.arange(1, 301), 301)
    core = core_of(inward, out_weight)
    assert (core.n, core.size, len(core.neighbours)) == (301, 1, 0)
    b = 1 / (301 + A)
    found = pagerank(core, tolerance=1e-13)
    np.testing.assert_allclose(found.mass, np.r_[b, np.full(300, b * (1 + A / 300))], rtol=0, atol=1e-15)
    policies: tuple[Dangling, ...] = ("restart", "uniform")
    for dangling in policies:
        many = pagerank_many(core, None, np.ones((2, 301)), tolerance=1e-12, dangling=dangling)
        np.testing.assert_allclose(many.masses[1], found.mass, rtol=0, atol=1e-13)


def test_nothing_returns_where_all_nodes_link() -> None:
    rng = np.random.default_rng(4)
    inward, out_weight = graph_of(np.r_[np.arange(200), rng.integers(0, 200, 900)], rng.integers(0, 200, 1100), 200)
    restart = rng.random(200)
    assert pagerank(inward, out_weight, restart=restart).returned == 0.0
    assert (pagerank_many(inward, out_weight, restart[None]).returned == 0.0).all()


@pytest.mark.parametrize("dangling", ["restart", "uniform"])
def test_a_restart_among_dangling_nodes_only(dangling: Any) -> None:
    """Nothing that links is ever reached from there, unless leaked mass returns to all."""
    inward, out_weight = graph_of([0, 1, 2], [1, 2, 3], 6)
    restart = np.array([0, 0, 0, 0, 1.0, 3.0])
    found = pagerank(inward, out_weight, restart=restart, dangling=dangling, tolerance=1e-13)
    if dangling == "restart":
        np.testing.assert_allclose(found.mass, restart / 4, rtol=0, atol=1e-15)
    else:
        assert found.mass[:4].min() > 0.01
        back = A * found.returned / 6
        np.testing.assert_allclose(found.mass[0], back, rtol=1e-12)
        np.testing.assert_allclose(found.mass[5], back + (1 - A) * 0.75, rtol=1e-12)


def test_rows_of_the_core_are_those_of_the_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagerank_blocks, "_WORK", 700)
    inward, out_weight = half_dangling(500, 6000, 1)
    core = core_of(inward, out_weight, threads=2)
    assert sorted(core.nodes.tolist()) == np.flatnonzero(out_weight).tolist()
    assert sorted(core.places.tolist()) == list(range(core.size))
    at = np.empty(core.size, np.int64)  # which node stands at a place
    at[core.places] = core.nodes
    assert (np.diff(np.log2(out_weight[at])) < 0.585).all()  # heavier classes first
    for row, node in enumerate(core.nodes):
        found = at[core.neighbours[core.offsets[row] : core.offsets[row + 1]]]
        assert found.tolist() == inward.row(int(node)).tolist()


def test_an_out_weight_of_minus_zero_is_one_of_zero() -> None:
    counts = np.zeros(N_CLASSES, np.int64)
    plain = getattr(count_classes, "py_func", count_classes)  # which sees an index that is out of bounds
    plain(np.array([-0.0, 1.0, 1e-300, 1e300]), counts)
    assert (counts.sum(), counts.max()) == (3, 1)
    inward, out_weight = graph_of([0, 1], [1, 2], 3)
    found = pagerank(inward, np.where(out_weight > 0, out_weight, -0.0))
    assert found.mass.tobytes() == pagerank(inward, out_weight).mass.tobytes()


def test_what_leaks_is_summed_without_loss() -> None:
    """60,000 parts of which each is less than half a unit in the last place of the first."""
    n = 60_001
    values, each = np.full(n, 1e-16), np.full(n, 0.5)
    values[0] = 1.0
    totals = np.zeros(3)
    tally(values, each, 0, n, totals)
    assert totals[2] == pytest.approx(0.5 + 3e-12, rel=0, abs=1e-15)
    lanes = np.zeros((3, 16))
    tally_many(np.repeat(values[:, None], 16, 1), each, 0, n, lanes)
    assert lanes[1] == pytest.approx(0.5 + 3e-12, rel=0, abs=1e-15)


def test_runs_share_a_core() -> None:
    inward, out_weight = half_dangling(400, 3000, 2)
    core, restart = core_of(inward, out_weight), np.arange(400.0)
    for given in (None, restart):
        whole, shared = pagerank(inward, out_weight, restart=given), pagerank(core, restart=given)
        assert whole.mass.tobytes() == shared.mass.tobytes()
    vectors = np.stack([restart, restart + 1])
    both = [pagerank_many(core, None, vectors), pagerank_many(inward, out_weight, vectors)]
    assert both[0].masses.tobytes() == both[1].masses.tobytes()
    with pytest.raises(BadInput, match="out-weights already"):
        pagerank(core, out_weight.copy())
    with pytest.raises(BadInput, match="no out-weights"):
        pagerank(inward)


def test_same_bits_for_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagerank_blocks, "_WORK", 900)
    inward, out_weight = half_dangling(3000, 40_000, 3)
    for restart in (None, np.random.default_rng(1).random(3000)):
        found = [pagerank(inward, out_weight, restart=restart, tolerance=1e-11, threads=k) for k in (1, 2, 3)]
        assert len({(each.mass.tobytes(), each.error_bound, each.returned) for each in found}) == 1


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("tolerance", [1e-2, 1e-5, 1e-8, 1e-12])
def test_the_bound_holds_where_most_nodes_dangle(seed: int, tolerance: float) -> None:
    rng = np.random.default_rng(seed)
    n = 250
    inward, out_weight = graph_of(rng.integers(0, 4 * seed + 2, 900), rng.integers(0, n, 900), n)
    walk = np.zeros((n, n))
    walk[np.repeat(np.arange(n), inward.degrees()), inward.neighbours] = 1.0 / out_weight[inward.neighbours]
    walk[:, out_weight == 0] = 1.0 / n
    exact = np.linalg.solve(np.eye(n) - A * walk, np.full(n, (1 - A) / n))
    found = pagerank(inward, out_weight, tolerance=tolerance)
    assert np.abs(found.mass - exact).sum() <= found.error_bound <= tolerance


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 16, 255, 256, 257, 512, 5000])
def test_sums_of_rows_of_every_length(length: int, kind: Any) -> None:
    rng = np.random.default_rng(length)
    neighbours = rng.integers(0, 1000, length + 3).astype(np.uint32)
    weights, z = rng.random(length + 3, dtype=np.float32), rng.random(1000).astype(kind)
    offsets = np.array([0, 1, 1 + length, length + 3])
    chosen, none = np.array([2, 1], np.uint32), np.empty(0, np.float32)
    terms = z[neighbours].astype(np.float64)
    for given in (none, weights):
        sums, some = np.full(3, -1.0), np.full(3, -1.0)
        if len(given):
            pull_weighted(offsets, neighbours, given, 0, 0, 3, z, sums)
        else:
            pull(offsets, neighbours, 0, 0, 3, z, sums)
        pull_nodes(offsets, neighbours, given, 0, chosen, 2, z, some)
        each = terms * weights if len(given) else terms
        expected = [each[0], each[1 : 1 + length].sum(), each[1 + length :].sum()]
        np.testing.assert_allclose(sums, expected, rtol=1e-14)
        assert some.tolist() == [sums[2], sums[1], -1.0]


def test_pages_of_a_map_are_let_go_and_come_back(tmp_path: Path) -> None:
    np.arange(100_000, dtype=np.uint32).tofile(tmp_path / "numbers")
    mapped = np.memmap(tmp_path / "numbers", np.uint32, "r", offset=4096)
    assert int(mapped.sum()) == sum(range(1024, 100_000))
    let_go(mapped[100:90_000], 5, 80_000)
    assert np.array_equal(mapped, np.arange(1024, 100_000))
    mine = np.arange(10_000)
    let_go(mine, 0, 10_000)
    assert mine[9999] == 9999
    changed = np.memmap(tmp_path / "numbers", np.uint32, "c")
    changed[:] = 7
    let_go(changed, 0, len(changed))
    assert (changed == 7).all()


def test_pages_that_were_written_are_let_go_and_stay_in_the_file(tmp_path: Path) -> None:
    mapped = np.memmap(tmp_path / "words", np.uint32, "w+", shape=(100_000,))
    mapped[:] = np.arange(100_000)
    let_go(mapped, 0, len(mapped))
    let_go(mapped, 0, len(mapped), written=True)
    assert np.array_equal(mapped, np.arange(100_000))
    mapped[5] = 7
    let_go(mapped, 0, len(mapped), written=True)
    mapped.flush()
    assert np.fromfile(tmp_path / "words", np.uint32, 6).tolist() == [0, 1, 2, 3, 4, 7]


def test_narrow_values_are_the_nearest_and_nothing_is_lost() -> None:
    rng = np.random.default_rng(3)
    n, steps = 5000, 6
    values = rng.normal(size=(steps, n)) * 10.0 ** rng.integers(-30, 5, n)
    values[0, :4] = [0.0, -0.0, 1.00390625, 1.01171875]  # two ties: to the even neighbour, down and up
    carried, seen = np.full(n, 9.0), np.zeros(n)
    z, places, none = np.zeros(n + 2, np.uint16), np.arange(n, dtype=np.uint32), np.empty(0)
    show_narrow(values[0], np.ones(n), places, 0, n, carried, z)
    for step in range(steps):
        if step:
            finish_narrow(values[step], 0.0, none, none, np.ones(n), places, 0, n, np.zeros(n), carried, z, np.zeros(3))
        shown = (z[1:-1].astype(np.uint32) << 16).view(np.float32).astype(np.float64)
        due, whole = values[: step + 1].sum(axis=0) - seen, np.abs(values[: step + 1]).sum(axis=0)
        seen += shown
        _, exponent = np.frexp(np.abs(shown))
        assert (np.abs(due - shown) <= np.ldexp(1.0, exponent - 9) * (1 + 1e-6) + 2.0**-48 * whole).all()
        if step == 0:
            assert shown[:4].tolist() == [0.0, 0.0, 1.0, 1.015625]
    assert (np.abs(seen + carried - values.sum(axis=0)) <= 2.0**-48 * whole).all()
