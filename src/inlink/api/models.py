"""The shapes of answers, made from the columns of questions and the result dataclasses of the workbench."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, create_model

from inlink.urls.identity import SCOPES
from inlink.workbench import Target
from inlink.workbench.fields import FieldInfo, shown_fields
from inlink.workbench.json_values import is_id

Model = type[BaseModel]

_ID = Annotated[str, Field(pattern="^-?[0-9]+$", description="64 bits, as text: many readers would round the number.")]
_OF_TYPE: dict[str, Any] = {
    "text": str,
    "int": int,
    "float": float,
    "bool": bool,
    "time": datetime,
    "list": list[str],
}
SCOPE_TYPE = Annotated[str | None, Field(json_schema_extra={"enum": [*SCOPES, None]})]
ABOUT: dict[str, Any] = {
    "target": (str | None, Field(description="The target as it was read.")),
    "scope": (SCOPE_TYPE, Field(description="How much of it was asked about.")),
    "scope_is_guessed": (bool | None, Field(description="Whether the scope was read off the target's form.")),
}
SOURCE: dict[str, Any] = {
    "snapshot": (str | None, Field(description="The snapshot that the answer is from.")),
    "run": (str | None, Field(description="The scoring run: of the numbers, or the one that orders the rows.")),
}
PAGED: dict[str, Any] = {
    "n_total": (int | None, Field(description="Rows of the whole view; null where that was not counted.")),
    "cursor": (str | None, Field(description="Asks for the next page; null at the end.")),
    "next": (str | None, Field(description="Address of the next page; null at the end.")),
    "notes": (list[str], Field(description="What was left out, guessed, or is empty, and why.")),
}


class Closed(BaseModel):
    """An object with these members and no others."""

    model_config = ConfigDict(extra="forbid")


class Open(BaseModel):
    """An object that may have more members."""

    model_config = ConfigDict(extra="allow")


class Problem(Closed):
    """What failed, and what to do (RFC 9457)."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str = Field(description="What is wrong.")
    hint: str = Field(description="What to do; may be empty.")
    kind: str = Field(description="The class of the error, as in Python.")


def row_model(name: str, fields: Mapping[str, FieldInfo]) -> Model:
    """A row that has some of these columns."""
    members: dict[str, Any] = {
        info.name: (_column(info.name, info.type) | None, Field(default=None, description=info.meaning))
        for info in fields.values()
    }
    return create_model(name, __base__=Closed, __doc__=f"A row of {name.lower()}.", **members)


def _column(name: str, type_: str) -> Any:
    return _ID if type_ == "int" and is_id(name) else _OF_TYPE[type_]


def rows_model(name: str, row: Model, more: Mapping[str, Any] | None = None) -> Model:
    """A page of rows about a target."""
    members = {**ABOUT, **SOURCE, **PAGED, **(more or {}), "rows": (list[row], ...)}  # type: ignore[valid-type]
    return create_model(name, __base__=Closed, **members)


def question_model(question: str, row_name: str, name: str) -> Model:
    """A page of rows of a question, with all columns that it can show."""
    fields = dict(shown_fields(question))
    if question == "backlinks":
        fields |= shown_fields(question, indirect=True)
    if question == "anchors":
        fields |= shown_fields(question, folded=True)
    return rows_model(name, row_model(row_name, fields))


def list_model(name: str, kind: type) -> Model:
    """A page of a list."""
    members = {**SOURCE, **PAGED, "rows": (list[object_model(kind)], ...)}  # type: ignore[misc]
    return create_model(name, __base__=Closed, **members)


def answer_model(
    kind: type, name: str, *, without: tuple[str, ...] = (), given: Mapping[str, Any] | None = None
) -> Model:
    """A result that names its snapshot and its run."""
    base = object_model(kind, name=f"{name}Facts", without=without, given=tuple((given or {}).items()))
    members: dict[str, Any] = {**SOURCE, **{n: (f.annotation, f) for n, f in base.model_fields.items()}}
    members["notes"] = (list[str], Field(description="What belongs to the answer."))
    return create_model(name, __base__=Closed, __doc__=_first_line(kind), **members)


@cache
def object_model(
    kind: type, name: str | None = None, without: tuple[str, ...] = (), given: tuple[tuple[str, Any], ...] = ()
) -> Model:
    """The object that `objects.object_of` makes of a dataclass."""
    return create_model(
        name or kind.__name__, __base__=Closed, __doc__=_first_line(kind), **_members(kind, without, dict(given))
    )


def _members(kind: type, without: tuple[str, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    members: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        if field.name in without:
            continue
        hint = hints[field.name]
        if field.name in given:
            members[field.name] = (given[field.name], ...)
        elif hint is Target:
            members |= ABOUT
        elif field.name == "about" and isinstance(hint, type) and dataclasses.is_dataclass(hint):
            members |= {"notes": (list[str], ...), **_members(hint, (), {})}
        else:
            members[field.name] = (_converted(hint, field.name), ...)
    return members


def _converted(hint: Any, name: str) -> Any:
    """A type of Python as its JSON has it."""
    origin, parts = get_origin(hint), get_args(hint)
    if hint is int and is_id(name):
        return _ID
    if hint is int and name.endswith("_at"):
        return datetime
    if isinstance(hint, TypeVar) or hint in (object, Any):
        return Any
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return object_model(hint)
    if hint is pa.Table:
        return list[dict[str, Any]]
    if origin in (Union, types.UnionType):
        return Union[tuple(part if part is type(None) else _converted(part, name) for part in parts)]  # noqa: UP007
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return dict[str, _converted(parts[1], "")]  # type: ignore[misc]
    if origin is not None and parts:
        kinds = {part for part in parts if part is not Ellipsis}
        return list[_converted(kinds.pop(), "")] if len(kinds) == 1 else list[Any]  # type: ignore[misc]
    return hint


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").strip().partition("\n")[0]
