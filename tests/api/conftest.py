"""Fixtures of the API's tests: the demo web, ranked, asked in-process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from inlink.api.app import api
from inlink.workbench import Workbench


@pytest.fixture(scope="session")
def client(ranked_bench: Workbench) -> Iterator[TestClient]:
    """The API over the ranked demo web."""
    with TestClient(api(ranked_bench), raise_server_exceptions=False) as found:
        yield found


@pytest.fixture(scope="session")
def domains(ranked_bench: Workbench) -> list[str]:
    """All domains of the demo web."""
    rows = ranked_bench.sql("SELECT domain FROM domains ORDER BY 1").to_dicts()
    return [str(row["domain"]) for row in rows]
