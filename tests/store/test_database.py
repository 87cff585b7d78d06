"""The workspace's database: steps are whole or not there, stages keep to their tables, other forms are refused."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from inlink.errors import CorruptIndex
from inlink.store.database import Database

SCRIPT = "create table if not exists notes (id integer primary key, text text not null)"


def test_a_step_is_whole_or_not_there(tmp_path: Path) -> None:
    with contextlib.closing(Database(tmp_path / "workspace.db", "notes", 1, SCRIPT)) as db:
        with db.step():
            assert db.insert("insert into notes (text) values (?)", ("one",)) == 1
        with pytest.raises(RuntimeError), db.step():
            db.run_many("insert into notes (text) values (?)", [("two",), ("three",)])
            raise RuntimeError
        with db.step():
            assert db.run("update notes set text = 'first'") == 1
    with contextlib.closing(Database(tmp_path / "workspace.db", "notes", 1, SCRIPT)) as db:
        assert [tuple(row) for row in db.rows("select * from notes")] == [(1, "first")]
        assert db.first("select * from notes where id = 9") is None


def test_stages_have_forms_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "workspace.db"
    Database(path, "notes", 1, SCRIPT).close()
    Database(path, "others", 7, "create table if not exists others (id integer)").close()
    with pytest.raises(CorruptIndex, match="form 1, this inlink reads form 2"):
        Database(path, "notes", 2, SCRIPT)


def test_what_is_no_database_is_said(tmp_path: Path) -> None:
    path = tmp_path / "workspace.db"
    path.write_bytes(b"not a database at all, but long enough to be looked at" * 40)
    with pytest.raises(CorruptIndex, match="cannot be read"):
        Database(path, "notes", 1, SCRIPT)
    with pytest.raises(CorruptIndex, match="cannot be opened"):
        Database(tmp_path / "no" / "such" / "workspace.db", "notes", 1, SCRIPT)


def test_two_openers_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "workspace.db"
    with (
        contextlib.closing(Database(path, "notes", 1, SCRIPT)) as one,
        contextlib.closing(Database(path, "notes", 1, SCRIPT)) as two,
    ):
        with one.step():
            one.insert("insert into notes (text) values ('a')")
            assert two.rows("select * from notes") == []
        with two.step():
            two.insert("insert into notes (text) values ('b')")
        assert len(one.rows("select * from notes")) == 2
    with contextlib.closing(sqlite3.connect(path)) as plain:
        assert plain.execute("select stage, version from versions").fetchall() == [("notes", 1)]
