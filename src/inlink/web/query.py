"""What an address asks: a target, its scope, and a view of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode

from starlette.requests import Request

from inlink.errors import BadInput
from inlink.web.pager import Place

LONGEST = 4000  # characters of one parameter
SCOPES = ("url", "prefix", "host", "domain")


@dataclass(frozen=True, slots=True)
class Query:
    """A target, a filter and the page of a table, as parameters of an address."""

    q: str = ""
    scope: str = ""
    strict: bool = False
    where: str = ""
    cursor: str = ""
    at: int = 0
    way: str = ""

    @classmethod
    def of(cls, request: Request) -> Query:
        """The parameters of a request.

        Raises: BadInput for one that is too long or not of its list.
        """
        given = parameters(request)
        at = given.get("at", "0")
        return cls(
            q=given.get("q", ""),
            scope=one_of("scope", given.get("scope", ""), ("", *SCOPES)),
            strict=given.get("strict", "") in ("1", "on", "true"),
            where=given.get("where", ""),
            cursor=given.get("cursor", ""),
            at=int(at) if at.isascii() and at.isdigit() and len(at) < 13 else 0,
            way=given.get("way", ""),
        )

    @property
    def place(self) -> Place:
        """The page of the table."""
        return Place(self.cursor, self.at, self.way)

    def with_scope(self, scope: str) -> Query:
        """The same with the scope that the target was found to have."""
        return dataclasses.replace(self, scope=scope)

    def link(self, page: str, **changed: object) -> str:
        """The address of a page for this target; what is not named keeps to its default."""
        asked = _asked_with(self, changed) if changed else _asked(self.q, self.scope, self.strict)
        return f"{page}?{asked}" if asked else page


@lru_cache(64)
def _asked(q: str, scope: str, strict: bool) -> str:
    """The target alone in an address: a page has some thirty links that ask for nothing else."""
    return _asked_with(Query(q, scope, strict), {})


def _asked_with(query: Query, changed: dict[str, object]) -> str:
    """The target in an address, and what else is asked."""
    kept: dict[str, object] = {"q": query.q, "scope": query.scope, "strict": "1" if query.strict else "", **changed}
    return urlencode({name: value for name, value in kept.items() if value not in ("", None)})


def parameters(request: Request) -> dict[str, str]:
    """What the address gives, without white space around. Raises: BadInput for one that is too long."""
    given = {name: value.strip() for name, value in request.query_params.items()}
    for name, value in given.items():
        if len(value) > LONGEST:
            raise BadInput(f"{name[:40]} is longer than {LONGEST:,} characters", hint="shorten it")
    return given


def one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    """The value. Raises: BadInput where it is not of the list."""
    if value not in allowed:
        raise BadInput(f"there is no {name} {value!r}", hint=f"use one of {', '.join(a for a in allowed if a)}")
    return value
