"""Edges to rows by several threads: each edge is there once, so a bucket of rows has its place beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.kernels.csr_plan import Chunk, Plan
from inlink.kernels.csr_radix import partition, sort_keys, write_rows
from inlink.kernels.csr_rows import Longs, Words

_NONE = np.empty(0, np.float32)


def turned_rows(
    plan: Plan, chunks: Callable[[], Iterable[Chunk]], threads: int, neighbours: Words, *, is_ordered: bool
) -> Longs:
    """Write the rows of edges, unweighted, into `neighbours`; gives where each begins, with the end.

    is_ordered: edges come by column, as those of a graph that is turned round.
    Raises: BadInput: a row has a neighbour twice; no room.
    """
    if len(neighbours) < plan.m:
        raise BadInput(f"no room for {plan.m} edges in an array of {len(neighbours)}", hint="Make it larger.")
    offsets = np.zeros(plan.n + 1, np.int64)
    rows_in = np.diff(plan.first_rows, append=plan.n).tolist()
    begins = (np.cumsum(plan.sizes) - plan.sizes).tolist()

    def work(keys: NDArray[np.uint64], first: int, last: int, base: int) -> None:
        sizes = plan.sizes[first:last]
        spare = np.empty(int(sizes.max(initial=0)), np.uint64)
        for bucket, size in enumerate(sizes.tolist(), first):
            begin = begins[bucket]
            row_bits = max(1, (rows_in[bucket] - 1).bit_length())
            bits = (plan.column_bits if is_ordered else 0, plan.column_bits + row_bits)
            mine = keys[begin - base : begin - base + size]
            ordered = sort_keys(mine, _NONE, spare[:size], _NONE, bits)
            first_row = int(plan.first_rows[bucket])
            end = write_rows(*ordered, plan.column_bits, first_row, begin, False, offsets, neighbours, _NONE)
            if end != begin + size:
                raise BadInput("a row has a neighbour twice", hint="Give rows with each neighbour once.")

    with ThreadPoolExecutor(threads) as pool:
        for low, high in plan.ranges:
            base = begins[low] if low < len(begins) else 0
            shares = _shares(plan.sizes, low, high, threads)
            keys = _partitioned_by(plan, chunks, (low, high), shares, pool)
            smaller = _shares(plan.sizes, low, high, 16 * threads)
            for done in [pool.submit(work, keys, first, last, base) for first, last in smaller]:
                done.result()
    np.cumsum(offsets, out=offsets)
    return offsets


def _shares(sizes: Longs, low: int, high: int, count: int) -> list[tuple[int, int]]:
    """The buckets from low to high in at most so many runs of about as many edges."""
    ends = np.cumsum(sizes[low:high])
    total = int(ends[-1]) if len(ends) else 0
    cuts = [low + int(np.searchsorted(ends, total * k // count)) for k in range(1, count)]
    bounds = sorted({low, *cuts, high})
    return list(pairwise(bounds))


def _partitioned_by(
    plan: Plan,
    chunks: Callable[[], Iterable[Chunk]],
    buckets: tuple[int, int],
    shares: list[tuple[int, int]],
    pool: ThreadPoolExecutor,
) -> NDArray[np.uint64]:
    """The keys of some buckets: every thread looks at all edges and puts those of its buckets in place."""
    sizes = plan.sizes[buckets[0] : buckets[1]]
    keys = np.empty(int(sizes.sum()), np.uint64)
    begins = np.cumsum(sizes) - sizes
    cursors = [begins[first - buckets[0] : last - buckets[0]].copy() for first, last in shares]
    for rows, columns, _ in chunks():
        waiting = [
            pool.submit(
                partition, rows, columns, _NONE, plan.shift, plan.bucket_of, plan.heavy_of, plan.first_rows,
                plan.column_bits, share, cursor, keys, _NONE,
            )
            for share, cursor in zip(shares, cursors, strict=True)
        ]  # fmt: skip
        for done in waiting:
            done.result()
    if not np.array_equal(np.concatenate(cursors), np.cumsum(sizes)):
        raise BadInput("the edges changed while they were read", hint="Read them from a source that stays the same.")
    return keys
