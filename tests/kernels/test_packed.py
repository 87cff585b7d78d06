"""Packed rows give back what went in, take no more room than the gaps hold, and notice damage."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inlink.errors import BadInput, CorruptIndex
from inlink.kernels.csr import Csr, csr_of_edges
from inlink.kernels.packed import INDEX, TRAILER, Packed, packed_of_bytes
from inlink.kernels.packed_codes import best_lengths, codes_of, lengths_of_bytes, lengths_to_bytes
from inlink.kernels.packed_write import PackedWriter, packed_of_csr, write_packed

LAST = (1 << 32) - 1

ids = st.one_of(st.integers(0, 40), st.integers(0, LAST), st.integers(LAST - 3, LAST))
rows_of_ids = st.lists(st.sets(ids, max_size=20).map(sorted), max_size=25)
runs = st.tuples(st.integers(0, 5000), st.integers(1, 4000), st.integers(1, 9))


def csr(rows: list[list[int]]) -> Csr:
    offsets = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=offsets[1:])
    return Csr(offsets, np.array([node for row in rows for node in row], np.uint32))


def check(packed: Packed, links: Csr) -> None:
    """All ways to read agree with what was written."""
    assert (packed.n, packed.m) == (links.n, links.m)
    assert packed.offsets.tolist() == links.offsets.tolist()
    for number, row in enumerate(packed):
        wanted = links.row(number)
        assert row.tolist() == wanted.tolist()
        assert packed.degree(number) == len(wanted)
        assert packed.row(number, 3).tolist() == wanted[:3].tolist()
    for first, last in ((0, links.n), (links.n // 3, links.n // 2), (links.n, links.n)):
        low, high = int(links.offsets[first]), int(links.offsets[last])
        place = np.full(high - low + 3, 7, np.uint32)
        packed.rows_into(first, last, place)
        assert place.tolist() == [*links.neighbours[low:high].tolist(), 7, 7, 7]


@settings(max_examples=60)
@given(rows_of_ids, st.sampled_from([16, 1 << 24]))
def test_round_trip(rows: list[list[int]], segment_edges: int) -> None:
    links = csr(rows)
    check(packed_of_csr(links, 1 << 32, segment_edges=segment_edges), links)


@settings(max_examples=25)
@given(st.lists(runs, max_size=6), st.integers(0, 3000), st.sampled_from([1000, 1 << 24]))
def test_long_rows_and_many_empty_ones(made: list[tuple[int, int, int]], gap: int, segment_edges: int) -> None:
    rows: list[list[int]] = []
    for start, length, step in made:
        rows += [list(range(start, start + length * step, step)), *[[] for _ in range(gap)]]
    links = csr(rows)
    packed = packed_of_csr(links, 50_000, segment_edges=segment_edges)
    assert packed.offsets.tolist() == links.offsets.tolist()
    for number in np.flatnonzero(links.degrees()):
        assert packed.row(int(number)).tolist() == links.row(int(number)).tolist()
        assert packed.row(int(number), 1500).tolist() == links.row(int(number))[:1500].tolist()
    place = np.empty(links.m, np.uint32)
    packed.rows_into(0, links.n, place)
    assert (place == links.neighbours).all()


def random_links(n: int, m: int, seed: int) -> Csr:
    """Half of the targets near, half of them the same few."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, n, m)
    near = np.clip(rows + rng.integers(-20, 20, m), 0, n - 1)
    return csr_of_edges(rows, np.where(rng.random(m) < 0.5, near, (n * rng.random(m) ** 4).astype(np.int64)), n)


def test_blocks_that_rows_cross() -> None:
    links = random_links(3000, 60_000, 1)
    check(packed_of_csr(links, segment_edges=7_777), links)


@pytest.mark.parametrize("degree", [0, 1, 3, 700, 3000])
@pytest.mark.parametrize("other", [0, 1, 2])
def test_degrees_that_are_alike_cost_nothing(degree: int, other: int) -> None:
    """Blocks of rows of one degree, of one row, and some that have another among them."""
    rows = [list(range(row % 5, row % 5 + 2 * degree, 2)) for row in range(20 if degree > 9 else 3000)]
    rows[7] = list(range(other))
    links = csr([*rows, [], [1]])
    for segment_edges in (1000, 1 << 24):
        check(packed_of_csr(links, 1 << 16, segment_edges=segment_edges), links)


def test_one_link_a_node_costs_its_target_alone() -> None:
    targets = np.random.default_rng(1).integers(0, 1 << 16, 50_000)
    targets[0] = 0
    packed = packed_of_csr(Csr(np.r_[0, 0, np.arange(1, 50_001)], targets.astype(np.uint32)), 1 << 16)
    assert 8 * packed.n_bytes < 16.5 * 50_000  # 16 bits a target, a fifth of a bit for the directory of blocks


