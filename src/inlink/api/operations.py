"""How operations are declared: who may ask, what they answer with in each form, and how they fail."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import APIRouter
from fastapi.routing import APIRoute

from inlink.api.access import needs
from inlink.api.answering import MEDIA, NOTES, RUN, SNAPSHOT, bench_of
from inlink.api.models import Model, Problem
from inlink.failures import PROBLEM, TITLES
from inlink.workbench.people import Role

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
FAILURES = (400, 401, 403, 404, 405, 413, 429, 500, 503)
_TEXT = {"schema": {"type": "string"}}
_FORMS = {"jsonl": "One JSON object a line.", "csv": "A header line, then a line a row; no cell is a formula."}
_HEADERS = {
    SNAPSHOT: ("The snapshot that the answer is from; empty where it is from none.", {"type": "string"}),
    RUN: ("The scoring run that the answer is from; empty where it is from none.", {"type": "string"}),
    "etag": ("Send it back as If-None-Match: the same answer is then a 304.", {"type": "string"}),
    NOTES: ("What belongs to the answer, as a JSON list; of CSV and JSON Lines only.", {"type": "string"}),
    "link": ("The next page, of rel next.", {"type": "string"}),
}


class Timed(APIRoute):
    """A route whose questions to the index end when their time is over, whichever they are."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **settings: Any) -> None:
        super().__init__(path, _in_time(endpoint), **settings)


def _in_time(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    if hasattr(endpoint, "is_timed"):  # a route that is included again
        return endpoint

    @functools.wraps(endpoint)
    def answered(**given: Any) -> Any:
        with bench_of(given["request"]).in_time():
            return endpoint(**given)

    answered.is_timed = True  # type: ignore[attr-defined]
    return answered


def noun(tag: str, role: Role = Role.VIEWER) -> APIRouter:
    """A router of one noun."""
    return APIRouter(tags=[tag], dependencies=[needs(role)], route_class=Timed)


def ask(
    router: APIRouter, path: str, model: Model, *, has_rows: bool = False, method: str = "GET"
) -> Callable[[Endpoint], Endpoint]:
    """An operation that answers with a model as JSON, and with has_rows as JSON Lines and CSV too.

    Its docstring is its summary and, after an empty line, its description.
    """

    def declare(endpoint: Endpoint) -> Endpoint:
        summary, _, more = (endpoint.__doc__ or "").strip().partition("\n")
        router.api_route(
            path,
            methods=[method],
            response_model=model,
            responses=responses(has_rows=has_rows, has_tag=method == "GET", extra=() if method == "GET" else (409,)),
            summary=summary.rstrip("."),
            description="\n".join(line.strip() for line in more.strip().splitlines()) or summary,
        )(endpoint)
        return endpoint

    return declare


def responses(*, has_rows: bool = False, has_tag: bool = True, extra: tuple[int, ...] = ()) -> dict[int | str, Any]:
    """What an operation answers with besides its model."""
    names = [*((SNAPSHOT, RUN)), *(["etag"] if has_tag else []), *([NOTES, "link"] if has_rows else [])]
    headers = {name: {"description": _HEADERS[name][0], "schema": _HEADERS[name][1]} for name in names}
    content = {MEDIA[name].partition(";")[0]: {**_TEXT, "x-is": said} for name, said in _FORMS.items()}
    found: dict[int | str, Any] = {
        200: {"description": "The answer.", "headers": headers, **({"content": content} if has_rows else {})}
    }
    if has_tag:
        found[304] = {"description": "The client has this answer already."}
    return found | failures(*extra)


def failures(*extra: int) -> dict[int | str, Any]:
    """How any operation may fail."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {
        status: {"description": TITLES[status], "content": {PROBLEM: {"schema": schema}}}
        for status in sorted({*FAILURES, *extra})
    }
