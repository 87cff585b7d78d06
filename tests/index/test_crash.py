"""Killed at any moment, a build harms nothing: what was served is served, and the next build completes the work."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from crash_builds import run_build, small_input

from inlink.index.manifest import read_manifest
from inlink.index.upkeep import verify
from inlink.store import Workspace

SCRIPT = Path(__file__).with_name("crash_builds.py")


class Builder:
    """The process that forks builds."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def build(self, folder: Path, kill_after_s: float = 0) -> int:
        """Exit code of a build: -9 where it was killed in time."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{kill_after_s} {folder}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@contextmanager
def builder() -> Iterator[Builder]:
    one = Builder()
    try:
        yield one
    finally:
        one.close()


def digests(workspace: Workspace) -> dict[str, str]:
    current = workspace.current()
    assert current is not None
    tables = read_manifest(workspace.snapshot(current.snapshot)).tables
    return {name: table["digest"] for name, table in tables.items()}


def served_links(workspace: Workspace) -> int:
    """Opens what CURRENT names, as a reader would."""
    with workspace.reading() as current, duckdb.connect(str(workspace.serving(current.snapshot)), read_only=True) as db:
        (n,) = db.execute("SELECT count(*) FROM links").fetchone() or (0,)
        return int(n)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("n_kills", [10, pytest.param(50, marks=pytest.mark.gate)])
def test_kills_harm_nothing(tmp_path: Path, n_kills: int) -> None:
    dice = random.Random(7)
    workspace = Workspace.create(tmp_path / "w")
    workspace.register([small_input(0)])
    killed = 0
    with builder() as builds:
        assert builds.build(workspace.path) == 0
        workspace.register([small_input(1)])
        start = time.monotonic()
        assert builds.build(workspace.path) == 0
        usual_s = time.monotonic() - start
        n_inputs = 2
        while killed < n_kills:
            before = workspace.current(), served_links(workspace)
            if n_inputs == len(workspace.inputs):
                workspace.register([small_input(n_inputs)])
            code = builds.build(workspace.path, kill_after_s=dice.uniform(0, usual_s))
            killed += code == -signal.SIGKILL
            n_links = served_links(workspace)
            if workspace.current() == before[0]:
                assert n_links == before[1]
            else:
                n_inputs += 1
        assert builds.build(workspace.path) == 0
    assert verify(workspace).faults == ()
    assert list(workspace.tmp.iterdir()) == []

    whole = Workspace.create(tmp_path / "whole")
    whole.register([small_input(i) for i in reversed(range(len(workspace.inputs)))])
    run_build(whole.path)
    assert digests(workspace) == digests(whole)
