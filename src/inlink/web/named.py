"""Names that a reader types into one field: targets, sources, one a line or parted by commas."""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.requests import Request

from inlink.errors import BadInput
from inlink.web.query import parameters

_PARTED = re.compile(r"[\s,;]+")


def names_in(text: str, most: int, what: str) -> list[str]:
    """The names, each once, in the order given. Raises: BadInput for more than `most`."""
    found = list(dict.fromkeys(part for part in _PARTED.split(text) if part))
    if len(found) > most:
        raise BadInput(f"{len(found):,} {what}, and {most} is the most", hint="leave some out")
    return found


def names_of(request: Request, name: str, most: int, what: str) -> list[str]:
    """The names that a parameter gives. Raises: BadInput."""
    return names_in(parameters(request).get(name, ""), most, what)


def in_lines(names: Sequence[str]) -> str:
    """The names as they stand in the field again."""
    return "\n".join(names)
