"""Verbs about releases of web graphs: cc list, cc fetch, cc import, cc status."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from inlink.cli.declare import Call
from inlink.cli.output import Output
from inlink.cli.progress import progress
from inlink.cli.tables import draw
from inlink.cli.text import clean
from inlink.errors import NotConfigured
from inlink.workbench import Workbench
from inlink.workbench.json_values import to_json
from inlink.workbench.release_results import ImportedRelease, ImportOptions, ReleaseState

_MIB = 2**20
_REPAIRS = {
    "vertices_missing": "vertices that the list of releases tells of: not in the files",
    "vertices_beyond": "vertices more than the list of releases tells of",
    "edges_missing": "edges that the list of releases tells of: not in the files",
    "edges_beyond": "edges more than the list of releases tells of",
    "duplicate_edges": "edges stood there before: counted once",
    "self_loops": "edges to their own source: left out",
    "edges_out_of_order": "edges out of order: put in place",
    "unsorted_rows": "lists out of order: sorted",
    "edges_out_of_range": "edges to vertices that there are not: left out",
    "edge_lines_not_numbers": "lines of edges without two numbers: left out",
    "vertices_out_of_order": "vertices not in the order of their ids: put in order",
    "names_out_of_order": "names before a smaller one: looked up through an index",
    "repeated_names": "names that stand twice",
    "rank_lines_not_read": "lines of ranks that cannot be read: left out",
    "ranks_of_unknown_names": "ranks of names that are no vertex: left out",
    "repeated_ranks": "ranks of a name that had some: left out",
    "unranked": "vertices without ranks: unknown",
    "carriage_returns": "lines that end in CR LF",
    "empty_files": "files without a line",
    "parts_listed_out_of_order": "list of parts out of order",
}


def list_(call: Call, *, where: str | None, limit: int | None, output: str | None) -> None:
    """Say which releases there are."""
    place = Output(quiet=call.quiet)
    try:
        with Workbench.open(call.folder) as bench:
            found = bench.published_releases(where)
    except NotConfigured:  # the list itself needs no workspace
        found = Workbench.releases_of(where)
    _show(place, found[: None if limit is None else 2 * limit], output)
    names = list(dict.fromkeys(state.name for state in found))
    if output != "json" and limit is not None and len(names) > limit:
        place.say(f"and {len(names) - limit:,} older releases: --limit all")


def status(call: Call, *, output: str | None) -> None:
    """Say which releases are here."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        found = bench.release_status()
    if not found and output != "json":
        place.line("no release is here yet: inlink cc list")
        return
    _show(place, found, output)


def _show(place: Output, found: Sequence[ReleaseState], output: str | None) -> None:
    if output == "json":
        place.line(to_json([dataclasses.asdict(state) for state in found], indent=2))
        return
    columns = ("release", "kind", "state", "nodes", "edges", "size_mb", "text_mb")
    rows = [
        {
            "release": state.name,
            "kind": state.kind,
            "state": state.state,
            "nodes": state.n_nodes,
            "edges": state.n_edges,
            "size_mb": None if state.size_bytes is None else round(state.size_bytes / 1e6),
            "text_mb": None if state.text_bytes is None else round(state.text_bytes / 1e6),
        }
        for state in found
    ]
    draw(place, columns, rows)
    for state in found:
        if state.why is not None:
            place.line()
            place.line(clean(f"{state.name} {state.kind}: {state.why}"))
            place.line(clean(state.hint or ""))


def fetch(
    call: Call, *, release: str, kind: str, where: str | None, ranks: bool, restart: bool, output: str | None
) -> None:
    """Fetch the files of a release."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench, progress(place) as report:
        found = bench.fetch_release(release, kind, where=where, ranks=ranks, restart=restart, report=report)
    if output == "json":
        place.line(to_json(dataclasses.asdict(found), indent=2))
        return
    came = (
        f"{found.n_new:,} of {found.n_files:,} files fetched"
        if found.n_new
        else f"all {found.n_files:,} files were here"
    )
    resumed = f", {found.n_resumed:,} of them resumed" if found.n_resumed else ""
    place.line(clean(f"{found.name} {found.kind}: {came}{resumed}; {found.n_bytes / _MIB:,.1f} MiB came"))
    place.say(clean(f"next: inlink cc import {found.name} --kind {found.kind}"))


def import_(
    call: Call,
    *,
    release: str,
    kind: str,
    where: str | None,
    ranks: bool,
    restart: bool,
    again: bool,
    keep_text: bool,
    out: bool,
    names: bool,
    memory: float,
    threads: int,
    output: str | None,
) -> None:
    """Convert a release."""
    place = Output(quiet=call.quiet)
    options = ImportOptions(
        where, ranks=ranks, restart=restart, again=again, keeps_text=keep_text, keeps_out=out, names_beside=names,
        memory_bytes=int(memory * 2**30), threads=threads,
    )  # fmt: skip
    with Workbench.open(call.folder) as bench, progress(place) as report:
        found = bench.import_release(release, kind, options, report=report)
    if output == "json":
        place.line(to_json(dataclasses.asdict(found), indent=2))
    else:
        _say(place, found)


def _say(place: Output, found: ImportedRelease) -> None:
    size = f"{found.n_nodes:,} {found.kind}s, {found.n_edges:,} references, {found.size_bytes / _MIB:,.1f} MiB"
    if found.outcome == "unchanged":
        place.line(clean(f"{found.name} {found.kind} is here already: {size} (--again converts it once more)"))
        return
    place.line(clean(f"{found.name} {found.kind} can be asked: {size}; {sum(found.seconds.values()):,.1f} s"))
    for name, words in _REPAIRS.items():
        if count := found.counts.get(name):
            place.say(f"  {count:>12,}  {words}")
    for example in found.examples[:3]:
        place.say(clean(f"  for example {example.file} line {example.line}: {example.text!r}"))
