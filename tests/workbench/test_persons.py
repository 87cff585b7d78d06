"""A person is found wherever a name or an address stands, and erased from the whole database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, select

from inlink.check.keeping import CheckStore
from inlink.check.verdicts import Verdict
from inlink.cli.commands import inlink
from inlink.errors import BadInput, Outdated, Refused
from inlink.store.db import Base, WorkDatabase
from inlink.store.db.jobs import Job
from inlink.workbench import Workbench
from inlink.workbench.monitor_results import WatchOptions
from inlink.workbench.people import Role, Who

LOCAL = Who.local()
LINKS = "Source URL,Target URL,Anchor\nhttps://blog.example/a,https://mine.example/,by Zoë Brandt\n"


@pytest.fixture
def bench(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    monkeypatch.setenv("INLINK_DATABASE_URL", database_url)
    with Workbench.create(tmp_path / "web") as made:
        yield made


def everything(database: WorkDatabase) -> str:
    with database.reading() as session:
        return repr([session.execute(select(table)).all() for table in Base.metadata.sorted_tables])


def fill(bench: Workbench) -> None:
    bench.accounts.add(LOCAL, "mia", "a long enough secret", Role.ADMIN)
    mia = Who(1, "mia", Role.ADMIN, "session")
    bench.accounts.add(mia, "Zoë Brandt", "another long secret", Role.EDITOR, email="zoe@brandt.example")
    zoe = Who(2, "Zoë Brandt", Role.EDITOR, "session")
    bench.projects.views.add(zoe, "Hers", "backlinks", is_shared=True)
    bench.projects.notes.add(zoe, "domain", "a.example", "Ask ZOË BRANDT (zoe@brandt.example); not Zoë Brandtner")
    bench.monitor.add([("https://a.example/", "https://mine.example/")], WatchOptions(label="zoë brandt"))
    verdicts = [
        Verdict(f"https://a.example/{path}", 5, "ok", "answers", "") for path in ("zoe@brandt.example", "other")
    ]
    CheckStore(bench.database).keep(verdicts)
    with bench.database.step() as session:
        job = {"kind": "check", "title": "t", "arguments": '{"of": "Zo\\u00eb Brandt"}', "by_name": "Zoë Brandt"}
        session.execute(insert(Job).values(made_at=1, **job))


def test_found_and_erased(bench: Workbench) -> None:
    fill(bench)
    found = bench.find_person("zoë  brandt", LOCAL)
    places = {(place.table, place.column) for place in found.rows}
    assert places >= {
        ("users", "name"), ("saved_views", "owner"), ("notes", "owner"), ("notes", "text"), ("watches", "label"),
        ("jobs", "arguments"), ("jobs", "by_name"), ("audit", "who"), ("audit", "subject"),
    }  # fmt: skip
    (text,) = [place.excerpt for place in found.rows if place.column == "text"]
    assert "Ask ZOË BRANDT" in text
    done = bench.erase_person("Zoë Brandt", LOCAL)
    assert done.left.rows == ()
    assert (done.n_removed, "watches" in done.tables, "users" in done.tables) == (1, True, True)
    done = bench.erase_person("zoe@brandt.example", LOCAL)
    assert done.left.rows == ()
    assert done.n_removed == 2  # a check and its state
    kept = everything(bench.database)
    assert "brandt.example" not in kept
    assert kept.count("Brandt") == kept.count("Brandtner") == 1
    (note,) = bench.projects.notes.latest()
    assert note.text == "Ask [erased] ([erased]); not Zoë Brandtner"
    assert [view.name for view in bench.projects.views.all(LOCAL)] == ["Hers"]
    assert [user.name for user in bench.accounts.users(LOCAL)] == ["mia"]
    assert len(bench.monitor.watches()) == 1


def test_an_old_text_cannot_come_back(bench: Workbench) -> None:
    """Who has the page open from before is told that it was changed."""
    note = bench.projects.notes.add(LOCAL, "domain", "a.example", "Ask Ann Lee")
    bench.erase_person("Ann Lee", LOCAL)
    with pytest.raises(Outdated):
        bench.projects.notes.change(LOCAL, note.id, note.version, "Ask Ann Lee again")


def test_what_cannot_be_erased_is_named(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "links.csv").write_text(LINKS, encoding="utf-8")
    (tmp_path / "others.csv").write_text(LINKS.replace("Zoë Brandt", "Zoë Brandtner"), encoding="utf-8")
    bench.add([str(tmp_path / "links.csv"), str(tmp_path / "others.csv")])
    bench.build(workers=1)
    (bench.path / "inlink.toml").write_text('[monitor]\nmail_to = ["zoe@brandt.example"]\n', encoding="utf-8")
    left = bench.erase_person("ZOË BRANDT", LOCAL).left
    assert [(Path(each.name).name, each.n_rows) for each in left.inputs] == [("links.csv", 1)]
    assert bench.find_person("Zoe@brandt.example", LOCAL).settings == (2,)
    bench.remove([left.inputs[0].name])
    bench.build(workers=1)
    bench.gc(keep=1)
    assert bench.find_person("Zoë Brandt", LOCAL).inputs == ()


def test_who_may_not_and_what_is_too_short(bench: Workbench) -> None:
    with pytest.raises(Refused):
        bench.find_person("Zoë Brandt", Who(1, "eve", Role.EDITOR, "session"))
    with pytest.raises(BadInput, match="too short"):
        bench.erase_person(" a ", LOCAL)


def test_the_last_admin_stays(bench: Workbench) -> None:
    bench.accounts.add(LOCAL, "mia", "a long enough secret", Role.ADMIN)
    with pytest.raises(Refused):
        bench.erase_person("mia", LOCAL)
    assert "mia" in everything(bench.database)


def test_by_commands(tmp_path: Path) -> None:
    """Backup, restore, find and erase as a user types them."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(inlink, ["-w", str(tmp_path / "web"), *words])

    assert run("init", str(tmp_path / "web")).exit_code == 0
    with Workbench.open(tmp_path / "web") as bench:
        bench.projects.notes.add(LOCAL, "domain", "a.example", "Ask Ann Lee")
    copy = str(tmp_path / "copy.tar")
    assert "rows of" in run("backup", copy).stdout
    assert isinstance(run("backup", copy).exception, BadInput)
    found = json.loads(run("person", "find", "ann lee", "--format", "json").stdout)
    assert [(row["table"], row["excerpt"]) for row in found["rows"]] == [("notes", "Ask Ann Lee")]
    asked = run("person", "erase", "Ann Lee")
    assert "nothing was erased: add --yes" in asked.stderr
    assert "notes 1 text: Ask Ann Lee" in asked.stdout
    done = run("person", "erase", "Ann Lee", "--yes")
    assert done.stdout.splitlines() == ["1 text changed and 0 rows removed in notes", "nowhere"]
    assert isinstance(run("restore", copy).exception, Refused)
    assert "1 file into" in run("restore", copy, "--force").stdout
    assert "Ann Lee" in run("person", "find", "Ann Lee").stdout
