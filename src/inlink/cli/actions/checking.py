"""`inlink check`: what the targets of links are now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from inlink.cli.actions.crawling import listed, stopping
from inlink.cli.declare import Call
from inlink.cli.failures import INTERRUPTED
from inlink.cli.notes import with_options
from inlink.cli.output import Output
from inlink.cli.progress import progress
from inlink.cli.rendering import form, write_rows
from inlink.cli.tables import draw, footer
from inlink.cli.text import clean
from inlink.errors import BadInput
from inlink.workbench import Workbench
from inlink.workbench.checking import COLUMNS, CheckOptions, CheckReport
from inlink.workbench.json_values import for_json, to_json

SHOWN = ("url", "verdict", "state", "since", "why")
FRESH_H = 1.0  # of addresses from the index: a check that was stopped goes on where it was


def check(
    call: Call,
    *,
    urls: tuple[str, ...],
    urls_file: Path | None,
    from_index: str | None,
    links: str | None,
    fresh_hours: float | None,
    limit: int | None,
    output: str | None,
) -> None:
    """Check, and show a row a URL; ends with 130 where the user stopped it."""
    place = Output(quiet=call.quiet)
    wanted = [*urls, *listed(urls_file)]
    if not wanted and from_index is None:
        raise BadInput("check needs a URL, --from or --from-index", hint="inlink check https://example.org/page")
    if from_index is None and (limit is not None or links is not None):
        raise BadInput(
            f"--{'limit' if limit is not None else 'links'} is for addresses of the index",
            hint="use it with --from-index SITE",
        )
    fresh = fresh_hours if fresh_hours is not None else (FRESH_H if from_index is not None else 0.0)
    with Workbench.open(call.folder) as bench, progress(place) as report, stopping(place) as stop:
        if from_index is not None:
            known = bench.check_targets(from_index, links or "in", limit=limit)
            if not known:
                place.say(clean(_why_none(bench, from_index, links or "in")))
            wanted += known
        found = bench.check(wanted, CheckOptions(fresh_s=fresh * 3600), report=report, stop=stop)
    show(place, found, form(output, place))
    if found.is_stopped:
        raise click.exceptions.Exit(INTERRUPTED)


def _why_none(bench: Workbench, site: str, links: str) -> str:
    """Why the index has no address to check."""
    answer = bench.pages(site, limit=1) if links == "in" else bench.outlinks(site, limit=1, infrastructure=True)
    way = "no links from other sites to" if links == "in" else "no links to other sites from"
    return "; ".join(with_options(answer.notes)) or f"the index holds {way} {site}"


def show(place: Output, found: CheckReport, chosen: str) -> None:
    """The rows, and what they come to."""
    rows = [row.to_dict() for row in found.rows]
    if chosen == "json":
        place.line(to_json(as_object(found, rows), indent=2))
    elif chosen == "table":
        if rows:
            draw(place, SHOWN, rows)
        footer(place, said(found))
    else:
        write_rows(place, COLUMNS, rows, chosen)
        for line in said(found):
            place.say(line)


def as_object(found: CheckReport, rows: list[dict[str, object]]) -> dict[str, object]:
    """The report as a JSON object."""
    return {
        "n_checked": found.n_checked,
        "n_fresh": found.n_fresh,
        "n_left_out": found.n_left_out,
        "is_stopped": found.is_stopped,
        "took_s": found.took_s,
        "verdicts": dict(found.verdicts),
        "states": dict(found.states),
        "rows": [{name: for_json(value) for name, value in row.items()} for row in rows],
    }


def said(found: CheckReport) -> list[str]:
    """The report in a few lines."""
    lines = [f"{found.n_checked:,} checked in {found.took_s:,.1f} s: {_counts(found.verdicts)}"]
    if found.states:
        lines.append(f"with earlier checks: {_counts(found.states)}")
    if found.n_fresh:
        lines.append(f"{found.n_fresh:,} passed over: checked lately (--fresh-hours)")
    if found.n_left_out:
        lines.append(f"{found.n_left_out:,} that are alive are not listed")
    if found.states.get("failing"):
        lines.append("failing is not dead yet: check again later (404: in an hour; else twice more over 24 hours)")
    if found.is_stopped:
        lines.append("stopped; run it again for the rest")
    return lines


def _counts(found: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in found.items()) or "nothing"
