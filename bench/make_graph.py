"""A seeded synthetic link graph, the same edges whatever the size of a chunk: for the benches of ranking.

    python bench/make_graph.py FOLDER [--nodes 10_000_000] [--edges 200_000_000] [--seed 1]

Half of the nodes have no out-links; the others' out-degrees follow a power law (exponent 2.5). 65 % of the targets
are Zipf(0.75), scattered over all nodes; 35 % stand near their source (within n/500, most of them nearer). The number
of edges is met to about a percent, and some are repeated, as in real lists. Writes FOLDER/rows.u32 (sources) and
FOLDER/columns.u32 (targets), ordered by source; `chunks` gives the same without a file.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled

Words = NDArray[np.uint32]
MOST_LINKS = 200_000
CHUNK_EDGES = 1 << 22


@compiled
def _random(state: np.uint64) -> np.uint64:
    """The mixing step of splitmix64."""
    z = state + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@compiled
def _share(state: np.uint64) -> float:
    """A number in (0, 1)."""
    return (float(_random(state) >> np.uint64(11)) + 0.5) * 2.0**-53


@compiled
def _fill(first: int, n: int, least: float, seed: int, step: int, rows: Words, columns: Words) -> tuple[int, int]:
    """Fill with the links of the nodes from `first`, as many as fit; the next node, and how many edges there are."""
    filled, near = 0, max(n / 500.0, 2.0)
    node = first
    while node < n:
        state = _random(np.uint64(seed) * np.uint64(0x632BE59BD9B4E019) + np.uint64(node))
        degree = 0
        if state & np.uint64(1):
            degree = min(int(least * _share(state + np.uint64(1)) ** (-2.0 / 3.0) + 0.5), 200_000)
        if filled + degree > len(rows):
            break
        for k in range(degree):
            u = _share(state + np.uint64(2 * k + 2))
            v = _share(state + np.uint64(2 * k + 3))
            if u < 0.65:
                rank = int(n * v * v * v * v)
                target = (rank * step) % n
            else:
                w = 2.0 * v - 1.0
                target = (node + int(near * w * w * w) + n) % n
            rows[filled] = node
            columns[filled] = target
            filled += 1
        node += 1
    return node, filled


def chunks(n: int, m: int, seed: int = 1, size: int = CHUNK_EDGES) -> Iterator[tuple[Words, Words]]:
    """About m edges of n nodes as (sources, targets), at most `size` (and MOST_LINKS) at a time, ordered by source."""
    step = int(n * 0.6180339887) | 1
    while math.gcd(step, n) != 1:
        step += 2
    size = max(size, MOST_LINKS)
    least, node = 2.0 * m / n / 3.0 * 1.01, 0
    while node < n:
        rows, columns = np.empty(size, np.uint32), np.empty(size, np.uint32)
        node, filled = _fill(node, n, least, seed, step, rows, columns)
        yield rows[:filled], columns[:filled]


def edges(n: int, m: int, seed: int = 1) -> tuple[Words, Words]:
    """All of them at once."""
    parts = list(chunks(n, m, seed))
    return np.concatenate([rows for rows, _ in parts]), np.concatenate([columns for _, columns in parts])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--nodes", type=int, default=10_000_000)
    parser.add_argument("--edges", type=int, default=200_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    made = 0
    with (given.folder / "rows.u32").open("wb") as rows_file, (given.folder / "columns.u32").open("wb") as columns_file:
        for rows, columns in chunks(given.nodes, given.edges, given.seed):
            rows_file.write(rows.data)
            columns_file.write(columns.data)
            made += len(rows)
    print(f"{made:,} edges of {given.nodes:,} nodes")


if __name__ == "__main__":
    main()
