"""Verbs that look after a workspace: status, verify, gc."""

from __future__ import annotations

import dataclasses

import click

from inlink.cli.declare import Call
from inlink.cli.failures import FAILURE
from inlink.cli.output import Output
from inlink.cli.progress import progress
from inlink.cli.text import clean
from inlink.cli.values import for_table
from inlink.workbench import Workbench
from inlink.workbench.json_values import to_json

MENDING = "remove the folder or file that is named; inlink build makes parts, snapshots and serving files again"


def status(call: Call, *, output: str | None) -> None:
    """Say what the workspace holds and serves."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        found = bench.status()
    if output == "json":
        place.line(to_json(dataclasses.asdict(found), indent=2))
        return
    rows = {
        "workspace": found.path,
        "snapshot": found.snapshot or "none yet: inlink build",
        "inputs": for_table(found.n_inputs),
        "captures": for_table(found.n_captures),
        "links": for_table(found.n_links),
        "domains": for_table(found.n_domains),
        "hosts": for_table(found.n_hosts),
        "size": f"{found.size_bytes / 1e6:,.1f} MB",
        **found.facts,
    }
    for name, value in rows.items():
        place.line(f"{clean(name):<12} {clean(value)}")
    for note in found.notes:
        place.say(clean(note))


def verify(call: Call, *, output: str | None) -> None:
    """Compare every stored file with its digest; fails where one does not match."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench, progress(place) as report:
        found = bench.verify(report=report)
    if output == "json":
        place.line(to_json(dataclasses.asdict(found), indent=2))
    else:
        others = f"{_runs(found.n_runs)}{_releases(found.n_releases)}"
        checked = f"{_n(found.n_parts, 'part')} and {_n(found.n_snapshots, 'snapshot')}{others} checked"
        place.line(f"{checked}: {'all sound' if not found.faults else _n(len(found.faults), 'fault')}")
        for fault in found.faults:
            place.line(f"  {clean(fault)}")
    if found.faults:
        place.err.write(f"hint: {MENDING}\n")
        raise click.exceptions.Exit(FAILURE)


def _n(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _runs(n: int) -> str:
    return f", {_n(n, 'run')}" if n else ""


def _releases(n: int) -> str:
    return f", {_n(n, 'graph')} of releases" if n else ""


def _copies(n: int) -> str:
    return f", {n:,} kept {'copy' if n == 1 else 'copies'}" if n else ""


def gc(call: Call, *, keep: int | None, releases: int | None, output: str | None) -> None:
    """Remove what is old and not in use."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        found = bench.gc(keep=keep, keep_releases=releases)
    if output == "json":
        place.line(to_json(dataclasses.asdict(found), indent=2))
        return
    place.line(
        f"removed {_n(len(found.snapshots), 'snapshot')}{_runs(len(found.runs))} "
        f"and {_n(found.n_parts, 'part')} that no input needs{_copies(found.n_copies)}; "
        f"{found.freed_bytes / 1e6:,.1f} MB free"
    )
    forgotten = {"check": found.n_checks, "look": found.n_looks, "ledger line": found.n_asked}
    if old := [_n(n, what) for what, n in forgotten.items() if n]:
        place.line(f"forgot what is older than [retention] says: {', '.join(old)}")
    if found.releases:
        place.line(f"removed of releases: {clean(', '.join(found.releases))}")
    if found.in_use:
        place.say(f"kept because somebody reads them: {', '.join(found.in_use)}")
