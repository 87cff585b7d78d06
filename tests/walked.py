"""`inlink demo`, run once for all tests that need what it leaves."""

from __future__ import annotations

import io
import shutil
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from inlink.cli.main import main


@dataclass(frozen=True, slots=True)
class Walked:
    """What `inlink demo` left, how it ended and what it said."""

    folder: Path
    code: int
    out: str
    err: str

    def copy(self, to: Path) -> None:
        """A workspace as the demo leaves it, for a test of its own."""
        shutil.copytree(self.folder, to, ignore=shutil.ignore_patterns("*.lock", "*.lease"))


def walk(folder: Path) -> Walked:
    """Run the demo into a folder."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = main(["demo", str(folder), "--no-serve"])
    return Walked(folder, code, out.getvalue(), err.getvalue())
