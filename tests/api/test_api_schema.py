"""Whatever the description allows is answered as it describes: no 5xx, no status, header or member that it lacks.

Requests are made of the description by schemathesis, in-process, over the demo web; a few each here, many in the gate.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from inlink.api.app import application
from inlink.workbench import Workbench

FEW, MANY = 4, int(os.environ.get("INLINK_EXAMPLES", "60"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DESCRIPTION = application(None).openapi()
OPERATIONS = [(path, method) for path, methods in DESCRIPTION["paths"].items() for method in methods]
KEPT = ("jobs", "schedules", "crawls", "projects", "views", "notes", "users")
"""Tags of what stands in the workspace's database: asked of a workspace of its own, which may be changed."""


@pytest.fixture(scope="session")
def empty_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A workspace with nothing in it."""
    with Workbench.create(tmp_path_factory.mktemp("empty") / "workspace") as made:
        yield made


@pytest.fixture(scope="session")
def schemas(ranked_bench: Workbench, empty_bench: Workbench) -> dict[bool, Any]:
    """The description with an application that answers: over the demo web, and over nothing."""
    apps = {is_kept: application(bench) for is_kept, bench in ((False, ranked_bench), (True, empty_bench))}
    return {is_kept: schemathesis.openapi.from_asgi("/openapi.json", app) for is_kept, app in apps.items()}


@pytest.fixture
def described(path: str, method: str, schemas: dict[bool, Any]) -> Any:
    """The description of an operation with the application that it is asked of."""
    return schemas[DESCRIPTION["paths"][path][method]["tags"][0] in KEPT]


def hold(described: Any, path: str, method: str, n_examples: int) -> None:
    """Ask an operation what it allows, and what it does not."""
    operation = described[path][method]
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @seed(1)
        @settings(
            max_examples=n_examples,
            deadline=None,
            database=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            response = case.call()
            if response.status_code == 503 and response.json()["kind"] in ("NotConfigured", "Unreachable"):
                return  # the demo workspace names no site of its own
            case.validate_response(response, checks=CHECKS)

        try:
            ask()
        except schemathesis.errors.InvalidSchema:
            raise
        except Exception as error:
            if mode is GenerationMode.NEGATIVE and type(error).__name__ in ("Unsatisfiable", "SkipTest"):
                continue
            raise


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_answers_are_as_described(described: Any, path: str, method: str) -> None:
    hold(described, path, method, FEW)


@pytest.mark.gate
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_many_answers_are_as_described(described: Any, path: str, method: str) -> None:
    hold(described, path, method, MANY)
