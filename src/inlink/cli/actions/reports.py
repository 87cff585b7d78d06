"""Verbs that answer with rows: each asks the workbench one question and shows the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from inlink.cli.columns import for_people
from inlink.cli.declare import Call
from inlink.cli.output import Output
from inlink.cli.rendering import form, show, show_rows, show_stream
from inlink.errors import BadInput
from inlink.workbench import Workbench
from inlink.workbench.results import Rows

STREAMED = ("jsonl", "csv", "tsv")


class Report(Protocol):
    """A verb that takes a target."""

    def __call__(self, call: Call, *, target: str, output: str | None, **options: Any) -> None:
        """Ask and show."""


def report(question: str) -> Report:
    """The verb that asks `question`; without a limit the rows are streamed."""

    def verb(call: Call, *, target: str, output: str | None, **options: Any) -> None:
        place = Output(quiet=call.quiet)
        chosen = form(output, place)
        with Workbench.open(call.folder) as bench:
            if options.get("limit") is None and chosen in STREAMED:
                show_stream(place, bench.stream(question, target, **given(options)), chosen)
            else:
                ask: Callable[..., Rows] = getattr(bench, question)
                if chosen == "table":
                    options["columns"] = for_people(question, options)
                show(place, ask(target, **given(options)), output)

    return verb


def given(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given; `limit` stands even where it is None, which means all."""
    return {name: value for name, value in options.items() if name == "limit" or value not in (None, False, ())}


backlinks = report("backlinks")
domains = report("domains")
hosts = report("hosts")
ips = report("ips")
subnets = report("subnets")
anchors = report("anchors")
pages = report("pages")
outlinks = report("outlinks")
outdomains = report("outdomains")


def compare(call: Call, *, targets: tuple[str, ...], output: str | None, **options: Any) -> None:
    """Which domains link to which of the targets."""
    if len(targets) < 2:
        raise BadInput("compare needs two targets or more", hint="name them one after the other: inlink compare A B")
    with Workbench.open(call.folder) as bench:
        show(Output(quiet=call.quiet), bench.compare(targets, **given(options)), output)


def changes(
    call: Call,
    *,
    target: str | None,
    everything: bool,
    since: str | None,
    until: str | None,
    output: str | None,
    **options: Any,
) -> None:
    """What was won, lost and changed in a period."""
    if (target is None) == (not everything):
        raise BadInput("changes needs a TARGET, or --all, not both", hint="inlink changes example.org")
    place = Output(quiet=call.quiet)
    chosen = form(output, place)
    about: dict[str, Any] = {"from_": since, "to": until}
    with Workbench.open(call.folder) as bench:
        if options.get("limit") is None and chosen in STREAMED:
            show_stream(place, bench.stream("changes", target, **about, **given(options)), chosen)
            return
        if chosen == "table":
            options["columns"] = for_people("changes", options)
        show(place, bench.changes(target, **about, **given(options)), output)


def counts(call: Call, *, target: str, by: tuple[str, ...], output: str | None, **options: Any) -> None:
    """Backlinks counted by one or more columns, in one table that names the column in `by`."""
    with Workbench.open(call.folder) as bench:
        found = [bench.counts(target, name, **given(options)) for name in by]
    rows = [{"by": name, **row} for name, part in zip(by, found, strict=True) for row in part.to_dicts()]
    columns = ("by", *found[0].columns)
    about = found[0] if len(found) == 1 else replace(found[0], n_total=len(rows), cursor=None)
    show_rows(Output(quiet=call.quiet), about, columns, rows, output)
