"""Make a scoring run: count the votes of a snapshot, weigh them by a policy, compute masses, write the run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import inlink
from inlink.engine.protocol import Engine, Progress, Report, silent
from inlink.engine.session import Session
from inlink.errors import NotFound
from inlink.graph import authority
from inlink.graph.arrays import digests_of, save_arrays
from inlink.graph.blocks import Release
from inlink.graph.explain_prepared import LEAKS, leaks_of
from inlink.graph.graph import Graph
from inlink.graph.laid_lists import check_lists_room, make_lists
from inlink.graph.laid_run import Sources, make_laid
from inlink.graph.names import Texts
from inlink.graph.overlay_votes import check_release, is_large, overlay_key
from inlink.graph.own import graph_folder, graph_id, overlaid_votes, own_graph, own_votes
from inlink.graph.policy import Policy
from inlink.graph.runs import FILE_NAME, LISTS, LISTS_FILE, Recipe, Run, RunFacts, is_run, read_run, remember, run_text
from inlink.graph.votes import Say, nobody, votes_id
from inlink.index.manifest import read_manifest
from inlink.kernels.pagerank import PageRankResult, pagerank
from inlink.kernels.push_sweeps import Leaked
from inlink.schema.runs import RUN_SCORES
from inlink.store.disk import check_room, full_error, is_full
from inlink.store.files import publish, replace_text
from inlink.store.tables import Written, write_table
from inlink.store.workspace import Workspace

BATCH = 65_536
_LINK_BYTES = 60  # room to ask for, a link: pairs, both directions of the graph, and sorting them
_SPARE_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Ranked:
    """What ranking did. outcome: made, or unchanged (the run of the same inputs is there)."""

    outcome: str
    run: Run


def rank(
    workspace: Workspace,
    kind: str,
    engine: Engine,
    policy: Policy | None = None,
    *,
    damping: float = 0.85,
    release: Release | None = None,
    keeps_lists: bool = False,
    report: Report = silent,
) -> Ranked:
    """The run over the served snapshot; made unless it is there. Killed at any moment, it harms nothing.

    release: own votes are laid over it; where nothing has been built, it is ranked alone. keeps_lists: both directions
    of the graph are kept for origins, what-if and fragility, where the release is too large for that by itself.
    Raises: Busy while another process builds; NotFound before the first build; BadInput for a policy without meaning;
    NotConverged; Unreachable where the disk has no room.
    """
    policy = policy or Policy()
    policy.check(kind)
    if release is not None:
        check_release(release, kind, policy)
    try:
        with workspace.building("rank") as tmp:
            workspace.graph.mkdir(exist_ok=True)
            plain = _recipe(workspace, kind, policy, damping, release)
            recipe = plain if release is None else _over(plain, release)
            if keeps_lists and release is not None and is_large(release) and not _has_lists(workspace, recipe):
                check_lists_room(workspace, release.n, release.manifest.n_edges_in)
            outcome = "unchanged" if is_run(workspace.graph / recipe.run) else "made"
            say = _saying(recipe, report)
            if outcome == "made":
                _make(workspace, recipe, _Source(plain.snapshot_key, release), engine, tmp, say)
            remember(workspace, recipe.run)
            run = read_run(workspace.graph / recipe.run)
            if keeps_lists and not run.has_lists:
                make_lists(workspace, run, threads=engine.workers, memory_bytes=engine.memory_bytes, say=say)
            return Ranked(outcome, run)
    except (OSError, duckdb.Error) as error:
        if is_full(error):
            raise full_error(workspace.path) from error
        raise


def _recipe(workspace: Workspace, kind: str, policy: Policy, damping: float, release: Release | None) -> Recipe:
    current = workspace.current()
    if current is None and release is not None:
        return Recipe(kind, release.manifest.name, "", policy, damping=damping)
    if current is None:
        raise NotFound("nothing has been built in this workspace yet", hint="add inputs, then run inlink build")
    key = read_manifest(workspace.snapshot(current.snapshot)).key
    return Recipe(kind, current.snapshot, key, policy, damping=damping)


def _over(recipe: Recipe, release: Release) -> Recipe:
    key = overlay_key(recipe.snapshot_key, release)
    return replace(recipe, snapshot_key=key, release=release.manifest.name)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where votes come from: the content of a snapshot ("": there is none), over a release or alone."""

    snapshot_key: str
    release: Release | None

    @property
    def is_laid(self) -> bool:
        """The release is too large for its votes to be made in memory."""
        return self.release is not None and is_large(self.release)


def _has_lists(workspace: Workspace, recipe: Recipe) -> bool:
    return (graph_folder(workspace, graph_of_recipe(recipe)) / LISTS / LISTS_FILE).exists()


def _saying(recipe: Recipe, report: Report) -> Say:
    steps = iter(range(100))
    return lambda note: report(Progress(f"rank {recipe.kind}", next(steps), None, "steps", note))


