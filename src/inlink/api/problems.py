"""How a failure is answered: one body for all of them, unknown parameters told with the nearest name."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from inlink.errors import BadInput, Busy, InlinkError
from inlink.failures import PROBLEM, TITLES, Failure, failure, of_status
from inlink.workbench.json_values import to_json

SHOWN_CHARS = 200
MESSAGE_CHARS = 2000
RETRY_S = 30
_OPTION = re.compile(r"(?<!\w)--([a-z][a-z-]+)")
_LOG = logging.getLogger(__name__)


def handle(app: FastAPI) -> None:
    """Answer failures of an app with the one body."""
    app.add_exception_handler(InlinkError, _domain)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def tell(found: Failure, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that tells a failure."""
    more = {"cache-control": "no-store", **(headers or {})}
    return Response(to_json(found.body()).encode(), found.status, more, media_type=PROBLEM)


def _domain(request: Request, error: Exception) -> Response:
    known = error if isinstance(error, InlinkError) else InlinkError(str(error))
    found = failure(known)
    found = replace(found, error=_cut(found.error, MESSAGE_CHARS), hint=parameters_of(_cut(found.hint, MESSAGE_CHARS)))
    return tell(found, {"retry-after": str(RETRY_S)} if isinstance(known, Busy) else None)


def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    hint = "GET /api/v1/openapi.json lists what there is." if status in (404, 405) else ""
    said = of_status(status, f"{request.method} {_cut(request.url.path)}: there is no such operation")
    if status not in (404, 405):
        said = of_status(status, str(getattr(error, "detail", "")))
    headers = getattr(error, "headers", None)
    return tell(Failure(status, TITLES.get(status, said.title), said.error, hint, said.kind), headers)


def _unexpected(request: Request, error: Exception) -> Response:
    _LOG.error("%s %s", request.method, request.url.path, exc_info=error)
    return tell(Failure(500, TITLES[500], f"unexpected {type(error).__name__}", "The log has the traceback."))


def _invalid(request: Request, error: Exception) -> Response:
    found: list[dict[str, Any]] = list(error.errors()) if isinstance(error, RequestValidationError) else []
    return tell(failure(wrong(found, known_names(request))))


def known_names(request: Request) -> list[str]:
    """Names that the operation asked for takes."""
    route = request.scope.get("route")
    dependant = getattr(route, "dependant", None)
    names: list[str] = []
    for field in [*getattr(dependant, "query_params", ()), *getattr(dependant, "body_params", ())]:
        members = getattr(field.field_info.annotation, "model_fields", None)
        names += [field.alias] if members is None else [info.alias or name for name, info in members.items()]
    return names


def wrong(errors: Iterable[Mapping[str, Any]], known: Iterable[str]) -> BadInput:
    """What is wrong with a request, said of its first mistake."""
    names = list(known)
    for each in errors:
        place = [str(part) for part in each["loc"] if part not in ("query", "body", "path")]
        name = _cut(".".join(place)) or "the body"
        if each["type"] == "extra_forbidden":
            near = get_close_matches(name, names, 1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(names)}" if names else "leave it out"
            return BadInput(f"there is no parameter {name!r} here", hint=hint)
        if each["type"] == "missing":
            return BadInput(f"{name} is missing", hint=f"say {name}")
        if each["type"] in ("json_invalid", "model_attributes_type", "dict_type"):
            return BadInput("the body is no JSON object", hint="send one, with content-type: application/json")
        said = str(each["msg"]).removeprefix("Value error, ")
        return BadInput(f"{name}: {_cut(said)}", hint="GET /api/v1/openapi.json says what it takes")
    return BadInput("the request cannot be read", hint="GET /api/v1/openapi.json says what it takes")


def _cut(text: str, n: int = SHOWN_CHARS) -> str:
    return text if len(text) <= n else f"{text[:n]}…"


def parameters_of(text: str) -> str:
    """A sentence that names options of the command line, with the parameters of the same name."""
    return _OPTION.sub(lambda found: found.group(1).replace("-", "_"), text)
