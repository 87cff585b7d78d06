"""Every failure has an exit code, a message and a hint; tracebacks only on request."""

from __future__ import annotations

import io

import click
import pytest

from inlink import errors
from inlink.cli import failures


def _leaves(kind: type[errors.InlinkError] = errors.InlinkError) -> list[type[errors.InlinkError]]:
    found = []
    for child in kind.__subclasses__():
        found += [child, *_leaves(child)]
    return found


@pytest.mark.parametrize("kind", [k for k in _leaves() if k.__module__ == "inlink.errors"], ids=lambda k: k.__name__)
def test_every_error_class_is_in_the_table(kind: type[errors.InlinkError]) -> None:
    assert kind in failures.EXIT_CODES


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        pytest.param(errors.BadInput("no x", hint="use y"), 2, "error: no x\nhint: use y\n", id="BadInput"),
        pytest.param(errors.NotFound("nothing"), 1, "error: nothing\n", id="no hint"),
        pytest.param(errors.BadInput("\x1b[31mx\n"), 2, "error: x \n", id="control characters"),
        pytest.param(FileNotFoundError(2, "No such file", "a.csv"), 1, "error: a.csv: No such file\n", id="OSError"),
        pytest.param(
            ZeroDivisionError("x"), 1,
            "error: unexpected ZeroDivisionError: x\nhint: run again with --debug for the traceback\n", id="bug",
        ),
        pytest.param(click.UsageError("bad"), 2, "error: bad\nhint: see `inlink --help`\n", id="usage"),
    ],
)  # fmt: skip
def test_a_failure_is_told(error: Exception, code: int, said: str) -> None:
    stream = io.StringIO()
    assert failures.tell(error, stream=stream) == code
    assert stream.getvalue() == said


def test_debug_shows_the_traceback() -> None:
    stream = io.StringIO()
    try:
        raise errors.Busy("held")
    except errors.Busy as error:
        failures.tell(error, debug=True, stream=stream)
    assert "Traceback" in stream.getvalue()
    assert stream.getvalue().endswith("error: held\n")
