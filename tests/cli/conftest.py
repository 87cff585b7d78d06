"""What all tests of the command line share."""

from __future__ import annotations

from pathlib import Path

import pytest

from inlink.workbench import Workbench


@pytest.fixture(scope="session")
def demo_workspace(demo_bench: Workbench) -> Path:
    """Folder of the workspace that serves the demo web; tests only read it."""
    return demo_bench.path