def _make(workspace: Workspace, recipe: Recipe, source: _Source, engine: Engine, tmp: Path, say: Say) -> None:
    check_room(workspace.path, _room(workspace, recipe, source), what="the graph")
    own = None
    if source.snapshot_key:
        with _session(engine, tmp) as session:
            own = own_votes(workspace, recipe.snapshot, source.snapshot_key, recipe.kind, session, say)
    if source.release is not None and source.is_laid:
        out = make_laid(
            workspace, recipe, Sources(source.release, own), tmp, threads=engine.workers, say=say
        )  # fmt: skip
        publish_run(workspace, out, recipe.run)
        return
    votes = own or nobody(recipe.kind, recipe.snapshot)
    if source.release is not None:
        say("lay votes over the release")
        votes = overlaid_votes(workspace, votes, source.release, recipe.snapshot_key)
    say("arrange votes")
    graph = own_graph(workspace, votes, recipe.policy)
    say("compute masses")
    result = masses(graph, recipe, threads=engine.workers)
    say("write the run")
    out = tmp / recipe.run
    leaked = leaks_of(graph, graph_folder(workspace, graph_of_recipe(recipe)), recipe, engine.workers)
    write_run(out, recipe, graph, result, leaked)
    publish_run(workspace, out, recipe.run)


def _room(workspace: Workspace, recipe: Recipe, source: _Source) -> int:
    """Bytes that are asked of the disk before the work begins."""
    n_links = 0
    if source.snapshot_key:
        n_links = int(read_manifest(workspace.snapshot(recipe.snapshot)).tables["links"]["n_rows"])
    if source.release is not None and not source.is_laid:
        n_links += source.release.manifest.n_edges_in
    return n_links * _LINK_BYTES + _SPARE_BYTES


@contextmanager
def _session(engine: Engine, tmp: Path) -> Iterator[Session]:
    scratch = tmp / "scratch"
    scratch.mkdir()
    with engine.session(scratch) as session:
        yield session
    shutil.rmtree(scratch, ignore_errors=True)


def masses(graph: Graph, recipe: Recipe, *, threads: int | None = None) -> PageRankResult:
    """The masses of a graph's nodes by a recipe. Raises: NotConverged."""
    return pagerank(graph.inward, graph.out_weight, damping=recipe.damping, tolerance=recipe.tolerance, threads=threads)


def write_run(out: Path, recipe: Recipe, graph: Graph, result: PageRankResult, leaked: Leaked | None = None) -> None:
    """Write a run's arrays, its table and, last, run.json."""
    columns = score_columns(graph, result.mass)
    save_arrays(out, {name: columns[name] for name in ("mass", "position", "in_votes", "ordered")})
    if leaked is not None:
        save_arrays(out, {LEAKS: leaked.values})
    written = _write_scores(out / "scores", graph, columns)
    facts = RunFacts(
        run=recipe.run,
        inputs=dict(recipe.words),
        graph=graph_of_recipe(recipe),
        votes=votes_id(recipe.kind, recipe.snapshot_key),
        n=graph.n,
        m=graph.m,
        n_unknown_follow=int(graph.meta["n_unknown_follow"]),
        n_dangling=graph.n_dangling,
        iterations=int(result.iterations),
        error_bound=float(result.error_bound),
        scores=asdict(written),
        digests=digests_of(out),
        made_by=f"inlink {inlink.__version__}",
        made_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        leaks_error=None if leaked is None else leaked.error_bound,
    )
    replace_text(out / FILE_NAME, run_text(facts))


def graph_of_recipe(recipe: Recipe) -> str:
    """What the graph of a recipe is kept under."""
    return graph_id(recipe.kind, recipe.snapshot_key, recipe.policy)


def publish_run(workspace: Workspace, out: Path, name: str) -> None:
    """The run gets its place; what lay there and could not be read goes."""
    final = workspace.graph / name
    if final.exists():
        final.replace(workspace.tmp / f"broken-{name}")
    publish(out, final)


def score_columns(graph: Graph, mass: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """All that a run knows of each node, by column; `ordered` are the rounded masses, ascending."""
    keys = authority.rounded(mass)
    ordered = np.sort(keys)
    position = authority.positions(keys, ordered)
    in_votes, out_votes = graph.inward.degrees(), graph.outward.degrees()
    columns: dict[str, NDArray[Any]] = {
        "mass": mass, "position": position, "in_votes": in_votes, "out_votes": out_votes, "ordered": ordered
    }  # fmt: skip
    scores = authority.authorities(position, in_votes)
    return columns if scores is None else {**columns, "authority": scores}


def _write_scores(folder: Path, graph: Graph, columns: Mapping[str, NDArray[Any]]) -> Written:
    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, graph.n, BATCH):
            part = slice(start, min(start + BATCH, graph.n))
            rows = {
                "key": _strings(graph.names.keys, part),
                "name": _strings(graph.names.names, part),
                **{name: pa.array(columns[name][part]) for name in columns if name != "ordered"},
            }
            rows.setdefault("authority", pa.nulls(part.stop - part.start, pa.float64()))
            yield pa.RecordBatch.from_pydict(rows)

    return write_table(batches(), folder, RUN_SCORES)


def _strings(texts: Texts, part: slice) -> pa.StringArray:
    offsets = np.asarray(texts.offsets[part.start : part.stop + 1])
    data = np.asarray(texts.data[offsets[0] : offsets[-1]])
    short = (offsets - offsets[0]).astype(np.int32)
    return pa.StringArray.from_buffers(part.stop - part.start, pa.py_buffer(short), pa.py_buffer(data))
