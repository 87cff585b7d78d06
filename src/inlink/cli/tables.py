"""Rows drawn as a table on a terminal, with the last lines that say where they are from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from inlink.cli.layout import lay_out
from inlink.cli.output import Output
from inlink.cli.text import clean
from inlink.cli.values import UNKNOWN

# A colour only repeats what the word says.
STYLES = {
    "new": "blue",
    "found": "blue",
    "restored": "blue",
    "lost": "red",
    "changed": "yellow",
    "moved": "yellow",
    UNKNOWN: "dim",
}
NAMES = ("anchor", "domain", "host", "page", "target", "source_domain", "source_host", "value")


def draw(output: Output, names: Sequence[str], rows: Sequence[Mapping[str, object]]) -> tuple[str, ...]:
    """Draw the rows within the terminal's width; gives the columns that had no room."""
    laid = lay_out(names, rows, output.width)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False, header_style="bold")
    for name, right, width in zip(laid.names, laid.right, laid.widths, strict=True):
        table.add_column(
            Text(name.replace("_", " ")),
            justify="right" if right else "left",
            width=width,
            no_wrap=True,
            overflow="ellipsis",
        )
    for row in laid.rows:
        table.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
    output.console.print(table)
    return laid.left_out


def heading(output: Output, text: str) -> None:
    """A title over a table."""
    output.console.print(Text(clean(text), style="bold"))


def footer(output: Output, lines: Sequence[str]) -> None:
    """Quiet last lines."""
    for line in lines:
        output.console.print(Text(clean(line), style="dim"))
