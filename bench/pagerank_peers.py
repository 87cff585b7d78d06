"""The contenders of bench/pagerank.py, each a process of its own that runs when it is told to.

    python bench/pagerank_peers.py NAME FOLDER --error 1e-8 --threads 1

FOLDER holds the graph as bench/pagerank.py writes it. A contender is given the loosest tolerance of a ladder (halves)
whose true error (L1, to `mass.npy`) is at most `--error`. It prints one JSON line once it is ready; then it runs for
each line that it reads, twice if that is quick, and prints the seconds of the last run: processor time, or wall time
with `--wall`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

DAMPING = 0.85
WARM_S = 5.0  # a run that takes longer is timed the first time
PROMISE = 30.0  # a bound that is promised is some thirty times the true error
Array = Any
Solve = Callable[[float], tuple[Array, int]]  # tolerance → masses, iterations (0: not told)


def load(folder: Path, name: str) -> Array:
    """One array of the graph."""
    return np.load(folder / f"{name}.npy")


def inlink_mixed(folder: Path, threads: int) -> Solve:
    """Our own, at its default precision; the tolerance is a promise, not a hope."""
    from inlink.kernels.csr import Csr
    from inlink.kernels.pagerank import pagerank

    inward, out_weight = Csr(load(folder, "offsets"), load(folder, "neighbours")), load(folder, "out_weight")

    def solve(tolerance: float) -> tuple[Array, int]:
        found = pagerank(inward, out_weight, tolerance=tolerance * PROMISE, threads=threads)
        return found.mass, found.iterations

    return solve


def inlink_core(folder: Path, threads: int) -> Solve:
    """Our own, with the core laid out before, as others build their graphs before."""
    from inlink.kernels.csr import Csr
    from inlink.kernels.pagerank import pagerank
    from inlink.kernels.pagerank_core import core_of

    core = core_of(Csr(load(folder, "offsets"), load(folder, "neighbours")), load(folder, "out_weight"), threads)

    def solve(tolerance: float) -> tuple[Array, int]:
        found = pagerank(core, tolerance=tolerance * PROMISE, threads=threads)
        return found.mass, found.iterations

    return solve


def inlink_sweeps(folder: Path, threads: int) -> Solve:
    """Twenty narrow sweeps, and nothing else: what one more iteration costs."""
    from inlink.kernels.csr import Csr
    from inlink.kernels.pagerank_core import core_of
    from inlink.kernels.pagerank_sweeps import Sweeps

    core = core_of(Csr(load(folder, "offsets"), load(folder, "neighbours")), load(folder, "out_weight"), threads)
    sweeps = Sweeps(core, DAMPING, None, False, threads)
    sweeps.start()
    mass = load(folder, "mass")

    def solve(tolerance: float) -> tuple[Array, int]:
        for _ in range(20):
            sweeps.narrow()
        return mass, 20

    return solve


def topical(folder: Path, out_weight: Array) -> Array:
    """Sixteen restart vectors, each some nodes that stand near each other and some that do not."""
    n = len(out_weight)
    restarts = np.zeros((16, n))
    for lane in range(16):
        restarts[lane, lane :: 97 * (lane + 1)] = 1.0
        restarts[lane, lane * n // 16 : lane * n // 16 + n // 500] = 5.0
    return restarts


def inlink_many(folder: Path, threads: int) -> Solve:
    """Sixteen topical vectors in one pass, each to its promised error."""
    from inlink.kernels.csr import Csr
    from inlink.kernels.pagerank_many import pagerank_many

    inward, out_weight = Csr(load(folder, "offsets"), load(folder, "neighbours")), load(folder, "out_weight")
    restarts, mass = topical(folder, out_weight), load(folder, "mass")

    def solve(tolerance: float) -> tuple[Array, int]:
        found = pagerank_many(inward, out_weight, restarts, tolerance=tolerance * PROMISE, threads=threads)
        return mass, found.iterations

    return solve


def inlink_topical(folder: Path, threads: int) -> Solve:
    """The fourth of them alone."""
    from inlink.kernels.csr import Csr
    from inlink.kernels.pagerank import pagerank

    inward, out_weight = Csr(load(folder, "offsets"), load(folder, "neighbours")), load(folder, "out_weight")
    restart, mass = topical(folder, out_weight)[3], load(folder, "mass")

    def solve(tolerance: float) -> tuple[Array, int]:
        found = pagerank(inward, out_weight, restart=restart, tolerance=tolerance * PROMISE, threads=threads)
        return mass, found.iterations

    return solve


def _power_method(times: Callable[[Array], Array], out_weight: Array, kind: type) -> Solve:
    """The plain power method over y = P' z, z = x / out-weight."""
    n = len(out_weight)
    dangling = out_weight == 0
    inverse: Array = np.where(dangling, 0.0, DAMPING / np.where(dangling, 1.0, out_weight)).astype(kind)

    def solve(tolerance: float) -> tuple[Array, int]:
        x: Array = np.full(n, 1.0 / n, kind)
        iterations = 0
        while iterations < 40:
            iterations += 1
            y = times(x * inverse)
            y += (1.0 - float(y.sum(dtype=np.float64))) / n
            moved = float(np.abs(y - x).sum(dtype=np.float64))
            x = y
            if moved <= tolerance:
                break
        return x, iterations

    return solve


