"""PageRank as others published it: LDBC Graphalytics, Louridas, igraph's on real graphs."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from inlink.errors import NotConverged
from inlink.kernels.csr import Csr, csr_of_edges, transpose
from inlink.kernels.pagerank import PageRankResult, pagerank

pytestmark = pytest.mark.data
Ids = NDArray[np.int64]


def numbered(sources: Ids, targets: Ids, ids: Ids) -> tuple[Csr, NDArray[np.float64]]:
    """In-links and out-weights, the nodes in the order of `ids`, which are ascending."""
    inward = csr_of_edges(np.searchsorted(ids, targets), np.searchsorted(ids, sources), len(ids))
    return inward, transpose(inward, len(ids)).degrees().astype(np.float64)


def masses(path: Path) -> tuple[Ids, NDArray[np.float64]]:
    """Ids and masses of a file of pairs, by ascending id."""
    rows = sorted((int(left), float(right)) for left, right in map(str.split, path.read_text().splitlines()))
    return np.array([left for left, _ in rows]), np.array([right for _, right in rows])


def power_method(inward: Csr, out_weight: NDArray[np.float64], iterations: int) -> NDArray[np.float64]:
    """The vector after so many iterations, converged or not."""
    try:
        return pagerank(inward, out_weight, tolerance=0, max_iterations=iterations, precision="double").mass
    except NotConverged as error:
        last = error.facts["last"]
        assert isinstance(last, PageRankResult)
        assert last.iterations == iterations
        return last.mass


@pytest.mark.parametrize(("kind", "iterations", "within"), [("dir", 100, 1e-15), ("undir", 26, 1e-9)])
def test_ldbc_pagerank(data_dir: Path, kind: str, iterations: int, within: float) -> None:
    folder = data_dir / "graphs" / "ldbc" / "pr"
    lines = [[int(word) for word in line.split()] for line in (folder / f"{kind}-input").read_text().splitlines()]
    edges = np.array([(line[0], target) for line in lines for target in line[1:]])
    if kind == "undir":
        edges = np.concatenate([edges, edges[:, ::-1]])
    ids, expected = masses(folder / f"{kind}-output")
    found = power_method(*numbered(edges[:, 0], edges[:, 1], ids), iterations)
    np.testing.assert_allclose(found, expected, rtol=0, atol=within)


@pytest.mark.parametrize("kind", ["directed", "undirected"])
def test_ldbc_example_after_two_iterations(data_dir: Path, kind: str) -> None:
    folder = data_dir / "graphs" / "ldbc" / "example"
    lines = (folder / f"example-{kind}.e").read_text().splitlines()
    edges = np.array([[int(word) for word in line.split()[:2]] for line in lines])
    if kind == "undirected":
        edges = np.concatenate([edges, edges[:, ::-1]])
    ids, expected = masses(folder / f"example-{kind}-PR")
    np.testing.assert_allclose(power_method(*numbered(edges[:, 0], edges[:, 1], ids), 2), expected, atol=1e-15)


def test_published_masses_of_louridas(data_dir: Path) -> None:
    folder = data_dir / "graphs" / "louridas"
    edges = np.loadtxt(folder / "barabasi-100000.txt", np.int64)
    inward, out_weight = numbered(edges[:, 0], edges[:, 1], np.arange(100_000))
    found = pagerank(inward, out_weight, tolerance=1e-12)
    for name, within in (("barabasi-100000-pr-j.txt", 1e-12), ("barabasi-100000-pr-p.txt", 2e-6)):
        lines = (line.split(" = ") for line in (folder / name).read_text().splitlines() if " = " in line)
        expected = np.zeros(100_000)
        for node, mass in lines:
            if node.strip().isdigit():
                expected[int(node)] = float(mass)
        np.testing.assert_allclose(found.mass, expected, rtol=0, atol=within)


@pytest.mark.parametrize(
    ("name", "edges"), [("hollins", "hollins/hollins-edges.txt"), ("wiki-Vote", "wiki-Vote/wiki-Vote.txt")]
)
def test_reference_masses_of_real_graphs(data_dir: Path, name: str, edges: str) -> None:
    pairs = np.loadtxt(data_dir / "graphs" / edges, np.int64, comments="#")
    with gzip.open(data_dir / "graphs" / "reference-ranks" / f"{name}.ranks.tsv.gz", "rt") as lines:
        next(lines)
        rows = sorted((int(row[0]), *map(float, row[1:4])) for row in map(str.split, lines))
    table = np.array(rows)
    ids = table[:, 0].astype(np.int64)
    inward, out_weight = numbered(pairs[:, 0], pairs[:, 1], ids)
    assert np.array_equal(inward.degrees(), table[:, 1])
    assert np.array_equal(out_weight, table[:, 2])
    found = pagerank(inward, out_weight, tolerance=1e-12)
    np.testing.assert_allclose(found.mass, table[:, 3], rtol=0, atol=1e-12)
    assert np.abs(found.mass - table[:, 3]).sum() < 1e-9
