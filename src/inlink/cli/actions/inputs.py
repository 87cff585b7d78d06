"""Verbs that fill a workspace: init, add, inputs, remove, build."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from pathlib import Path
from typing import Any

import click

from inlink.cli.declare import Call
from inlink.cli.failures import FAILURE, words
from inlink.cli.output import Output
from inlink.cli.progress import progress
from inlink.cli.tables import draw
from inlink.cli.text import clean
from inlink.errors import BadInput, NotConfigured
from inlink.workbench import AddReport, BuildReport, RemoveReport, Workbench
from inlink.workbench.json_values import to_json

SHORT = 12  # characters of a digest in tables
STATES = ("served", "waiting", "removed")
LISTED = ("digest", "state", "format", "size_bytes", "n_captures", "n_links", "name")
SHOWN = 25  # inputs, refusals and bad records that are listed; json has all of them


def init(call: Call, *, folder: Path | None) -> None:
    """Make a workspace."""
    place = Output(quiet=call.quiet)
    if folder is not None and call.workspace is not None and folder.absolute() != call.workspace.absolute():
        raise BadInput(f"two folders are named: {folder} and {call.workspace}", hint="name one: inlink init FOLDER")
    path = folder or call.folder
    try:
        Workbench.open(path).close()
        place.line(f"{path} is a workspace already; nothing was changed")
    except NotConfigured:
        Workbench.create(path).close()
        place.line(f"made the workspace {path}")
        place.say(f"next: inlink -w {path} add FILE…, then inlink -w {path} build")


def add(call: Call, *, inputs: tuple[str, ...], keep: bool, base_url: str | None, output: str | None) -> None:
    """Register inputs and say what each is; fails only if none could be added."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench, progress(place) as report:
        found = bench.add(inputs, keep=keep, base_url=base_url, report=report)
    if output == "json":
        place.line(to_json(_added_object(found), indent=2))
    else:
        _show_added(place, found)
    _tell_refused(place, found)
    if not found.added:
        raise click.exceptions.Exit(FAILURE)


def _added_object(found: AddReport) -> dict[str, object]:
    return {
        "inputs": [{**_input_row(one), "digest": one.input.digest, "facts": one.input.facts} for one in found.added],
        "refused": [{"error": error.message, "hint": error.hint, **_plain(error.facts)} for error in found.refused],
    }


def _input_row(one: Any) -> dict[str, object]:
    return {
        "outcome": one.outcome,
        "format": one.input.format,
        "size_bytes": one.input.size_bytes,
        "name": one.input.name,
    }


def _plain(facts: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in facts.items() if isinstance(value, str | int | float | None)}


def _show_added(place: Output, found: AddReport) -> None:
    rows = [_input_row(one) for one in found.added]
    if rows:
        draw(place, ("outcome", "format", "size_bytes", "name"), rows[:SHOWN])
        place.line()
    if len(rows) > SHOWN:
        formats = Counter(one.input.format for one in found.added)
        kinds = ", ".join(f"{count:,} {name}" for name, count in formats.most_common())
        place.line(f"and {len(rows) - SHOWN:,} more; of all: {kinds}")
    counts = {word: found.count(word) for word in ("added", "known", "copy")}
    said = [f"{counts['added']:,} added"]
    said += [f"{counts['known']:,} known already"] if counts["known"] else []
    said += [f"{counts['copy']:,} known under another name"] if counts["copy"] else []
    said += [f"{len(found.refused):,} refused"] if found.refused else []
    place.line(", ".join(said))


def _tell_refused(place: Output, found: AddReport) -> None:
    for error in found.refused[:SHOWN]:
        message, hint = words(error)
        place.err.write(f"error: {message}\n" + (f"hint: {hint}\n" if hint else ""))
    if len(found.refused) > SHOWN:
        place.err.write(f"error: {len(found.refused) - SHOWN:,} more were refused (--format json lists all)\n")


