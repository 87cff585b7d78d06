"""Lists of both directions of a run over a release of any size, as arrays: what origins, what-if and fragility read.

graph/arrays/<graph>/lists/   in_*.npy, out_*.npy (nodes, ascending), out_weight.npy, core_*.npy (`explain_prepared`)
graph/<run>/lists/            ordered.npy (masses, rounded, ascending), leaks.npy

Each has a lists.json with its digests, and is there whole or not at all. They are made when they are asked for (`inlink
rank --keep-lists`), as they take several times the room of the release: 8 bytes an edge, 4 more for each between nodes
that link on, and 36 a node, 32 more for each that links on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput, CorruptIndex
from inlink.graph import authority
from inlink.graph.arrays import Array, digests_of, new_array, open_array, save_arrays
from inlink.graph.explain_prepared import LEAKS, open_core, save_core
from inlink.graph.explain_walk import Prepared
from inlink.graph.graph import open_rows
from inlink.graph.laid import Laid, check_same, lists_bytes
from inlink.graph.release_rows import ReleaseRows, counts_of
from inlink.graph.runs import LISTS, LISTS_FILE, Run
from inlink.graph.votes import Say
from inlink.kernels.csr import csr_of_chunks, transpose
from inlink.kernels.csr_plan import Chunk
from inlink.kernels.csr_rows import Csr
from inlink.kernels.push_sweeps import Leaked, coarse_leaks
from inlink.kernels.views import let_go, letting_go
from inlink.store.disk import check_room
from inlink.store.files import publish, replace_text
from inlink.store.workspace import Workspace

MEMORY_BYTES = 8 * 2**30  # for turning lists round, at least: half of it is held
_SPARE_BYTES = 64 * 2**20
_KEY_BYTES = 16  # of memory_bytes an edge
_CHUNK = 1 << 22  # edges that are read at a time, if no leaf has more


@dataclass(frozen=True, slots=True)
class Lists:
    """Both directions of a laid graph as memory maps. Shapes: out_weight float64 (n,)."""

    inward: Csr
    outward: Csr
    out_weight: NDArray[np.float64]
    prepared: Prepared


def open_lists(run: Run) -> Lists:
    """The lists of a laid run. Raises: CorruptIndex.    Cost: those of a graph are read once, to check them."""
    folder, of_run, n = run.graph_folder / LISTS, run.folder / LISTS, run.n
    try:
        leaks_error = float(json.loads((of_run / LISTS_FILE).read_text(encoding="utf-8"))["leaks_error"])
        leaks, ordered = open_array(of_run, LEAKS), run.ordered
    except (OSError, ValueError, KeyError, TypeError, CorruptIndex) as error:
        raise _damaged(of_run) from error
    if not (_is(leaks, n, np.float32) and _is(ordered, n, np.int64)):
        raise _damaged(of_run)
    try:
        inward, outward, core = open_rows(folder, "in", n), open_rows(folder, "out", n), open_core(folder, n)
        out_weight = open_array(folder, "out_weight")
    except CorruptIndex as error:
        raise _damaged(folder) from error
    if core is None or not inward.m == outward.m == run.facts.m or not _is(out_weight, n, np.float64):
        raise _damaged(folder)
    return Lists(inward, outward, out_weight, Prepared(core, Leaked(leaks, leaks_error)))


def _is(values: Array, n: int, type_: type[np.generic]) -> bool:
    return values.shape == (n,) and values.dtype == np.dtype(type_)


def _damaged(folder: Path) -> CorruptIndex:
    hint = f"delete {folder}, then run inlink rank --release … --keep-lists: it makes them again"
    return CorruptIndex(f"the lists in {folder} are damaged, or do not fit the run", hint=hint)


def check_lists_room(workspace: Workspace, n: int, m: int) -> None:
    """Nothing, if there is room for the lists of a graph. Raises: Unreachable."""
    check_room(workspace.path, lists_bytes(n, m) + _SPARE_BYTES, what="a graph in both directions")


def make_lists(workspace: Workspace, run: Run, *, threads: int, memory_bytes: int, say: Say) -> None:
    """Make what is not there yet of the lists of a laid run. Call it while holding the build lock.

    Raises: CorruptIndex; NotFound and Refused where the release is not what or where it was; Unreachable (full disk).
    Memory: half of memory_bytes (of MEMORY_BYTES, if that is more) and 24 bytes a node for the lists; then 4 bytes a
    link among nodes that link on, and 80 a node.
    Cost: the rows of the release are read once, and once more for each part of them that fits the memory.
    """
    place = run.graph_folder / LISTS
    if not (place / LISTS_FILE).exists():
        check_lists_room(workspace, run.n, run.facts.m)
        aside = workspace.tmp / f"lists-{run.facts.graph}"
        _write_graph(run, aside, threads, max(memory_bytes, MEMORY_BYTES), say)
        _publish(workspace, aside, place)
    if not (run.folder / LISTS / LISTS_FILE).exists():
        aside = workspace.tmp / f"lists-{run.id}"
        _write_run(run, aside, threads, say)
        _publish(workspace, aside, run.folder / LISTS)
    say("check the lists")
    open_lists(run)


def _publish(workspace: Workspace, aside: Path, place: Path) -> None:
    """The lists get their place; what lay there and was not whole goes."""
    if place.exists():
        place.replace(workspace.tmp / f"broken-{aside.name}")
    publish(aside, place)


def _write_graph(run: Run, folder: Path, threads: int, memory_bytes: int, say: Say) -> None:
    n, m = run.n, run.facts.m
    sides = {side: new_array(folder, f"{side}_neighbours", np.uint32, m) for side in ("out", "in")}
    outward = _out_lists(run, sides["out"], threads, memory_bytes, say)
    _written(sides["out"])
    say("turn the links round")
    inward = transpose(
        outward, n, memory_bytes=memory_bytes, neighbours_into=sides["in"], threads=threads,
        tick=letting_go(sides["out"], sides["in"]),
    )  # fmt: skip
    _written(sides["in"])
    out_weight = outward.degrees().astype(np.float64)
    save_arrays(folder, {"in_offsets": inward.offsets, "out_offsets": outward.offsets, "out_weight": out_weight})
    say("lay out the links among those that link on")
    save_core(inward, outward, out_weight, folder, threads=threads)
    _write_facts(folder, {"n": n, "m": m})


def _out_lists(run: Run, into: NDArray[np.uint32], threads: int, memory_bytes: int, say: Say) -> Csr:
    laid = run.laid
    votes = _Votes(laid, threads, n_passes=1 + -(-run.facts.m * _KEY_BYTES // memory_bytes), say=say)
    wrong = CorruptIndex(
        f"the links of {laid.facts.release} are not those of the run {run.id}", hint="run inlink verify, and rank again"
    )
    try:
        found = csr_of_chunks(votes.chunks, run.n, memory_bytes=memory_bytes, neighbours_into=into, threads=threads)
    except BadInput as error:
        check_same(laid.release)
        raise wrong from error
    check_same(laid.release)
    if found.m != run.facts.m or not np.array_equal(found.degrees(), laid.out_votes):
        raise wrong
    return found


def _written(neighbours: NDArray[np.uint32]) -> None:
    """All of a mapped array is in its file, and not in memory."""
    neighbours.flush()  # type: ignore[attr-defined]
    let_go(neighbours, 0, len(neighbours), written=True)


def _write_run(run: Run, folder: Path, threads: int, say: Say) -> None:
    say("how likely walks end")
    core = open_core(run.graph_folder / LISTS, run.n)
    if core is None:
        raise _damaged(run.graph_folder / LISTS)
    leaked = coarse_leaks(core, damping=run.recipe.damping, threads=threads)
    save_arrays(folder, {"ordered": np.sort(authority.rounded(run.mass)), LEAKS: leaked.values})
    _write_facts(folder, {"leaks_error": leaked.error_bound})


def _write_facts(folder: Path, about: dict[str, float]) -> None:
    replace_text(folder / LISTS_FILE, json.dumps({**about, "digests": digests_of(folder)}, indent=1) + "\n")


class _Votes:
    """The votes of a laid graph, read from the release's rows as often as they are asked for."""

    def __init__(self, laid: Laid, threads: int, *, n_passes: int, say: Say) -> None:
        counts = counts_of(laid.release)
        self.laid, self.threads = laid, max(1, threads)
        self.n_passes, self.say, self.passes = n_passes, say, 0
        self.rows = ReleaseRows(laid.release, counts.n_in)
        self.node_of_place = np.empty(laid.release.n, np.uint32)
        self.node_of_place[counts.place_of_node] = np.arange(laid.release.n, dtype=np.uint32)

    def chunks(self) -> Iterator[Chunk]:
        """Sources and targets of all votes, some rows ahead of what is asked for."""
        self.passes += 1
        self.say(f"read links: {self.passes} of {max(self.passes, self.n_passes)} times")
        with ThreadPoolExecutor(self.threads) as pool:
            waiting: list[Future[Chunk]] = []
            for first, last in self._pieces():
                waiting.append(pool.submit(self._chunk, first, last))
                if len(waiting) > self.threads:
                    yield waiting.pop(0).result()
            for each in waiting:
                yield each.result()
        extra = self.laid.extra
        yield np.array(extra.sources), extra.targets().astype(np.uint32), None  # a copy: kernels are of what is written

    def _chunk(self, first: int, last: int) -> Chunk:
        degrees = self.rows.degrees[first:last]
        sources = np.empty(int(degrees.sum(dtype=np.int64)), np.uint32)
        self.rows.rows_into(first, last, sources)
        return sources, np.repeat(self.node_of_place[first:last], degrees), None

    def _pieces(self) -> Iterator[tuple[int, int]]:
        """Whole leaves with at most so many links together, one at least."""
        per, n = self.laid.release.manifest.layout.per_leaf, self.rows.n
        begins = np.arange(0, n, per)
        ends = np.cumsum(np.add.reduceat(self.rows.degrees, begins, dtype=np.int64)) if n else begins
        leaf = done = 0
        while leaf < len(begins):
            after = max(leaf + 1, int(np.searchsorted(ends, done + _CHUNK, "right")))
            yield leaf * per, min(after * per, n)
            leaf, done = after, int(ends[after - 1])