def test_the_writer_takes_any_pieces() -> None:
    links = random_links(500, 9_000, 2)
    whole = io.BytesIO()
    write_packed(links, whole, segment_edges=2_000)
    pieces = io.BytesIO()
    writer = PackedWriter(pieces, links.n, segment_edges=2_000)
    for first in range(0, links.n, 7):
        offsets = links.offsets[first : min(first + 7, links.n) + 1]
        writer.append(offsets, links.neighbours[offsets[0] : offsets[-1]])
    assert writer.close() == len(pieces.getvalue())
    assert pieces.getvalue() == whole.getvalue()


def test_from_a_memory_map(tmp_path: Path) -> None:
    links = random_links(400, 5_000, 3)
    with (tmp_path / "links").open("wb") as sink:
        size = write_packed(links, sink)
    packed = packed_of_bytes(np.memmap(tmp_path / "links", np.uint8, "r"))
    assert packed.n_bytes == size
    check(packed, links)


def test_weights_stay_beside() -> None:
    links = csr_of_edges([0, 0, 1], [1, 2, 0], 3, [0.5, 2.0, 1.0])
    packed = packed_of_csr(links)
    assert packed.weights is not None
    assert packed.weights.tolist() == [0.5, 2.0, 1.0]


def entropy(values: NDArray[np.int64]) -> float:
    """Bits that all values need together by their own frequencies."""
    counts = np.unique(values, return_counts=True)[1]
    return float(-(counts * np.log2(counts / counts.sum())).sum())


def test_size_is_near_the_entropy_of_the_gaps() -> None:
    links = random_links(20_000, 400_000, 4)
    before = np.concatenate([[-1], links.neighbours[:-1].astype(np.int64)])
    before[links.offsets[:-1][links.degrees() > 0]] = -1
    bits = entropy(links.neighbours - before) + entropy(links.degrees())
    assert 8 * packed_of_csr(links).n_bytes < 1.15 * bits


@pytest.mark.parametrize(
    "rows", [[[1, 1]], [[2, 1]], [[0], [3]], [[0], [LAST]]], ids=["repeated", "descending", "out of range", "far out"]
)
def test_bad_rows_are_refused(rows: list[list[int]]) -> None:
    with pytest.raises(BadInput, match="out of order, repeated or out of range"):
        packed_of_csr(csr(rows), 3)


def test_bad_pieces_are_refused() -> None:
    writer = PackedWriter(io.BytesIO(), 3)
    with pytest.raises(BadInput, match="offsets"):
        writer.append(np.array([0, 2]), np.array([1], np.uint32))
    with pytest.raises(BadInput, match="offsets"):
        writer.append(np.array([0, 2, 1]), np.array([1], np.uint32))


def test_there_is_no_such_row() -> None:
    for row in (-1, 2):
        with pytest.raises(BadInput, match="not in the graph"):
            packed_of_csr(csr([[0], [1]])).row(row)


def read_all(data: NDArray[np.uint8], links: Csr) -> bool:
    """Whether damaged bytes are noticed, or at least every answer lies within bounds."""
    try:
        packed = packed_of_bytes(data)
        place = np.full(links.m, 1 << 31, np.uint32)  # what is not written is seen
        if packed.offsets[-1] != links.m or packed.n != links.n:
            return False
        packed.rows_into(0, packed.n, place)
        rows = [packed.row(row) for row in range(0, packed.n, 50)]
    except CorruptIndex:
        return False
    assert place.max() < packed.n_columns
    return all((row < packed.n_columns).all() for row in rows)


def test_damage_is_noticed_or_harmless() -> None:
    links = random_links(600, 12_000, 5)
    sink = io.BytesIO()
    write_packed(links, sink, segment_edges=5_000)
    sound = np.frombuffer(sink.getvalue(), np.uint8)
    assert read_all(sound, links)
    rng, noticed = np.random.default_rng(6), 0
    for _ in range(300):
        damaged = sound.copy()
        damaged[rng.integers(len(damaged), size=int(rng.integers(1, 4)))] = rng.integers(256)
        noticed += not read_all(damaged, links)
    assert noticed > 200
    for size in (0, 7, 8, len(sound) // 2, len(sound) - 1):
        assert not read_all(sound[:size], links)
    index = len(sound) - struct.calcsize(TRAILER) - 8 * INDEX * 3
    for field in range(3 * INDEX):
        for wrong in (0, 1, 1 << 32, (1 << 60) - 1, (1 << 63) - 1):
            damaged = sound.copy()
            damaged[index + 8 * field : index + 8 * field + 8] = np.frombuffer(struct.pack("<q", wrong), np.uint8)
            read_all(damaged, links)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 1 << 40), min_size=64, max_size=64))
def test_codes_are_whole_and_as_good_as_their_limit_allows(counts: list[int]) -> None:
    table = np.zeros((49, 64), np.int64)
    table[3] = counts
    lengths = best_lengths(table)
    codes_of(lengths)
    assert (lengths_of_bytes(lengths_to_bytes(lengths)) == lengths).all()
    assert ((lengths[3] >= 0) == (table[3] > 0)).all()
    if sum(counts):
        bits = int((table[3] * np.maximum(lengths[3], 0)).sum())
        share = table[3][table[3] > 0] / sum(counts)
        assert bits / sum(counts) <= max(1.0, -(share * np.log2(share)).sum() + 1.0)
