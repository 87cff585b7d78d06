"""Row answers in every output form: table, json, jsonl, csv, tsv."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO

import click

from inlink.cli.notes import with_options
from inlink.cli.output import Output
from inlink.cli.tables import draw, footer
from inlink.cli.text import clean
from inlink.cli.values import for_csv, for_tsv
from inlink.workbench.json_values import ids_as_text, to_json
from inlink.workbench.results import Rows, RowStream, Target

Row = Mapping[str, object]


def form(asked: str | None, output: Output, *, piped: str = "tsv") -> str:
    """The output form: what was asked for, else a table on a terminal and the plain form in a pipe."""
    return asked or ("table" if output.is_terminal else piped)


def show(output: Output, rows: Rows, asked: str | None) -> None:
    """Write one page of an answer."""
    show_rows(output, rows, rows.columns, rows.to_dicts(), asked)


def show_rows(output: Output, about: Rows, columns: Sequence[str], rows: Sequence[Row], asked: str | None) -> None:
    """Write rows with what is said about an answer."""
    chosen = form(asked, output)
    if chosen == "table":
        _as_table(output, about, columns, rows)
    elif chosen == "json":
        output.line(to_json(as_object(about, rows), indent=2))
    else:
        write_rows(output, columns, rows, chosen)
        for line in said(about, len(rows)):
            output.say(clean(line))


def show_stream(output: Output, stream: RowStream, chosen: str) -> None:
    """Write a whole view, batch by batch."""
    rows = (row for batch in stream.batches for row in batch.to_pylist())
    n_rows = write_rows(output, stream.columns, rows, chosen)
    output.say(clean(" · ".join([*_about(stream.target, stream.snapshot), f"all {n_rows:,} rows"])))
    for note in with_options(stream.notes):
        output.say(clean(note))


def write_rows(output: Output, columns: Sequence[str], rows: Iterable[Row], chosen: str) -> int:
    """Write rows as jsonl, csv or tsv; gives their number."""
    return {"jsonl": _jsonl, "csv": _csv, "tsv": _tsv}[chosen](output, columns, rows)


def as_object(about: Rows, rows: Sequence[Row]) -> dict[str, object]:
    """One page of an answer as a JSON object."""
    return {
        "target": about.target.text if about.target else None,
        "scope": about.target.scope if about.target else None,
        "scope_is_guessed": about.target.is_guessed if about.target else None,
        "snapshot": about.snapshot,
        "n_total": about.n_total,
        "cursor": about.cursor,
        "notes": with_options(about.notes),
        "rows": [ids_as_text(row) for row in rows],
    }


def said(rows: Rows, shown: int) -> list[str]:
    """What belongs under an answer: target, snapshot, how many rows, and its notes."""
    first = [*_about(rows.target, rows.snapshot), _how_many(rows, shown)]
    more = [f"next page: --cursor {rows.cursor}"] if rows.cursor else []
    return [" · ".join(first), *with_options(rows.notes), *more]


def _about(target: Target | None, snapshot: str) -> list[str]:
    about = f"snapshot {snapshot}"
    if target is None:
        return [about]
    return [f"{target.text} ({target.scope})", about]


def _how_many(rows: Rows, shown: int) -> str:
    if rows.n_total is None or rows.n_total <= shown:
        return f"{shown:,} {'row' if shown == 1 else 'rows'}"
    return f"{shown:,} of {rows.n_total:,} rows"


def _as_table(output: Output, about: Rows, columns: Sequence[str], rows: Sequence[Row]) -> None:
    lines = said(about, len(rows))
    if rows:
        left_out = draw(output, columns, rows)
        if left_out:
            lines.insert(1, f"no room for {', '.join(left_out)}: {_ways_out()}")
    else:
        output.line("No rows.")
    output.line()
    footer(output, lines)


def _ways_out() -> str:
    """How the columns that had no room are seen: by the options that the running verb has."""
    running = click.get_current_context(silent=True)
    chooses = running is not None and any("--columns" in each.opts for each in running.command.params)
    return "choose with --columns, or --format json" if chooses else "see them with --format json"


def _jsonl(output: Output, columns: Sequence[str], rows: Iterable[Row]) -> int:
    count = 0
    for row in rows:
        count += 1
        output.line(to_json(ids_as_text({name: row[name] for name in columns})))
    return count


def _csv(output: Output, columns: Sequence[str], rows: Iterable[Row]) -> int:
    writer = csv.writer(_out(output), lineterminator="\n")
    writer.writerow(columns)
    count = 0
    for row in rows:
        count += 1
        cells = [for_csv(row[name]) for name in columns]
        writer.writerow([clean(cell) for cell in cells] if output.is_terminal else cells)
    return count


def _tsv(output: Output, columns: Sequence[str], rows: Iterable[Row]) -> int:
    output.line("\t".join(columns))
    count = 0
    for row in rows:
        count += 1
        output.line("\t".join(for_tsv(row[name]) for name in columns))
    return count


def _out(output: Output) -> TextIO:
    return output.out
