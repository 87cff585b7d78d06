"""PageRank against closed forms, igraph and networkx; its bound, its bits, its errors."""

from __future__ import annotations

from typing import Any

import igraph
import networkx
import numpy as np
import pytest
from numpy.typing import NDArray

from inlink.errors import BadInput, NotConverged
from inlink.kernels import pagerank_blocks
from inlink.kernels.csr import Csr, csr_of_edges, transpose
from inlink.kernels.pagerank import PageRankResult, pagerank
from inlink.kernels.pagerank_many import pagerank_many

Doubles = NDArray[np.float64]
A = 0.85


def graph_of(edges: list[tuple[int, int]], n: int) -> tuple[Csr, Doubles]:
    """In-links and out-weights of (source, target) pairs."""
    pairs = np.array(edges, np.int64).reshape(-1, 2)
    inward = csr_of_edges(pairs[:, 1], pairs[:, 0], n)
    return inward, transpose(inward, n).degrees().astype(np.float64)


def random_graph(n: int, m: int, seed: int, weighted: bool) -> tuple[Csr, Doubles]:
    """A graph with a third of its nodes dangling, long and short rows, and weights or none."""
    rng = np.random.default_rng(seed)
    sources = rng.integers(0, n, m)
    sources = sources[sources % 3 != 0]
    targets = (rng.random(len(sources)) ** 4 * n).astype(np.int64)
    weights = rng.random(len(sources), dtype=np.float32) + np.float32(0.01) if weighted else None
    inward = csr_of_edges(targets, sources, n, weights)
    out_weight = np.zeros(n)
    np.add.at(out_weight, inward.neighbours, 1.0 if inward.weights is None else inward.weights.astype(np.float64))
    return inward, out_weight


def by_equations(inward: Csr, out_weight: Doubles, restart: Doubles, dangling: str) -> Doubles:
    """The vector by solving the linear system of the walk: dense, exact to rounding."""
    n = inward.n
    walk = np.zeros((n, n))
    rows = np.repeat(np.arange(n), inward.degrees())
    values = np.ones(inward.m) if inward.weights is None else inward.weights.astype(np.float64)
    walk[rows, inward.neighbours] = values / out_weight[inward.neighbours]
    leak = 1.0 - walk.sum(axis=0)
    returns = restart if dangling == "restart" else np.full(n, 1.0 / n)
    system = np.eye(n) - A * (walk + np.outer(returns, leak))
    return np.linalg.solve(system, (1.0 - A) * restart).astype(np.float64)


CLOSED: dict[str, tuple[list[tuple[int, int]], int, list[float]]] = {
    "clique": ([(a, b) for a in range(5) for b in range(5) if a != b], 5, [0.2] * 5),
    "cycle": ([(k, (k + 1) % 6) for k in range(6)], 6, [1 / 6] * 6),
    "all dangling": ([], 4, [0.25] * 4),
    "one node": ([], 1, [1.0]),
    "one node that links to itself": ([(0, 0)], 1, [1.0]),
    # x_0 = a (x_leaves + R/n) + (1 - a)/n with R = x_0: leaves b = (a x_0 + 1 - a) / n, x_0 = 1 - 4 b
    "star": ([(k, 0) for k in range(1, 5)], 5, [(1 - 4 * 0.15 / 5) / (1 + 4 * 0.85 / 5)]),
    # a chain 0 -> 1 -> 2, 2 dangling: x_0 = b, x_1 = b + a b, x_2 = b + a b + a^2 b, all 1 together
    "chain": (
        [(0, 1), (1, 2)],
        3,
        [(1 + A * 0) / (3 + 2 * A + A * A), (1 + A) / (3 + 2 * A + A * A), (1 + A + A * A) / (3 + 2 * A + A * A)],
    ),
}


@pytest.mark.parametrize("precision", ["mixed", "double"])
@pytest.mark.parametrize("name", CLOSED)
def test_closed_forms(name: str, precision: Any) -> None:
    edges, n, expected = CLOSED[name]
    result = pagerank(*graph_of(edges, n), tolerance=1e-13, precision=precision)
    np.testing.assert_allclose(result.mass[: len(expected)], expected, rtol=0, atol=1e-13)
    assert abs(result.mass.sum() - 1.0) < 1e-13


def test_no_nodes() -> None:
    result = pagerank(csr_of_edges([], [], 0), np.empty(0))
    assert (len(result.mass), result.iterations, result.error_bound) == (0, 0, 0.0)


def test_no_damping_is_the_restart() -> None:
    inward, out_weight = random_graph(50, 300, 1, weighted=False)
    restart = np.arange(50.0)
    result = pagerank(inward, out_weight, damping=0.0, restart=restart, tolerance=1e-13)
    np.testing.assert_allclose(result.mass, restart / restart.sum(), atol=1e-15)


