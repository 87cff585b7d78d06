"""Time and memory of a scoring run on a large snapshot, or over a release.

    python bench/make_links.py /tmp/web --links 50000000
    python bench/rank.py /tmp/web [domains] [hosts] [pages]

Counting votes, the graph, masses, writing the run. Processor seconds of all threads, so that other work on the machine
matters little; the run is asserted too: masses sum to 1, and what is written reads back. Memory is the peak of the
process so far, with the memory that a build has.

    python bench/make_release.py /tmp/text --vertices 12000000 --edges 500000000
    python bench/release.py /tmp/text /tmp/imported --keep
    python bench/rank.py /tmp/imported --release [--own 20000] [--lists]

The release (a folder of one, or a workspace that has one) is ranked by `inlink rank --release` in a workspace of its
own (beside it, removed in the end), alone or with so many made-up links between its domains and others laid over it.
Memory is the most that the process held, with and without mapped files; what it would be at Common Crawl's size
follows from the parts that grow with links and with domains. Masses are held against those that the release was
imported with. Then the strongest domain and one of some 100,000 sources are asked for their authority and flow.
--lists: lists of both directions are kept (`inlink rank --keep-lists`), and origins, what-if, the best sources and
fragility asked; origins are asserted to sum to the mass, a what-if to say the same when it is asked again.
"""

from __future__ import annotations

import argparse
import csv
import resource
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from inlink.engine.local import LocalEngine
from inlink.engine.protocol import Progress, Report
from inlink.graph import overlay_votes
from inlink.graph.blocks import Release
from inlink.graph.blocks.layout import MANIFEST
from inlink.graph.own import graph_of
from inlink.graph.policy import Policy
from inlink.graph.runs import Recipe, Run, read_run
from inlink.graph.scoring import masses, write_run
from inlink.graph.votes import count_votes, open_votes
from inlink.store.files import size_bytes
from inlink.workbench import Workbench
from inlink.workbench.explanations import Explanation, WhatIfAnswer

FULL_NODES, FULL_EDGES, FULL_SHARE = 121_000_000, 4_400_000_000, 0.6  # share of links that are in the core
EVERY_S = 0.1


