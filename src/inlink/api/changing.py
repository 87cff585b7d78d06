"""Answers of what is kept in the workspace's database: one thing as it stands after it was read or changed."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, create_model

from inlink.api.answering import envelope, send_json
from inlink.api.lists import served
from inlink.api.models import SOURCE, Closed, Model, object_model
from inlink.api.objects import object_of


class Said(BaseModel):
    """A body. Members that an operation does not know are refused."""

    model_config = ConfigDict(extra="forbid")


class Removed(Closed):
    """That something is gone."""

    snapshot: str | None
    run: str | None
    removed: bool


def one_model(kind: type, name: str) -> Model:
    """A thing that names what is served beside it."""
    members = {field: (info.annotation, info) for field, info in object_model(kind).model_fields.items()}
    return create_model(name, __base__=Closed, **{**SOURCE, **members})


def send_one(request: Request, found: object) -> Response:
    """The thing as it stands."""
    source = served(request)
    return send_json(request, envelope(source, object_of(found)), source)


def send_removed(request: Request) -> Response:
    """That it is gone."""
    source = served(request)
    return send_json(request, envelope(source, {"removed": True}), source)
