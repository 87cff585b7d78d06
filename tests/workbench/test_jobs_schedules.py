"""Work that comes again and again: each due time makes one job, on both databases, whoever looks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from inlink.errors import BadInput, NotConfigured, NotFound, Outdated, Refused
from inlink.store.db import WorkDatabase, job_queue, schedule_queue
from inlink.store.db.base import Micros
from inlink.store.db.job_queue import Outcome, now_us
from inlink.store.db.schedules import Schedule
from inlink.store.workspace import Workspace
from inlink.workbench import Workbench, jobs_schedules
from inlink.workbench.audit import entries
from inlink.workbench.jobs_kinds import KINDS
from inlink.workbench.jobs_runner import of_schedule
from inlink.workbench.jobs_schedules import period_of, seconds_of
from inlink.workbench.people import Role, Who

LOCAL = Who.local()
VIEWER = Who(7, "Vera", Role.VIEWER, "session")
EDITOR = Who(8, "Ed", Role.EDITOR, "session")
LONG_AGO = datetime(2026, 1, 5, 3, tzinfo=UTC)


@pytest.fixture
def bench(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    """A workspace with an empty database, of either kind."""
    monkeypatch.setenv("INLINK_DATABASE_URL", database_url)
    with Workbench.create(tmp_path / "w") as made:
        yield made


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Workbench]:
    """A workspace with a database of its own: for what both kinds do alike."""
    with Workbench.create(tmp_path / "w") as made:
        yield made


def make_due(db: WorkDatabase, number: int) -> None:
    with db.step() as session:
        row = session.get(Schedule, number)
        assert row is not None
        row.due_at = Micros(now_us() - 1)


def look(bench: Workbench) -> list[int]:
    return schedule_queue.start_due(bench.database, partial(of_schedule, Workspace(bench.path)))


def done(bench: Workbench) -> None:
    job = job_queue.take(bench.database, "one", 30_000_000, list(KINDS))
    assert job is not None
    assert job_queue.end(bench.database, job.job_id, "one", Outcome("done"))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30min", 1800), ("6h", 21_600), ("1d", 86_400), ("2 weeks", 1_209_600),
     ("45 Minutes", 2_700), ("1 hour", 3_600), ("3days", 259_200), ("hourly", 3_600), ("Daily", 86_400)],
)  # fmt: skip
def test_periods(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds
    assert seconds_of(period_of(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "6", "1s", "1min", "400d", "often", "-1h", "9" * 50 + "h", "1decade", "6 moons"])
def test_no_periods(text: str) -> None:
    with pytest.raises(BadInput):
        seconds_of(text)


def test_a_due_time_makes_one_job_and_the_next_is_a_period_later(bench: Workbench) -> None:
    """What was missed while nobody worked is made up for once, and the hour of the day stays."""
    row = bench.jobs.schedules.add(LOCAL, "build", every="1d", first=LONG_AGO, then=[("rank", {})])
    before = datetime.now(UTC)
    (number,) = look(bench)
    after = datetime.now(UTC)
    job = bench.jobs.get(number)
    assert (job.kind, job.state, job.then, job.by) == ("build", "queued", ("rank",), "local")
    assert look(bench) == []
    row = bench.jobs.schedules.get(row.schedule_id)
    assert before < row.due_at <= after + timedelta(days=1)
    assert (row.due_at.hour, row.due_at.minute, row.last_job_id) == (3, 0, number)


def test_a_due_time_is_left_out_while_the_last_job_has_not_ended(bench: Workbench) -> None:
    number = bench.jobs.schedules.add(LOCAL, "monitor", every="1h", first=LONG_AGO).schedule_id
    assert len(look(bench)) == 1
    make_due(bench.database, number)
    assert look(bench) == []
    assert bench.jobs.schedules.get(number).n_left_out == 1
    done(bench)
    make_due(bench.database, number)
    assert len(look(bench)) == 1


def test_of_many_that_look_at_once_one_makes_the_job(bench: Workbench, database_url: str) -> None:
    for _ in range(5):
        bench.jobs.schedules.add(LOCAL, "verify", every="1h", first=LONG_AGO)
    ready = threading.Barrier(4, timeout=120)
    made: list[int] = []

    def work() -> None:
        db = WorkDatabase.open(bench.database.engine.url.render_as_string(hide_password=False))
        ready.wait()
        made.extend(schedule_queue.start_due(db, partial(of_schedule, Workspace(bench.path))))
        db.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(made) == sorted(job.job_id for job in bench.jobs.list())
    assert len(made) == 5


def test_those_who_add_at_once_do_not_pass_the_bound_together(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(*given: Any) -> None:
        time.sleep(0.2)  # each has counted before the first has ended
        tell(*given)

    tell = jobs_schedules._tell
    monkeypatch.setattr(jobs_schedules, "MAX_SCHEDULES", 2)
    monkeypatch.setattr(jobs_schedules, "_tell", slowly)
    ready = threading.Barrier(4, timeout=120)
    refused: list[str] = []

    def add() -> None:
        ready.wait()
        try:
            bench.jobs.schedules.add(LOCAL, "verify", every="1h")
        except BadInput as error:
            refused.append(error.message)

    adding = [threading.Thread(target=add) for _ in range(4)]
    for one in adding:
        one.start()
    for one in adding:
        one.join()
    assert len(bench.jobs.schedules.all()) == 2
    assert refused == ["there are 2 schedules already"] * 2


def test_a_schedule_is_changed_by_its_version_and_removed(bench: Workbench) -> None:
    door = bench.jobs.schedules
    row = door.add(LOCAL, "gc", {"keep": 2}, every="1w")
    changed = door.change(LOCAL, row.schedule_id, row.version, every="2d", is_on=False)
    assert (changed.every, changed.is_on, changed.version) == ("2d", False, 2)
    assert changed.due_at < row.due_at
    with pytest.raises(Outdated, match="local has changed this schedule"):
        door.change(LOCAL, row.schedule_id, row.version, is_on=True)
    make_due(bench.database, row.schedule_id)
    assert look(bench) == []
    on = door.change(LOCAL, row.schedule_id, is_on=True)
    assert on.due_at > datetime.now(UTC)  # what was due while it was off is not made up for
    door.remove(LOCAL, row.schedule_id, on.version)
    assert door.all() == ()
    with pytest.raises(NotFound, match="there is no schedule"):
        door.get(row.schedule_id)
    told = [entry.action for entry in entries(bench.database)]
    assert told == ["schedule.remove", "schedule.change", "schedule.change", "schedule.add"]


def test_who_may(here: Workbench) -> None:
    door = here.jobs.schedules
    for who, kind in ((VIEWER, "build"), (EDITOR, "gc")):
        with pytest.raises(Refused, match="needs the role"):
            door.add(who, kind, every="1d")
    with pytest.raises(Refused, match="needs the role admin"):
        door.add(EDITOR, "build", every="1d", then=[("gc", {})])
    row = door.add(LOCAL, "gc", every="1d")
    for change in (lambda: door.change(EDITOR, row.schedule_id, is_on=False), lambda: door.remove(EDITOR, 1)):
        with pytest.raises(Refused, match="needs the role admin"):
            change()


def test_what_cannot_be_done_again_and_again_is_told_at_once(here: Workbench) -> None:
    door = here.jobs.schedules
    for kind, about in (("demo", {}), ("add", {"uploads": ["x"]}), ("build", {"loaves": 3}), ("bake", {})):
        with pytest.raises(BadInput):
            door.add(LOCAL, kind, about, every="1d")
    with pytest.raises(NotConfigured):
        door.add(LOCAL, "crawl", {"seeds": ["a.example"]}, every="1d")
    for first in ("yesterday", "0001-01-01", "9999-12-31"):
        with pytest.raises(BadInput):
            door.add(LOCAL, "build", every="1d", first=first)


def test_a_schedule_acts_as_its_maker_may_act_now(here: Workbench) -> None:
    accounts = here.accounts
    accounts.add(LOCAL, "ana", "seven loaves of rye", Role.ADMIN)
    ed = accounts.add(LOCAL, "ed", "eleven rolls and a bun", Role.EDITOR)
    who = Who(ed.user_id, ed.name, ed.role, "session")
    number = here.jobs.schedules.add(who, "build", every="1d", first=LONG_AGO).schedule_id
    accounts.set_role(LOCAL, "ed", Role.VIEWER)
    assert look(here) == []
    row = here.jobs.schedules.get(number)
    assert (row.is_on, row.said) == (False, "ed may not do this any more: somebody who may should turn it on again")
    assert here.jobs.schedules.change(LOCAL, number, is_on=True, first=LONG_AGO).said == ""
    assert len(look(here)) == 1


def test_a_schedule_reads_what_its_maker_may_import_now(here: Workbench, tmp_path: Path) -> None:
    who = here.accounts.add(LOCAL, "ana", "seven loaves of rye", Role.ADMIN)
    settings = here.path / "inlink.toml"
    settings.write_text(f'[import]\nroots = ["{tmp_path}/srv"]\n')
    ana = Who(who.user_id, who.name, who.role, "session")
    about = {"inputs": [f"{tmp_path}/srv/*.warc.gz"]}
    number = here.jobs.schedules.add(ana, "add", about, every="1d", first=LONG_AGO).schedule_id
    settings.write_text("")
    assert look(here) == []
    row = here.jobs.schedules.get(number)
    assert (row.is_on, "in no folder that may be imported from" in row.said) == (False, True)
    assert here.jobs.schedules.change(LOCAL, number, is_on=True, first=LONG_AGO).is_on
    assert len(look(here)) == 1


def test_a_worker_makes_what_is_due(here: Workbench) -> None:
    here.jobs.schedules.add(LOCAL, "verify", every="1d", first=LONG_AGO)
    here.jobs.runner().run(until_empty=True)
    (job,) = here.jobs.list()
    assert (job.kind, job.state) == ("verify", "done")