def inputs(call: Call, *, limit: int | None, output: str | None) -> None:
    """List the inputs."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        found = bench.inputs()
    if output == "json":
        place.line(
            to_json({"inputs": [dataclasses.asdict(one) for one in found[:limit]], "n_total": len(found)}, indent=2)
        )
        return
    if not found:
        place.line("no inputs yet: inlink add FILE…")
        return
    draw(place, LISTED, [{**dataclasses.asdict(one), "digest": one.digest[:SHORT]} for one in found[:limit]])
    place.line()
    counts = Counter(one.state for one in found)
    shown = f"; {limit:,} shown, --limit all lists all" if limit is not None and len(found) > limit else ""
    place.line(f"{', '.join(f'{counts[state]:,} {state}' for state in STATES if counts[state])}{shown}")


def remove(call: Call, *, names: tuple[str, ...], output: str | None) -> None:
    """Take inputs out, and say what to do next."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        found = bench.remove(names)
    if output == "json":
        place.line(to_json(dataclasses.asdict(found), indent=2))
        return
    rows = [{"digest": one.digest[:SHORT], "format": one.format, "name": one.name} for one in found.removed]
    draw(place, ("digest", "format", "name"), rows[:SHOWN])
    place.line()
    more = f" ({len(rows) - SHOWN:,} more than shown)" if len(rows) > SHOWN else ""
    place.line(f"{len(rows):,} {_plural('input', len(rows))} removed{more}, {found.n_left:,} left")
    if found.n_stranded:
        pages = f"{found.n_stranded:,} {_plural('page', found.n_stranded)}"
        place.say(
            f"{pages} of inputs that are left were stored as unchanged since a removed one: "
            "their links will be missing (add it again to have them)"
        )
    place.say(_next_after_removal(call, found))


def _next_after_removal(call: Call, found: RemoveReport) -> str:
    start = f"inlink -w {call.folder}"
    if not found.n_served:
        return f"none of them was in the served snapshot; {start} gc frees what they took"
    if not found.n_left:
        return f"the served snapshot stays as it is until there are inputs to build from: {start} add FILE…"
    return f"next: {start} build makes a snapshot without them, {start} gc then frees what they took"


def build(call: Call, *, workers: int | None, output: str | None) -> None:
    """Make the index of what was added."""
    place = Output(quiet=call.quiet)
    started = time.monotonic()
    with Workbench.open(call.folder) as bench, progress(place) as report:
        found = bench.build(workers=workers, report=report)
    if output == "json":
        place.line(to_json(_built_object(found), indent=2))
    else:
        show_built(place, found, time.monotonic() - started)


def _built_object(found: BuildReport) -> dict[str, object]:
    rows: dict[str, object] = {f.name: getattr(found, f.name) for f in dataclasses.fields(found)}
    rows["failed"] = [
        {
            "name": bad.name,
            "digest": bad.digest,
            "reason": bad.reason,
            "error": bad.error.message,
            "hint": bad.error.hint,
        }
        for bad in found.failed
    ]
    return rows


def show_built(place: Output, found: BuildReport, took_s: float) -> None:
    """Say in a few lines what a build did."""
    counts = {"input": found.n_inputs, "capture": found.n_captures, "link": found.n_links}
    holds = ", ".join(f"{count:,} {_plural(word, count)}" for word, count in counts.items())
    if found.outcome == "unchanged":
        place.line(f"nothing to do: snapshot {found.snapshot} holds all of it ({holds})")
    elif found.outcome == "restored":
        place.line(f"snapshot {found.snapshot} was there and is served again ({holds})")
    else:
        new = f"{found.n_extracted:,} new" if found.n_reused else "all new"
        place.line(f"snapshot {found.snapshot} is served: {holds}; inputs {new}; {took_s:.1f} s")
    for note in found.notes:
        place.say(clean(note))
    if found.outcome != "unchanged":
        _show_bad(place, found)
    for bad in found.failed:
        message, hint = words(bad.error)
        place.err.write(f"error: {clean(bad.name)}: {message}\n" + (f"hint: {hint}\n" if hint else ""))


def _show_bad(place: Output, found: BuildReport) -> None:
    if not found.errors:
        return
    total = sum(found.errors.values())
    place.say(f"{total:,} {_plural('record', total)} could not be read, or only in part:")
    for reason, count in sorted(found.errors.items(), key=lambda item: -item[1]):
        first = found.examples.get(reason, [{}])[0]
        where = ", ".join(
            f"{name} {value}" for name, value in first.items() if value not in (None, "") and name != "reason"
        )
        place.say(f"  {count:>8,}  {reason}" + (f"  (first: {clean(where)})" if where else ""))


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
