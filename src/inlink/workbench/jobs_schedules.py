"""What can be asked of jobs that come again and again: `bench.jobs.schedules`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from inlink.errors import BadInput, NotFound, Outdated
from inlink.store.db.base import Micros, Number
from inlink.store.db.job_queue import now_us
from inlink.store.db.schedule_queue import count_to_add
from inlink.store.db.schedules import Schedule
from inlink.workbench.audit import record
from inlink.workbench.changes import moment
from inlink.workbench.jobs_kinds import Add, checked, kind_of
from inlink.workbench.jobs_results import ScheduleRow
from inlink.workbench.people import Role, Who

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from inlink.store.db.opening import WorkDatabase

MIN_S, MAX_S = 300, 366 * 86_400
MAX_SCHEDULES = 200
_UNITS = {"min": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
_EVERY = re.compile(r"(\d{1,6})\s*(?:(min)(?:ute)?s?|(h)(?:our)?s?|(d)(?:ay)?s?|(w)(?:eek)?s?)\Z")
_WORDS = {"hourly": 3_600, "daily": 86_400, "weekly": 7 * 86_400}
Told = Sequence[tuple[str, Mapping[str, Any]]]
Check = Callable[[Who, str, Mapping[str, Any]], None]


class Schedules:
    """Schedules of an open workspace. Workers make their jobs; nothing happens while there is none."""

    def __init__(self, db: WorkDatabase, check: Check) -> None:
        """check: raises for who asks, a kind and its arguments what would fail at once."""
        self._db, self._check = db, check

    def all(self) -> tuple[ScheduleRow, ...]:
        """All of them, in the order in which they are due; those that are turned off last."""
        query = select(Schedule).order_by(Schedule.is_on.desc(), Schedule.due_at, Schedule.schedule_id)
        with self._db.reading() as session:
            return tuple(_row(row) for row in session.scalars(query))

    def get(self, number: int) -> ScheduleRow:
        """One of them. Raises: NotFound."""
        with self._db.reading() as session:
            row = session.get(Schedule, number)
        if row is None:
            raise _unknown(number)
        return _row(row)

    def add(
        self,
        who: Who,
        kind: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        every: str,
        first: str | datetime | None = None,
        then: Told = (),
    ) -> ScheduleRow:
        """A new schedule: a job of this kind every so often, from `first` on (None: one period from now).

        Raises: BadInput for a wrong kind, argument or time, Refused where the role does not reach, NotConfigured.
        """
        who.require(Role.EDITOR)
        every_s = seconds_of(every)
        for name, given in ((kind, arguments or {}), *then):
            self._may(who, name, given)
        row = Schedule(
            kind=kind,
            title=kind_of(kind).title(checked(kind_of(kind), arguments or {})),
            arguments=json.dumps(dict(arguments or {})),
            then=json.dumps([[name, dict(given)] for name, given in then]),
            every_s=Number(every_s),
            due_at=_first(first) or Micros(now_us() + every_s * 1_000_000),
            is_on=True,
            version=1,
        )
        _touch(row, who)
        with self._db.step() as session:
            if count_to_add(session) >= MAX_SCHEDULES:
                raise BadInput(f"there are {MAX_SCHEDULES} schedules already", hint="remove some first")
            session.add(row)
            session.flush()
            _tell(session, who, "schedule.add", row)
        return self.get(row.schedule_id)

    def _may(self, who: Who, name: str, given: Mapping[str, Any]) -> None:
        kind = kind_of(name)
        who.require(kind.role)
        arguments = checked(kind, given)
        if kind.id == "demo" or (isinstance(arguments, Add) and arguments.uploads):
            raise BadInput(f"this can be done once only, not again and again: {kind.word}", hint="start it as a job")
        self._check(who, name, given)

    def change(
        self,
        who: Who,
        number: int,
        version: int | None = None,
        *,
        every: str | None = None,
        first: str | datetime | None = None,
        is_on: bool | None = None,
    ) -> ScheduleRow:
        """Another period, another next time, off or on again. It acts in the name of the one who changes it.

        version: of the schedule as it was read; None: whatever it is now.
        Raises: NotFound; Outdated where somebody else changed it meanwhile; BadInput; Refused.
        """
        every_s, due_at = None if every is None else seconds_of(every), _first(first)
        with self._db.step() as session:
            row = self._held(session, who, number, version)
            row.every_s = row.every_s if every_s is None else Number(every_s)
            if is_on is not None:
                row.is_on, row.said = is_on, ""
            if due_at is not None:
                row.due_at = due_at
            elif every_s is not None or (is_on and row.due_at < now_us()):
                row.due_at = Micros(now_us() + row.every_s * 1_000_000)
            row.version += 1
            _touch(row, who)
            _tell(session, who, "schedule.change", row)
        return self.get(number)

    def remove(self, who: Who, number: int, version: int | None = None) -> None:
        """Remove one; jobs that it made stay. Raises: NotFound; Outdated; Refused."""
        with self._db.step() as session:
            row = self._held(session, who, number, version)
            _tell(session, who, "schedule.remove", row)
            session.delete(row)

    @staticmethod
    def _held(session: Session, who: Who, number: int, version: int | None) -> Schedule:
        who.require(Role.EDITOR)
        row = session.get(Schedule, number, with_for_update=True)
        if row is None:
            raise _unknown(number)
        for name in (row.kind, *(name for name, _ in json.loads(row.then))):
            who.require(kind_of(name).role)
        if version is not None and row.version != version:
            raise Outdated(
                f"{row.by_name} has changed this schedule since you read it",
                hint="nothing was written: read it again, then change what you wanted to",
                version=row.version,
                changed_by=row.by_name,
            )
        return row


def seconds_of(every: str) -> int:
    """A period in seconds: 30 min, 6 h, 1 d, 2 w; hourly, daily, weekly. Raises: BadInput."""
    text = every.strip().lower()
    found = _EVERY.match(text)
    seconds = int(found[1]) * _UNITS[found[found.lastindex or 1]] if found else _WORDS.get(text)
    if seconds is None:
        raise BadInput(f"{every[:60]!r} is no period", hint="write 30min, 6h, 1d or 1w; or hourly, daily, weekly")
    if not MIN_S <= seconds <= MAX_S:
        raise BadInput(f"{every[:60]!r} is too short or too long", hint="from 5min to 366d")
    return seconds


def period_of(seconds: int) -> str:
    """A period in words that `seconds_of` reads."""
    unit = next(unit for unit in ("w", "d", "h", "min") if seconds % _UNITS[unit] == 0 or unit == "min")
    return f"{seconds // _UNITS[unit]}{unit}"


def _first(first: str | datetime | None) -> Micros | None:
    """The moment a user names; a day alone is its beginning. Raises: BadInput."""
    if first is None or first == "":
        return None
    is_day = isinstance(first, str) and len(first) == len("2026-05-31")
    at = moment(f"{first}T00:00" if is_day else first)
    if at is None or not timedelta(0) <= at - datetime(2000, 1, 1, tzinfo=UTC) <= timedelta(days=36_500):
        raise BadInput(f"{str(first)[:60]!r} is no time for a job", hint="write 2026-05-31T03:00, in UTC")
    return Micros(int(at.timestamp() * 1e6))


def _touch(row: Schedule, who: Who) -> None:
    row.by_name, row.by_user_id = who.name, None if who.user_id is None else Number(who.user_id)
    row.changed_at = now_us()


def _tell(session: Session, who: Who, action: str, row: Schedule) -> None:
    about = {"kind": row.kind, "title": row.title, "every": period_of(row.every_s), "on": row.is_on}
    record(session, who, action, f"schedule {row.schedule_id}", about)


def _unknown(number: int) -> NotFound:
    return NotFound(f"there is no schedule {number}", hint="inlink jobs schedules shows all of them")


def _row(row: Schedule) -> ScheduleRow:
    return ScheduleRow(
        schedule_id=row.schedule_id,
        kind=row.kind,
        title=row.title,
        every=period_of(row.every_s),
        is_on=row.is_on,
        due_at=_moment(row.due_at),
        last_at=None if row.last_at is None else _moment(row.last_at),
        last_job_id=row.last_job_id,
        n_left_out=row.n_left_out,
        said=row.said,
        by=row.by_name,
        arguments=json.loads(row.arguments),
        then=tuple(name for name, _ in json.loads(row.then)),
        version=row.version,
    )


def _moment(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / 1e6, UTC)
