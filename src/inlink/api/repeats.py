"""A parameter that is said twice and taken once is a mistake that nobody would notice."""

from __future__ import annotations

from collections import Counter
from typing import get_origin

from fastapi import Request

from inlink.errors import BadInput


def said_once(request: Request) -> None:
    """Raises: BadInput for a parameter that is repeated and is no list."""
    counts = Counter(name for name, _ in request.query_params.multi_items())
    for name, n in counts.items():
        if n > 1 and name not in _lists(request):
            raise BadInput(f"{name[:100]} is said {n} times", hint="say it once")


def _lists(request: Request) -> set[str]:
    """Parameters of the operation that may be repeated."""
    dependant = getattr(request.scope.get("route"), "dependant", None)
    found: set[str] = set()
    for field in getattr(dependant, "query_params", ()):
        members = getattr(field.field_info.annotation, "model_fields", {})
        found |= {info.alias or name for name, info in members.items() if get_origin(info.annotation) is list}
    return found
