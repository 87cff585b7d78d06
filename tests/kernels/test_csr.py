"""Sorted rows from edges: judged by scipy's sums of duplicates and by round trips."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.kernels import csr as csr_module
from inlink.kernels import csr_plan
from inlink.kernels.csr import Csr, csr_of_chunks, csr_of_edges, transpose
from inlink.kernels.csr_plan import Chunk

SMALL = 1 << 16  # bytes: a few thousand edges a range, so that several ranges are made


def by_scipy(
    rows: NDArray[Any], columns: NDArray[Any], n: int, n_columns: int, weights: NDArray[Any] | None
) -> scipy.sparse.csr_matrix:
    """What scipy makes of the edges; repeated ones are added."""
    values = np.ones(len(rows)) if weights is None else weights.astype(np.float64)
    made = scipy.sparse.csr_matrix((values, (rows, columns)), shape=(n, n_columns))
    made.sum_duplicates()
    made.sort_indices()
    return made


def random_edges(n: int, n_columns: int, m: int, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Edges of which many are repeated and some rows are long."""
    rng = np.random.default_rng(seed)
    rows = (rng.random(m) ** 3 * n).astype(np.uint32)
    return rows, rng.integers(0, n_columns, m, dtype=np.uint32)


@pytest.mark.parametrize("memory_bytes", [SMALL, 1 << 30], ids=["ranges", "one range"])
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize(
    ("n", "n_columns", "m"),
    [(1, 1, 3), (7, 7, 40), (1000, 50, 20_000), (300_000, 300_000, 200_000), (40, 70_000, 150_000)],
)
def test_rows_are_those_of_scipy(n: int, n_columns: int, m: int, weighted: bool, memory_bytes: int) -> None:
    rows, columns = random_edges(n, n_columns, m, 1)
    weights = np.random.default_rng(2).random(m, dtype=np.float32) if weighted else None
    made = csr_of_edges(rows, columns, n, weights, n_columns=n_columns, memory_bytes=memory_bytes)
    expected = by_scipy(rows, columns, n, n_columns, weights)
    assert np.array_equal(made.offsets, expected.indptr)
    assert np.array_equal(made.neighbours, expected.indices)
    assert made.neighbours.dtype == np.uint32
    assert made.n_combined == m - expected.nnz
    if weighted:
        assert made.weights is not None
        np.testing.assert_allclose(made.weights, expected.data, rtol=1e-6)
    turned = transpose(made, n_columns, memory_bytes=memory_bytes)
    back = expected.T.tocsr()
    back.sort_indices()
    assert np.array_equal(turned.offsets, back.indptr)
    assert np.array_equal(turned.neighbours, back.indices)
    if made.weights is not None:
        again = transpose(turned, n)
        assert again.weights is not None
        assert np.array_equal(again.weights, made.weights)


def test_the_first_weight_can_stand() -> None:
    made = csr_of_edges([1, 0, 1, 1], [2, 0, 2, 2], 3, [5.0, 1.0, 7.0, 9.0], combine="first")
    assert made.n_combined == 2
    assert made.weights is not None
    assert made.weights.tolist() == [1.0, 5.0]
    assert made.row(1).tolist() == [2]


def test_weights_are_added_in_double_precision() -> None:
    weights = np.array([1.0] + [2.0**-24] * 4, np.float32)  # each alone would be lost in single precision
    made = csr_of_edges([0] * 5, [0] * 5, 1, weights)
    assert made.weights is not None
    assert made.weights[0] == np.float32(1.0 + 4 * 2.0**-24)


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=60))
def test_turned_twice_is_the_same(edges: list[tuple[int, int]]) -> None:
    rows, columns = [row for row, _ in edges], [column for _, column in edges]
    made = csr_of_edges(np.array(rows, np.int64), np.array(columns, np.int64), 20)
    assert [(row, int(to)) for row in range(20) for to in made.row(row)] == sorted(set(edges))
    again = transpose(transpose(made, 20), 20)
    assert np.array_equal(again.offsets, made.offsets)
    assert np.array_equal(again.neighbours, made.neighbours)


