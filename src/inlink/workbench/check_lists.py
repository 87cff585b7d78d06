"""Addresses that were checked, by how they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select

from inlink.check.verdicts import STATES, VERDICTS
from inlink.errors import BadInput
from inlink.store.db import WorkDatabase
from inlink.store.db.checks import CheckStateRow


@dataclass(frozen=True, slots=True)
class CheckedUrl:
    """What all checks of an address together say; see `check.verdicts.State`."""

    url: str
    state: str
    verdict: str
    reason: str
    since: datetime
    checked_at: datetime
    n_checks: int
    n_failed: int
    last_alive: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class CheckCounts:
    """Addresses by state, by verdict within a state, and when one was checked last."""

    states: Mapping[str, int]
    verdicts: Mapping[tuple[str, str], int]
    checked_at: datetime | None

    @property
    def n_all(self) -> int:
        """All addresses."""
        return sum(self.states.values())


def checked_urls(
    db: WorkDatabase, states: Sequence[str] = (), verdicts: Sequence[str] = (), *, limit: int = 100, offset: int = 0
) -> tuple[CheckedUrl, ...]:
    """Addresses in some states and with some verdicts, or all; what changed last comes first. Raises: BadInput."""
    for name, known in [*((state, STATES) for state in states), *((verdict, VERDICTS) for verdict in verdicts)]:
        if name not in known:
            raise BadInput(f"there is no state or verdict {name!r}", hint=f"use one of {', '.join(known)}")
    query = select(CheckStateRow).order_by(CheckStateRow.since.desc(), CheckStateRow.url_digest)
    query = query.where(CheckStateRow.state.in_(states)) if states else query
    query = query.where(CheckStateRow.verdict.in_(verdicts)) if verdicts else query
    with db.reading() as session:
        return tuple(_checked(row) for row in session.scalars(query.limit(limit).offset(offset)))


def check_counts(db: WorkDatabase) -> CheckCounts:
    """How many addresses stand how."""
    query = select(CheckStateRow.state, CheckStateRow.verdict, func.count()).group_by(
        CheckStateRow.state, CheckStateRow.verdict
    )
    with db.reading() as session:
        found = {(state, verdict): n for state, verdict, n in session.execute(query)}
        last = session.scalar(select(func.max(CheckStateRow.checked_at)))
    states = {state: sum(n for (one, _), n in found.items() if one == state) for state in STATES}
    return CheckCounts(states, found, _moment(last))


def _checked(row: CheckStateRow) -> CheckedUrl:
    return CheckedUrl(
        row.url,
        row.state,
        row.verdict,
        row.reason,
        _sure(row.since),
        _sure(row.checked_at),
        row.n_checks,
        row.n_failed,
        _moment(row.last_alive),
        _moment(row.due_at),
    )


def _sure(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / 1e6, UTC)


def _moment(at_us: int | None) -> datetime | None:
    return None if at_us is None else _sure(at_us)
