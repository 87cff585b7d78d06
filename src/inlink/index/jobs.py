"""What a worker is asked to do for one input. Light: the process that asks never loads the extraction itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from inlink.errors import BadInput
from inlink.sources.limits import DEFAULT_LIMITS, Limits
from inlink.store.inputs import Input

MAKE_PART = "inlink.index.extraction:make_part"

# The version of what extraction gives: it rises whenever the same input would give other rows.
CODE = "2"


@dataclass(frozen=True, slots=True)
class Job:
    """All that a worker needs to know to make a part."""

    input: Input
    part: str
    folder: Path
    suffixes: tuple[str, ...]
    limits: Limits


def limits_of(overrides: Mapping[str, int]) -> Limits:
    """The default limits with some of them replaced. Raises: BadInput for a name that does not exist."""
    known: dict[str, Any] = {field.name: getattr(DEFAULT_LIMITS, field.name) for field in fields(Limits)}
    for name, value in overrides.items():
        if name not in known:
            raise BadInput(f"there is no limit {name!r}", hint=f"use one of {', '.join(sorted(known))}")
        if isinstance(value, bool) != isinstance(known[name], bool):
            kind = "true or false" if isinstance(known[name], bool) else "a number or a size"
            raise BadInput(f"the limit {name} = {value!r} is not right", hint=f"it should be {kind}")
    return Limits(**{**known, **overrides})
