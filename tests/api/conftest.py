"""Fixtures of the API's tests: the demo web, ranked, asked in-process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from inlink.api.app import api
from inlink.sources.releases.place import FolderPlace, open_place
from inlink.workbench import Workbench, releases


@pytest.fixture(scope="session")
def client(ranked_bench: Workbench) -> Iterator[TestClient]:
    """The API over the ranked demo web; what Common Crawl publishes is what docs/graphinfo.json says."""
    with pytest.MonkeyPatch.context() as patch, TestClient(api(ranked_bench), raise_server_exceptions=False) as found:
        opened, published = open_place, FolderPlace(Path(__file__).parents[2] / "docs")
        patch.setattr(releases, "open_place", lambda where, *rest: opened(where, *rest) if where else published)
        yield found


@pytest.fixture(scope="session")
def domains(ranked_bench: Workbench) -> list[str]:
    """All domains of the demo web."""
    rows = ranked_bench.sql("SELECT domain FROM domains ORDER BY 1").to_dicts()
    return [str(row["domain"]) for row in rows]
