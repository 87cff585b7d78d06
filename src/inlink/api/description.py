"""The API's description of itself (OpenAPI), with examples from the demo web."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response

from inlink.api.answering import Source, send_json
from inlink.api.models import Problem
from inlink.api.operations import failures, noun
from inlink.api.parameters import Asked

TITLE_TEXT = """\
Everything that inlink can answer, for scripts. Each answer names the snapshot and the scoring run it is from, as
members and as the headers `inlink-snapshot` and `inlink-run`. Unknown is null, times are ISO 8601 in UTC, 64-bit ids
are text.

Tables come page by page (`limit`, `cursor`, `next`), as JSON, JSON Lines or CSV; the latter two take `limit=all` and
stream. Filters, columns and sorting are those of the command line. Failures have one body (RFC 9457).
"""
SECURITY = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token with a role, made in Settings or by `inlink token add`.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "inlink_session",
        "description": "The cookie of somebody who has signed in; what changes something needs x-csrf-token besides.",
    },
}

description_router = noun("status")


@description_router.get(
    "/openapi.json", summary="This description", response_model=dict[str, Any], responses=failures()
)
def openapi(request: Request, _: Annotated[Asked, Query()]) -> Response:
    """The API's description of itself."""
    app: FastAPI = request.app
    return send_json(request, json.dumps(app.openapi(), ensure_ascii=False).encode(), Source(None))


def describe(app: FastAPI) -> None:
    """Let an app describe itself, once."""
    app.openapi = cache(lambda: _described(app))  # type: ignore[method-assign]


def _described(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(
        title="inlink",
        version=app.version,
        description=TITLE_TEXT,
        routes=app.routes,
        servers=[{"url": "/api/v1", "description": "The workbench that serves this."}],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas[Problem.__name__] = Problem.model_json_schema(mode="serialization")
    components["securitySchemes"] = SECURITY
    found["security"] = [{name: []} for name in SECURITY] + [{}]
    known = examples()
    for path, method, operation in operations(found):
        operation["responses"].pop("422", None)
        operation.pop("security", None)
        _exemplify(operation, known.get(f"{method.upper()} {path}"))
    return found


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of each."""
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


@cache
def examples() -> dict[str, Any]:
    """Operation → what was asked of the demo web (query, body) and what it answered."""
    text = files("inlink.api").joinpath("examples.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _exemplify(operation: dict[str, Any], example: dict[str, Any] | None) -> None:
    if example is None:
        return
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in example.get("query", {}):
            parameter["example"] = example["query"][parameter["name"]]
        if parameter["name"] in example.get("path", {}):
            parameter["example"] = example["path"][parameter["name"]]
    if "body" in example:
        operation["requestBody"]["content"]["application/json"]["example"] = example["body"]
    content = operation["responses"]["200"].get("content", {})
    for media, answer in example["answers"].items():
        if media in content:
            content[media]["example"] = answer
