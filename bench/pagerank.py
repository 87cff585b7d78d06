"""PageRank beside other libraries, on one graph and at equal true error (L1 distance to a solution of 1e-13).

    python bench/pagerank.py [--nodes 1_000_000] [--edges 20_000_000] [--error 1e-8] [--rounds 3] [--only NAME ...]

The graph is that of bench/make_graph.py. Each contender runs in a process of its own: with one thread it is pinned to
one core and its processor time counts; "inlink" runs with two threads as well, by wall time, and with sixteen restart
vectors. Peers that are not installed are left out and named:

    pip install scipy networkit igraph python-graphblas; apt-get install python3-graph-tool (run by /usr/bin/python3)
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from inlink.kernels.csr import csr_of_edges, transpose
from inlink.kernels.pagerank import pagerank
from make_graph import edges
from pagerank_peers import CONTENDERS

PEERS = Path(__file__).resolve().parent / "pagerank_peers.py"
SYSTEM_PYTHON = "/usr/bin/python3"
TIMEOUT_S = 900


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


def run(name: str, folder: Path, error: float, rounds: int, threads: int) -> dict[str, Any] | None:
    """The figures of one contender; None where it cannot run here."""
    python = SYSTEM_PYTHON if name == "graph-tool" else sys.executable
    command = [python, str(PEERS), name, str(folder), "--error", str(error), "--rounds", str(rounds)]
    try:
        done = subprocess.run(
            [*command, "--threads", str(threads)], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        print(f"{name}: left out ({problem})")
        return None
    if done.returncode:
        print(f"{name}: left out ({done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode})")
        return None
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def show(rows: list[dict[str, Any]], m: int) -> None:
    """A Markdown table, and the ratios to ours."""
    print("\n| contender | threads | true error | iterations | s | s per iteration | M edges/s | build s | RSS GB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        vectors = 16 if "16" in row["name"] else 1
        each = row["rank_s"] / row["iterations"] if row["iterations"] else float("nan")
        print(
            f"| {row['name']} | {row['threads']} | {row['true_error']:.1e} | {row['iterations'] or '-'} "
            f"| {row['rank_s']:.2f} | {each:.4f} | {m * vectors / each / 1e6:.0f} "
            f"| {row['build_s']:.2f} | {row['rss_gb']:.2f} |"
        )
    ours = next((row for row in rows if row["name"] == "inlink" and row["threads"] == 1), None)
    if ours is None:
        return
    print("\n| against inlink, one core | per iteration | in all |")
    print("|---|---:|---:|")
    for row in rows:
        if row is not ours:
            each = row["rank_s"] / max(row["iterations"], 1) / (ours["rank_s"] / ours["iterations"])
            print(
                f"| {row['name']}, threads {row['threads']} | {f'{each:.2f}' if row['iterations'] else '-'} "
                f"| {row['rank_s'] / ours['rank_s']:.2f} |"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=1_000_000)
    parser.add_argument("--edges", type=int, default=20_000_000)
    parser.add_argument("--error", type=float, default=1e-8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=CONTENDERS)
    parser.add_argument("--folder", type=Path, help="keep the graph here, or take it from here")
    given = parser.parse_args()
    wanted = [(name, 1) for name in given.only or CONTENDERS]
    wanted += [(name, 2) for name in ("inlink", "inlink, 16 vectors") if given.only is None or name in given.only]
    with tempfile.TemporaryDirectory() as made:
        folder = given.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "mass.npy").exists():
            write_graph(folder, given.nodes, given.edges)
        m = len(np.load(folder / "neighbours.npy", mmap_mode="r"))
        rows = []
        for name, threads in wanted:
            row = run(name, folder, given.error, given.rounds, threads)
            if row is not None:
                rows.append(row)
                print(f"{name}, threads {threads}: {row['rank_s']:.3f} s", flush=True)
        print(f"\n{given.nodes:,} nodes, {m:,} edges")
        show(rows, m)


if __name__ == "__main__":
    main()
