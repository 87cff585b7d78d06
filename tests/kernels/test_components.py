"""Weak and strong components against closed forms, scipy, networkx and the LDBC reference outputs."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from inlink.errors import BadInput
from inlink.kernels.components import strongly_connected, weakly_connected
from inlink.kernels.csr import Csr, csr_of_edges, transpose

Longs = NDArray[np.int64]


def graph(edges: list[tuple[int, int]], n: int) -> Csr:
    pairs = np.array(edges, np.int64).reshape(-1, 2)
    return csr_of_edges(pairs[:, 0], pairs[:, 1], n)


CASES: dict[str, tuple[list[tuple[int, int]], int, list[int], list[int]]] = {
    "no nodes": ([], 0, [], []),
    "no edges": ([], 3, [0, 1, 2], [0, 1, 2]),
    "self-loop": ([(1, 1)], 2, [0, 1], [0, 1]),
    "path": ([(2, 1), (1, 0)], 3, [0, 0, 0], [0, 1, 2]),
    "cycle": ([(2, 1), (1, 0), (0, 2)], 3, [0, 0, 0], [0, 0, 0]),
    "two cycles and a bridge": (
        [(0, 1), (1, 0), (1, 2), (2, 3), (3, 2), (5, 4)],
        6,
        [0, 0, 0, 0, 4, 4],
        [0, 0, 2, 2, 4, 5],
    ),
    "star": ([(4, 0), (4, 1), (4, 2), (4, 3)], 5, [0, 0, 0, 0, 0], [0, 1, 2, 3, 4]),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_closed_forms(case: tuple[list[tuple[int, int]], int, list[int], list[int]]) -> None:
    edges, n, weak, strong = case
    links = graph(edges, n)
    assert weakly_connected(links).labels.tolist() == weak
    assert strongly_connected(links).labels.tolist() == strong


def least_labels(labels: Longs) -> Longs:
    """The same classes, each named by its smallest member."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return first[inverse]


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 200))
    m = int(n * rng.choice([0.3, 0.8, 1.2, 2.0, 6.0]))
    links = csr_of_edges(rng.integers(0, n, m), rng.integers(0, n, m), n)
    judge = csr_matrix((np.ones(links.m), links.neighbours.astype(np.int32), links.offsets), (n, n))
    for found, kind in ((weakly_connected(links), "weak"), (strongly_connected(links), "strong")):
        count, labels = connected_components(judge, connection=kind)
        assert found.labels.tolist() == least_labels(labels).tolist()
        assert found.n_components == count
        names, sizes = found.sizes()
        assert sizes.sum() == n
        assert found.largest == names[sizes.argmax()]
        assert found.largest_size == sizes.max()
    backward = transpose(links, n)
    assert (strongly_connected(backward).labels == strongly_connected(links).labels).all()
    assert (weakly_connected(backward).labels == weakly_connected(links).labels).all()


def test_networkx_agrees() -> None:
    judge = nx.gnp_random_graph(300, 0.006, seed=7, directed=True)
    links = graph(list(judge.edges), 300)
    strong, weak = strongly_connected(links).labels, weakly_connected(links).labels
    assert {min(nodes) for nodes in nx.strongly_connected_components(judge)} == set(strong.tolist())
    assert all(len({int(strong[node]) for node in nodes}) == 1 for nodes in nx.strongly_connected_components(judge))
    assert all({int(weak[node]) for node in nodes} == {min(nodes)} for nodes in nx.weakly_connected_components(judge))


def test_a_long_path_needs_no_deep_stack() -> None:
    n = 200_000
    onward = [*range(1, n), 0]
    assert strongly_connected(csr_of_edges(np.arange(n), onward, n)).n_components == 1
    assert strongly_connected(csr_of_edges(np.arange(n - 1), np.arange(1, n), n)).n_components == n


def test_a_neighbour_that_is_no_node() -> None:
    links = Csr(np.array([0, 1, 1]), np.array([2], np.uint32))
    for components in (weakly_connected, strongly_connected):
        with pytest.raises(BadInput, match="not below 2"):
            components(links)


def ldbc(path: Path) -> Longs:
    return np.loadtxt(path, np.int64, ndmin=2)


def adjacency(path: Path) -> list[tuple[int, int]]:
    """The edges of a file whose lines are a node and its neighbours."""
    rows = (list(map(int, line.split())) for line in path.read_text().splitlines())
    return [(row[0], other) for row in rows for other in row[1:]]


@pytest.mark.parametrize(
    ("edges", "output"),
    [
        ("example/example-directed-input", "example/example-directed-WCC"),
        ("example/example-undirected-input", "example/example-undirected-WCC"),
        ("wcc/dir-input", "wcc/dir-output"),
        ("wcc/undir-input", "wcc/undir-output"),
    ],
)
def test_ldbc(data_dir: Path, edges: str, output: str) -> None:
    folder = data_dir / "graphs" / "ldbc"
    wanted = ldbc(folder / output)
    links = graph(adjacency(folder / edges), int(wanted[:, 0].max()) + 1)
    found = weakly_connected(links).labels[wanted[:, 0]]
    judged = dict(zip(wanted[:, 0].tolist(), wanted[:, 1].tolist(), strict=True))
    same = {(int(a), judged[int(node)]) for node, a in zip(wanted[:, 0], found, strict=True)}
    assert len(same) == len(set(found.tolist())) == len(set(judged.values()))
