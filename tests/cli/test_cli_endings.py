"""However a command ends, the exit code and the words are the right ones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import click
import pytest

from inlink.cli.commands import inlink
from inlink.cli.main import main
from inlink.errors import BadInput, NotFound


@pytest.fixture
def ending() -> Iterator[Callable[[BaseException], None]]:
    """A verb `end` that ends with the given exception."""

    def install(error: BaseException) -> None:
        def end() -> None:
            raise error

        inlink.add_command(click.Command("end", callback=end))

    yield install
    inlink.commands.pop("end", None)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        pytest.param(BadInput("no column 'x'", hint="use y"), 2, "error: no column 'x'\nhint: use y\n", id="BadInput"),
        pytest.param(NotFound("nothing"), 1, "error: nothing\n", id="NotFound"),
        pytest.param(KeyboardInterrupt(), 130, "\nstopped\n", id="Ctrl-C"),
        pytest.param(click.exceptions.Exit(1), 1, "", id="silent failure"),
    ],
)
def test_ending(
    ending: Callable[[BaseException], None],
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    said: str,
) -> None:
    ending(error)
    assert main(["end"]) == code
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("arguments", [["--debug", "end"], ["end", "--debug"]], ids=["before", "after"])
def test_debug_shows_the_traceback(
    ending: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    ending(ZeroDivisionError("x"))
    inlink.commands["end"].params = [p for p in inlink.commands["status"].params if p.name == "debug"]
    assert main(arguments) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["nonsense"], "No such command 'nonsense'", id="no such verb"),
        pytest.param(["backlinks"], "Missing argument 'TARGET'", id="no target"),
        pytest.param(["backlinks", "a", "--scope", "planet"], "'planet' is not one of", id="no such scope"),
        pytest.param(["backlinks", "a", "--nope"], "No such option", id="no such option"),
        pytest.param(["serve", "--port", "99999"], "99999", id="port out of range"),
    ],
)
def test_usage_errors_end_with_2(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert said in err
    assert "hint: see `inlink" in err


def test_no_verb_shows_help_and_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().out.startswith("Usage: inlink")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("inlink ")


def test_a_reader_that_leaves_is_no_failure() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "inlink", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_a_workspace_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str], tmp_path: object) -> None:
    assert main(["-w", f"{tmp_path}/nowhere", "domains", "example.org"]) == 1
    assert "hint: make one: inlink -w" in capsys.readouterr().err