@pytest.mark.parametrize("tolerance", [1e-3, 1e-6, 1e-9, 1e-12])
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("personal", [False, True], ids=["uniform", "personal"])
@pytest.mark.parametrize("dangling", ["restart", "uniform"])
def test_the_bound_holds(dangling: Any, personal: bool, weighted: bool, tolerance: float) -> None:
    inward, out_weight = random_graph(300, 3000, 2, weighted)
    restart = np.random.default_rng(3).random(300) * (np.arange(300) % 7 == 0) if personal else None
    result = pagerank(inward, out_weight, restart=restart, dangling=dangling, tolerance=tolerance)
    exact = by_equations(
        inward, out_weight, np.full(300, 1 / 300) if restart is None else restart / restart.sum(), dangling
    )
    assert np.abs(result.mass - exact).sum() <= result.error_bound <= tolerance
    assert abs(result.mass.sum() - 1.0) < 1e-13
    assert abs(result.returned - result.mass[out_weight == 0].sum()) <= result.error_bound


@pytest.mark.parametrize("dangling", ["restart", "uniform"])
def test_evaporated_weight_returns_as_that_of_dangling_nodes(dangling: Any) -> None:
    inward, out_weight = random_graph(200, 2000, 4, weighted=True)
    more = out_weight * np.where(np.arange(200) % 2, 1.5, 1.0)
    restart = np.arange(200.0)
    result = pagerank(inward, more, restart=restart, dangling=dangling, tolerance=1e-13)
    exact = by_equations(inward, more, restart / restart.sum(), dangling)
    assert np.abs(result.mass - exact).sum() < 1e-12
    assert result.returned > result.mass[out_weight == 0].sum()


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("seed", range(4))
def test_igraph_and_networkx_agree(seed: int, weighted: bool) -> None:
    n = 150
    inward, out_weight = random_graph(n, 900, 10 + seed, weighted)
    restart = np.random.default_rng(seed).random(n) if seed % 2 else None
    mass = pagerank(inward, out_weight, restart=restart, tolerance=1e-13).mass
    targets = np.repeat(np.arange(n), inward.degrees())
    values = np.ones(inward.m) if inward.weights is None else inward.weights.astype(np.float64)
    edges = list(zip(inward.neighbours.tolist(), targets.tolist(), strict=True))
    peer = igraph.Graph(n=n, edges=edges, directed=True)
    reset = (np.ones(n) if restart is None else restart).tolist()
    by_igraph = peer.personalized_pagerank(damping=A, reset=reset, weights=values.tolist())
    assert np.abs(mass - by_igraph).sum() < 1e-9
    other = networkx.DiGraph()
    other.add_nodes_from(range(n))
    other.add_weighted_edges_from((*edge, value) for edge, value in zip(edges, values.tolist(), strict=True))
    personal = None if restart is None else dict(enumerate(restart.tolist()))
    by_networkx = networkx.pagerank(other, A, personal, tol=1e-14, max_iter=1000)
    assert np.abs(mass - [by_networkx[node] for node in range(n)]).sum() < 1e-9


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks so small that a graph of a test has many."""
    monkeypatch.setattr(pagerank_blocks, "_WORK", 500)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("precision", ["mixed", "double"])
def test_same_bits_for_any_number_of_threads(precision: Any, weighted: bool) -> None:
    inward, out_weight = random_graph(2000, 30_000, 5, weighted)
    restart = np.random.default_rng(6).random(2000)
    results: list[PageRankResult] = [
        pagerank(inward, out_weight, restart=restart, tolerance=1e-12, threads=threads, precision=precision)
        for threads in (1, 2, 3, 1)
    ]
    assert len(pagerank_blocks.cut(inward.offsets)) > 10
    assert len({result.mass.tobytes() for result in results}) == 1
    assert len({(result.iterations, result.error_bound, result.returned) for result in results}) == 1
    exact = by_equations(inward, out_weight, restart / restart.sum(), "restart")
    assert np.abs(results[0].mass - exact).sum() < 1e-12


def test_mixed_sweeps_are_mostly_narrow() -> None:
    inward, out_weight = random_graph(2000, 8000, 7, weighted=False)
    mixed = pagerank(inward, out_weight, tolerance=1e-12)
    assert pagerank(inward, out_weight, tolerance=1e-9).double_sweeps == 0
    double = pagerank(inward, out_weight, tolerance=1e-12, precision="double")
    assert mixed.double_sweeps <= 2 < mixed.iterations
    assert double.double_sweeps == double.iterations
    assert np.abs(mixed.mass - double.mass).sum() < 2e-12


class Unpacking:
    """In-links that come a block at a time, as from a packed graph."""

    def __init__(self, csr: Csr) -> None:
        self.csr = csr
        self.offsets, self.weights = csr.offsets, csr.weights

    def rows_into(self, first: int, last: int, place: NDArray[np.uint32]) -> None:
        found = self.csr.neighbours[self.offsets[first] : self.offsets[last]]
        place[: len(found)] = found


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_unpacked_rows_give_the_same_bits(weighted: bool) -> None:
    inward, out_weight = random_graph(1000, 10_000, 8, weighted)
    plain = pagerank(inward, out_weight, tolerance=1e-12, threads=2)
    unpacked = pagerank(Unpacking(inward), out_weight, tolerance=1e-12, threads=2)
    assert unpacked.mass.tobytes() == plain.mass.tobytes()
    vectors = np.random.default_rng(1).random((2, 1000))
    assert np.array_equal(
        pagerank_many(inward, out_weight, vectors).masses,
        pagerank_many(Unpacking(inward), out_weight, vectors).masses,
    )


def test_memory_maps_give_the_same_bits(tmp_path: Any) -> None:
    inward, out_weight = random_graph(500, 5000, 9, weighted=False)
    np.save(tmp_path / "offsets.npy", inward.offsets)
    np.save(tmp_path / "neighbours.npy", inward.neighbours)
    mapped = Csr(np.load(tmp_path / "offsets.npy", mmap_mode="r"), np.load(tmp_path / "neighbours.npy", mmap_mode="r"))
    assert pagerank(mapped, out_weight).mass.tobytes() == pagerank(inward, out_weight).mass.tobytes()


@pytest.mark.parametrize("precision", ["mixed", "double"])
def test_too_few_iterations_carry_the_last_vector(precision: Any) -> None:
    inward, out_weight = graph_of([(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2)], 4)
    with pytest.raises(NotConverged) as caught:
        pagerank(inward, out_weight, tolerance=1e-12, max_iterations=7, precision=precision)
    last = caught.value.facts["last"]
    assert isinstance(last, PageRankResult)
    assert last.iterations == 7
    exact = by_equations(inward, out_weight, np.full(4, 0.25), "restart")
    assert 0 < np.abs(last.mass - exact).sum() <= last.error_bound


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"damping": 1.0}, "damping"),
        ({"damping": -0.1}, "damping"),
        ({"dangling": "sink"}, "unknown policy"),
        ({"precision": "half"}, "unknown precision"),
        ({"restart": np.zeros(3)}, "restart is negative"),
        ({"restart": np.array([1.0, -1.0, 2.0])}, "restart is negative"),
        ({"restart": np.array([1.0, np.nan, 2.0])}, "restart is negative"),
        ({"restart": np.ones(4)}, "restart of shape"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    inward, out_weight = graph_of([(0, 1), (1, 2)], 3)
    with pytest.raises(BadInput, match=message):
        pagerank(inward, out_weight, **settings)


@pytest.mark.parametrize(
    ("out_weight", "message"),
    [
        ([1.0, 1.0], "out-weights of shape"),
        ([1.0, -1.0, 0.0], "negative or no number"),
        ([1.0, np.inf, 0.0], "negative or no number"),
        ([0.5, 1.0, 0.0], "weigh more"),
        ([1.0, 0.0, 0.0], "weigh more"),
    ],
)
def test_wrong_out_weights_are_refused(out_weight: list[float], message: str) -> None:
    inward, _ = graph_of([(0, 1), (1, 2)], 3)
    with pytest.raises(BadInput, match=message):
        pagerank(inward, np.array(out_weight))


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("policy", ["restart", "uniform"])
@pytest.mark.parametrize("shape", ["a third dangles", "none dangles", "weights evaporate"])
@pytest.mark.parametrize("topical", [False, True], ids=["uniform restart", "topical restart"])
def test_many_blocks_come_to_the_solution_within_the_bound(shape: str, policy: Any, topical: bool) -> None:
    n = 1200
    inward, out_weight = random_graph(n, 20_000, 12, weighted=shape == "weights evaporate")
    if shape == "none dangles":
        sources = np.concatenate([np.repeat(np.arange(n), inward.degrees()), np.arange(n)])
        inward = csr_of_edges(np.concatenate([inward.neighbours, (np.arange(n) * 7 + 1) % n]), sources, n)
        out_weight = transpose(inward, n).degrees().astype(np.float64)
    elif shape == "weights evaporate":
        out_weight = out_weight * np.random.default_rng(2).uniform(1.0, 2.0, n)
    restart = np.random.default_rng(3).random(n) ** 9 if topical else np.ones(n)
    exact = by_equations(inward, out_weight, restart / restart.sum(), policy)
    for tolerance in (1e-3, 1e-6, 1e-9, 1e-12):
        given = restart if topical else None
        found = pagerank(inward, out_weight, restart=given, dangling=policy, tolerance=tolerance)
        assert np.abs(found.mass - exact).sum() <= found.error_bound <= tolerance
        many = pagerank_many(inward, out_weight, np.stack([restart] * 3), dangling=policy, tolerance=tolerance)
        assert np.abs(many.masses[1] - exact).sum() <= many.error_bounds[1] <= tolerance