def plain_numba(folder: Path, threads: int) -> Solve:
    """A pull loop as one writes it: double precision, no prefetch."""
    import numba

    def pull(offsets: Array, neighbours: Array, z: Array, y: Array) -> None:
        for row in range(len(y)):
            total = 0.0
            for k in range(offsets[row], offsets[row + 1]):
                total += z[neighbours[k]]
            y[row] = total

    compiled: Any = numba.njit(pull)
    offsets, neighbours = load(folder, "offsets"), load(folder, "neighbours")

    def times(z: Array) -> Array:
        y = np.empty(len(z))
        compiled(offsets, neighbours, z, y)
        return y

    return _power_method(times, load(folder, "out_weight"), np.float64)


def _scipy(folder: Path, kind: type) -> Solve:
    import scipy.sparse

    offsets, neighbours = load(folder, "offsets"), load(folder, "neighbours").view(np.int32)
    n = len(offsets) - 1
    values: Array = np.ones(len(neighbours), kind)
    matrix = scipy.sparse.csr_array((values, neighbours, offsets.astype(np.int32)), shape=(n, n))
    return _power_method(lambda z: matrix @ z, load(folder, "out_weight"), kind)


def scipy_double(folder: Path, threads: int) -> Solve:
    """scipy.sparse CSR times vector in double precision."""
    return _scipy(folder, np.float64)


def scipy_single(folder: Path, threads: int) -> Solve:
    """The same in single precision: it cannot reach small errors."""
    return _scipy(folder, np.float32)


def graphblas(folder: Path, threads: int) -> Solve:
    """SuiteSparse:GraphBLAS by python-graphblas, plus_second over booleans, double vectors."""
    import graphblas as gb

    gb.ss.config["nthreads"] = threads
    offsets, neighbours = load(folder, "offsets"), load(folder, "neighbours")
    n = len(offsets) - 1
    made = gb.Matrix.ss.import_csr(
        nrows=n,
        ncols=n,
        indptr=offsets.astype(np.uint64),
        col_indices=neighbours.astype(np.uint64),
        values=np.array([True]),
        is_iso=True,
        sorted_cols=True,
    )

    def times(z: Array) -> Array:
        y = gb.Vector(float, n)
        y << 0.0
        y(accum=gb.binary.plus) << gb.semiring.plus_second(made @ gb.Vector.from_dense(z))
        return y.to_dense(0.0)

    return _power_method(times, load(folder, "out_weight"), np.float64)


def _pairs(folder: Path) -> tuple[Array, Array]:
    """Sources and targets of all edges."""
    offsets = load(folder, "offsets")
    return load(folder, "neighbours"), np.repeat(np.arange(len(offsets) - 1, dtype=np.uint32), np.diff(offsets))


