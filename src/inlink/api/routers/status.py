"""Status: what the workspace holds and serves."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import create_model

from inlink import __version__
from inlink.api.answering import bench_of, envelope, send_json
from inlink.api.lists import served
from inlink.api.models import SOURCE, Closed, object_model
from inlink.api.objects import object_of
from inlink.api.operations import ask, noun
from inlink.api.parameters import Asked
from inlink.workbench import Status

router = noun("status")

_FACTS = object_model(Status, without=("path", "snapshot"))
StatusAnswer = create_model(
    "StatusAnswer",
    __base__=Closed,
    version=(str, ...),
    **{**SOURCE, **{name: (info.annotation, info) for name, info in _FACTS.model_fields.items()}},
)


@ask(router, "/status", StatusAnswer)
def status(request: Request, _: Annotated[Asked, Query()]) -> Response:
    """What the workspace holds and serves."""
    source = served(request)
    found = object_of(bench_of(request).status(), without=("path", "snapshot"))
    return send_json(request, envelope(source, {"version": __version__, **found}), source)
