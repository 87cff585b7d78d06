"""How long explanations take on a graph of 10 M nodes, and what the answers are worth.

    python bench/explain.py [--nodes 10_000_000] [--edges 200_000_000] [--graph FOLDER] [--cpu] [--threads 1]

The graph of bench/make_graph.py (half of the nodes dangling), its mass by `kernels.pagerank`. What a run of so many
edges keeps (core, leaks) is made first and written to a folder, then read from it by memory maps, as a run is. Targets:
the nodes whose in-degree is nearest to 100,000 (three) and to 1,000. For each: flow; origins with at most 1 %
unresolved, and the target's row, which is made with them; what-if with one new link, with two new and one lost, and
with one from the heaviest node of the graph, after origins (column and row are reused), with the bound of its error:
the first answer (150,000 edges may be looked at), and the one that questions get, which goes on until the change is
known to three digits or the mass to seven; the latter for one new link from each of 120 sources, the heaviest nodes and
others as they come; the best ten sources, alone and together; fragility. Answers are asserted: flow and origins sum to
the mass, what-if lies within its bound of the same question asked with 50 times the work, and the best of what-if.
`--graph` keeps the arrays there, and takes them from there.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from inlink.graph.arrays import open_array, save_arrays
from inlink.graph.explain_prepared import PARTS, open_core
from inlink.graph.explain_walk import Prepared, Walk, walk_of
from inlink.graph.flow import flow
from inlink.graph.fragility import fragility
from inlink.graph.greedy import best_of, best_set, best_sources
from inlink.graph.origins import origins
from inlink.graph.what_if import FIRST_WORK, TOLERANCE, Known, known_enough, nodes_of, solved, target_row
from inlink.graph.what_if_columns import PushColumns
from inlink.graph.what_if_forward import Forward
from inlink.graph.what_if_masses import MassAfter
from inlink.graph.what_if_rows import Edit
from inlink.kernels.csr import Csr, csr_of_chunks, transpose
from inlink.kernels.pagerank import pagerank
from inlink.kernels.push_sweeps import Leaked
from make_graph import chunks

T = TypeVar("T")
ROUNDS = 5
CLOCK = [time.perf_counter]
MEMORY = 1 << 30
ENOUGH = 200_000_000  # edges that a question of the workbench may look at


def made(n: int, m: int) -> dict[str, Any]:
    """The graph both ways, its out-weights and mass."""
    started = time.perf_counter()
    outward = csr_of_chunks(lambda: ((a, b, None) for a, b in chunks(n, m)), n, memory_bytes=MEMORY)
    inward = transpose(outward, n, memory_bytes=MEMORY)
    print(f"graph: {n:,} nodes, {inward.m:,} edges, {time.perf_counter() - started:.0f} s", flush=True)
    started = time.perf_counter()
    weight = outward.degrees().astype(np.float64)
    result = pagerank(inward, weight, tolerance=1e-12)
    print(f"mass: {result.iterations} sweeps, bound {result.error_bound:.1g}, {time.perf_counter() - started:.0f} s")
    arrays: dict[str, Any] = {"mass": result.mass, "weight": weight}
    for side, csr in (("in", inward), ("out", outward)):
        arrays[f"{side}_offsets"], arrays[f"{side}_neighbours"] = csr.offsets, csr.neighbours
    return arrays


def opened(folder: Path | None, n: int, m: int) -> Walk:
    """The walk; its arrays from the folder where they are there."""
    if folder is not None and (folder / "mass.npy").exists():
        arrays = {path.stem: np.load(path) for path in folder.glob("*.npy")}
    else:
        arrays = made(n, m)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for name, array in arrays.items():
                np.save(folder / f"{name}.npy", array)
    inward, outward = (Csr(arrays[f"{s}_offsets"], arrays[f"{s}_neighbours"]) for s in ("in", "out"))
    return walk_of(inward, arrays["weight"], arrays["mass"], outward=outward)


def timed(ask: Callable[[], T], rounds: int = ROUNDS) -> tuple[T, float]:
    """The answer, and the median milliseconds of some rounds."""
    times = []
    for _ in range(rounds):
        started = CLOCK[0]()
        answer = ask()
        times.append((CLOCK[0]() - started) * 1000)
    return answer, statistics.median(times)


def prepared(walk: Walk, folder: Path) -> Walk:
    """The walk with what a run keeps of its graph, made, written and read again."""
    core, ms = timed(lambda: walk.core(), 1)
    leaked, leaks_ms = timed(lambda: walk.coarse_leaks(), 1)
    print(f"made with the run: core {ms:.0f} ms ({core.m / 1e6:.1f} M links), leaks {leaks_ms:.0f} ms", flush=True)
    save_arrays(folder, {f"core_{name}": getattr(core, name) for name in PARTS} | {"leaks": leaked.values})
    kept = Prepared(open_core(folder, walk.n), Leaked(open_array(folder, "leaks"), leaked.error_bound))
    return dataclasses.replace(walk, prepared=kept)


def asked(walk: Walk, node: int, edits: list[Edit], known: Known, work: int) -> MassAfter:
    """What-if after origins: the target's column and row and the prepared places are there."""
    known.forward.forget()
    columns = PushColumns(walk, nodes_of(node, edits), work=work, forward=known.forward, target=known.row)
    columns.know(known.column)
    return solved(walk, edits, node, columns, tolerance=TOLERANCE)


