"""One small served snapshot that all tests of the workbench share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from made_snapshot import make

from inlink.index.serving import build_serving
from inlink.workbench import Workbench


@pytest.fixture(scope="session")
def served_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shared")
    return build_serving(make(1, n_pages=60).write(folder / "snapshot"), folder / "s.duckdb", threads=1)


@pytest.fixture(scope="session")
def bench(served_file: Path) -> Iterator[Workbench]:
    with Workbench.over(served_file, suffixes=["pages.example"], threads=1) as opened:
        yield opened
