"""Migrations end where the models are, on both databases; older files are taken over, newer ones refused."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, func, inspect, select, text

import postgres
from inlink.check.keeping import CheckStore
from inlink.check.verdicts import Try
from inlink.errors import CorruptIndex
from inlink.monitor.keeping import MonitorStore
from inlink.store.db import MODELS, Base, WorkDatabase
from inlink.store.db.migrating import FOLDER, newest
from inlink.store.db.stepping import take_steps
from inlink.urls.domains import SuffixRules

OLD = Path(__file__).with_name("workspace_0_1.sql")
OPEN = "import sys; from inlink.store.db import WorkDatabase; WorkDatabase.open(sys.argv[1]).close()"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "workspace.db"
    with sqlite3.connect(path) as made:
        made.execute("pragma journal_mode = wal")
        made.executescript(OLD.read_text("utf-8"))
    made.close()
    return path


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))


def test_migrations_end_where_the_models_are(work_database: WorkDatabase) -> None:
    with work_database.engine.connect() as connection:
        assert differences(connection) == []


def test_every_module_of_models_is_known() -> None:
    named = {model.__name__ for model in MODELS}
    assert {mapper.class_.__module__ for mapper in Base.registry.mappers} == named


def test_steps_stand_in_one_row() -> None:
    steps = ScriptDirectory(str(FOLDER))
    assert steps.get_heads() == [newest()]
    assert [step.revision for step in steps.walk_revisions()][::-1] == sorted(
        path.stem[1:5] for path in (FOLDER / "versions").glob("v*.py")
    )


def test_each_step_makes_the_next_form(database_url: str, tmp_path: Path) -> None:
    """A database of each older form becomes one of the newest."""
    steps = sorted((FOLDER / "versions").glob("v*.py"))
    folder = Path(shutil.copytree(FOLDER, tmp_path / "migrations"))
    for step in steps[1:]:
        (folder / "versions" / step.name).unlink()
    engine = create_engine(f"sqlite:///{tmp_path}/older.db")
    for step in steps:
        shutil.copy(step, folder / "versions")
        with engine.begin() as connection:
            take_steps(connection, folder)
            assert connection.execute(text("select version_num from alembic_version")).scalar() == step.stem[1:5]
    engine.dispose()
    WorkDatabase.open(tmp_path / "older.db").close()


def test_what_was_there_is_taken_over(old: Path) -> None:
    database = WorkDatabase.open(old)
    checks, watches = CheckStore(database), MonitorStore(database, SuffixRules(()))
    first, second = checks.history("https://a.example/")
    assert (first.verdict, first.why, first.final_url) == ("not-found", "the server says so", "https://a.example/")
    assert first.evidence == {"status": "404"}
    assert first.tries == (
        Try("page", "GET", "https://a.example/", 1000000, 404, None, None, 12, 0.25),
        Try("probe", "GET", "https://a.example/x", 1000009, None, "timeout", None, 0, 20.0),
    )
    assert [one.status for one in second.tries] == [200]
    assert checks.history("https://b.example/")[0].tries == ()
    assert checks.due(10_000_000) == ["https://b.example/"]
    assert watches.watch(3).label == "Ann"
    assert watches.watch(3).standing.last_alive_us == 7
    assert len(watches.history(3)) == 2
    (event,) = watches.events()
    assert (event.id, event.watch_id, event.reasons) == (2, 8, {"link_removed": "Bread"})
    assert watches.fact("identity") == "f00d"
    assert watches.wishes() == [("https://c.example/", "lost", 6)]
    with database.reading() as session:
        assert differences(session.connection()) == []
        tables = Base.metadata.tables.items()
        counts = {name: session.execute(select(func.count()).select_from(table)).scalar() for name, table in tables}
        assert not [name for name in inspect(session.connection()).get_table_names() if "before" in name]
    assert counts == {
        **dict.fromkeys(counts, 0),
        "checks": 3,
        "check_states": 2,
        "watches": 2,
        "looks": 2,
        "events": 1,
        "messages": 1,
        "message_events": 1,
        "monitor_facts": 1,
        "survival": 1,
        "wishes": 1,
    }
    database.close()


def test_a_failure_on_the_way_leaves_what_was(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dump(old)

    def broken(_connection: object, _old: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("inlink.store.db.adopting.adopt", broken)
        with pytest.raises(KeyboardInterrupt):
            WorkDatabase.open(old)
    assert dump(old) == before
    WorkDatabase.open(old).close()
    assert dump(old) != before


def dump(path: Path) -> list[str]:
    with sqlite3.connect(path) as db:
        found = list(db.iterdump())
    db.close()
    return found


def test_another_old_form_is_refused(old: Path) -> None:
    with sqlite3.connect(old) as db:
        db.execute("update versions set version = 2 where stage = 'monitor'")
    db.close()
    with pytest.raises(CorruptIndex, match="tables of monitor in form 2"):
        WorkDatabase.open(old)


def test_a_newer_database_is_refused(work_database: WorkDatabase, database_url: str) -> None:
    with work_database.step() as session:
        session.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(CorruptIndex, match="a newer inlink has made"):
        WorkDatabase.open(database_url)


def test_processes_that_open_at_once(old: Path) -> None:
    at_once(f"sqlite:///{old}")
    database = WorkDatabase.open(old)
    assert len(CheckStore(database).history("https://a.example/")) == 2
    database.close()


def test_processes_that_open_a_server_at_once(postgresql: postgres.Server) -> None:
    name = postgresql.make()
    at_once(postgresql.url(name))
    postgresql.drop(name)


def at_once(url: str) -> None:
    started = [subprocess.Popen([sys.executable, "-c", OPEN, url]) for _ in range(2)]
    assert [process.wait(300) for process in started] == [0, 0]


def test_every_column_says_what_it_means() -> None:
    silent = [f"{table.name}.{column.name}" for table in Base.metadata.sorted_tables for column in table.columns
              if not column.doc]  # fmt: skip
    assert silent == []
    assert [
        mapper.class_.__name__ for mapper in Base.registry.mappers if not (mapper.class_.__doc__ or "").strip()
    ] == []