def what_ifs(walk: Walk, node: int, known: Known, label: str, edits: list[Edit]) -> None:
    """One question: the first answer, and the one that is known well enough."""
    asked(walk, node, edits, known, FIRST_WORK)  # memory is touched for the first time
    after, ms = timed(lambda: asked(walk, node, edits, known, FIRST_WORK))
    (enough, _), enough_ms = timed(lambda: known_enough(walk, edits, node, leaks=None, known=known, work=ENOUGH), 3)
    more = asked(walk, node, edits, dataclasses.replace(known, row=None), FIRST_WORK * 50)
    for found in (after, enough):
        assert abs(found.after - more.after) <= found.error + more.error
    gain, differs = after.after / after.before - 1, abs(after.after - more.after) / after.after
    print(
        f"  what-if {label}: first answer {ms:.1f} ms, bound {after.error / after.after:.1e} of the mass, differs from"
        f" 50 times the work by {differs:.1e}; change {gain:+.2e}; well enough {enough_ms:.1f} ms,"
        f" bound {enough.error / enough.after:.1e}",
        flush=True,
    )


def spread(walk: Walk, node: int, known: Known, rng: np.random.Generator) -> None:
    """One new link from each of many sources, each asked once: the heaviest 20, others by weight, others at random."""
    heaviest = np.argsort(-np.asarray(walk.mass))
    ranks = np.unique([*range(20), *np.geomspace(20, walk.n - 1, 60).astype(int).tolist()])
    sources = [*heaviest[ranks].tolist(), *rng.integers(walk.n, size=40).tolist()]
    times, worst = [], 0.0
    for source in [s for s in sources if s != node and walk.weight(s, node) == 0]:
        started = CLOCK[0]()
        found, _ = known_enough(walk, [Edit(source, node, 1.0)], node, leaks=None, known=known, work=ENOUGH)
        times.append((CLOCK[0]() - started) * 1000)
        worst = max(worst, found.error / max(abs(found.after - found.before), 1e-4 * found.after))
    p50, p99 = np.percentile(times, [50, 99])
    print(
        f"  what-if, {len(times)} sources, the heaviest too: p50 {p50:.1f} ms, p99 {p99:.1f}, most {max(times):.1f};"
        f" widest bound {worst:.1e} of the change (of 1e-4 of the mass where it changes less)",
        flush=True,
    )


def the_best(walk: Walk, node: int, known: Known) -> None:
    """The best ten sources, each alone, and the best ten together; and both at once, as questions ask them."""
    alone, ms = timed(lambda: best_sources(walk, node, 10, known=known, work=ENOUGH), 1)
    together, set_ms = timed(lambda: best_set(walk, node, 10, known=known, work=ENOUGH), 1)
    both, both_ms = timed(lambda: best_of(walk, node, 10, 10, known=known, work=ENOUGH), 1)
    assert [[gain.source for gain in best.gains] for best in both] == [
        [gain.source for gain in best.gains] for best in (alone, together)
    ]
    links = [[gain.source] for gain in alone.gains] + [[gain.source for gain in together.gains]]
    for sources, found in zip(links, [*alone.gains, together.gains[-1]], strict=True):
        edits = [Edit(source, node, 1.0) for source in sources]
        other, _ = known_enough(walk, edits, node, leaks=None, known=known, work=ENOUGH)
        assert abs(found.after.after - other.after) <= found.after.error + other.error
    widest = [
        max(g.after.error / abs(g.after.after - g.after.before) for g in best.gains) for best in (alone, together)
    ]
    print(
        f"  best 10 of {alone.n_ranked:,}: {ms:.0f} ms, {alone.n_exact} computed, proven: {alone.is_proven}, bound"
        f" {widest[0]:.1e} of the change; the best 10 together: {set_ms:.0f} ms, {together.n_exact} computed, proven:"
        f" {together.is_proven}, bound {widest[1]:.1e}; both at once: {both_ms:.0f} ms",
        flush=True,
    )


