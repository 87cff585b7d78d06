"""The workspace's database on SQLite and PostgreSQL: steps are whole or not there, readers wait for nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import delete, func, insert, select, text, update

import postgres
from inlink.errors import BadInput, Busy, CorruptIndex, NotConfigured, Unreachable
from inlink.store.database import StageDatabase
from inlink.store.db import WorkDatabase
from inlink.store.db.moving import all_rows
from inlink.store.db.upserts import insert_new, insert_or_replace, table_of
from inlink.store.db.watches import MonitorFactRow, SurvivalRow, WatchRow

FACTS = table_of(MonitorFactRow)


def facts(database: WorkDatabase) -> dict[str, str]:
    with database.reading() as session:
        return {row.name: row.value for row in session.execute(select(FACTS))}


def test_a_step_is_whole_or_not_there(work_database: WorkDatabase) -> None:
    stage = StageDatabase(work_database)
    with stage.step():
        assert stage.run(insert(FACTS).values(name="one", value="1")) == 1
    with pytest.raises(RuntimeError), stage.step():
        assert stage.run_many(insert(FACTS), [{"name": "two", "value": "2"}, {"name": "three", "value": "3"}]) == 2
        assert len(stage.rows(select(FACTS))) == 3
        raise RuntimeError
    with stage.step():
        assert stage.run(update(FACTS).values(value="first")) == 1
        with pytest.raises(RuntimeError, match="within a step"), stage.step():
            pass
    assert facts(work_database) == {"one": "first"}
    assert stage.first(select(FACTS).where(FACTS.c.name == "nine")) is None
    assert stage.run(delete(FACTS)) == 1


def test_rows_that_are_there_already(work_database: WorkDatabase) -> None:
    with work_database.step() as session:
        connection = session.connection()
        for value in ("old", "new"):
            connection.execute(insert_or_replace(connection, MonitorFactRow), {"name": "a", "value": value})
            connection.execute(insert_new(connection, MonitorFactRow), {"name": "b", "value": value})
        more = {"n_lost": lambda new: table_of(SurvivalRow).c.n_lost + new.n_lost}
        for _ in range(3):
            statement = insert_or_replace(connection, SurvivalRow, **more)
            connection.execute(statement, {"place": "a.example", "n_lost": 0.5, "n_expected": 2.0})
        found = connection.execute(select(SurvivalRow.n_lost, SurvivalRow.n_expected)).one()
        facts_again = [{"name": name, "value": "x"} for name in "abc"]
        assert StageDatabase(work_database).run_many(insert(FACTS), []) == 0
        new = connection.execute(
            insert_new(connection, MonitorFactRow), facts_again, execution_options={"preserve_rowcount": True}
        )
        assert new.rowcount == 1
        connection.execute(delete(FACTS).where(FACTS.c.name == "c"))
    assert facts(work_database) == {"a": "new", "b": "old"}
    assert tuple(found) == (1.5, 2.0)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("a\0b", "a\ufffdb"), ("half \ud83d", "half \ufffd"), ("\ud83d\ude00", "\U0001f600"), ("Brot 🥖 و", "Brot 🥖 و")],
    ids=["nul", "half", "two halves", "plain"],
)
def test_any_text_can_be_kept_and_looked_up(work_database: WorkDatabase, given: str, kept: str) -> None:
    with work_database.step() as session:
        session.execute(insert(FACTS), [{"name": given, "value": given}, {"name": "other", "value": "x"}])
    with work_database.reading() as session:
        assert session.execute(select(FACTS.c.value).where(FACTS.c.name == given)).scalars().all() == [kept]


def test_readers_see_one_state_and_wait_for_no_writer(work_database: WorkDatabase) -> None:
    with work_database.step() as session:
        session.execute(insert(FACTS).values(name="a", value="1"))
        session.flush()
        assert facts(work_database) == {}
    assert facts(work_database) == {"a": "1"}


def test_writers_wait_for_each_other(work_database: WorkDatabase) -> None:
    count = update(FACTS).values(value=func.coalesce(FACTS.c.value, "") + "x")
    with work_database.step() as session:
        session.execute(insert(FACTS).values(name="a", value=""))

    def add() -> None:
        for _ in range(10):
            with work_database.step() as session:
                session.execute(count)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert facts(work_database) == {"a": "x" * 40}


def test_numbers_that_no_row_can_have(work_database: WorkDatabase) -> None:
    with pytest.raises(BadInput, match="too large"), work_database.reading() as session:
        session.execute(select(WatchRow.watch_id).where(WatchRow.watch_id == 10**30)).all()


def test_what_is_no_database_is_said(tmp_path: Path) -> None:
    path = tmp_path / "workspace.db"
    path.write_bytes(b"not a database at all, but long enough to be looked at" * 40)
    with pytest.raises(CorruptIndex, match="cannot be read"):
        WorkDatabase.open(path)
    with pytest.raises(Unreachable, match="cannot be opened"):
        WorkDatabase.open(tmp_path / "no" / "such" / "workspace.db")


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "workspace.db"
    database = WorkDatabase.open(path)
    with database.step() as session:
        session.execute(insert(FACTS), [{"name": f"n{n}", "value": "x" * 500} for n in range(500)])
    database.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    with pytest.raises(CorruptIndex, match="damaged"):
        WorkDatabase.open(path)


@pytest.mark.parametrize(
    "url",
    ["nonsense:s3cret", "mysql://u:s3cret@h/x", "postgresql://u:s3cret@h:port/x", "postgresql+asyncpg://u:s3cret@h/x"],
)
def test_passwords_in_addresses_are_not_told(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        WorkDatabase.open(url)
    assert "s3cret" not in f"{caught.value!r} {caught.value.hint} {caught.value.__cause__!r}"


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="does not answer") as caught:
        WorkDatabase.open(f"postgresql://me:s3cret@/x?host={tmp_path}")
    assert "s3cret" not in f"{caught.value!r} {caught.value.hint} {caught.value.__cause__!r}"


def test_what_a_server_refuses(postgresql: postgres.Server) -> None:
    with pytest.raises(NotConfigured, match="does not exist"):
        WorkDatabase.open(postgresql.url("nothing"))
    with pytest.raises(NotConfigured, match="lets nobody in"):
        WorkDatabase.open(postgresql.url("postgres").replace("inlink@", "stranger@"))
    postgresql.run("postgres", "create database latin encoding 'SQL_ASCII' locale 'C' template template0")
    with pytest.raises(NotConfigured, match="holds text as SQL_ASCII"):
        WorkDatabase.open(postgresql.url("latin"))


HOLDING = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("begin immediate")
db.execute("create table passing (a)")
db.execute("drop table passing")
print("holds", flush=True)
sys.stdin.readline()
db.execute("commit")
"""