def test_no_edges_and_no_nodes() -> None:
    empty = csr_of_edges([], [], 0)
    assert (empty.n, empty.m, empty.offsets.tolist()) == (0, 0, [0])
    assert transpose(empty, 0).n == 0
    alone = csr_of_edges(np.empty(0, np.uint32), np.empty(0, np.uint32), 3)
    assert alone.offsets.tolist() == [0, 0, 0, 0]
    assert transpose(alone, 5).n == 5


@pytest.mark.parametrize("kind", [np.uint32, np.int32, np.int64, np.uint64])
def test_any_whole_numbers_will_do(kind: type[np.integer[Any]]) -> None:
    made = csr_of_edges(np.array([2, 0], kind), np.array([1, 2], kind), 3)
    assert [made.row(node).tolist() for node in range(3)] == [[2], [], [1]]


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        ([0, 3], [0, 0], "edge 1: row 3 is not below 3"),
        ([0, 0], [0, 4], "edge 1: column 4 is not below 3"),
        ([0, -1], [0, 0], "edge 1: -1 is no node"),
        ([0, 1 << 32], [0, 0], "edge 1: 4294967296 is no node"),
        ([0, 0.5], [0, 0], "nodes are whole numbers"),
        ([0, 0], [0], "differ in length"),
    ],
)
def test_wrong_edges_are_named(rows: list[float], columns: list[int], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        csr_of_edges(rows, columns, 3)


def test_the_number_of_a_wrong_edge_counts_all_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csr_module, "_CHUNK", 4)
    with pytest.raises(BadInput, match="edge 6: row 9"):
        csr_of_edges([0, 1, 2, 0, 1, 2, 9], [0] * 7, 3)
    made = csr_of_edges([0, 1, 2, 0, 1, 2], [0, 1, 2, 0, 2, 1], 3)
    assert [made.row(node).tolist() for node in range(3)] == [[0], [1, 2], [1, 2]]
    turned = transpose(made, 3)
    assert [turned.row(node).tolist() for node in range(3)] == [[0], [1, 2], [1, 2]]


def test_too_many_nodes_and_unknown_ways() -> None:
    with pytest.raises(BadInput, match="cannot be numbered"):
        csr_of_edges([0], [0], (1 << 32) + 1)
    with pytest.raises(BadInput, match="unknown way"):
        csr_of_edges([0], [0], 1, combine="most")  # type: ignore[arg-type]


def test_a_source_that_changes_is_noticed() -> None:
    ones, twos = np.array([1], np.uint32), np.array([1, 2], np.uint32)
    calls = iter([(ones, ones, None), (twos, twos, None)])
    with pytest.raises(BadInput, match="changed while they were read"):
        csr_of_chunks(lambda: [next(calls)], 3)


def test_written_into_an_array_that_is_given(tmp_path: Any) -> None:
    place = np.memmap(tmp_path / "neighbours", np.uint32, "w+", shape=(4,))
    made = csr_of_edges([0, 1, 1, 1], [1, 0, 2, 0], 3, neighbours_into=place)
    assert made.m == 3
    assert np.array_equal(place[:3], [1, 0, 2])
    with pytest.raises(BadInput, match="no room"):
        csr_of_edges([0, 1, 1], [1, 0, 2], 3, neighbours_into=np.empty(2, np.uint32))


def test_a_csr_of_memory_maps_is_turned_round(tmp_path: Any) -> None:
    rows, columns = random_edges(50, 50, 400, 3)
    made = csr_of_edges(rows, columns, 50)
    np.save(tmp_path / "offsets.npy", made.offsets)
    np.save(tmp_path / "neighbours.npy", made.neighbours)
    mapped = Csr(np.load(tmp_path / "offsets.npy", mmap_mode="r"), np.load(tmp_path / "neighbours.npy", mmap_mode="r"))
    assert np.array_equal(transpose(mapped, 50).neighbours, transpose(made, 50).neighbours)


