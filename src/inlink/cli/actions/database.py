"""Verbs of the workspace's database: backup, restore, person find, person erase."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from inlink.cli.declare import Call
from inlink.cli.output import Output
from inlink.cli.text import clean
from inlink.workbench import Workbench
from inlink.workbench.json_values import to_json
from inlink.workbench.people import Who
from inlink.workbench.persons import Found


def backup(call: Call, *, file: Path, archive: bool, force: bool, output: str | None) -> None:
    """Write a backup, and say what it holds."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        made = bench.backup(file, archive=archive, force=force)
    if output == "json":
        place.line(to_json(dataclasses.asdict(made), indent=2))
        return
    rows = sum(made.rows.values())
    holds = f"{_n(rows, 'row')} of {clean(made.database)}, {_n(made.n_files, 'file')}, {_mb(made.n_bytes)}"
    place.line(f"{clean(made.path)}: {holds}")


def restore(call: Call, *, file: Path, force: bool, output: str | None) -> None:
    """Put a backup back, and say where it went."""
    place = Output(quiet=call.quiet)
    with Workbench.create(call.folder) as bench:
        done = bench.restore(file, Who.local(), force=force)
    if output == "json":
        place.line(to_json(dataclasses.asdict(done), indent=2))
        return
    rows = sum(done.rows.values())
    where = f"{clean(done.database)}, {_n(done.n_files, 'file')} into {clean(str(call.folder))}"
    place.line(f"{_n(rows, 'row')} into {where}")
    place.say("next: inlink build makes the index again; everybody has to sign in again")


def find(call: Call, *, person: str, output: str | None) -> None:
    """Say where a person stands."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        found = bench.find_person(person, Who.local())
    if output == "json":
        place.line(to_json(dataclasses.asdict(found), indent=2))
    else:
        _tell(place, found)


def erase(call: Call, *, person: str, yes: bool, output: str | None) -> None:
    """Take a person out of the database, and say what is left."""
    place = Output(quiet=call.quiet)
    if not yes:
        find(call, person=person, output=output)
        place.say("nothing was erased: add --yes")
        return
    with Workbench.open(call.folder) as bench:
        done = bench.erase_person(person, Who.local())
    if output == "json":
        place.line(to_json(dataclasses.asdict(done), indent=2))
        return
    where = f" in {', '.join(done.tables)}" if done.tables else ""
    place.line(f"{_n(done.n_changed, 'text')} changed and {_n(done.n_removed, 'row')} removed{where}")
    _tell(place, done.left)


def _tell(place: Output, found: Found) -> None:
    """A line a place; then what is to be done by hand."""
    for row in found.rows:
        place.line(f"{row.table} {clean(row.row)} {row.column}: {clean(row.excerpt)}")
    for number in found.settings:
        place.line(f"inlink.toml line {number}: change it there")
    for each in found.inputs:
        place.line(f"input {clean(each.name)}: {_n(each.n_rows, 'row')} of its pages")
    if found.inputs:
        place.say(
            "inputs are removed whole: inlink remove NAME, inlink build, inlink gc --keep 1; then their own files"
        )
    if not (found.rows or found.settings or found.inputs):
        place.line("nowhere")
    place.say("backups and the text of archived pages were not looked at")


def _n(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _mb(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB"