def test_a_new_file_that_another_process_writes_to_is_waited_for(tmp_path: Path) -> None:
    """It is no WAL file yet, and of two that change it to one SQLite refuses the second at once."""
    path = tmp_path / "workspace.db"
    words = [sys.executable, "-c", HOLDING, str(path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None and other.stdout is not None
        assert other.stdout.readline() == "holds\n"
        threading.Timer(0.5, other.stdin.close).start()
        database = WorkDatabase.open(path)
    assert facts(database) == {}
    database.close()


STANDING_STILL = """
import sys, time
from sqlalchemy import select
from inlink.store.db import WorkDatabase, opening
from inlink.store.db.watches import MonitorFactRow
opening._STILL_S = float(sys.argv[2])
database = WorkDatabase.open(sys.argv[1])
with database.step() as session:
    session.execute(select(MonitorFactRow).with_for_update()).all()
    print("holds", flush=True)
    time.sleep(600)
"""


def test_rows_of_a_process_that_is_frozen_within_a_step_are_let_go(
    postgresql: postgres.Server, postgresql_template: str
) -> None:
    url = postgresql.url(postgresql.make(postgresql_template))
    database = WorkDatabase.open(url)
    with database.step() as session:
        session.execute(insert(FACTS).values(name="a", value="1"))
    free = select(FACTS).with_for_update(skip_locked=True)
    words = [sys.executable, "-c", STANDING_STILL, url, "1"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "holds\n"
        os.kill(other.pid, signal.SIGSTOP)
        until = time.monotonic() + 60
        while True:
            with database.step() as session:
                if session.execute(free).all():
                    break
            assert time.monotonic() < until, "the row is locked still"
            time.sleep(0.05)
        other.kill()
    database.close()


def test_a_step_that_stood_still_is_told_and_the_next_one_works(
    postgresql: postgres.Server, postgresql_template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inlink.store.db.opening._STILL_S", 0.2)
    database = WorkDatabase.open(postgresql.url(postgresql.make(postgresql_template)))
    with pytest.raises(Busy, match="stood still") as caught, database.step() as session:
        session.execute(insert(FACTS).values(name="a", value="1"))
        time.sleep(1.0)
        session.execute(insert(FACTS).values(name="b", value="2"))
    assert "again" in caught.value.hint
    assert facts(database) == {}
    with all_rows(database) as tables:  # a backup may take its time
        name, lines = next(tables)
        time.sleep(1.0)
        assert list(lines) == [] and len(list(tables)) > 5, name
    database.close()


@pytest.mark.parametrize(("own", "kept"), [("", "1min"), ("-cidle_in_transaction_session_timeout=5s", "5s")])
def test_how_long_a_step_may_stand_still(
    postgresql: postgres.Server, postgresql_template: str, own: str, kept: str
) -> None:
    url = postgresql.url(postgresql.make(postgresql_template)) + (f"&options={quote(own)}" if own else "")
    database = WorkDatabase.open(url)
    for opened in (database.step, database.reading):
        with opened() as session:
            assert session.scalar(text("show idle_in_transaction_session_timeout")) == kept
    database.close()


def test_a_writer_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inlink.store.db.opening._SETTINGS", ("busy_timeout = 50", "journal_mode = wal"))
    database = WorkDatabase.open(tmp_path / "workspace.db")
    with database.step() as one:
        one.connection()
        with pytest.raises(Busy, match="being changed"), database.step() as two:
            two.connection()
    database.close()
