"""A graph of votes: who votes for whom, by weight, with the names of its nodes; a folder of memory-mapped arrays."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inlink.errors import CorruptIndex
from inlink.graph.arrays import digests_of, open_array, save_arrays
from inlink.graph.graph_checks import check_rows
from inlink.graph.names import Names, open_names
from inlink.kernels.csr_rows import Csr
from inlink.store.files import replace_text

FILE_NAME = "graph.json"


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes 0..n-1 in the order of their keys, and the votes between them.

    inward[t] are the nodes that vote for t, outward[s] those that s votes for, both with weights, or with none where
    every vote counts 1. out_weight: what a node spends on all its votes, those that evaporate included; 0 for a node
    that votes for nobody (dangling).
    Shapes: out_weight float64 (n,).
    """

    names: Names
    inward: Csr
    outward: Csr
    out_weight: NDArray[np.float64]
    kind: str
    meta: dict[str, Any]

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.out_weight)

    @property
    def m(self) -> int:
        """Number of votes: pairs of nodes."""
        return self.inward.m

    @property
    def n_dangling(self) -> int:
        """Nodes that vote for nobody."""
        return int(np.count_nonzero(self.out_weight == 0))


def save_graph(graph: Graph, folder: Path, *, with_names: bool = True) -> None:
    """Write a graph's arrays and graph.json, which holds their digests."""
    if with_names:
        graph.names.save(folder)
    arrays: dict[str, NDArray[Any]] = {"out_weight": graph.out_weight}
    for side, csr in (("in", graph.inward), ("out", graph.outward)):
        arrays |= {f"{side}_offsets": csr.offsets, f"{side}_neighbours": csr.neighbours}
        if csr.weights is not None:
            arrays[f"{side}_weights"] = csr.weights
    save_arrays(folder, arrays)
    facts = {"kind": graph.kind, "n": graph.n, "m": graph.m, "meta": graph.meta, "digests": digests_of(folder)}
    replace_text(folder / FILE_NAME, json.dumps(facts, indent=1, ensure_ascii=False) + "\n")


def open_graph(folder: Path, names: Names | None = None) -> Graph:
    """A graph as memory maps; `names` where they are kept elsewhere.

    Raises: CorruptIndex, also where a link leads to a node that there is not.
    """
    try:
        facts = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        kind, meta, n = str(facts["kind"]), dict(facts["meta"]), int(facts["n"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorruptIndex(f"{folder} holds no graph", hint="run inlink rank: it makes it again") from error
    names = open_names(folder, kind) if names is None else names
    inward, outward = open_rows(folder, "in", n), open_rows(folder, "out", n)
    graph = Graph(names, inward, outward, open_array(folder, "out_weight"), kind, meta)
    if not n == graph.n == len(names) or inward.m != outward.m or graph.out_weight.dtype != np.float64:
        raise CorruptIndex(f"the arrays in {folder} do not fit together", hint="run inlink rank: it makes them again")
    return graph


def open_rows(folder: Path, side: str, n: int) -> Csr:
    """The rows of one side ("in" or "out") as memory maps. Raises: CorruptIndex."""
    has_weights = (folder / f"{side}_weights.npy").exists()
    weights = open_array(folder, f"{side}_weights") if has_weights else None
    offsets, neighbours = open_array(folder, f"{side}_offsets"), open_array(folder, f"{side}_neighbours")
    check_rows(folder, side, n=n, n_columns=n, rows=(offsets, neighbours))
    if weights is not None and (weights.shape != neighbours.shape or weights.dtype != np.float32):
        raise CorruptIndex(f"the arrays in {folder} do not fit together", hint="run inlink rank: it makes them again")
    return Csr(offsets, neighbours, weights)
