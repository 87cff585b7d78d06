"""One PageRank run at the size of Common Crawl's domain graph, its in-links memory-mapped from disk.

    python bench/pagerank_huge.py FOLDER [--nodes 110_000_000] [--edges 3_300_000_000] [--tolerance 1e-6] [--threads 2]

The graph is that of bench/make_graph.py. Edges are generated once and spread over files by their target; each file
becomes sorted in-links, which are appended to one. FOLDER takes 12 bytes an edge meanwhile and keeps 4 an edge and
16 a node: a second run ranks what is there. Prints time per step and iteration, with the layout of the core and
without, and the most memory held at a time, mapped pages included.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inlink.errors import NotConverged
from inlink.kernels.csr import Csr, csr_of_edges
from inlink.kernels.pagerank import PageRankResult, pagerank
from inlink.kernels.pagerank_core import core_of
from inlink.kernels.pagerank_pull import add_spent
from make_graph import chunks
from pagerank_peers import most_memory_gb

RANGE_EDGES = 150_000_000


def spread(folder: Path, n: int, m: int) -> list[tuple[int, int, Path]]:
    """Generate the edges into files by range of targets: (first target, last target, file)."""
    parts = math.ceil(m / RANGE_EDGES)
    bounds = [n * part // parts for part in range(parts + 1)]
    ranges = [(bounds[k], bounds[k + 1], folder / f"edges.{k}") for k in range(parts)]
    files = [path.open("wb") for _, _, path in ranges]
    for sources, targets in chunks(n, m):
        of = np.searchsorted(bounds, targets, side="right") - 1
        for part, file in enumerate(files):
            chosen = of == part
            file.write(np.stack([targets[chosen], sources[chosen]], axis=1).tobytes())
    for file in files:
        file.close()
    return ranges


def build(folder: Path, n: int, m: int) -> None:
    """Write in-links and out-weights to FOLDER."""
    started = time.perf_counter()
    ranges = spread(folder, n, m)
    print(f"generated and spread: {time.perf_counter() - started:.0f} s", flush=True)
    started = time.perf_counter()
    offsets, out_weight = np.zeros(n + 1, np.int64), np.zeros(n)
    with (folder / "neighbours.u32").open("wb") as neighbours:
        for first, last, path in ranges:
            pairs = np.memmap(path, np.uint32, "r").reshape(-1, 2)
            rows = np.ascontiguousarray(pairs[:, 0]) - np.uint32(first)
            made = csr_of_edges(rows, np.ascontiguousarray(pairs[:, 1]), last - first, n_columns=n)
            del pairs, rows
            offsets[first + 1 : last + 1] = made.offsets[1:] + offsets[first]
            add_spent(made.offsets, made.neighbours, np.empty(0, np.float32), 0, 0, last - first, out_weight)
            neighbours.write(made.neighbours.data)
            path.unlink()
    np.save(folder / "offsets.npy", offsets)
    np.save(folder / "out_weight.npy", out_weight)
    seconds = time.perf_counter() - started
    print(f"sorted in-links: {seconds:.0f} s, {offsets[-1] / seconds / 1e6:.0f} M edges/s", flush=True)


def open_csr(folder: Path) -> tuple[Csr, NDArray[np.float64]]:
    """In-links as memory maps, and out-weights."""
    inward = Csr(
        np.load(folder / "offsets.npy", mmap_mode="r"), np.memmap(folder / "neighbours.u32", np.uint32, mode="r")
    )
    return inward, np.load(folder / "out_weight.npy")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--nodes", type=int, default=110_000_000)
    parser.add_argument("--edges", type=int, default=3_300_000_000)
    parser.add_argument("--tolerance", type=float, default=1e-6)
    parser.add_argument("--iterations", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if not (given.folder / "out_weight.npy").exists():
        build(given.folder, given.nodes, given.edges)
        print(f"most memory while building: {most_memory_gb():.1f} GB")
    inward, out_weight = open_csr(given.folder)
    print(f"{inward.n:,} nodes, {inward.m:,} edges, {int((out_weight == 0).sum()):,} dangling", flush=True)
    started = time.perf_counter()
    core = core_of(inward, out_weight, given.threads)
    laid_s = time.perf_counter() - started
    print(
        f"core: {core.size:,} nodes, {len(core.neighbours):,} edges, {laid_s:.1f} s; {most_memory_gb():.1f} GB",
        flush=True,
    )
    options = {"tolerance": given.tolerance, "max_iterations": given.iterations, "threads": given.threads}
    try:
        result = pagerank(core, **options)
    except NotConverged as error:
        last = error.facts["last"]
        if not isinstance(last, PageRankResult):
            raise
        result = last
    seconds = time.perf_counter() - started
    each = (seconds - laid_s) / result.iterations
    print(f"in all {seconds:.1f} s, {seconds / result.iterations:.2f} s an iteration; without the layout of the core:")
    print(
        f"{result.iterations} iterations, {result.double_sweeps} in double precision: {seconds - laid_s:.1f} s, "
        f"{each:.2f} s each, {inward.m / each / 1e6:.0f} M edges/s; bound {result.error_bound:.1e}; "
        f"sum {result.mass.sum():.12f}; most memory {most_memory_gb():.1f} GB"
    )


if __name__ == "__main__":
    main()
