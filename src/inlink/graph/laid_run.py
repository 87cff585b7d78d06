"""A run over a release of any size: own votes laid over it, or the release alone; its rows are read, never held.

Memory: 4 bytes for each link between domains that link, and for each node what `pagerank` takes and 24 bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import inlink
from inlink.graph import authority
from inlink.graph.arrays import Array, digests_of, save_arrays
from inlink.graph.blocks import Release
from inlink.graph.laid import Laid, check_same, save_added, save_laid
from inlink.graph.overlay import Overlay, Placed, overlay, place_own
from inlink.graph.own import graph_folder, graph_id
from inlink.graph.policy import weigh
from inlink.graph.runs import FILE_NAME, Recipe, RunFacts, run_text
from inlink.graph.votes import Say, Votes, votes_id
from inlink.kernels.pagerank import PageRankResult
from inlink.schema.runs import RUN_SCORES
from inlink.store.disk import check_room
from inlink.store.files import publish, replace_text
from inlink.store.tables import write_table
from inlink.store.workspace import Workspace
from inlink.urls.domains import SuffixRules

_NODE_BYTES = 20  # on disk: mass, position, how many vote for it, how many it votes for
_LINK_BYTES = 8
_SPARE_BYTES = 64 * 2**20
_BATCH = 65_536
NOBODY = Placed(np.zeros(0, np.int64), (), 0)


@dataclass(frozen=True, slots=True)
class Sources:
    """What a run is made of. own: votes that are laid over the release; None: it is ranked alone."""

    release: Release
    own: Votes | None


def make_laid(
    workspace: Workspace, recipe: Recipe, given: Sources, tmp: Path, *, threads: int | None, say: Say
) -> Path:
    """The run, written below `tmp`; its graph has its place when this returns. Call it while holding the build lock.

    Raises: CorruptIndex; Refused where the release was changed meanwhile; NotConverged; Unreachable (a full disk).
    """
    release, own = given.release, given.own
    check_room(workspace.path, _room(release, own), what="the run")
    say("look up own names")
    placed = NOBODY if own is None else place_own(own.names, release, SuffixRules(workspace.settings.suffixes))
    release.blocks.forget()
    n = release.n + len(placed.added)
    say("read numbers of the release, and which own votes it has")
    over = overlay(release, *_votes(own, recipe, placed), n)
    laid = _keep(workspace, recipe, release, over, placed)
    say("read links")
    result = over.mass(
        damping=recipe.damping, tolerance=recipe.tolerance, threads=threads, tick=_digits(recipe.tolerance, say)
    )
    check_same(release)
    say("write the run")
    out = tmp / recipe.run
    _write(out, recipe, given, _columns(over, result), laid, result)
    return out


def _room(release: Release, own: Votes | None) -> int:
    n, m = (0, 0) if own is None else (own.n, own.m)
    return (release.n + n) * _NODE_BYTES + m * _LINK_BYTES + _SPARE_BYTES


def _digits(tolerance: float, say: Say) -> Callable[[float], None]:
    """Says how many digits of the masses stand, whenever it is one more."""
    said, most = -1, round(-math.log10(tolerance))

    def tick(error: float) -> None:
        nonlocal said
        digits = min(most, max(0, int(-math.log10(max(error, 1e-300)))))
        if digits > said:
            said = digits
            say(f"compute masses: {digits} of {most} digits")

    return tick


def _votes(own: Votes | None, recipe: Recipe, placed: Placed) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Own votes that count, as nodes of the overlay."""
    ends = [np.zeros((2, 0), np.int64)]
    if own is not None:
        for part, carried, _ in weigh(own, recipe.policy):
            kept = carried > 0
            ends.append(placed.nodes[np.stack([own.source[part][kept], own.target[part][kept]])])
    source, target = np.concatenate(ends, axis=1)
    return source, target


def _keep(workspace: Workspace, recipe: Recipe, release: Release, over: Overlay, placed: Placed) -> Laid:
    """The graph beside other graphs, made where it is not there yet."""
    name = graph_id(recipe.kind, recipe.snapshot_key, recipe.policy)
    folder = graph_folder(workspace, name)
    if not folder.is_dir():
        aside = workspace.tmp / f"graph-{name}"
        save_added(aside, recipe.kind, placed.added)
        arrays: dict[str, Array] = {"own_nodes": placed.nodes, "out_votes": over.out_degrees()}
        extra = over.extra_by_node()
        arrays |= {"extra_rows": extra.rows, "extra_offsets": extra.offsets, "extra_sources": extra.sources}
        save_laid(aside, kind=recipe.kind, release=release, root=workspace.path, arrays=arrays, m=over.m)
        folder.parent.mkdir(parents=True, exist_ok=True)
        publish(aside, folder)
    return Laid(folder, workspace.path)


def _columns(over: Overlay, result: PageRankResult) -> dict[str, NDArray[Any]]:
    """What a run keeps of each node."""
    mass = result.mass[over.place_of_node]
    position = authority.all_positions(authority.rounded(mass))
    return {"mass": mass, "position": position, "in_votes": over.in_degrees()}


def _write(
    out: Path, recipe: Recipe, given: Sources, columns: dict[str, NDArray[Any]], laid: Laid, result: PageRankResult
) -> None:
    """A run's arrays, its table of own names and, last, run.json."""
    save_arrays(out, columns)
    rows = iter(()) if given.own is None else _rows(given.own, columns, laid)
    written = write_table(rows, out / "scores", RUN_SCORES)
    is_dangling = np.asarray(laid.out_votes) == 0
    own = given.own
    facts = RunFacts(
        run=recipe.run,
        inputs=dict(recipe.words),
        graph=laid.folder.name,
        votes="" if own is None else votes_id(recipe.kind, own.facts.snapshot_key),
        n=laid.facts.n,
        m=laid.facts.m,
        n_unknown_follow=0 if own is None else own.facts.n_unknown_follow,
        n_dangling=int(np.count_nonzero(is_dangling)),
        iterations=int(result.iterations),
        error_bound=float(result.error_bound),
        scores=asdict(written),
        digests=digests_of(out),
        made_by=f"inlink {inlink.__version__}",
        made_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        is_laid=True,
        returned=float(columns["mass"][is_dangling].sum()),
    )
    replace_text(out / FILE_NAME, run_text(facts))


def _rows(own: Votes, columns: dict[str, NDArray[Any]], laid: Laid) -> Iterator[pa.RecordBatch]:
    """Scores of own names; those of the release are in the arrays alone."""
    n = laid.facts.n
    for start in range(0, own.n, _BATCH):
        at = range(start, min(start + _BATCH, own.n))
        nodes = np.asarray(laid.own_nodes[start : at.stop])
        position, in_votes = columns["position"][nodes], columns["in_votes"][nodes]
        scores = [authority.authority_at(int(p), n, has_votes=v > 0) for p, v in zip(position, in_votes, strict=True)]
        yield pa.RecordBatch.from_pydict(
            {
                "key": [own.names.key(one) for one in at],
                "name": [own.names.name(one) for one in at],
                "mass": columns["mass"][nodes],
                "position": position.astype(np.int64),
                "in_votes": in_votes.astype(np.int64),
                "out_votes": np.asarray(laid.out_votes[nodes]).astype(np.int64),
                "authority": pa.array(scores, pa.float64()),
            }
        )