class Laps:
    """Prints what each step took."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.wall, self.cpu = time.monotonic(), time.process_time()

    def lap(self, what: str) -> None:
        wall, cpu = time.monotonic(), time.process_time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"{self.kind:8} {what:52} {cpu - self.cpu:8.1f} s cpu {wall - self.wall:8.1f} s  peak {peak:.2f} GiB",
            flush=True,
        )
        self.wall, self.cpu = wall, cpu


class Memory:
    """The most that this process held; a context manager. Units: bytes; own: without mapped files."""

    def __init__(self) -> None:
        self.resident = self.own = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        process = psutil.Process()
        while not self._stopped.wait(EVERY_S):
            found = process.memory_info()
            self.resident = max(self.resident, found.rss)
            self.own = max(self.own, found.rss - found.shared)


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


def measure_release(release: Path, n_own: int, folder: Path, *, keeps_lists: bool = False) -> None:
    """One run over a release, read row by row whatever its size."""
    overlay_votes.MOST_EDGES = 0
    laps = Laps("release")
    with Workbench.create(folder / "ws") as bench:
        if n_own:
            bench.add([str(made_links(release, n_own, folder / "links.csv"))])
            bench.build()
            laps.lap(f"{n_own:,} own links built")
        base = psutil.Process().memory_info()
        cpu, start = time.process_time(), time.monotonic()
        with Memory() as memory:
            done = bench.rank(("domains",), release=str(release), report=_told(laps))[0]
        laps.lap("the rest")
        cpu, took = time.process_time() - cpu, time.monotonic() - start
        run = read_run(bench.path / "graph" / done.run)
        print(f"{done.n:,} domains, {done.m:,} votes, {done.iterations} steps, error at most {done.error_bound:.1g}")
        print(f"all        {took:.1f} s, {cpu:.1f} CPU s; {done.m / took / 1e6:.1f} M votes/s")
        print(f"memory     {memory.resident / 2**30:.2f} GiB at most, {memory.own / 2**30:.2f} without mapped files")
        print(f"disk       {size_bytes(bench.path / 'graph') / done.n:.1f} bytes a domain")
        extrapolate(run, memory.own - (base.rss - base.shared), took)
        check(run, release, is_alone=not n_own)
        ask(bench, run)
        if keeps_lists:
            measure_lists(bench, run, str(release))


def measure_lists(bench: Workbench, run: Run, release: str) -> None:
    """Lists of both directions made, and asked."""
    laps, cpu, start = Laps("lists"), time.process_time(), time.monotonic()
    with Memory() as memory:
        bench.rank(("domains",), release=release, keeps_lists=True, report=_told(laps))
    laps.lap("the rest")
    print(f"lists      {time.monotonic() - start:.1f} s, {time.process_time() - cpu:.1f} CPU s")
    print(f"memory     {memory.resident / 2**30:.2f} GiB at most, {memory.own / 2**30:.2f} without mapped files")
    print(f"disk       {size_bytes(bench.path / 'graph') / run.facts.m:.2f} bytes a link")
    with Memory() as memory:
        for node in targets(run):
            question(bench, run, run.names.name(node))
    print(f"memory     {memory.resident / 2**30:.2f} GiB at most, {memory.own / 2**30:.2f} without mapped files")


def question(bench: Workbench, run: Run, name: str) -> None:
    """What is asked of a target: everything twice."""
    random = np.random.default_rng(5)
    linking = np.flatnonzero(np.asarray(run.laid.out_votes) > 0)
    sources = run.names.names_of(random.choice(linking, 4, replace=False).tolist())
    asked: dict[str, Callable[[], Any]] = {
        "origins": lambda: bench.explain(name, scope="domain", run=run.id, origins=True),
        "what-if": lambda: bench.what_if(name, scope="domain", run=run.id, add=sources[:1]),
        "three": lambda: bench.what_if(name, scope="domain", run=run.id, add=sources[1:]),
        "best 10": lambda: bench.what_if(name, scope="domain", run=run.id, best=10),
        "fragility": lambda: bench.fragility(name, scope="domain", run=run.id),
    }
    for what, ask_it in asked.items():
        times, answers = [], []
        for _ in range(2):
            start = time.perf_counter()
            answers.append(ask_it())
            times.append((time.perf_counter() - start) * 1000)
        print(f"{what:10} {name}: {times[0]:,.0f} ms, again {times[1]:,.0f}; {worth(answers)}", flush=True)


def worth(answers: Sequence[Any]) -> str:
    """What an answer is worth."""
    first, again = answers
    if isinstance(first, Explanation):
        total = sum(row.carried for row in first.rows) + first.others + (first.unresolved or 0) + first.open
        if abs(total / first.about.now.mass - 1) > 1e-9:
            raise SystemExit("error: origins do not sum to the mass")
        share = (first.unresolved or 0) / first.about.now.mass
        return f"{first.n_sources:,} sources, {share:.2%} unresolved"
    if isinstance(first, WhatIfAnswer):
        if abs(first.after.mass - again.after.mass) > first.error + again.error:
            raise SystemExit("error: a what-if says another thing when it is asked again")
        ranked = f", {first.n_candidates:,} sources ranked" if first.n_candidates else ""
        return f"error at most {first.error / first.after.mass:.1g} of the mass{ranked}"
    return f"{', '.join(f'{row.share_lost:.1%}' for row in first.rows)} lost"


def targets(run: Run) -> tuple[int, int]:
    """The strongest node, and one of about 100,000 sources."""
    middling = int(np.argmin(np.abs(np.asarray(run.in_votes).astype(np.int64) - 100_000)))
    return int(np.argmax(run.mass)), middling


def _told(laps: Laps) -> Report:
    """Laps of steps, without each digit of the masses."""
    last = ""

    def told(progress: Progress) -> None:
        nonlocal last
        note = progress.note.split(":")[0]
        if last and note != last:
            laps.lap(last)
        last = note

    return told


def extrapolate(run: Run, own_bytes: int, took: float) -> None:
    """What would be needed at Common Crawl's size: 4 bytes a link of the core, the rest by domain."""
    n_core = int(np.asarray(run.in_votes)[np.asarray(run.laid.out_votes) > 0].sum(dtype=np.int64))
    a_node = (own_bytes - 4 * n_core) / run.n
    print(
        f"           {n_core:,} links of the core ({n_core / run.facts.m:.0%}); {a_node:.0f} bytes a domain beside them"
    )
    for share in (n_core / run.facts.m, FULL_SHARE, 1.0):
        need = 4 * share * FULL_EDGES + a_node * FULL_NODES
        print(f"at 4.4 B links and 121 M domains, {share:.0%} of them in the core: {need / 2**30:.1f} GiB", end="; ")
        print(f"{took * FULL_EDGES / run.facts.m / 60:.1f} min")


