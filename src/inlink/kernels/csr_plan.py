"""How edges are cut for sorting into rows: buckets that fit the cache, ranges of buckets that fit the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.kernels.csr_radix import count_fine, count_rows
from inlink.kernels.csr_rows import Longs, Singles, Words

Chunk = tuple[Words, Words, Singles | None]

MOST_NODES = 1 << 32
_FINE = 1 << 16  # rows are counted in at most so many groups
_BUCKET = 1 << 16  # edges of a bucket, about: keys and their second place fit the second-level cache
_HEAVY = 1 / 4  # of the edges of a range: a group of more is cut by rows, since strong nodes may stand together


@dataclass(frozen=True, slots=True)
class Plan:
    """How the rows are cut: fine groups of 2**shift rows, buckets of such groups, ranges of buckets.

    A group that is too heavy for one bucket is cut by rows: bucket_of is then -1 - k, and the bucket of its row r
    stands at heavy_of[k + r].
    Shapes: bucket_of (fine groups,); heavy_of (rows of heavy groups,); first_rows (buckets,); sizes (buckets,) edges;
    ranges: half-open, of buckets.
    """

    n: int
    m: int
    shift: int
    column_bits: int
    bucket_of: NDArray[np.int32]
    heavy_of: NDArray[np.int32]
    first_rows: Longs
    sizes: Longs
    ranges: list[tuple[int, int]]


def plan_of(chunks: Callable[[], Iterable[Chunk]], n: int, n_columns: int, most_edges: int) -> Plan:
    """Count the edges and cut the rows so that a bucket fits the cache and a range the memory."""
    if max(n, n_columns) > MOST_NODES or min(n, n_columns) < 0:
        raise BadInput(f"{max(n, n_columns)} nodes cannot be numbered", hint="A graph has at most 2**32 nodes.")
    shift = max(0, (max(n, 1) - 1).bit_length() - (_FINE - 1).bit_length())
    counts = np.zeros(((max(n, 1) - 1) >> shift) + 1, np.int64)
    seen = 0
    for rows, columns, _ in chunks():
        bad = count_fine(rows, columns, n, n_columns, shift, counts)
        if bad >= 0:
            raise _out_of_range(seen + bad, int(rows[bad]), int(columns[bad]), n, n_columns)
        seen += len(rows)
    heavy = np.flatnonzero(counts > max(_BUCKET, most_edges * _HEAVY)) if shift else np.empty(0, np.int64)
    firsts, items = np.arange(len(counts)) << shift, counts
    if len(heavy):
        of_rows = _counts_of_rows(chunks, len(counts), heavy, shift)
        each = ((heavy << shift)[:, None] + np.arange(1 << shift)).ravel()
        there = each < n
        firsts = np.concatenate([np.delete(firsts, heavy), each[there]])
        items = np.concatenate([np.delete(counts, heavy), of_rows[there]])
        order = np.argsort(firsts, kind="stable")
        firsts, items = firsts[order], items[order]
    marks = (np.cumsum(items) - items) // _BUCKET
    starts = np.unique(marks, return_index=True)[1]
    first_rows, sizes = firsts[starts], np.add.reduceat(items, starts)
    bucket_of = np.searchsorted(first_rows, np.arange(len(counts)) << shift, "right") - 1
    heavy_of = np.empty(0, np.int32)
    if len(heavy):
        heavy_of = (np.searchsorted(first_rows, each, "right") - 1).astype(np.int32)
        bucket_of[heavy] = -1 - (np.arange(len(heavy)) << shift)
    return Plan(
        n=n,
        m=seen,
        shift=shift,
        column_bits=max(1, (max(n_columns, 1) - 1).bit_length()),
        bucket_of=bucket_of.astype(np.int32),
        heavy_of=heavy_of,
        first_rows=first_rows,
        sizes=sizes,
        ranges=_ranges(sizes, max(1, most_edges)),
    )


def _counts_of_rows(chunks: Callable[[], Iterable[Chunk]], n_groups: int, heavy: Longs, shift: int) -> Longs:
    """How many edges each row of some groups has, group after group."""
    at = np.full(n_groups, -1, np.int64)
    at[heavy] = np.arange(len(heavy)) << shift
    counts = np.zeros(len(heavy) << shift, np.int64)
    for rows, _, _ in chunks():
        count_rows(rows, shift, at, counts)
    return counts


def _ranges(sizes: Longs, most: int) -> list[tuple[int, int]]:
    """Runs of buckets with at most so many edges, each of one bucket at least."""
    found, start, total = [], 0, 0
    for bucket, size in enumerate(sizes.tolist()):
        if bucket > start and total + size > most:
            found.append((start, bucket))
            start, total = bucket, 0
        total += size
    found.append((start, len(sizes)))
    return found


def _out_of_range(edge: int, row: int, column: int, n: int, n_columns: int) -> BadInput:
    """The error of an edge that names a node that there is not."""
    what = f"row {row} is not below {n}" if row >= n else f"column {column} is not below {n_columns}"
    return BadInput(f"edge {edge}: {what}", hint="Give the number of nodes that the edges use.", edge=edge)
