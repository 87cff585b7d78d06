"""Packed rows, reverse push and components: size beside the gap entropy, and speed beside plain arrays and scipy.

    .venv/bin/python bench/packed.py make FOLDER [--nodes 10_000_000] [--edges 200_000_000]    the graph of make_graph
    .venv/bin/python bench/packed.py sizes FOLDER [--data ../shared/data]
    taskset -c 0 .venv/bin/python bench/packed.py sweeps | push | components FOLDER

Gap entropy: -log2 of the share that each value has among all of its kind, summed over all gaps (neighbour less the one
before it, the first less -1) and over all degrees. Size: the whole file, with codes, block directory and trailer.
PageRank from packed rows and from arrays must have the same bits, a push must keep its promise, and components must be
those of scipy (a development dependency). Times are CPU time of this process, with one thread.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

import make_graph
from inlink.kernels.components import strongly_connected, weakly_connected
from inlink.kernels.csr import Csr, csr_of_chunks, csr_of_edges, transpose
from inlink.kernels.csr_plan import Chunk
from inlink.kernels.packed_write import packed_of_csr
from inlink.kernels.pagerank import pagerank
from inlink.kernels.push import reverse_push

DATA = Path(os.environ.get("INLINK_TEST_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
REAL = {
    "hollins": ("hollins/hollins-edges.txt", "hollins.edu, pages"),
    "wiki-Vote": ("wiki-Vote/wiki-Vote.txt", "wiki-Vote"),
    "barabasi": ("louridas/barabasi-100000.txt", "barabasi-100000"),
}


def bits_of(values: NDArray[np.int64]) -> float:
    """Bits that all values need together by their own frequencies."""
    counts = np.unique(values, return_counts=True)[1]
    return float(-(counts * np.log2(counts / len(values))).sum())


def entropy(links: Csr) -> float:
    """Bits of the gaps and degrees of all rows."""
    before = np.empty(links.m, np.int64)
    before[:1], before[1:] = -1, links.neighbours[:-1]
    degrees = links.degrees()
    before[links.offsets[:-1][degrees > 0]] = -1
    return bits_of(links.neighbours - before) + bits_of(degrees)


def make(folder: Path, nodes: int, edges: int) -> None:
    """Both directions of the synthetic graph, as arrays."""

    def chunks() -> Iterator[Chunk]:
        for sources, targets in make_graph.chunks(nodes, edges):
            yield targets, sources, None

    folder.mkdir(parents=True, exist_ok=True)
    inward = csr_of_chunks(chunks, nodes)
    for name, links in (("in", inward), ("out", transpose(inward, nodes))):
        np.save(folder / f"{name}-offsets.npy", links.offsets)
        np.save(folder / f"{name}-neighbours.npy", links.neighbours)


def load(folder: Path, name: str) -> Csr:
    return Csr(np.load(folder / f"{name}-offsets.npy"), np.load(folder / f"{name}-neighbours.npy"))


def real_graphs(data: Path) -> Iterator[tuple[str, Csr]]:
    for path, title in REAL.values():
        edges = np.loadtxt(data / "graphs" / path, np.int64, usecols=(0, 1))
        n = int(edges.max()) + 1
        yield f"{title}, out", csr_of_edges(edges[:, 0], edges[:, 1], n)
        yield f"{title}, in", csr_of_edges(edges[:, 1], edges[:, 0], n)


def sizes(folder: Path, data: Path) -> None:
    """Bytes an edge, and the ratio to the entropy; of the real graphs alone where none was made in the folder."""
    print("| graph | nodes | edges | entropy, bits an edge | packed, bits an edge | bytes an edge | ratio |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    made = ("out", "in") if (folder / "in-offsets.npy").exists() else ()
    for title, links in [*real_graphs(data), *((f"synthetic, {name}", load(folder, name)) for name in made)]:
        packed, least = packed_of_csr(links), entropy(links)
        bits = 8 * packed.n_bytes
        each = f"{least / links.m:.2f} | {bits / links.m:.2f} | {bits / 8 / links.m:.2f} | {bits / least:.3f}"
        print(f"| {title} | {links.n:,} | {links.m:,} | {each} |")


def spent(work: Callable[[], object], rounds: int = 3) -> float:
    """The least CPU seconds of some rounds."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def sweeps(folder: Path) -> None:
    """Packing, unpacking, single rows; PageRank from both."""
    inward = load(folder, "in")
    packed_of_csr(Csr(inward.offsets[:1001], inward.neighbours[: inward.offsets[1000]]), inward.n)
    start = time.process_time()
    packed = packed_of_csr(inward)
    print(f"pack: {(time.process_time() - start) / inward.m * 1e9:.1f} ns an edge")
    start = time.process_time()
    assert (packed.offsets == inward.offsets).all()
    print(f"offsets: {(time.process_time() - start) / inward.n * 1e9:.1f} ns a row")
    step = max(1, inward.n // 400)
    place = np.empty(int(np.diff(inward.offsets[::step]).max(initial=0)) + step, np.uint32)
    firsts = range(0, inward.n - step, step)

    def unpack() -> None:
        for first in firsts:
            packed.rows_into(first, first + step, place)

    once = spent(unpack)
    print(f"unpack: {once / inward.offsets[firsts[-1] + step] * 1e9:.2f} ns an edge")
    rows = np.random.default_rng(1).integers(0, inward.n, 2000).tolist()
    times = []
    for row in rows:
        start = time.perf_counter()
        found = packed.row(row)
        times.append(time.perf_counter() - start)
        assert (found == inward.row(row)).all()
    print(f"one row: median {np.median(times) * 1e6:.0f} us, p99 {np.quantile(times, 0.99) * 1e6:.0f} us")
    longest = int(inward.degrees().argmax())
    print(f"the longest row, {packed.degree(longest):,}: {spent(lambda: packed.row(longest)) * 1e3:.1f} ms", end="")
    print(f"; its first 100: {spent(lambda: packed.row(longest, 100)) * 1e6:.0f} us")
    out_weight = np.bincount(inward.neighbours, minlength=inward.n).astype(np.float64)
    for _ in range(2):  # the first compiles
        plain, plain_s, plain_whole_s = timed(inward, out_weight)
        other, other_s, other_whole_s = timed(packed, out_weight)
    assert (plain == other).all()
    print(f"PageRank, {inward.m:,} edges: plain {plain_s:.3f} s, packed {other_s:.3f} s an iteration: ", end="")
    print(f"{plain_s / other_s:.2f} of the speed (links among linking nodes are unpacked once)")
    print(f"whole runs: plain {plain_whole_s:.2f} s, packed {other_whole_s:.2f} s: ", end="")
    print(f"{plain_whole_s / other_whole_s:.2f} of the speed")


def timed(inward: object, out_weight: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, float]:
    """Masses; CPU seconds of one iteration, the difference of two runs of different length; those of the longer run."""
    start = time.process_time()
    first = pagerank(inward, out_weight, threads=1, tolerance=1e-2)  # type: ignore[arg-type]
    middle = time.process_time()
    result = pagerank(inward, out_weight, threads=1, tolerance=1e-6)  # type: ignore[arg-type]
    end = time.process_time()
    more = result.iterations - first.iterations
    return result.mass, (end - 2 * middle + start) / more, end - middle


def push(folder: Path) -> None:
    """The origins of nodes of three in-degrees, and columns to an error."""
    inward, out_weight = load(folder, "in"), np.diff(np.load(folder / "out-offsets.npy")).astype(np.float64)
    run = pagerank(inward, out_weight, tolerance=1e-6)
    base = (1 - run.damping + run.damping * run.returned) / inward.n
    mass, degrees = run.mass - base, inward.degrees()
    reverse_push(inward, out_weight, 0, most_edges=1000, mass=mass, unresolved_share=0.5)
    print("| in-degree | asked for | CPU s | edges pushed | unresolved |")
    print("|---:|---|---:|---:|---:|")
    for wanted in (10, 1000, 100_000):
        target = int(np.abs(degrees - wanted).argmin())
        for share in (0.05, 0.01):
            start = time.process_time()
            column = reverse_push(inward, out_weight, target, mass=mass, unresolved_share=share)
            took, left = time.process_time() - start, (column.unresolved or 0.0) / run.mass[target]
            assert left <= share
            print(f"| {degrees[target]:,} | share {share} | {took:.3f} | {column.edges_pushed:,} | {left:.4f} |")
        for epsilon in (1e-3, 1e-4):
            start = time.process_time()
            column = reverse_push(inward, out_weight, target, epsilon=epsilon)
            took = time.process_time() - start
            assert column.error_bound <= epsilon
            print(f"| {degrees[target]:,} | error {epsilon} | {took:.3f} | {column.edges_pushed:,} | |")


def components(folder: Path) -> None:
    """Weak and strong components beside scipy."""
    links = load(folder, "out")
    judge = csr_matrix((np.ones(links.m, np.int8), links.neighbours.view(np.int32), links.offsets), (links.n, links.n))
    for kind, found_by in (("weak", weakly_connected), ("strong", strongly_connected)):
        found_by(Csr(np.zeros(2, np.int64), np.empty(0, np.uint32)))
        start = time.process_time()
        found = found_by(links)
        middle = time.process_time()
        count, _ = connected_components(judge, connection=kind)
        end = time.process_time()
        assert count == found.n_components
        print(f"{kind}: {middle - start:.2f} s, scipy {end - middle:.2f} s; {count:,} components", end="")
        print(f", the largest of {found.largest_size:,}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["make", "sizes", "sweeps", "push", "components"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--nodes", type=int, default=10_000_000)
    parser.add_argument("--edges", type=int, default=200_000_000)
    parser.add_argument("--data", type=Path, default=DATA)
    given = parser.parse_args()
    if given.what == "make":
        make(given.folder, given.nodes, given.edges)
    elif given.what == "sizes":
        sizes(given.folder, given.data)
    else:
        {"sweeps": sweeps, "push": push, "components": components}[given.what](given.folder)


if __name__ == "__main__":
    main()
