"""Edges as sorted rows (compressed sparse rows), and the same turned round, in bounded temporary memory.

Row r has the neighbours[offsets[r]:offsets[r + 1]], ascending and each once. Whether a row is a page's out-links
(outward) or its in-links (inward) is the maker's choice: `transpose` makes the one from the other.

Source: radix partitioning as in Beamer, Asanović, Patterson, Reducing Pagerank Communication (2017), and least
significant digit first within a bucket (Knuth, The Art of Computer Programming 3, 5.2.5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inlink.errors import BadInput
from inlink.kernels.csr_plan import MOST_NODES, Chunk, Plan, plan_of
from inlink.kernels.csr_radix import partition, rows_of, sort_keys, write_rows
from inlink.kernels.csr_rows import Csr, Singles, Words
from inlink.kernels.csr_turn import turned_rows

__all__ = ["Csr", "csr_of_chunks", "csr_of_edges", "transpose"]

MEMORY_BYTES = 2 << 30
_CHUNK = 1 << 24  # edges that are converted, or whose rows are written out, at a time
_NONE = np.empty(0, np.float32)


def csr_of_edges(
    rows: ArrayLike,
    columns: ArrayLike,
    n: int,
    weights: ArrayLike | None = None,
    *,
    n_columns: int | None = None,
    combine: Literal["sum", "first"] = "sum",
    memory_bytes: int = MEMORY_BYTES,
    neighbours_into: Words | None = None,
) -> Csr:
    """The edges (rows[k], columns[k]) as sorted rows; `combine` says what weight a repeated edge has.

    Shapes: rows, columns (m,) of integers below n and n_columns (default n); weights (m,) or None.
    `neighbours_into`, an array (a memory map, say) with room for all edges, is written instead of a new one.
    Raises: BadInput: an edge out of range, arrays of different lengths, more than 2**32 nodes.
    Cost: some 25 ns an edge; temporary memory about `memory_bytes` beside the result.
    """
    rows, columns = np.asarray(rows), np.asarray(columns)
    given = None if weights is None else np.asarray(weights)
    lengths = {len(each) for each in (rows, columns, given) if each is not None}
    if len(lengths) > 1:
        raise BadInput("the columns of the edges differ in length", hint="Give a row, a column and a weight an edge.")
    return csr_of_chunks(
        lambda: _chunks_of(rows, columns, given),
        n,
        n_columns=n_columns,
        weighted=given is not None,
        combine=combine,
        memory_bytes=memory_bytes,
        neighbours_into=neighbours_into,
    )


def csr_of_chunks(
    chunks: Callable[[], Iterable[Chunk]],
    n: int,
    *,
    n_columns: int | None = None,
    weighted: bool = False,
    combine: Literal["sum", "first"] = "sum",
    memory_bytes: int = MEMORY_BYTES,
    neighbours_into: Words | None = None,
    threads: int = 1,
) -> Csr:
    """As `csr_of_edges`, for edges that come in pieces: `chunks()` gives all of them anew each time it is called.

    It is called once to count and then once for each range of rows whose edges fit `memory_bytes`. threads: share the
    partitioning and the sorting of edges without weights, of which none may then be repeated.
    Shapes: a piece is rows and columns (uint32) and weights (float32), or None where not `weighted`.
    """
    if combine not in ("sum", "first"):
        raise BadInput(f"unknown way to combine repeated edges: {combine}", hint="Use sum or first.")
    plan = plan_of(chunks, n, n if n_columns is None else n_columns, memory_bytes // (24 if weighted else 16))
    if threads > 1 and not weighted:
        return _turned(plan, chunks, threads, neighbours_into, is_ordered=False)
    return _build(plan, chunks, weighted, combine == "first", False, neighbours_into)


def transpose(
    csr: Csr,
    n_columns: int,
    *,
    memory_bytes: int = MEMORY_BYTES,
    neighbours_into: Words | None = None,
    threads: int = 1,
    tick: Callable[[int], None] | None = None,
) -> Csr:
    """The graph turned round: row c of the result has the rows of `csr` in which c stands.

    threads: share the partitioning and the sorting; the result is the same for any number. tick: told how many edges
    were looked at since it was told last: all once to count, then all once for each range that memory needs.
    Raises: BadInput: a neighbour is not below n_columns.    Cost: some 10 ns an edge.
    """

    def chunks() -> Iterator[Chunk]:
        if tick is not None:
            for chunk in pieces():
                yield chunk
                tick(len(chunk[0]))
        else:
            yield from pieces()

    def pieces() -> Iterator[Chunk]:
        place = np.empty(max(_CHUNK, int(csr.degrees().max(initial=0))) if csr.m > _CHUNK else csr.m, np.uint32)
        row = 0
        while row < csr.n:
            end = rows_of(csr.offsets, row, csr.n, place)
            low, high = csr.offsets[row], csr.offsets[end]
            yield (
                np.asarray(csr.neighbours[low:high]),
                place[: high - low],
                None if csr.weights is None else np.asarray(csr.weights[low:high]),
            )
            row = end

    weighted = csr.weights is not None
    plan = plan_of(chunks, n_columns, csr.n, memory_bytes // (24 if weighted else 16))
    if threads > 1 and not weighted:
        return _turned(plan, chunks, threads, neighbours_into, is_ordered=True)
    return _build(plan, chunks, weighted, False, True, neighbours_into)


def _turned(
    plan: Plan,
    chunks: Callable[[], Iterable[Chunk]],
    threads: int,
    neighbours_into: Words | None,
    *,
    is_ordered: bool,
) -> Csr:
    neighbours = np.empty(plan.m, np.uint32) if neighbours_into is None else neighbours_into
    offsets = turned_rows(plan, chunks, threads, neighbours, is_ordered=is_ordered)
    return Csr(offsets, _shortened(neighbours, plan.m))


def _build(
    plan: Plan,
    chunks: Callable[[], Iterable[Chunk]],
    weighted: bool,
    keep_first: bool,
    by_row_only: bool,
    neighbours_into: Words | None,
) -> Csr:
    """Range by range: partition into buckets, sort each, append its rows."""
    if neighbours_into is not None and len(neighbours_into) < plan.m:
        raise BadInput(f"no room for {plan.m} edges in an array of {len(neighbours_into)}", hint="Make it larger.")
    neighbours = np.empty(plan.m, np.uint32) if neighbours_into is None else neighbours_into
    weights = np.empty(plan.m if weighted else 0, np.float32)
    offsets = np.zeros(plan.n + 1, np.int64)
    rows_in = np.diff(plan.first_rows, append=plan.n).tolist()
    filled = 0
    for low, high in plan.ranges:
        sizes = plan.sizes[low:high]
        keys, carried = _partitioned(plan, chunks, weighted, (low, high))
        spare = np.empty(int(sizes.max()), np.uint64)
        spare_carried = np.empty(len(spare) if weighted else 0, np.float32)
        end = 0
        for bucket, size in enumerate(sizes.tolist(), low):
            start, end = end, end + size
            row_bits = max(1, (rows_in[bucket] - 1).bit_length())
            bits = (plan.column_bits if by_row_only else 0, plan.column_bits + row_bits)
            ordered = sort_keys(
                keys[start:end],
                carried[start:end] if weighted else carried,
                spare[:size],
                spare_carried[:size] if weighted else spare_carried,
                bits,
            )
            first_row = int(plan.first_rows[bucket])
            filled = write_rows(*ordered, plan.column_bits, first_row, filled, keep_first, offsets, neighbours, weights)
    np.cumsum(offsets, out=offsets)
    return Csr(
        offsets, _shortened(neighbours, filled), _shortened(weights, filled) if weighted else None, plan.m - filled
    )


def _partitioned(
    plan: Plan, chunks: Callable[[], Iterable[Chunk]], weighted: bool, buckets: tuple[int, int]
) -> tuple[NDArray[np.uint64], Singles]:
    """The keys (and weights) of a range of buckets, bucket after bucket."""
    sizes = plan.sizes[buckets[0] : buckets[1]]
    keys = np.empty(int(sizes.sum()), np.uint64)
    carried = np.empty(len(keys) if weighted else 0, np.float32)
    cursors = np.cumsum(sizes) - sizes
    for rows, columns, weights in chunks():
        given = _NONE if weights is None else weights
        partition(
            rows,
            columns,
            given,
            plan.shift,
            plan.bucket_of,
            plan.heavy_of,
            plan.first_rows,
            plan.column_bits,
            buckets,
            cursors,
            keys,
            carried,
        )
    if not np.array_equal(cursors, np.cumsum(sizes)):
        raise BadInput("the edges changed while they were read", hint="Read them from a source that stays the same.")
    return keys, carried


def _shortened(array: NDArray[Any], size: int) -> NDArray[Any]:
    """The first `size` items; memory that we made ourselves is given back."""
    if size == len(array):
        return array
    if array.base is None and type(array) is np.ndarray:
        array.resize(size, refcheck=False)
        return array
    return array[:size]


def _chunks_of(rows: NDArray[Any], columns: NDArray[Any], weights: NDArray[Any] | None) -> Iterator[Chunk]:
    """Pieces of whole arrays, as unsigned 32-bit numbers."""
    for start in range(0, len(rows), _CHUNK):
        part = slice(start, start + _CHUNK)
        yield (
            _words(rows[part], start),
            _words(columns[part], start),
            None if weights is None else np.ascontiguousarray(weights[part], np.float32),
        )


def _words(values: NDArray[Any], start: int) -> Words:
    """The numbers as uint32. Raises: BadInput: no integers, or one that cannot be a node."""
    if values.dtype == np.uint32:
        return np.ascontiguousarray(values)
    if len(values) and values.dtype.kind not in "iu":
        raise BadInput(f"nodes are whole numbers, not {values.dtype}", hint="Number the nodes from 0.")
    wrong = np.flatnonzero((values < 0) | (values >= MOST_NODES))
    if len(wrong):
        at = int(wrong[0])
        raise BadInput(
            f"edge {start + at}: {values[at]} is no node", hint="Nodes are numbered from 0.", edge=start + at
        )
    return values.astype(np.uint32)
