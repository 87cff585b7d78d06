"""The demo web, indexed once for all tests of the faces."""

from __future__ import annotations

from pathlib import Path

import pytest

from inlink.demo import generate
from inlink.workbench import Workbench


@pytest.fixture(scope="session")
def demo_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with both crawls of the demo web. Read it only."""
    folder = tmp_path_factory.mktemp("demo")
    web = generate(folder / "crawls")
    with Workbench.create(folder / "web") as bench:
        bench.add([str(path) for path in web.warcs])
        bench.build(workers=1)
    return folder / "web"