@pytest.mark.parametrize("memory_bytes", [1 << 10, 1 << 20], ids=["many ranges", "one range"])
@pytest.mark.parametrize("threads", [2, 3])
def test_threads_turn_a_graph_to_the_same_rows(threads: int, memory_bytes: int) -> None:
    random = np.random.default_rng(5)
    columns = np.minimum((random.random(300_000) ** 3 * 5000).astype(np.int64), 4999)
    made = csr_of_edges(random.integers(0, 3000, 300_000), columns, 3000, n_columns=5000)
    expected = transpose(made, 5000)
    seen: list[int] = []
    turned = transpose(made, 5000, threads=threads, memory_bytes=memory_bytes * 100, tick=seen.append)
    assert np.array_equal(turned.offsets, expected.offsets)
    assert np.array_equal(turned.neighbours, expected.neighbours)
    assert sum(seen) % made.m == 0
    assert sum(seen) >= 2 * made.m


@pytest.mark.parametrize("memory_bytes", [1 << 17, 1 << 30], ids=["many ranges", "one range"])
@pytest.mark.parametrize("threads", [2, 3])
def test_threads_make_the_same_rows_of_edges_in_any_order(threads: int, memory_bytes: int) -> None:
    random = np.random.default_rng(6)
    pairs = random.permutation(np.unique((random.random(200_000) ** 3 * 3_000_000).astype(np.int64)))
    rows, columns = (pairs // 1000).astype(np.uint32), (pairs % 1000).astype(np.uint32)
    expected = csr_of_edges(rows, columns, 3000, n_columns=1000)

    def chunks() -> Iterator[Chunk]:
        for start in range(0, len(rows), 7001):
            yield rows[start : start + 7001], columns[start : start + 7001], None

    made = csr_of_chunks(chunks, 3000, n_columns=1000, threads=threads, memory_bytes=memory_bytes)
    assert np.array_equal(made.offsets, expected.offsets)
    assert np.array_equal(made.neighbours, expected.neighbours)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("n", [700, 1000])
def test_strong_rows_that_stand_together_are_cut_apart(threads: int, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csr_plan, "_FINE", 8)  # groups of 128 rows
    monkeypatch.setattr(csr_plan, "_BUCKET", 500)
    random = np.random.default_rng(7)
    rows = (random.random(60_000) ** 6 * n).astype(np.int64)
    rows[::9] = n - 1
    pairs = random.permutation(np.unique(rows * 5000 + random.integers(0, 5000, len(rows))))
    of_rows, columns = (pairs // 5000).astype(np.uint32), (pairs % 5000).astype(np.uint32)
    expected = by_scipy(of_rows, columns, n, 5000, None)
    chunks: list[Chunk] = [(of_rows[part], columns[part], None) for part in (slice(30_000), slice(30_000, None))]
    plan = csr_plan.plan_of(lambda: chunks, n, 5000, 8000)
    assert 2 <= (plan.bucket_of < 0).sum() < len(plan.bucket_of)
    alone = np.bincount(of_rows).max()
    assert plan.sizes.max() < alone + 500
    assert len(plan.ranges) > 3
    made = csr_of_chunks(lambda: chunks, n, n_columns=5000, threads=threads, memory_bytes=8000 * 16)
    assert np.array_equal(made.offsets, expected.indptr)
    assert np.array_equal(made.neighbours, expected.indices)
    back = transpose(transpose(made, 5000), n, threads=threads, memory_bytes=8000 * 16)
    assert np.array_equal(back.neighbours, made.neighbours)


def test_threads_refuse_a_neighbour_that_stands_twice() -> None:
    twice = Csr(np.array([0, 2], np.int64), np.array([1, 1], np.uint32))
    with pytest.raises(BadInput, match="twice"):
        transpose(twice, 3, threads=2)
    pair = np.zeros(2, np.uint32)
    with pytest.raises(BadInput, match="twice"):
        csr_of_chunks(lambda: [(pair, pair, None)], 3, threads=2)
