"""Time and memory of a scoring run on a large snapshot: counting votes, the graph, masses, writing the run.

    python bench/make_links.py /tmp/web --links 50000000
    python bench/rank.py /tmp/web [domains] [hosts] [pages]

Processor seconds of all threads, so that other work on the machine matters little; the run is asserted too: masses sum
to 1, and what is written reads back. Memory is the peak of the process so far, with the memory that a build has.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from inlink.engine.local import LocalEngine
from inlink.graph.own import graph_of
from inlink.graph.policy import Policy
from inlink.graph.runs import Recipe, read_run
from inlink.graph.scoring import masses, write_run
from inlink.graph.votes import count_votes, open_votes


class Laps:
    """Prints what each step took."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.wall, self.cpu = time.monotonic(), time.process_time()

    def lap(self, what: str) -> None:
        wall, cpu = time.monotonic(), time.process_time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{self.kind:8} {what:42} {cpu - self.cpu:8.1f} s cpu {wall - self.wall:8.1f} s  peak {peak:.2f} GiB")
        self.wall, self.cpu = wall, cpu


def measure(snapshot: Path, kind: str, folder: Path) -> None:
    """One run of one kind of graph."""
    laps = Laps(kind)
    recipe = Recipe(kind, snapshot.name, "bench")
    scratch = folder / "scratch"
    scratch.mkdir()
    with LocalEngine().session(scratch) as session:
        facts = count_votes(snapshot, recipe.snapshot_key, kind, folder / "votes", session)
    laps.lap(f"{facts.n:,} nodes, {facts.m:,} pairs counted")
    graph = graph_of(open_votes(folder / "votes"), Policy())
    laps.lap(f"graph of {graph.m:,} votes")
    result = masses(graph, recipe, threads=2)
    laps.lap(f"masses, {result.iterations} steps to {result.error_bound:.1g}")
    write_run(folder / "run", recipe, graph, result)
    laps.lap("run written")
    if abs(float(np.sum(read_run(folder / "run").mass)) - 1) > 1e-9:
        raise SystemExit("error: masses do not sum to 1")


def main() -> None:
    """Measure the kinds that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("snapshot", type=Path)
    parser.add_argument("kinds", nargs="*", default=["domains"])
    given = parser.parse_args()
    for kind in given.kinds:
        with tempfile.TemporaryDirectory(dir=given.snapshot.parent) as folder:
            measure(given.snapshot, kind, Path(folder))


if __name__ == "__main__":
    main()
