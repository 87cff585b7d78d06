"""What explanations answer with: frozen results that every face renders and none computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from inlink.graph import run_names
from inlink.workbench.results import Target

LATEST = run_names.LATEST  # as faces take it


class ExplainOptions(TypedDict, total=False):
    """origins: where mass began instead of which link carries it. exact: to its beginning. limit: None for all."""

    origins: bool
    exact: bool
    limit: int | None


class WhatIfOptions(TypedDict, total=False):
    """add, lose: names of sources. nofollow: added links are. best: how many sources to rank. exact: to the end.

    infrastructure: rank sources of infrastructure and hosting domains too.
    """

    add: Sequence[str]
    lose: Sequence[str]
    nofollow: bool
    best: int
    exact: bool
    infrastructure: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Mass, position of n, and authority (null in small graphs)."""

    mass: float
    position: int
    authority: float | None


@dataclass(frozen=True, slots=True)
class About:
    """What an answer is about: a target that is a node of a run's graph."""

    target: Target
    run: str
    graph: str
    snapshot: str
    n: int
    inputs: dict[str, object]
    now: Standing
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """One source of mass. share: of the target's mass.

    For flow: carried by its link; source_mass and share_of_source (the part of its vote that the link has); the pages
    that vote, of the run; n_links and the best link as the served snapshot has them, null where it lists none.
    For origins: carried is what began there; the other columns are null.
    """

    name: str
    carried: float
    share: float
    source_mass: float | None = None
    share_of_source: float | None = None
    n_pages: int | None = None
    n_follow_pages: int | None = None
    n_links: int | None = None
    best_link: str | None = None
    best_anchor: str | None = None
    best_link_id: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The terms of a target's mass; `rows`, `others` and the named terms sum to it.

    kind: flow or origins. others: what the n_others sources that are not shown give together. restart, returned: terms
    of the flow. unresolved: of origins, not followed to its beginning. open: what the run's stopping rule left.
    """

    about: About
    kind: str
    rows: tuple[Source, ...]
    n_sources: int
    n_others: int
    others: float
    restart: float | None
    returned: float | None
    unresolved: float | None
    open: float
    is_exact: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One link that was thought of: its case, the reason, and the target's mass with it alone."""

    source: str
    action: str
    follow: bool
    case: str
    why: str
    alone: Standing
    gain: float


@dataclass(frozen=True, slots=True)
class WhatIfAnswer:
    """A target before and after links are added or lost together. error: a bound of |after.mass - exact|.

    best: sources ranked by what a new link from each would bring alone; best_set: the links that are best together, in
    order, each with the standing once it and those before it are there.
    """

    about: About
    after: Standing
    gain: float
    error: float
    is_exact: bool
    changes: tuple[Change, ...]
    best: tuple[Candidate, ...] = ()
    best_set: tuple[Candidate, ...] = ()
    n_candidates: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A source without a link to the target, and where the target would stand with one."""

    source: str
    gain: float
    error: float
    after: Standing


@dataclass(frozen=True, slots=True)
class Rested:
    """The target without its strongest n_lost sources. share_lost: of its mass now."""

    n_lost: int
    after: Standing
    share_lost: float
    error: float


@dataclass(frozen=True, slots=True)
class FragilityAnswer:
    """How much of a target's mass rests on its strongest sources."""

    about: About
    n_sources: int
    strongest: tuple[Source, ...]
    rows: tuple[Rested, ...]
    notes: tuple[str, ...] = ()
