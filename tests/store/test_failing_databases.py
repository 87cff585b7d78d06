"""A server that dies under load and comes back, a disk that fills up: clear words, nothing lost, nothing half."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

import postgres
from inlink.check.keeping import CheckStore
from inlink.check.verdicts import Verdict
from inlink.errors import InlinkError, Unreachable
from inlink.store.db import WorkDatabase, opening
from inlink.store.db.upserts import table_of
from inlink.store.db.watches import MonitorFactRow

FACTS = table_of(MonitorFactRow)
N_WRITERS = 4


@pytest.fixture(scope="module")
def mortal() -> Iterator[postgres.Server]:
    """A server of its own whose commits stand when it is killed."""
    programs = postgres.programs()
    if programs is None:
        pytest.skip("no PostgreSQL (install it, or set INLINK_POSTGRESQL to the folder of its programs)")
    server = postgres.Server(programs, synchronous_commit="on")
    yield server
    server.close()


class Writers:
    """Threads that write rows in pairs, and remember which were acknowledged and what they were told."""

    def __init__(self, database: WorkDatabase) -> None:
        self._database = database
        self.kept: set[str] = set()
        self.told: list[InlinkError] = []
        self.other: list[BaseException] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(n,)) for n in range(N_WRITERS)]
        for thread in self._threads:
            thread.start()

    def _write(self, writer: int) -> None:
        n = 0
        while not self._stop.is_set():
            n += 1
            name = f"{writer}.{n}"
            try:
                with self._database.step() as session:
                    session.execute(insert(FACTS).values(name=f"{name} a", value="1"))
                    session.execute(insert(FACTS).values(name=f"{name} b", value="1"))
                self.kept.add(name)
            except InlinkError as error:
                self.told.append(error)
                time.sleep(0.01)
            except BaseException as error:  # noqa: BLE001  what no user could read
                self.other.append(error)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def wait_until(is_so: object, writers: Writers) -> None:
    until = time.monotonic() + 300
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < until, (writers.told[-3:], writers.other[-3:])
        time.sleep(0.01)


def test_a_server_killed_under_load_and_started_again(mortal: postgres.Server) -> None:
    name = mortal.make()
    database = WorkDatabase.open(mortal.url(name))
    writers = Writers(database)
    try:
        for _ in range(2):
            so_far, told = len(writers.kept), len(writers.told)
            wait_until(lambda so_far=so_far: len(writers.kept) > so_far + 20, writers)
            mortal.kill()
            wait_until(lambda told=told: len(writers.told) > told + N_WRITERS, writers)
            with pytest.raises(Unreachable, match=r"does not answer|shut down"), database.reading() as session:
                session.execute(select(FACTS)).all()
            mortal.start()
            so_far = len(writers.kept)
            wait_until(lambda so_far=so_far: len(writers.kept) > so_far + 20, writers)
    finally:
        writers.stop()
    assert not writers.other
    assert {type(error) for error in writers.told} == {Unreachable}
    assert all("inlink" in error.message for error in writers.told)
    with database.reading() as session:
        found = set(session.execute(select(FACTS.c.name)).scalars())
    assert {f"{name} {half}" for name in writers.kept for half in "ab"} <= found
    assert {name[:-2] for name in found if name.endswith("a")} == {name[:-2] for name in found if name.endswith("b")}
    database.close()


def test_a_server_that_is_restarted_between_two_steps(mortal: postgres.Server) -> None:
    """Nobody is told: connections that went stale are replaced."""
    database = WorkDatabase.open(mortal.url(mortal.make()))
    for value in ("1", "2"):
        with database.step() as session:
            session.execute(insert(FACTS).values(name=value, value=value))
        mortal.kill()
        mortal.start()
    with database.reading() as session:
        assert session.execute(select(func.count()).select_from(FACTS)).scalar() == 2
    database.close()


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "workspace.db"
    WorkDatabase.open(path).close()
    n_pages = path.stat().st_size // 4096
    with monkeypatch.context() as patch:
        patch.setattr(opening, "_SETTINGS", (*opening._SETTINGS, f"max_page_count = {n_pages + 40}"))
        full = WorkDatabase.open(path)
        store = CheckStore(full)
        kept = 0
        with pytest.raises(Unreachable, match=r"disk of .* is full") as caught:
            for kept in range(100):
                store.keep(verdicts(kept))
        assert "make room" in caught.value.hint
        assert 0 < kept < 99
        full.close()
    database = WorkDatabase.open(path)
    store = CheckStore(database)
    assert sum(store.counts().values()) == 20 * kept
    store.keep(verdicts(kept))
    assert sum(store.counts().values()) == 20 * (kept + 1)
    database.close()
    with sqlite3.connect(path) as plain:
        assert plain.execute("pragma integrity_check").fetchone() == ("ok",)
    plain.close()


def verdicts(n: int) -> list[Verdict]:
    return [Verdict(f"https://a.example/{n}/{m}", 5, "ok", "answers", "x" * 200) for m in range(20)]


def test_a_disk_that_is_full_when_tables_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "workspace.db"
    with monkeypatch.context() as patch:
        patch.setattr(opening, "_SETTINGS", (*opening._SETTINGS, "max_page_count = 12"))
        with pytest.raises(Unreachable, match="is full"):
            WorkDatabase.open(path)
    with sqlite3.connect(path) as plain:
        assert plain.execute("select count(*) from sqlite_master").fetchone() == (0,)
    plain.close()
    WorkDatabase.open(path).close()
