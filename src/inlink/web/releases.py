"""Common Crawl releases: which are here, and who references a domain in one, by its address even without import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inlink.errors import BadInput, InlinkError, NotConfigured, NotFound
from inlink.web.access import asker, needs
from inlink.web.answers import READS, bench_of, page
from inlink.web.query import one_of, parameters
from inlink.workbench import Workbench
from inlink.workbench.people import Role

if TYPE_CHECKING:
    from inlink.workbench.release_results import ReleaseState
    from inlink.workbench.who import ReleaseAnswer

SIDES = {"in": "domains that reference it", "out": "domains that it references"}
MOST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of which release; at: an address, or the name and kind of one that is here."""

    name: str
    at: str
    side: str
    infrastructure: bool

    @property
    def is_far(self) -> bool:
        """Whether the release is at an address."""
        return self.at.lower().startswith(("http://", "https://"))


@needs(Role.VIEWER)
def releases(request: Request) -> Response:
    """The releases that are here, and a look-up in one of them; one at an address needs an editor."""
    given = parameters(request)
    asked = Asked(
        given.get("name", ""),
        given.get("address", "") or given.get("release", ""),
        one_of("side", given.get("side", "in"), tuple(SIDES)),
        given.get("infrastructure", "") in ("1", "on"),
    )
    bench = bench_of(request)
    here = _here(bench)
    answer, problem = _answer(request, bench, asked, here) if asked.name else (None, None)
    return page(
        request,
        "releases.html",
        status_code=400 if isinstance(problem, BadInput) else 200,
        asked=asked,
        here=here,
        sides=SIDES,
        answer=answer,
        rows=answer.rows.to_dicts() if answer is not None else [],
        problem=problem,
    )


def imported(bench: Workbench) -> list[ReleaseState]:
    """The graphs of releases that can be asked here."""
    return [one for one in _here(bench) if one.state == "imported"]


def _here(bench: Workbench) -> list[ReleaseState]:
    try:
        return bench.release_status()
    except NotConfigured:
        return []


def _answer(
    request: Request, bench: Workbench, asked: Asked, here: list[ReleaseState]
) -> tuple[ReleaseAnswer | None, InlinkError | None]:
    """The answer; or why there is none, to be said beside the field.

    Raises: Refused where the release is at an address and the one who asks is no editor.
    """
    from inlink.workbench import who

    if asked.is_far:
        one = asker(request)
        if one is not None:
            one.require(Role.EDITOR)
    try:
        name, _, kind = asked.at.partition("/")
        if not asked.is_far and not any(one.name == name and kind in ("", one.kind) for one in here):
            raise NotFound(
                f"there is no release {asked.at!r} here" if asked.at else "no release has been imported here",
                hint="import one, or give the address of one",
            )
        options = who.Asked(limit=who.USUAL if asked.is_far else MOST_ROWS, infrastructure=asked.infrastructure)
        opened = bench.open_release(
            asked.at if asked.is_far else name, options, kind=None if asked.is_far else kind or None
        )
        return who.who(opened, asked.name, outgoing=asked.side == "out"), None
    except InlinkError as error:
        return None, error


ROUTES = [Route("/releases", releases, methods=READS)]
