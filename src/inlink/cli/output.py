"""Where answers go: a terminal or a pipe, how wide, and the console that draws on it."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from functools import cached_property
from typing import TextIO

from rich.console import Console

WIDTH_IN_A_PIPE = 120


@dataclass
class Output:
    """Standard output and error of one call; `quiet` leaves out what is said beside the answer."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    quiet: bool = False

    @property
    def is_terminal(self) -> bool:
        """Somebody reads stdout as it comes."""
        return self.out.isatty()

    @property
    def shows_progress(self) -> bool:
        """Bars may be drawn on stderr."""
        return self.err.isatty() and not self.quiet

    @property
    def width(self) -> int:
        """Width to lay out for: COLUMNS, else the terminal's, else 120."""
        if os.environ.get("COLUMNS", "").isdigit():
            return max(20, int(os.environ["COLUMNS"]))
        return shutil.get_terminal_size((WIDTH_IN_A_PIPE, 24)).columns if self.is_terminal else WIDTH_IN_A_PIPE

    @cached_property
    def console(self) -> Console:
        """Draws tables on stdout; honours NO_COLOR."""
        return Console(file=self.out, width=self.width, highlight=False, markup=False, emoji=False)

    @cached_property
    def errors(self) -> Console:
        """Draws progress on stderr."""
        return Console(file=self.err, highlight=False, markup=False, emoji=False)

    def line(self, text: str = "") -> None:
        """One line of the answer, as it is."""
        self.out.write(text + "\n")

    def say(self, text: str) -> None:
        """A remark beside the answer: on stderr, so that a pipe gets the answer alone."""
        if not self.quiet:
            self.err.write(text + "\n")