def check(run: Run, release: Path, *, is_alone: bool) -> None:
    """Masses sum to 1; of a release alone they are those that it was imported with, to its 24 bits."""
    mass = np.asarray(run.mass)
    if abs(float(mass.sum()) - 1) > 1e-9:
        raise SystemExit("error: masses do not sum to 1")
    if is_alone:
        nodes = np.random.default_rng(1).integers(0, run.n, 300).tolist()
        known = np.array([ranks["mass"] for ranks in Release.open(release).ranks(nodes)], np.float64)
        if float(np.abs(mass[nodes] / known - 1).max()) > 1e-6:
            raise SystemExit("error: masses are not those of the import")


def ask(bench: Workbench, run: Run) -> None:
    """Some domains, by name: authority and flow, twice."""
    for node in targets(run):
        name = run.names.name(node)
        for what in ("first", "again"):
            start = time.perf_counter()
            found = bench.authority(name, scope="domain", run=run.id)
            asked = time.perf_counter()
            flow = bench.explain(name, scope="domain", run=run.id)
            print(
                f"{what:10} {name}: position {found.position} in {(asked - start) * 1000:.0f} ms; flow of "
                f"{flow.n_sources:,} sources in {(time.perf_counter() - asked) * 1000:.0f} ms, open {flow.open:.1g}"
            )


def release_in(folder: Path) -> Path:
    """The folder of a release: this one, or the first that a workspace has."""
    if (folder / MANIFEST).is_file():
        return folder
    return min(folder.glob(f"releases/*/domain/{MANIFEST}")).parent


def made_links(release: Path, n: int, path: Path) -> Path:
    """A link list: half between domains of the release, half from or to others."""
    opened, random = Release.open(release), np.random.default_rng(3)
    known = opened.names(np.sort(random.integers(0, opened.n, min(n, 20_000))).tolist())
    with path.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["Referring page URL", "Target URL", "Nofollow", "Last seen"])
        for at in range(n):
            source, target = (known[each] for each in random.integers(0, len(known), 2).tolist())
            own = f"own{int(random.integers(0, max(1, n // 10)))}.example"
            ends = ((source, target), (source, target), (own, target), (source, own))[at % 4]
            rows.writerow([f"https://{ends[0]}/{at}", f"https://{ends[1]}/", "false", "2026-10-01"])
    return path


def main() -> None:
    """Measure the kinds that are asked for, or a release."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("snapshot", type=Path)
    parser.add_argument("kinds", nargs="*", default=["domains"])
    parser.add_argument("--release", action="store_true", help="the folder is that of a release")
    parser.add_argument("--own", type=int, default=0, help="with --release: own links laid over it")
    parser.add_argument("--lists", action="store_true", help="with --release: keep lists, and ask what needs them")
    given = parser.parse_args()
    for kind in given.kinds:
        with tempfile.TemporaryDirectory(dir=given.snapshot.parent) as folder:
            if given.release:
                measure_release(release_in(given.snapshot), given.own, Path(folder), keeps_lists=given.lists)
            else:
                measure(given.snapshot, kind, Path(folder))


if __name__ == "__main__":
    main()
