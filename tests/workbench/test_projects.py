"""Projects, saved views and notes on both databases: who may, what two people at once get told, what the log says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from inlink.errors import BadInput, NotFound, Outdated, Refused
from inlink.store.db import WorkDatabase
from inlink.store.db.users import UserRow
from inlink.workbench import Workbench
from inlink.workbench.audit import entries
from inlink.workbench.people import Role, Who
from inlink.workbench.projects import Projects
from inlink.workbench.projects_notes import about_link

LOCAL = Who.local()


@pytest.fixture
def bench(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    monkeypatch.setenv("INLINK_DATABASE_URL", database_url)
    with Workbench.create(tmp_path / "web") as made:
        yield made


@pytest.fixture
def people(bench: Workbench) -> dict[str, Who]:
    """ann and bob edit, eve looks, mia is an admin."""
    roles = {"ann": Role.EDITOR, "bob": Role.EDITOR, "eve": Role.VIEWER, "mia": Role.ADMIN}
    with bench.database.step() as session:
        for number, (name, role) in enumerate(roles.items(), 1):
            row = {"user_id": number, "name": name, "name_key": name, "role": role, "password_hash": "-"}
            session.execute(insert(UserRow).values(made_at=1, password_at=1, **row))
    return {name: Who(number, name, role, "session") for number, (name, role) in enumerate(roles.items(), 1)}


def told(database: WorkDatabase) -> list[tuple[str, str, str]]:
    return [(entry.who, entry.action, entry.subject) for entry in entries(database)][::-1]


def test_a_workspace_holds_several_projects(bench: Workbench) -> None:
    (bench.path / "inlink.toml").write_text('[site]\ndomain = "mine.example"\naliases = ["my.example"]\n', "utf-8")
    names = {"aliases": ["www.rye.example"], "competitors": ["b.example"]}
    made = bench.projects.add(LOCAL, "  Rye   bread ", "Rye.example", **names)
    assert (made.name, made.domain, made.aliases, made.competitors) == (
        "Rye bread", "rye.example", ("www.rye.example",), ("b.example",),
    )  # fmt: skip
    changed = bench.projects.change(LOCAL, made.id or 0, made.version, name="Bread", competitors=[])
    assert (changed.name, changed.competitors, changed.aliases) == ("Bread", (), ("www.rye.example",))
    assert [(one.id, one.domain) for one in bench.projects.all()] == [(None, "mine.example"), (made.id, "rye.example")]
    assert bench.projects.one(made.id or 0) == changed
    bench.projects.remove(LOCAL, made.id or 0, changed.version)
    with pytest.raises(NotFound):
        bench.projects.one(made.id or 0)
    actions = [("local", "project.add", "Rye bread"), ("local", "project.change", "Rye bread")]
    assert told(bench.database) == [*actions, ("local", "project.remove", "Bread")]


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        pytest.param("", "a.example", id="no name"),
        pytest.param("x" * 201, "a.example", id="long name"),
        pytest.param("a\u202eb", "a.example", id="bidi"),
        pytest.param("a", "https://a.example/page", id="page"),
        pytest.param("a", "no host", id="no host"),
        pytest.param("TAKEN", "a.example", id="taken"),
    ],
)
def test_what_is_no_project_is_refused(bench: Workbench, name: str, domain: str) -> None:
    bench.projects.add(LOCAL, "taken", "b.example")
    with pytest.raises(BadInput):
        bench.projects.add(LOCAL, name, domain)
    assert len(bench.projects.all()) == 1
    assert len(told(bench.database)) == 1


def test_two_browsers_that_edit_one_project(bench: Workbench, people: dict[str, Who]) -> None:
    made = bench.projects.add(people["ann"], "Bread", "a.example")
    number = made.id or 0
    first = bench.projects.change(people["ann"], number, made.version, competitors=["b.example"])
    with pytest.raises(Outdated, match="ann has changed this project") as caught:
        bench.projects.change(people["bob"], number, made.version, competitors=["c.example"])
    assert caught.value.facts["version"] == first.version
    assert bench.projects.one(number).competitors == ("b.example",)
    with pytest.raises(Outdated):
        bench.projects.remove(people["bob"], number, made.version)
    again = bench.projects.change(people["bob"], number, first.version, competitors=["b.example", "c.example"])
    assert (again.competitors, again.changed_by) == (("b.example", "c.example"), "bob")


def test_many_at_the_same_moment(bench: Workbench) -> None:
    """Of all who change one version, one is heard; the others are told."""
    note = bench.projects.notes.add(LOCAL, "domain", "a.example", "begin")
    outcomes: list[str] = []
    ready = threading.Barrier(6, timeout=120)

    def write(text: str) -> None:
        ready.wait()
        try:
            bench.projects.notes.change(LOCAL, note.id, note.version, text)
            outcomes.append(text)
        except Outdated:
            outcomes.append("told")

    threads = [threading.Thread(target=write, args=(f"text {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (heard,) = [outcome for outcome in outcomes if outcome != "told"]
    assert len(outcomes) == 6
    assert bench.projects.notes.one(note.id).text == heard
    assert [action for _, action, _ in told(bench.database)] == ["note.add", "note.change"]


def test_views_are_private_or_shared(bench: Workbench, people: dict[str, Who]) -> None:
    views = bench.projects.views
    own = views.add(
        people["eve"], "Mine", "backlinks", target="a.example", options={"where": "follow", "sort": "-strength"}
    )
    shared = views.add(people["ann"], "Lost", "changes", options={"from": "2026-10-01"}, is_shared=True)
    seen = {name: [view.name for view in views.all(who)] for name, who in people.items()}
    assert seen == {"ann": ["Lost"], "bob": ["Lost"], "eve": ["Lost", "Mine"], "mia": ["Lost"]}
    assert views.one(people["eve"], own.id) == own
    with pytest.raises(NotFound):
        views.one(people["ann"], own.id)
    with pytest.raises(Refused, match="belongs to ann"):
        views.change(people["bob"], shared.id, shared.version, name="Bob's")
    with pytest.raises(Refused):
        views.add(people["eve"], "For all", "backlinks", is_shared=True)
    renamed = views.change(people["mia"], shared.id, shared.version, name="Gone", options={})
    assert (renamed.name, renamed.options, renamed.owner, renamed.changed_by) == ("Gone", {}, "ann", "mia")
    with pytest.raises(Outdated, match="mia has changed this view"):
        views.remove(people["ann"], shared.id, shared.version)
    assert [view.name for view in views.all(LOCAL)] == ["Gone", "Mine"]


def test_views_of_a_page_and_a_target(bench: Workbench) -> None:
    views = bench.projects.views
    for name, page, target in (("a", "backlinks", ""), ("b", "backlinks", "b.example"), ("c", "domains", "b.example")):
        views.add(LOCAL, name, page, target=target)
    assert [view.name for view in views.all(LOCAL, page="backlinks")] == ["a", "b"]
    assert [view.name for view in views.all(LOCAL, page="backlinks", target="c.example")] == ["a"]
    assert [view.name for view in views.all(LOCAL, target="b.example")] == ["a", "b", "c"]
    with pytest.raises(BadInput, match="no view has the option"):
        views.add(LOCAL, "d", "backlinks", options={"colour": "red"})
    with pytest.raises(NotFound, match="no project 7"):
        views.add(LOCAL, "d", "backlinks", project_id=7)


def test_views_go_with_their_project_and_stay_without_their_owner(bench: Workbench, people: dict[str, Who]) -> None:
    project = bench.projects.add(LOCAL, "Bread", "a.example")
    bench.projects.views.add(people["ann"], "in it", "backlinks", project_id=project.id)
    kept = bench.projects.views.add(people["ann"], "beside it", "backlinks")
    bench.projects.remove(LOCAL, project.id or 0, project.version)
    assert [view.name for view in bench.projects.views.all(people["ann"])] == ["beside it"]
    with bench.database.step() as session:
        session.delete(session.get(UserRow, 1))
    assert bench.projects.views.all(people["bob"]) == []
    (found,) = bench.projects.views.all(people["mia"])
    assert (found.id, found.owner_id, found.owner) == (kept.id, None, "ann")


def test_notes_stand_beside_what_they_are_about(bench: Workbench, people: dict[str, Who]) -> None:
    notes = bench.projects.notes
    long = "https://b.example/" + "x" * 5_000
    link = about_link("https://a.example/", long)
    first = notes.add(people["ann"], "link", link, "Asked them\r\non Monday\0")
    assert first.text == "Asked them\non Monday\ufffd"
    second = notes.add(people["bob"], "link", link, "They answered")
    notes.add(people["bob"], "domain", "a.example", "Ours")
    assert notes.about("link", link) == [first, second]
    assert list(notes.about_many("domain", ["a.example", "b.example"])) == ["a.example"]
    assert notes.about("target", "a.example") == []
    changed = notes.change(people["ann"], second.id, second.version, "They said yes")
    assert (changed.text, changed.owner, changed.changed_by) == ("They said yes", "bob", "ann")
    notes.remove(people["bob"], first.id, first.version)
    assert [note.text for note in notes.latest()] == ["They said yes", "Ours"]
    with pytest.raises(Refused):
        notes.add(people["eve"], "domain", "a.example", "x")
    for kind, about, text in (("page", "a", "x"), ("domain", " ", "x"), ("domain", "a.example", " ")):
        with pytest.raises(BadInput):
            notes.add(LOCAL, kind, about, text)


def test_viewers_change_nothing(bench: Workbench, people: dict[str, Who]) -> None:
    projects: Projects = bench.projects
    made = projects.add(people["ann"], "Bread", "a.example")
    for act in (
        lambda: projects.add(people["eve"], "x", "x.example"),
        lambda: projects.change(people["eve"], made.id or 0, made.version, name="y"),
        lambda: projects.remove(people["eve"], made.id or 0, made.version),
    ):
        with pytest.raises(Refused):
            act()
    assert projects.one(made.id or 0) == made
