"""PageRank beside other libraries, on the same graphs and at equal true error (L1 distance to a solution of 1e-13).

    python bench/pagerank.py [--nodes 1_000_000 --edges 20_000_000] [--error 1e-8] [--rounds 5] [--only NAME ...]
    python bench/pagerank.py --large-peers

Without sizes: 20 M edges beside all, then 200 M beside those that are built in a minute, and beside each of the other
libraries that fits into memory, one at a time (`--large-peers`: these alone). The graph is that of
bench/make_graph.py. Each contender is a process of its own; they run one after the other, round after round. With one
thread it is pinned to one core and its processor time counts; two threads count by wall time. An edge counts for every
contender, whether it is swept in each iteration or once. Memory: 17 GB at 200 M; of other libraries what they take is
printed, or what they would. Peers that are missing are named:

    pip install scipy networkit igraph python-graphblas; apt-get install python3-graph-tool (run by /usr/bin/python3)
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

import numpy as np
import psutil

from inlink.kernels.csr import csr_of_edges, transpose
from inlink.kernels.pagerank import pagerank
from make_graph import edges
from pagerank_peers import CONTENDERS

PEERS = Path(__file__).resolve().parent / "pagerank_peers.py"
SYSTEM_PYTHON = "/usr/bin/python3"
SIZES = ((1_000_000, 20_000_000), (10_000_000, 200_000_000))
LIBRARIES = ("python-graphblas, f64", "networkit", "igraph (PRPACK)", "graph-tool")
PLAIN = ("numba pull loop, f64", "scipy.sparse, f64")
OURS = ("inlink, sweeps alone", "inlink, core given", "inlink")
FAST_TO_BUILD = (*OURS, *PLAIN, LIBRARIES[0])
BYTES_AN_EDGE = {"networkit": 60, "graph-tool": 65, "igraph (PRPACK)": 200}  # while it is built, as measured at 20 M
OURS_BYTES_AN_EDGE = 30
BY_WALL = ("inlink", "inlink, sweeps alone", "inlink, 16 topical vectors")  # these run with two threads as well


def write_graph(folder: Path, n: int, m: int) -> int:
    """Write the graph and its masses as arrays; how many edges there are."""
    sources, targets = edges(n, m)
    started = time.process_time()
    inward = csr_of_edges(targets, sources, n)
    made_s = time.process_time() - started
    per_edge = made_s / len(sources) * 1e9
    del sources, targets
    print(f"edges to sorted in-links: {made_s:.2f} s, {per_edge:.1f} ns an edge, {inward.n_combined:,} combined")
    started = time.process_time()
    out_weight = transpose(inward, n).degrees().astype(np.float64)
    turned_s = time.process_time() - started
    print(f"transpose: {turned_s:.2f} s, {turned_s / inward.m * 1e9:.1f} ns an edge")
    print(f"{inward.n:,} nodes, {inward.m:,} edges, {int((out_weight == 0).sum()):,} nodes dangle")
    exact = pagerank(inward, out_weight, tolerance=1e-13)
    arrays: dict[str, Any] = {
        "offsets": inward.offsets,
        "neighbours": inward.neighbours,
        "out_weight": out_weight,
        "mass": exact.mass,
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return inward.m


class Contender:
    """A process that has built its graph and runs when it is told to; None of its figures where it cannot run here."""

    def __init__(self, name: str, folder: Path, error: float, threads: int, by_wall: bool) -> None:
        python = SYSTEM_PYTHON if name == "graph-tool" else sys.executable
        command = [python, str(PEERS), name, str(folder), "--error", str(error), "--threads", str(threads)]
        self.name, self.threads = name, threads
        self.title = f"{name}, {threads} threads" if threads > 1 else f"{name}, wall" if by_wall else name
        self.process = subprocess.Popen(
            [*command, *(["--wall"] if by_wall else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.times: list[float] = []
        line = _pipe(self.process.stdout).readline()
        self.figures: dict[str, Any] | None = json.loads(line) if line else None
        if self.figures is None:
            why = self.process.communicate()[1].strip().splitlines()
            print(f"{self.title}: left out ({why[-1] if why else self.process.returncode})", flush=True)

    def run(self) -> None:
        """Once more."""
        stdin = _pipe(self.process.stdin)
        stdin.write("go\n")
        stdin.flush()
        self.times.append(float(_pipe(self.process.stdout).readline()))

    def close(self) -> dict[str, Any]:
        """End it; its row of the table."""
        self.process.communicate()
        assert self.figures is not None
        rank_s, n = statistics.median(self.times), self.figures["iterations"]
        row = {"title": self.title, "rank_s": rank_s, "least_s": min(self.times), "each_s": rank_s / n if n else None}
        return {**self.figures, **row}


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def compete(folder: Path, wanted: list[tuple[str, int, bool]], error: float, rounds: int) -> dict[str, dict[str, Any]]:
    """The rows of all contenders (name, threads, by wall time), which take turns."""
    ready = []
    for name, threads, by_wall in wanted:
        contender = Contender(name, folder, error, threads, by_wall)
        if contender.figures is not None:
            ready.append(contender)
    for _ in range(rounds):
        for contender in ready:
            contender.run()
    return {contender.title: contender.close() for contender in ready}


def show(rows: dict[str, dict[str, Any]], m: int) -> None:
    """A Markdown table."""
    print("\n| contender | true error | iterations | s | least | s per iteration | M edges/s | build s | RSS GB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for title, row in rows.items():
        vectors, each = 16 if "16" in title else 1, row["each_s"]
        rate = f"{each:.4f} | {m * vectors / each / 1e6:.0f}" if each else "- | -"
        print(
            f"| {title} | {row['true_error']:.1e} | {row['iterations'] or '-'} | {row['rank_s']:.3f} "
            f"| {row['least_s']:.3f} | {rate} | {row['build_s']:.2f} | {row['rss_gb']:.2f} |"
        )


def show_bars(rows: dict[str, dict[str, Any]]) -> None:
    """How many times as fast ours is, by medians: an iteration of a contender against ours, and whole runs."""
    print("\n| contender against ours | per iteration: sweep alone | core given | whole | in all: core given | whole |")
    print("|---|---:|---:|---:|---:|---:|")
    for title in (*LIBRARIES, *PLAIN, "scipy.sparse, f32"):
        if title not in rows:
            continue
        cells = []
        for column in ("each_s", "rank_s"):
            for ours in OURS if column == "each_s" else OURS[1:]:
                known = ours in rows and rows[title][column]
                cells.append(f"{rows[title][column] / rows[ours][column]:.2f}" if known else "-")
        print(f"| {title} | {' | '.join(cells)} |")
    for name in BY_WALL:
        if f"{name}, 2 threads" in rows and f"{name}, wall" in rows:
            ratio = rows[f"{name}, wall"]["rank_s"] / rows[f"{name}, 2 threads"]["rank_s"]
            print(f"{name}: two threads {ratio:.2f} times one")
    many, one = rows.get("inlink, 16 topical vectors"), rows.get("inlink, 1 topical vector")
    if many and one:
        print(f"16 topical vectors: {16 * one['rank_s'] / many['rank_s']:.2f} times cheaper a vector than one alone")


def beside(folder: Path, name: str, given: argparse.Namespace) -> None:
    """Ours beside one library that takes much memory, where that is to be had."""
    m = len(np.load(folder / "neighbours.npy", mmap_mode="r"))
    ours = OURS[1:]
    need = (BYTES_AN_EDGE[name] + len(ours) * OURS_BYTES_AN_EDGE) * m
    free = psutil.virtual_memory().available
    if need > free:
        print(
            f"\n{name}: left out: {BYTES_AN_EDGE[name] * m / 2**30:.1f} GiB for {m:,} edges, as measured at 20 M, and "
            f"{len(ours) * OURS_BYTES_AN_EDGE * m / 2**30:.1f} for ours; {free / 2**30:.1f} GiB are free",
            flush=True,
        )
        return
    rows = compete(folder, [(each, 1, False) for each in (*ours, name)], given.error, given.rounds)
    show(rows, m)
    show_bars(rows)


def bench(
    nodes: int, edges_wanted: int, names: list[str], given: argparse.Namespace, alone: tuple[str, ...] = ()
) -> None:
    """One size of graph: contenders together, and beside ours one by one those that take much memory."""
    with tempfile.TemporaryDirectory() as made:
        folder = given.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "mass.npy").exists():
            write_graph(folder, nodes, edges_wanted)
        m = len(np.load(folder / "neighbours.npy", mmap_mode="r"))
        wanted = [(name, 1, False) for name in names]
        by_wall = BY_WALL if m < 100_000_000 else BY_WALL[:1]  # each is a process that holds the graph
        wanted += [(name, threads, True) for name in by_wall if name in names for threads in (1, 2)]
        if wanted:
            rows = compete(folder, wanted, given.error, given.rounds)
            show(rows, m)
            show_bars(rows)
        for name in alone:
            beside(folder, name, given)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int)
    parser.add_argument("--edges", type=int)
    parser.add_argument("--error", type=float, default=1e-8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=CONTENDERS)
    parser.add_argument("--folder", type=Path, help="keep the graph here, or take it from here (one size)")
    parser.add_argument("--large-peers", action="store_true", help="200 M edges beside large libraries, one by one")
    given = parser.parse_args()
    if given.large_peers:
        given.rounds = min(given.rounds, 3)
        bench(given.nodes or SIZES[1][0], given.edges or SIZES[1][1], [], given, tuple(BYTES_AN_EDGE))
        return
    if given.nodes or given.edges or given.folder:
        bench(given.nodes or 1_000_000, given.edges or 20_000_000, given.only or list(CONTENDERS), given)
        return
    bench(*SIZES[0], given.only or list(CONTENDERS), given)
    given.rounds = min(given.rounds, 3)
    fast = [name for name in FAST_TO_BUILD if not given.only or name in given.only]
    bench(*SIZES[1], fast, given, tuple(name for name in BYTES_AN_EDGE if not given.only or name in given.only))


if __name__ == "__main__":
    main()
