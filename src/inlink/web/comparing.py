"""Targets side by side: compare up to ten of them; the gap between a site and its competitors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inlink.errors import BadInput, InlinkError, NotFound
from inlink.web.access import needs
from inlink.web.answers import READS, bench_of, page
from inlink.web.named import in_lines, names_of
from inlink.web.query import Query, one_of, parameters
from inlink.workbench import Overview, Rows, Workbench
from inlink.workbench.people import Role
from inlink.workbench.ranking import Authority

MOST = 10
PAGE = 50
MODES = {"intersect": "link to all of them", "union": "link to any of them"}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the compared targets, with its standing where a run has it."""

    asked: str
    found: Overview
    standing: Authority | None

    @property
    def n_known_follow(self) -> int:
        """Backlinks of which it is known whether they are follow."""
        return self.found.n_links - self.found.n_unknown_follow_links


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the table: what each target has. `most`: the greatest, for bars; empty text where unknown."""

    label: str
    values: tuple[int | None, ...]
    texts: tuple[str, ...]

    @property
    def most(self) -> int:
        """The greatest value, at least 1."""
        return max((value for value in self.values if value), default=1)


@needs(Role.VIEWER)
def compare(request: Request) -> Response:
    """Key numbers side by side, and the domains that link to all or any."""
    query = Query.of(request)
    names = _targets(request, query, once=True)
    mode = one_of("mode", parameters(request).get("mode", "intersect"), tuple(MODES))
    bench = bench_of(request)
    rows, problem = _rows(bench, names, query, mode) if len(names) > 1 else (None, None)
    sides = [_side(bench, name, query) for name in names] if problem is None else []
    return page(
        request,
        "compare.html",
        status_code=200 if problem is None else 400,
        query=query,
        names=names,
        text=in_lines(names),
        mode=mode,
        modes=MODES,
        sides=sides,
        measures=_measures(sides),
        problem=problem,
        **_shown(rows, query),
    )


@needs(Role.VIEWER)
def gap(request: Request) -> Response:
    """Domains that link to competitors and not to me."""
    query = Query.of(request)
    names = _targets(request, query)
    site = bench_of(request).site
    mine, others = (names[0], names[1:]) if names else (site.domain or "", [])
    others = others or [name for name in site.competitors[: MOST - 1] if name != mine]
    rows, problem = _rows(bench_of(request), [mine, *others], query, "gap") if mine and others else (None, None)
    return page(
        request,
        "gap.html",
        status_code=200 if problem is None else 400,
        query=replace(query, q=mine),
        mine=mine,
        others=others,
        text=in_lines(others),
        problem=problem,
        **_shown(rows, query),
    )


def _targets(request: Request, query: Query, *, once: bool = False) -> list[str]:
    """The target of the address, then those of the field. Raises: BadInput for too many.

    once: the field names all of them, the first among them too.
    """
    others = names_of(request, "with", MOST, "targets")
    names = [query.q, *others] if query.q else others
    names = list(dict.fromkeys(names)) if once else names
    if len(names) > MOST:
        raise BadInput(f"{len(names)} targets, and {MOST} is the most", hint="leave some out")
    return names


def _rows(bench: Workbench, names: Sequence[str], query: Query, mode: str) -> tuple[Rows | None, InlinkError | None]:
    """The domains; or what is wrong with what was typed, to be said beside the field."""
    try:
        cursor = query.cursor or None
        return bench.compare(list(names), mode=mode, limit=PAGE, cursor=cursor, where=query.where), None
    except (BadInput, NotFound) as error:
        return None, error


def _side(bench: Workbench, name: str, query: Query) -> Side:
    scope = query.scope if name == query.q and query.scope else None
    found = bench.overview(name, scope=scope)
    try:
        standing = bench.authority(name, scope=scope)
    except InlinkError:
        standing = None
    return Side(name, found, standing)


def _measures(sides: Sequence[Side]) -> list[Measure]:
    def counted(label: str, field: str) -> Measure:
        values = tuple(int(getattr(side.found, field)) for side in sides)
        return Measure(label, values, tuple(f"{value:,}" for value in values))

    lines = [
        counted("Referring domains", "n_domains"),
        counted("… with a follow link", "n_follow_domains"),
        counted("Backlinks", "n_links"),
        counted("Referring pages", "n_pages"),
        counted("Pages linked to", "n_target_pages"),
        counted("Links new at the last look", "n_new_links"),
        counted("Links lost at the last look", "n_newly_lost_links"),
    ]
    standings = [side.standing for side in sides]
    masses = tuple(None if s is None or s.mass is None else f"{s.mass:.3g}" for s in standings)
    return [
        *lines,
        Measure("Mass", (None,) * len(sides), tuple(mass or "unknown" for mass in masses)),
        Measure("Position", (None,) * len(sides), tuple(_position(s) for s in standings)),
    ]


def _position(standing: Authority | None) -> str:
    if standing is None or standing.position is None:
        return "unknown"
    return f"{standing.position:,} of {standing.n:,}"


def _shown(rows: Rows | None, query: Query) -> dict[str, Any]:
    return {"rows": rows, "domains": rows.to_dicts() if rows is not None else [], "page": PAGE}


ROUTES = [Route("/compare", compare, methods=READS), Route("/gap", gap, methods=READS)]
