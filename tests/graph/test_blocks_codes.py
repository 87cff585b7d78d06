"""Codes of lists and of names: what goes in comes out, and damaged bits never run away."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from inlink.errors import CorruptIndex
from inlink.graph.blocks import compiled, plain
from inlink.graph.blocks.coded import Beginnings, unpack_called
from inlink.graph.blocks.gap_code import WORST_BITS, decode_list, encode_list
from inlink.graph.blocks.leaf_code import BATCH, sort_lists
from inlink.graph.blocks.leaf_kernel import sort_ids
from inlink.graph.blocks.name_kernel import count_breaks, front_coded, order_of_names
from inlink.graph.blocks.name_pack import Coder, NameTable, pack_called, pack_front
from inlink.graph.blocks.names import unpack_front
from inlink.graph.blocks.number_pack import pack_table
from inlink.graph.blocks.numbers import Table, span_of_number
from inlink.graph.blocks.source import is_whole

LARGEST = 2**32 - 2


def coded(ids: np.ndarray, n: int, n_left: int) -> tuple[np.ndarray, int]:
    words = np.zeros(len(ids) * WORST_BITS // 64 + 2, np.uint64)
    return words, encode_list(ids, 0, len(ids), n_left, n, words, 0)


@st.composite
def lists(draw: st.DrawFn) -> tuple[np.ndarray, int]:
    n = draw(st.sampled_from([1, 2, 100, 10**6, 121_000_000, LARGEST]))
    ids = draw(st.sets(st.integers(0, n - 1) | st.integers(0, min(n - 1, 40)), max_size=200))
    return np.array(sorted(ids), np.uint32), n


@given(lists(), st.integers(0, 10**6))
@settings(max_examples=150, deadline=None)
def test_a_list_reads_back(made: tuple[np.ndarray, int], more: int) -> None:
    ids, n = made
    words, end = coded(ids, n, len(ids) + more)
    out = np.zeros(len(ids), np.uint32)
    assert decode_list(words, 0, len(ids), len(ids) + more, n, out, 0) == end
    assert (out == ids).all()


@given(st.binary(min_size=8, max_size=80), st.integers(1, 60), st.sampled_from([1, 1000, LARGEST]))
@settings(max_examples=150, deadline=None)
def test_any_bits_are_refused_or_a_list(data: bytes, count: int, n: int) -> None:
    words = np.frombuffer(data[: len(data) // 8 * 8], np.uint64)
    out = np.zeros(count, np.uint32)
    if decode_list(words, 0, count, count, n, out, 0) >= 0:
        assert (np.diff(out.astype(np.int64)) > 0).all() and out[-1] < n


@pytest.mark.parametrize("skew", [1, 3], ids=["even", "dense in front"])
@pytest.mark.parametrize("count", [1000, 100_000])
def test_long_lists_take_little_more_than_their_gaps_tell(count: int, skew: int) -> None:
    n = 121_000_000
    ids = np.unique((np.random.default_rng(1).random(count) ** skew * n).astype(np.uint32))
    entropy = np.log2(np.diff(ids.astype(np.int64), prepend=-1).mean()) + np.log2(np.e)  # of gaps of one mean
    assert coded(ids, n, len(ids))[1] / len(ids) < 1.02 * entropy


@pytest.mark.parametrize("count", [0, 1, 2, 24, 25, 512, 513, 5000])
@pytest.mark.parametrize("n", [7, 2**11, 2**22 + 1, LARGEST])
def test_every_way_of_sorting_sorts(count: int, n: int) -> None:
    ids = np.random.default_rng(count).integers(0, n, count).astype(np.uint32)
    expected = np.sort(ids)
    sort_ids(ids, np.empty(max(count, 1), np.uint32), count, n)
    assert (ids == expected).all()


def table(names: list[bytes]) -> NameTable:
    blob = np.frombuffer(b"".join(names) + b"\0", np.uint8)
    return NameTable(blob, np.cumsum([0, *map(len, names)]).astype(np.int64))


NAMES = st.lists(
    st.text("abc.-", min_size=1, max_size=12).map(str.encode)
    | st.binary(min_size=1, max_size=300)
    | st.sampled_from([b"com.example", b"com.example-x", b"com.example.www", b"com.", b"uk.co.example"]),
    min_size=1,
    max_size=40,
)


@given(NAMES)
@settings(max_examples=80, deadline=None)
def test_names_read_back(names: list[bytes]) -> None:
    known = table(names)
    lines = np.arange(len(names), dtype=np.uint32)
    front = unpack_front(pack_front(known, lines, 3), len(names))
    coder = Coder.learned(names)
    behind = lines[::-1] * np.uint32(77_777)
    other = unpack_called(pack_called(coder.code(known, lines), behind, 3), len(names), coder.beginnings)
    for i, name in enumerate(names):
        assert front.raw(i) == other.raw(i) == name
    assert [other.behind(i) for i in range(len(names))] == behind.tolist()


@given(NAMES)
@settings(max_examples=80, deadline=None)
def test_names_in_any_order_are_put_in_order(names: list[bytes]) -> None:
    known = table(names)
    n_breaks, _ = count_breaks(known.blob, known.offsets)
    found = order_of_names(known.blob, known.offsets, n_breaks).tolist()
    assert found == sorted(range(len(names)), key=lambda i: (names[i], i))


@given(NAMES)
@settings(max_examples=80, deadline=None)
def test_each_name_of_a_block_is_found(names: list[bytes]) -> None:
    names = sorted(names)
    block = unpack_front(pack_front(table(names), np.arange(len(names), dtype=np.uint32), 3), len(names))
    for name in names:
        assert block.find(name) == names.index(name)
    assert block.find(b"\xff" * 400) is None


@given(st.binary(max_size=60), st.integers(0, 20))
@settings(max_examples=80, deadline=None)
def test_bytes_that_are_no_names(data: bytes, n: int) -> None:
    packed = zstandard.ZstdCompressor().compress(data)
    with suppress(CorruptIndex):
        assert len(unpack_front(packed, n)) == n
    with suppress(CorruptIndex):
        called = unpack_called(packed, n, Beginnings.of(["com."]))
        assert len(called) == n
        assert all(isinstance(called.raw(i), bytes) and called.behind(i) < 2**32 for i in range(n))


@pytest.mark.parametrize("n", [1, 2, 33, 1000])
def test_tables_of_numbers(n: int) -> None:
    numbers = np.random.default_rng(n).permutation(n).astype(np.uint32)
    data = b"".join(pack_table(numbers, 32, 99))
    for which in range(n):
        span = span_of_number("order.bin", which, n, 32, 99)
        block = data[span.offset : span.offset + span.length]
        assert is_whole(span, block)
        assert Table(block, n)[which % 32] == numbers[which]
        for seed in (98, 99 + (1 << 40)):
            assert not is_whole(span_of_number("order.bin", which, n, 32, seed), block)


@given(lists(), st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_the_plain_decoder_reads_lists_as_the_compiled_one(made: tuple[np.ndarray, int], more: int) -> None:
    ids, n = made
    words, _ = coded(ids, n, len(ids) + more)
    for decoder in (plain, compiled):
        assert decoder.read_chunk(words, len(ids), len(ids) + more, n).tolist() == ids.tolist()


@given(st.binary(min_size=8, max_size=80), st.lists(st.integers(0, 30), min_size=1, max_size=6), st.booleans())
@settings(max_examples=150, deadline=None)
def test_both_decoders_refuse_the_same_bits(data: bytes, counts: list[int], is_small: bool) -> None:
    words, n = np.frombuffer(data[: len(data) // 8 * 8], np.uint64), 9 if is_small else LARGEST
    lengths, some = np.array(counts, np.uint32), np.array([1, 5], np.uint32)
    for which in range(len(counts)):
        args = (words, 0, lengths, which, 8, n, 0)
        assert plain.read_list(*args).tolist() == compiled.read_list(*args).tolist()
    deep = [decoder.read_deep(words, lengths, some, some[1:], (8, 4, 3, 2, 1), n) for decoder in (plain, compiled)]
    assert deep[0][0] == deep[1][0]
    assert deep[0][1].tolist() == deep[1][1].tolist()


@given(NAMES | st.lists(st.binary(min_size=1, max_size=9), max_size=5), st.booleans())
@settings(max_examples=150, deadline=None)
def test_the_plain_decoder_reads_names_as_the_compiled_one(names: list[bytes], is_whole: bool) -> None:
    data = np.frombuffer(b"".join(names), np.uint8)
    if is_whole:
        known, lines = table(names), np.arange(len(names), dtype=np.uint32)
        data = np.empty(known.room(lines), np.uint8)
        data = data[: front_coded(known.blob, known.offsets, lines, data)]
    found = []
    for decoder in (plain, compiled):
        out, ends = np.zeros(1 << 16, np.uint8), np.zeros(3000, np.int64)
        n = decoder.read_front(data, out, ends)
        found.append((n, ends[: max(n, 0)].tolist(), out[: ends[n - 1]].tobytes() if n > 0 else b""))
    assert found[0] == found[1]


@pytest.mark.parametrize("n", [7, 2**11 + 1, 2**22 + 1, 121_000_000], ids=str)
def test_lists_of_any_length_are_sorted_together(n: int) -> None:
    random = np.random.default_rng(3)
    n_lines = min(n, 50)
    degrees = random.choice([0, 1, 3, 100, 5000, 70_000], n_lines) if n > 100 else np.full(n_lines, 3)
    offsets = np.concatenate([[0], np.cumsum(degrees)]).astype(np.int64)
    neighbours = random.integers(0, min(n, 10**6), offsets[-1]).astype(np.uint32)
    node_of_line = np.zeros(n, np.uint32)
    node_of_line[: 10**6] = random.integers(0, n, len(node_of_line[: 10**6]))
    nodes = np.zeros(len(neighbours), np.uint32)
    keys = [np.empty(min(len(nodes), BATCH), np.uint64) for _ in range(2)]
    sort_lists(np.arange(n_lines, dtype=np.uint32), offsets, neighbours, node_of_line, 0, nodes, *keys)
    for i in range(n_lines):
        place = slice(offsets[i], offsets[i + 1])
        assert (nodes[place] == np.sort(node_of_line[neighbours[place]])).all()
