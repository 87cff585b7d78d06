"""`inlink overview`: the summary of a target."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pyarrow as pa
from rich.columns import Columns
from rich.table import Table
from rich.text import Text

from inlink.cli.columns import TABLE_COLUMNS
from inlink.cli.declare import Call
from inlink.cli.notes import with_options
from inlink.cli.output import Output
from inlink.cli.rendering import form, write_rows
from inlink.cli.shorten import shorten_end
from inlink.cli.tables import draw, footer, heading
from inlink.cli.text import clean
from inlink.cli.values import for_table
from inlink.workbench import Count, Overview, Workbench
from inlink.workbench.json_values import for_json, ids_as_text, to_json

TOP = 8
BAR = 12
TITLES = {"rel": "Rel", "region": "Region", "tld": "TLD", "lang": "Language", "kind": "Kind"}


def overview(
    call: Call, *, target: str, scope: str | None, strict: bool, infrastructure: bool, output: str | None
) -> None:
    """Show the summary of a target."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        found = bench.overview(target, scope=scope, strict=strict, infrastructure=infrastructure)
    chosen = form(output, place, piped="json")
    if chosen == "table":
        show_overview(place, found)
    elif chosen in ("csv", "tsv"):
        rows = [{"name": name, "value": value} for name, value in facts(found).items()]
        write_rows(place, ("name", "value"), rows, chosen)
    else:
        place.line(to_json(as_object(found), indent=2 if chosen == "json" else None))


def show_overview(place: Output, found: Overview) -> None:
    """Draw the summary on a terminal."""
    heading(place, f"{found.target.text} ({found.target.scope})")
    place.line()
    for label, value, more in _lines(found):
        line = Text.assemble((f"{label:<18}", "dim"), (f"{value:>11}", "bold"), (f"  {clean(more)}".rstrip(), "dim"))
        place.console.print(line, soft_wrap=True)
    small = [_breakdown(title, found.breakdowns[key]) for key, title in TITLES.items() if found.breakdowns.get(key)]
    if small:
        place.line()
        place.console.print(Columns(small, padding=(0, 4)))
    for title, question, table in (
        ("Top referring domains", "domains", found.domains),
        ("Top anchors", "anchors", found.anchors),
        ("Top pages", "pages", found.pages),
    ):
        if table is not None and table.num_rows:
            place.line()
            heading(place, title)
            names = [name for name in TABLE_COLUMNS[question] if name in table.column_names]
            draw(place, names, table.slice(0, TOP).to_pylist())
    place.line()
    footer(place, said(found))


def said(found: Overview) -> list[str]:
    """What belongs under a summary."""
    return [f"{found.target.text} ({found.target.scope}) · snapshot {found.snapshot}", *with_options(found.notes)]


def facts(found: Overview) -> dict[str, object]:
    """The single numbers and dates of a summary."""
    skipped = {"target", "breakdowns", "anchors", "pages", "domains", "notes"}
    return {f.name: getattr(found, f.name) for f in dataclasses.fields(found) if f.name not in skipped}


def as_object(found: Overview) -> dict[str, object]:
    """The summary as a JSON object."""
    return {
        "target": found.target.text,
        "scope": found.target.scope,
        "scope_is_guessed": found.target.is_guessed,
        **facts(found),
        "notes": with_options(found.notes),
        "breakdowns": {
            name: [dataclasses.asdict(count) for count in counts] for name, counts in found.breakdowns.items()
        },
        **{name: for_json(_rows(getattr(found, name))) for name in ("domains", "anchors", "pages")},
    }


def _rows(table: pa.Table | None) -> list[dict[str, object]]:
    return [ids_as_text(row) for row in table.to_pylist()] if table is not None else []


def _lines(found: Overview) -> Iterator[tuple[str, str, str]]:
    yield "Referring domains", _n(found.n_domains), f"{_n(found.n_follow_domains)} with a follow link"
    yield "Referring hosts", _n(found.n_hosts), f"{_n(found.n_ips)} addresses in {_n(found.n_subnets)} networks known"
    yield "Referring pages", _n(found.n_pages), ""
    yield "Backlinks", _n(found.n_links), _follow(found)
    yield "Pages linked to", _n(found.n_target_pages), ""
    yield (
        "New and lost",
        f"+{_n(found.n_new_links)} −{_n(found.n_newly_lost_links)}",
        "between the last two looks at each page",
    )
    yield "Lost, all time", _n(found.n_lost_links), ""
    if found.n_indirect_links:
        yield "Indirect", _n(found.n_indirect_links), "through a redirect or canonical, not in the sums"
    yield "Seen", for_table(found.first_seen), f"to {for_table(found.last_seen)}"


def _n(number: int) -> str:
    return f"{number:,}"


def _follow(found: Overview) -> str:
    """The share of follow links among those of which it is known."""
    n_known = found.n_links - found.n_unknown_follow_links
    if not found.n_unknown_follow_links:
        return f"{_share(found.n_follow_links, n_known)} follow"
    if not n_known:
        return "not known whether follow"
    share = _share(found.n_follow_links, n_known)
    return f"{share} of {_n(n_known)} follow; of {_n(found.n_unknown_follow_links)} it is not known"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "none to be"


def _breakdown(title: str, counts: tuple[Count, ...]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    table.add_column(title)
    table.add_column("")
    table.add_column("links", justify="right")
    table.add_column("domains", justify="right")
    most = max(count.n_links for count in counts)
    for count in counts[:TOP]:
        bar = "█" * max(1, round(BAR * count.n_links / most)) if most else ""
        name = Text(shorten_end(clean(count.value), 18)) if count.value is not None else Text("unknown", style="dim")
        table.add_row(name, Text(bar, style="blue"), _n(count.n_links), _n(count.n_domains))
    if len(counts) > TOP:
        rest = counts[TOP:]
        table.add_row(Text(f"{len(rest)} others", style="dim"), "", _n(sum(count.n_links for count in rest)), "")
    return table