def networkit(folder: Path, threads: int) -> Solve:
    """networkit.centrality.PageRank, sinks distributed, L1 norm."""
    import networkit as nk

    nk.setNumberOfThreads(threads)
    sources, targets = _pairs(folder)
    n = len(load(folder, "out_weight"))
    graph = nk.GraphFromCoo((sources.astype(np.uint64), targets.astype(np.uint64)), n=n, directed=True)

    def solve(tolerance: float) -> tuple[Array, int]:
        sinks = nk.centrality.SinkHandling.DistributeSinks
        run = nk.centrality.PageRank(graph, DAMPING, tolerance, False, sinks)
        run.norm = nk.centrality.Norm.L1_NORM
        run.run()
        return np.array(run.scores()), run.numberOfIterations()

    return solve


def igraph(folder: Path, threads: int) -> Solve:
    """igraph's PRPACK, which chooses its own tolerance."""
    import igraph as ig

    sources, targets = _pairs(folder)
    n = len(load(folder, "out_weight"))
    graph = ig.Graph(n=n, edges=np.stack([sources, targets], axis=1), directed=True)
    return lambda tolerance: (np.array(graph.pagerank(damping=DAMPING)), 0)


def graph_tool(folder: Path, threads: int) -> Solve:
    """graph-tool's pagerank."""
    import graph_tool
    from graph_tool.centrality import pagerank

    graph_tool.openmp_set_num_threads(threads)
    sources, targets = _pairs(folder)
    graph = graph_tool.Graph(directed=True)
    graph.add_vertex(len(load(folder, "out_weight")))
    graph.add_edge_list(np.stack([sources, targets], axis=1))

    def solve(tolerance: float) -> tuple[Array, int]:
        found, iterations = pagerank(graph, damping=DAMPING, epsilon=tolerance, ret_iter=True)
        return np.array(found.a), iterations

    return solve


CONTENDERS: dict[str, Callable[[Path, int], Solve]] = {
    "inlink": inlink_mixed,
    "inlink, core given": inlink_core,
    "inlink, sweeps alone": inlink_sweeps,
    "inlink, 16 topical vectors": inlink_many,
    "inlink, 1 topical vector": inlink_topical,
    "numba pull loop, f64": plain_numba,
    "scipy.sparse, f64": scipy_double,
    "scipy.sparse, f32": scipy_single,
    "python-graphblas, f64": graphblas,
    "networkit": networkit,
    "igraph (PRPACK)": igraph,
    "graph-tool": graph_tool,
}


def serve(name: str, folder: Path, error: float, threads: int, by_wall: bool) -> None:
    """Build, find the tolerance that is good enough, say so, and run whenever a line comes."""
    clock = time.perf_counter if by_wall else time.process_time
    started = clock()
    solve = CONTENDERS[name](folder, threads)
    build_s = clock() - started
    exact = load(folder, "mass")
    tolerance, reached, least, iterations = 8 * error, float("inf"), None, 0
    for step in range(10):
        mass, iterations = solve(tolerance)
        reached = float(np.abs(mass / mass.sum() - exact).sum())
        if reached <= error or (least is not None and step % 3 == 0 and reached > 0.9 * least):
            break
        tolerance, least = tolerance / 2, reached if step % 3 == 0 else least
    ready = {"build_s": build_s, "iterations": int(iterations), "true_error": reached, "rss_gb": most_memory_gb()}
    print(json.dumps(ready), flush=True)
    for _ in sys.stdin:
        seconds = WARM_S
        for _ in range(2):  # what others have taken from the caches in the meantime is for nobody to pay
            if seconds > WARM_S:
                break
            started = clock()
            solve(tolerance)
            seconds = clock() - started
        print(seconds, flush=True)


def most_memory_gb() -> float:
    """The most memory this process had at a time (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 2**20 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=CONTENDERS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--error", type=float, default=1e-8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--wall", action="store_true", help="count wall time with one thread too, on any core")
    given = parser.parse_args()
    if not given.wall and given.threads == 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    serve(given.name, given.folder, given.error, given.threads, given.wall)


if __name__ == "__main__":
    main()
