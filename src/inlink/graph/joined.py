"""A snapshot and a run served together: rows are ordered by where the source's domain stands in the run.

Without a run, strength is the number of domains that link to the source's domain. With one it is the number of domains
of the run's graph that the source's domain stands above (n - position): equal positions are equally strong, a domain
that the graph lacks stands above none. The tables that hold strengths are arranged again by it, and a serving file is
made of them: `serve/<snapshot>+<run>.duckdb`. The snapshot itself stays as it is.
"""

from __future__ import annotations

import os
import shutil
from importlib.resources import files
from pathlib import Path

from inlink.engine.protocol import Engine, Progress, Report, silent
from inlink.errors import BadInput
from inlink.graph.runs import Run
from inlink.index.arrange import TABLES
from inlink.index.manifest import read_manifest
from inlink.index.serving import build_serving
from inlink.index.serving_scan import Snapshot
from inlink.index.stages import MIB, SERVING_MEMORY_SHARE
from inlink.store.disk import check_room
from inlink.store.files import bytes_digest, publish, replace_text
from inlink.store.workspace import Current, Workspace

STRENGTHS = ("links", "indirect", "pairs")
_LINK_BYTES = 170 + 250 + 800  # as a build asks for: rows, their serving file, and sorting them
_SPARE_BYTES = 64 * MIB


def serve_run(workspace: Workspace, run: Run, engine: Engine, report: Report = silent) -> str:
    """Questions are answered by the snapshot with the run from now on; made, or unchanged where they are already.

    Raises: BadInput for a run of another kind or another snapshot; Busy; Unreachable where the disk has no room.
    """
    with workspace.building("rank") as tmp:
        current = workspace.current()
        wanted = Current(run.snapshot, run.id)
        if run.kind != "domains" or current is None or current.snapshot != run.snapshot:
            raise BadInput(
                f"the run {run.id} cannot order what is served: that takes a run of domains over the served snapshot",
                hint="inlink rank --graph domains --serve",
            )
        final = workspace.serving(run.snapshot, run.id)
        if current == wanted and final.exists():
            return "unchanged"
        if not final.exists():
            _make(workspace, run, final, engine, tmp, report)
        workspace.serve(wanted)
    return "made"


def _make(workspace: Workspace, run: Run, final: Path, engine: Engine, tmp: Path, report: Report) -> None:
    snapshot = workspace.snapshot(run.snapshot)
    n_links = int(read_manifest(snapshot).tables["links"]["n_rows"])
    check_room(workspace.path, n_links * _LINK_BYTES + _SPARE_BYTES, what="serving the run")
    folder = tmp / final.stem  # a serving file is of the snapshot whose folder it was made of: this names the pair
    arranged(snapshot, run, folder, engine, tmp / "scratch")
    aside = tmp / final.name
    build_serving(
        folder,
        aside,
        run.id,
        memory_limit=f"{int(engine.memory_bytes * SERVING_MEMORY_SHARE) // MIB}MiB",
        threads=engine.workers,
        progress=lambda note, done, total: report(Progress("serve", done, total, "steps", note)),
    )
    replace_text(final.with_suffix(".digest"), bytes_digest(aside) + "\n")
    publish(aside, final)


def arranged(snapshot: Path, run: Run, out: Path, engine: Engine, scratch: Path) -> None:
    """The tables of a snapshot below `out`: those with strengths arranged by the run, the others linked to."""
    tables = Snapshot(snapshot)
    scratch.mkdir()
    with engine.session(scratch) as session:
        session.let("run_nodes", run.n)
        session.let("run_scores", [str(path) for path in sorted((run.folder / "scores").glob("*.parquet"))])
        for name in STRENGTHS:
            session.let(f"joined_{name}", tables.files(name))
        session.run(files("inlink.graph") / "sql" / "joined.sql")
        for table in TABLES:
            if table.folder in STRENGTHS:
                session.arrange(f"{table.folder}_rows", table.order, out / table.folder, table.table)
            else:
                _link(snapshot / table.folder, out / table.folder)
    shutil.rmtree(scratch, ignore_errors=True)


def _link(folder: Path, out: Path) -> None:
    """The files of a folder under another name; copied where the disk knows no second names."""
    out.mkdir(parents=True)
    for path in sorted(folder.glob("*.parquet")):
        try:
            os.link(path, out / path.name)
        except OSError:
            shutil.copyfile(path, out / path.name)
