"""Rows drawn as a table on a terminal, with the last lines that say where they are from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from inlink.cli.layout import GAP, Laid, lay_out, title
from inlink.cli.output import Output
from inlink.cli.shorten import shorten_end, width
from inlink.cli.text import clean
from inlink.cli.values import EMPTY, UNKNOWN

# A colour only repeats what the word says.
STYLES = {
    "new": "blue",
    "found": "blue",
    "restored": "blue",
    "lost": "red",
    "changed": "yellow",
    "moved": "yellow",
    UNKNOWN: "dim",
    EMPTY: "dim",
}


def draw(output: Output, names: Sequence[str], rows: Sequence[Mapping[str, object]]) -> tuple[str, ...]:
    """Draw the rows within the terminal's width; gives the columns that had no room."""
    laid = lay_out(names, rows, output.width)
    output.console.print(_line(laid, [title(name) for name in laid.names], "bold"))
    output.console.print(Text("─" * (sum(laid.widths) + GAP * (len(laid.widths) - 1)), style="dim"))
    for row in laid.rows:
        output.console.print(_line(laid, row))
    return laid.left_out


def _line(laid: Laid, cells: Sequence[str], style: str = "") -> Text:
    line = Text(no_wrap=True, overflow="crop")
    last = len(cells) - 1
    for position, (cell, room, right) in enumerate(zip(cells, laid.widths, laid.right, strict=True)):
        cut = shorten_end(cell, room)
        space = " " * (room - width(cut))
        text = space + cut if right else cut if position == last else cut + space
        line.append(text, style=style or STYLES.get(cell, ""))
        if position < last:
            line.append(" " * GAP)
    return line


def heading(output: Output, text: str) -> None:
    """A title over a table."""
    output.console.print(Text(clean(text), style="bold"))


def footer(output: Output, lines: Sequence[str]) -> None:
    """Quiet last lines."""
    for line in lines:
        output.console.print(Text(clean(line), style="dim"), soft_wrap=True)
