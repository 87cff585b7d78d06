"""Progress is told on stderr: bars on a terminal, lines otherwise, nothing when quiet."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pytest

from inlink.cli.output import Output
from inlink.cli.progress import amount, progress


@dataclass(frozen=True)
class Step:
    stage: str
    done: int
    total: int | None
    unit: str
    note: str = ""


STEPS = [
    Step("extract", 0, None, "steps", "compiling kernels"),
    Step("extract", 0, None, "steps", "compiling kernels"),
    Step("extract", 0, 2_000_000, "bytes", "a.warc.gz"),
    Step("extract", 2_000_000, 2_000_000, "bytes", "b\x1b[31m.warc.gz"),
    Step("arrange", 7, 7, "steps"),
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def said(err: io.StringIO, *, quiet: bool = False) -> str:
    with progress(Output(io.StringIO(), err, quiet=quiet)) as report:
        for step in STEPS:
            report(step)
    return err.getvalue()


def test_lines_where_nobody_watches() -> None:
    assert said(io.StringIO()).splitlines() == [
        "extracting links …",
        "extracting links: compiling kernels",
        "extracting links: 2.0 of 2.0 MB",
        "arranging …",
        "arranging: 7 of 7 steps",
    ]


def test_bars_on_a_terminal_hold_no_stranger_s_escapes() -> None:
    text = said(Terminal())
    assert "extracting links" in text
    assert "b\x1b[31m" not in text


def test_quiet() -> None:
    assert said(io.StringIO(), quiet=True) == ""
    assert said(Terminal(), quiet=True) == ""


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (Step("extract", 1_500_000, 3_000_000, "bytes"), "1.5 of 3.0 MB"),
        (Step("add", 1_200, None, "inputs"), "1,200 inputs"),
        (Step("arrange", 3, 7, "steps"), "3 of 7 steps"),
        (Step("serve", 0, 0, "steps"), ""),
        (Step("extract", 0, None, "steps"), ""),
    ],
)
def test_amounts(step: Step, text: str) -> None:
    assert amount(step) == text