def measured(walk: Walk, forward: Forward, node: int, rng: np.random.Generator, threads: int) -> None:
    """All figures of one target."""
    degree = len(walk.in_links(node)[0])
    found, ms = timed(lambda: flow(walk, node))
    assert abs(found.total - found.mass) <= 1e-12 * found.mass
    print(f"target {node}: in-degree {degree:,}, mass {found.mass:.3g}")
    print(f"  flow {ms:.1f} ms, open {found.open / found.mass:.1e} of the mass")
    began, ms = timed(lambda: origins(walk, node, threads=threads), 3)
    assert abs(began.total - began.mass) <= 1e-12 * began.mass
    assert began.unresolved <= 0.01 * began.mass
    edges = began.column.edges_pushed if began.column else 0
    print(f"  origins {ms:.0f} ms, unresolved {began.unresolved / began.mass:.2%}, {edges / 1e6:.1f} M edges looked at")
    assert began.column is not None
    column = began.column
    row, ms = timed(lambda: target_row(walk, forward, column), 3)
    known = Known(forward, column, row)
    print(f"  row of the target, made with its origins: {ms:.0f} ms")
    new = [int(s) for s in rng.integers(walk.n, size=40) if walk.weight(int(s), node) == 0 and walk.out_weight[s] > 0]
    one = [Edit(new[0], node, 1.0)]
    some = [Edit(new[1], node, 1.0), Edit(new[2], node, 1.0), Edit(int(found.sources[degree // 2]), node, -1.0)]
    top = [Edit(int(np.argmax(walk.mass)), node, 1.0)]
    for label, edits in (("one new", one), ("two new, one lost", some), ("one new, the heaviest node", top)):
        if all(walk.weight(e.source, node) == 0 for e in edits if e.change > 0):
            what_ifs(walk, node, known, label, edits)
    spread(walk, node, known, rng)
    the_best(walk, node, known)
    rests, ms = timed(lambda: fragility(walk, node, known=known, work=ENOUGH), 1)
    for rest in rests.rests:
        share = rest.after.error / rest.after.after
        print(f"  without the {rest.n_lost} strongest: {rest.share:.2%} gone, bound {share:.1e} of the mass")
    print(f"  fragility {ms:.0f} ms", flush=True)


def places(walk: Walk) -> Forward:
    """Places of pushes, in memory."""
    forward = Forward(walk)
    forward.touch()
    return forward


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=10_000_000)
    parser.add_argument("--edges", type=int, default=200_000_000)
    parser.add_argument("--graph", type=Path)
    parser.add_argument("--cpu", action="store_true", help="CPU time instead of wall: on a machine with other work")
    parser.add_argument("--threads", type=int, default=1, help="of origins")
    given = parser.parse_args()
    CLOCK[0] = time.process_time if given.cpu else time.perf_counter
    walk = opened(given.graph, given.nodes, given.edges)
    degrees = walk.inward.degrees()
    near = [*np.argsort(np.abs(degrees - 100_000))[:3].tolist(), int(np.argmin(np.abs(degrees - 1000)))]
    with tempfile.TemporaryDirectory(dir=given.graph) as folder:
        walk = prepared(walk, Path(folder))
        forward, ms = timed(lambda: places(walk), 1)
        print(f"places, once a process: {ms:.0f} ms")
        origins(walk, near[0])  # compiles
        rng = np.random.default_rng(1)
        for node in near:
            measured(walk, forward, int(node), rng, given.threads)


if __name__ == "__main__":
    main()
