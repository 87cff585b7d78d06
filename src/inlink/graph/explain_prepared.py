"""What explanations of a large graph need, made once and kept: the links among nodes that link on, and leaks.

Beside a graph's arrays: core_*.npy (`kernels.push_core`), and evaporated.npy where votes evaporate. In a run: leaks.npy
and the bound of its error. Small graphs and older runs have none of these; then they are made when they are asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inlink.errors import CorruptIndex
from inlink.graph.arrays import Array, open_array, save_arrays
from inlink.graph.explain_walk import Prepared
from inlink.graph.graph import Graph
from inlink.graph.graph_checks import check_rows
from inlink.graph.runs import Recipe, Run
from inlink.kernels.csr_rows import Csr

if TYPE_CHECKING:
    from inlink.kernels.push_core import OutCore
    from inlink.kernels.push_sweeps import Leaked

Floats = NDArray[np.float64]
PARTS = ("nodes", "places", "out_weight", "offsets", "neighbours", "weights", "kept")
EVAPORATED = "evaporated"
LEAKS = "leaks"


def save_prepared(graph: Graph, folder: Path, *, evaporates: bool) -> None:
    """Write the core of a large graph, and what evaporates, beside its arrays."""
    from inlink.graph.origins import has_many_edges

    if not has_many_edges(graph.m):
        return
    save_core(graph.inward, graph.outward, graph.out_weight, folder)
    if evaporates:
        save_arrays(folder, {EVAPORATED: evaporating(graph)})


def save_core(inward: Csr, outward: Csr, out_weight: Floats, folder: Path, *, threads: int | None = None) -> None:
    """Write the core of a graph."""
    from inlink.kernels.push_core import out_core_of

    core = out_core_of(inward, outward, out_weight, threads=threads)
    save_arrays(folder, {f"core_{name}": getattr(core, name) for name in PARTS})


def open_core(folder: Path, n: int) -> OutCore | None:
    """The core beside a graph's arrays as memory maps; None where none is kept. Raises: CorruptIndex."""
    if not (folder / "core_nodes.npy").exists():
        return None
    from inlink.kernels.push_core import OutCore  # compiled: a small graph is asked for its flow without

    core = OutCore(n, *(open_array(folder, f"core_{name}") for name in PARTS))
    c = core.size
    rows = {len(core.places), len(core.out_weight), len(core.kept), c}
    if len(rows) != 1 or c > n or len(core.weights) not in (0, core.m) or not _are_below(core.nodes, n, core.places, c):
        raise CorruptIndex(f"the arrays in {folder} do not fit together", hint="delete it and run inlink rank")
    check_rows(folder, "core", n=c, n_columns=c, rows=(core.offsets, core.neighbours))
    return core


def _are_below(nodes: Array, n: int, places: Array, size: int) -> bool:
    """No node and no place is out of range; cheap beside the links."""
    kinds = {nodes.dtype, places.dtype} == {np.dtype(np.uint32)}
    return kinds and (not size or (int(nodes.max()) < n and int(places.max()) < size))


def leaks_of(graph: Graph, folder: Path, recipe: Recipe, threads: int | None = None) -> Leaked | None:
    """Leaks of a graph whose core is kept in the folder, by a recipe; None where there is no core."""
    from inlink.kernels.push_sweeps import coarse_leaks

    core = open_core(folder, graph.n)
    if core is None:
        return None
    evaporated = evaporated_of(graph, folder) if recipe.policy.follow == "evaporate" else None
    return coarse_leaks(core, damping=recipe.damping, evaporated=evaporated, threads=threads)


def open_prepared(run: Run) -> Prepared:
    """What is kept for a run. Raises: CorruptIndex."""
    core = open_core(run.graph_folder, run.n)
    if run.facts.leaks_error is None:
        return Prepared(core)
    from inlink.kernels.push_sweeps import Leaked

    values = open_array(run.folder, LEAKS)
    if len(values) != run.n:
        raise CorruptIndex(f"the leaks of {run.id} do not fit the run", hint="delete it and run inlink rank")
    return Prepared(core, Leaked(values, run.facts.leaks_error))


def evaporated_of(graph: Graph, folder: Path) -> Floats:
    """As `evaporating`, from the folder of the graph's arrays where it is kept."""
    kept = (folder / f"{EVAPORATED}.npy").exists()
    return open_array(folder, EVAPORATED) if kept else evaporating(graph)


def evaporating(graph: Graph) -> Floats:
    """The share of each node's out-weight that evaporates; 0 for dangling nodes. Shape: float64 (n,)."""
    degrees = graph.outward.degrees()
    linked = degrees.astype(np.float64)
    if graph.outward.weights is not None:
        voters = np.flatnonzero(degrees)
        starts = np.asarray(graph.outward.offsets[:-1])[voters]
        if len(voters):
            linked[voters] = np.add.reduceat(graph.outward.weights.astype(np.float64), starts)
    spent = np.asarray(graph.out_weight)
    share = np.divide(spent - linked, spent, out=np.zeros(graph.n), where=spent > 0)
    return np.where(share > 1e-12, share, 0.0)
