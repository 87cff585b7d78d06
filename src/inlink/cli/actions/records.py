"""Verbs about what lies behind the rows: evidence, sql, export."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

from rich.text import Text

from inlink.cli.actions.reports import given
from inlink.cli.declare import Call
from inlink.cli.notes import with_options
from inlink.cli.output import Output
from inlink.cli.rendering import show
from inlink.cli.tables import footer
from inlink.cli.text import clean, clean_lines
from inlink.cli.values import for_table
from inlink.errors import BadInput
from inlink.workbench import Evidence, Workbench
from inlink.workbench.json_values import ids_as_text, iso_time, to_json

AROUND = 600  # characters of the record shown on each side of the link
STATES = {
    "shown": "",
    "moved": "the file is not where it was when the link was read",
    "changed": "the file holds another record at that place now",
    "unknown": "the input kept no position of the record",
    "absent": "the record no longer yields this link",
}


def evidence(call: Call, *, link: str, output: str | None) -> None:
    """Show the archived record of a link with the link marked."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        found = bench.evidence(link_id(link))
    if output == "json":
        place.line(to_json(ids_as_text(dataclasses.asdict(found)), indent=2))
    else:
        _show(place, found)


def link_id(text: str) -> int:
    """The number of a link as `--columns link_id` shows it.

    Raises: BadInput for anything else.
    """
    if not (text.isascii() and text.isdigit()) or int(text) >= 2**64:
        raise BadInput(
            f"{text!r} is not the id of a link",
            hint="take it from the column link_id: inlink backlinks TARGET --columns link_id,source_url",
        )
    return int(text)


def _show(place: Output, found: Evidence) -> None:
    facts = {
        "link": str(found.link_id),
        "from": found.source_url,
        "to": found.target_url,
        "anchor": for_table(found.anchor),
        "fetched": iso_time(found.fetched_at),
        "record": found.file if found.offset is None else f"{found.file} at {found.offset} + {found.length}",
    }
    for name, value in facts.items():
        place.line(f"{name:<8} {clean(value)}")
    if found.end > found.start:
        place.line()
        place.console.print(_marked(found), soft_wrap=True)
    remark = found.note or STATES.get(found.state, found.state)
    if remark:
        place.line()
        footer(place, [remark])


def _marked(found: Evidence) -> Text:
    """The record around the link; marked by colour, and by arrows where there is none."""
    low, high = max(0, found.start - AROUND), min(len(found.html), found.end + AROUND)
    before = ("…" if low else "") + clean_lines(found.html[low : found.start])
    after = clean_lines(found.html[found.end : high]) + ("…" if high < len(found.html) else "")
    link = clean_lines(found.html[found.start : found.end])
    return Text.assemble((before, "dim"), (f"»{link}«", "bold black on yellow"), (after, "dim"))


def sql(call: Call, *, query: str | None, limit: int | None, output: str | None) -> None:
    """Answer a read-only query."""
    text = query if query not in (None, "-") else sys.stdin.read()
    if not text or not text.strip():
        raise BadInput("there is no query", hint='inlink sql "select count(*) from links"')
    with Workbench.open(call.folder) as bench:
        show(Output(quiet=call.quiet), bench.sql(text, limit=limit), output)


def export(
    call: Call,
    *,
    question: str,
    target: str | None,
    everything: bool,
    since: str | None,
    until: str | None,
    path: Path,
    **options: Any,
) -> None:
    """Write a view to a file."""
    if (target is None) == (not everything):
        raise BadInput(
            "export needs a TARGET, or --all, not both", hint=f"inlink export {question} example.org -o FILE"
        )
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        done = bench.export(question, target, path, from_=since, until=until, **given(options))
    place.line(f"{clean(done.path)}: {done.n_rows:,} rows, {done.n_bytes:,} bytes, {done.format}")
    for note in with_options(done.notes):
        place.say(clean(note))
