"""Sixteen restart vectors in one pass: each as if it were alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inlink.errors import BadInput, NotConverged
from inlink.kernels import pagerank_blocks
from inlink.kernels.csr import Csr, csr_of_edges
from inlink.kernels.pagerank import pagerank
from inlink.kernels.pagerank_many import PageRankManyResult, pagerank_many

N = 400


def a_graph(weighted: bool) -> tuple[Csr, NDArray[np.float64]]:
    """A graph with dangling nodes, one very long row, and weight that evaporates where it is weighted."""
    rng = np.random.default_rng(1)
    sources = rng.integers(0, N, 6000)
    sources = sources[sources % 4 != 0]
    targets = np.where(rng.random(len(sources)) < 0.3, 7, rng.integers(0, N, len(sources)))
    weights = rng.random(len(sources), dtype=np.float32) + np.float32(0.1) if weighted else None
    inward = csr_of_edges(targets, sources, N, weights)
    out_weight = np.zeros(N)
    np.add.at(out_weight, inward.neighbours, 1.0 if inward.weights is None else inward.weights.astype(np.float64))
    return inward, out_weight * (1.25 if weighted else 1.0)


def vectors(k: int) -> NDArray[np.float64]:
    """Restart vectors with zeros."""
    rng = np.random.default_rng(2)
    return rng.random((k, N)) * (rng.random((k, N)) < 0.3)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("dangling", ["restart", "uniform"])
@pytest.mark.parametrize("k", [1, 16, 21])
def test_each_is_as_if_alone(k: int, dangling: Any, weighted: bool) -> None:
    inward, out_weight = a_graph(weighted)
    restarts = vectors(k)
    found = pagerank_many(inward, out_weight, restarts, dangling=dangling, tolerance=1e-12)
    assert found.masses.shape == (k, N)
    assert (found.error_bounds <= 1e-12).all()
    for restart, mass, returned in zip(restarts, found.masses, found.returned, strict=True):
        alone = pagerank(inward, out_weight, restart=restart, dangling=dangling, tolerance=1e-12, precision="double")
        assert np.abs(mass - alone.mass).sum() < 2e-12
        assert abs(returned - alone.returned) < 1e-12


def test_same_bits_for_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagerank_blocks, "_WORK", 300)
    inward, out_weight = a_graph(weighted=False)
    found = [pagerank_many(inward, out_weight, vectors(16), threads=threads).masses for threads in (1, 2, 3)]
    assert found[0].tobytes() == found[1].tobytes() == found[2].tobytes()


def test_rows_longer_than_a_piece() -> None:
    """5,000 nodes that link to one, which is dangling: x_0 = 1 - 5000 b, b = (a x_0 + 1 - a) / 5001."""
    inward = csr_of_edges(np.zeros(5000, np.uint32), np.arange(1, 5001), 5001)
    out_weight = np.r_[0.0, np.ones(5000)]
    expected = (1 - 5000 * 0.15 / 5001) / (1 + 5000 * 0.85 / 5001)
    found = pagerank_many(inward, out_weight, np.ones((3, 5001)), tolerance=1e-11)
    np.testing.assert_allclose(found.masses[:, 0], expected, atol=1e-12)
    alone = pagerank(inward, out_weight, tolerance=1e-12)
    np.testing.assert_allclose(alone.mass[0], expected, atol=1e-13)


def test_no_vectors_and_no_nodes() -> None:
    inward, out_weight = a_graph(weighted=False)
    assert pagerank_many(inward, out_weight, np.empty((0, N))).masses.shape == (0, N)
    assert pagerank_many(csr_of_edges([], [], 0), np.empty(0), np.empty((2, 0))).masses.shape == (2, 0)


def test_errors() -> None:
    inward, out_weight = a_graph(weighted=False)
    with pytest.raises(BadInput, match="restarts of shape"):
        pagerank_many(inward, out_weight, np.ones(N))
    with pytest.raises(BadInput, match="0 everywhere"):
        pagerank_many(inward, out_weight, np.zeros((2, N)))
    with pytest.raises(NotConverged) as caught:
        pagerank_many(inward, out_weight, vectors(17), tolerance=1e-12, max_iterations=3)
    last = caught.value.facts["last"]
    assert isinstance(last, PageRankManyResult)
    assert last.masses.shape == (17, N)
    assert last.error_bounds.max() > 1e-12
