"""Commands as processes: pipes that close early, Ctrl-C, and the site from start to end."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from inlink.workbench import Workbench

INLINK = [sys.executable, "-m", "inlink"]


@pytest.fixture
def demo_workspace(demo_bench: Workbench) -> Path:
    """Folder of the workspace that serves the demo web; tests only read it."""
    return demo_bench.path


def test_a_reader_that_leaves_early_is_no_failure(demo_workspace: Path) -> None:
    command = [*INLINK, "-w", str(demo_workspace), "-q", "sql", "select * from links", "--limit", "all"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals are not sent so on Windows")
def test_the_site_from_start_to_ctrl_c(demo_workspace: Path) -> None:
    command = [*INLINK, "-w", str(demo_workspace), "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+/", line)
            assert found, line
            with urllib.request.urlopen(found[0], timeout=300) as answer:
                assert b"crumbandcrust.example" in answer.read()
            hostile = urllib.request.Request(found[0], headers={"Host": "evil.example"})
            with pytest.raises(urllib.error.HTTPError, match="421") as refused:
                urllib.request.urlopen(hostile, timeout=300)
            refused.value.close()
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=300)[1] == ""
            assert process.returncode == 0
        finally:
            process.kill()


def test_the_site_is_for_this_machine_only(demo_workspace: Path) -> None:
    command = [*INLINK, "-w", str(demo_workspace), "serve", "--host", "0.0.0.0", "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: 0.0.0.0 can be reached from other machines")
