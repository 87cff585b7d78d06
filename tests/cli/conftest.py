"""Fixtures of the command line's tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from inlink.cli.main import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line; gives exit code, stdout and stderr."""
    monkeypatch.setenv("COLUMNS", "160")

    def perform(*arguments: object) -> tuple[int, str, str]:
        code = main([str(word) for word in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return perform
