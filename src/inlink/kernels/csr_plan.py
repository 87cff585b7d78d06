"""How edges are cut for sorting into rows: buckets that fit the cache, ranges of buckets that fit the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.kernels.csr_radix import count_fine
from inlink.kernels.csr_rows import Longs, Singles, Words

Chunk = tuple[Words, Words, Singles | None]

MOST_NODES = 1 << 32
_FINE = 1 << 16  # rows are counted in at most so many groups
_BUCKET = 1 << 16  # edges of a bucket, about: keys and their second place fit the second-level cache


@dataclass(frozen=True, slots=True)
class Plan:
    """How the rows are cut: fine groups of 2**shift rows, buckets of such groups, ranges of buckets.

    Shapes: bucket_of (fine groups,); first_rows (buckets,); sizes (buckets,) edges; ranges: half-open, of buckets.
    """

    n: int
    m: int
    shift: int
    column_bits: int
    bucket_of: NDArray[np.int32]
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
    bucket_of = ((np.cumsum(counts) - counts) // _BUCKET).astype(np.int32)
    groups, bucket_of = np.unique(bucket_of, return_index=True)[1], _dense(bucket_of)
    sizes = np.add.reduceat(counts, groups)
    return Plan(
        n=n,
        m=seen,
        shift=shift,
        column_bits=max(1, (max(n_columns, 1) - 1).bit_length()),
        bucket_of=bucket_of,
        first_rows=groups.astype(np.int64) << shift,
        sizes=sizes,
        ranges=_ranges(sizes, max(1, most_edges)),
    )


def _dense(ascending: NDArray[np.int32]) -> NDArray[np.int32]:
    """The same groups numbered 0, 1, 2 …"""
    steps = np.diff(ascending, prepend=ascending[:1]) > 0
    return np.cumsum(steps).astype(np.int32)


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
