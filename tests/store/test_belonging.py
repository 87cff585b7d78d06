"""A database is one workspace's: another is refused, or has a schema of its own, and sees none of its rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

import postgres
from inlink.errors import BadInput, NotConfigured
from inlink.store.db import WorkDatabase
from inlink.store.workspace import Workspace
from inlink.workbench import Workbench
from inlink.workbench.people import Who

LOCAL = Who.local()


@pytest.fixture
def postgresql_url(postgresql: postgres.Server, postgresql_template: str) -> Iterator[str]:
    """An empty database of PostgreSQL."""
    name = postgresql.make(postgresql_template)
    yield postgresql.url(name)
    postgresql.drop(name)


def workspace(folder: Path, url: str, schema: str = "") -> Workbench:
    made = Workbench.create(folder)
    lines = ["[database]", f'url = "{url}"', *([f'schema = "{schema}"'] if schema else [])]
    (folder / "inlink.toml").write_text("\n".join(lines) + "\n")
    return made


def test_another_workspace_is_refused(tmp_path: Path, database_url: str) -> None:
    with workspace(tmp_path / "one", database_url) as one:
        one.projects.add(LOCAL, "Bread", "crumb.example")
    with workspace(tmp_path / "two", database_url) as two:
        for _ in range(2):
            with pytest.raises(NotConfigured, match=r"belongs to another workspace \(.*one\)") as caught:
                two.projects.all()
    with Workbench.open(tmp_path / "one") as one:  # the first one is not disturbed
        assert [project.name for project in one.projects.all()] == ["Bread"]
    mark = tmp_path / "two" / "workspace.json"  # what the hint says takes it over
    key = Workspace.open(tmp_path / "one").key
    assert caught.value.hint and f'"key": "{key}"' in caught.value.hint
    mark.write_text(json.dumps({"format": 1, "key": key}))
    with Workbench.open(tmp_path / "two") as two:
        assert len(two.projects.all()) == 1


def test_the_same_workspace_under_another_path_is_let_in(tmp_path: Path, database_url: str) -> None:
    """As where the folder is mounted on two machines."""
    with workspace(tmp_path / "one", database_url) as one:
        assert one.projects.all() == []
    (tmp_path / "mounted").symlink_to(tmp_path / "one")
    with Workbench.open(tmp_path / "mounted") as again:
        assert again.projects.all() == []


def test_a_workspace_of_an_earlier_inlink_gets_a_key_and_keeps_it(tmp_path: Path, database_url: str) -> None:
    workspace(tmp_path / "one", database_url).close()
    (tmp_path / "one" / "workspace.json").write_text('{"format": 1}\n')
    with Workbench.open(tmp_path / "one") as one:
        one.projects.all()
    key = Workspace.open(tmp_path / "one").key
    assert len(key) == 32
    with Workbench.open(tmp_path / "one") as one:
        one.projects.all()
    assert Workspace.open(tmp_path / "one").key == key


def test_a_copied_folder_with_its_own_file_goes_on(tmp_path: Path) -> None:
    """The file within the folder goes where the folder goes: it needs no key."""
    with Workbench.create(tmp_path / "one") as one:
        one.projects.add(LOCAL, "Bread", "crumb.example")
    with Workbench.create(tmp_path / "two"):
        pass
    (tmp_path / "one" / "workspace.db").rename(tmp_path / "two" / "workspace.db")
    with Workbench.open(tmp_path / "two") as two:
        assert len(two.projects.all()) == 1


def test_schemas_keep_workspaces_of_one_database_apart(tmp_path: Path, postgresql_url: str) -> None:
    benches = [workspace(tmp_path / name, postgresql_url, name) for name in ("team_a", "team_b")]
    for bench, name in zip(benches, ("Bread", "Cake"), strict=True):
        bench.projects.add(LOCAL, name, "crumb.example")
    assert [[project.name for project in bench.projects.all()] for bench in benches] == [["Bread"], ["Cake"]]
    assert benches[0].database.name.endswith(", schema team_a")
    for bench in benches:
        bench.close()
    plain = WorkDatabase.open(postgresql_url)
    with plain.reading() as session:
        assert session.execute(text("select count(*) from projects")).scalar() == 0
        assert session.execute(text("select count(*) from team_b.projects")).scalar() == 1
    plain.close()


@pytest.mark.parametrize("schema", ["Team", "team a", 'a"; drop schema public; --', "pg_team", "1st", "a" * 64])
def test_names_of_schemas(tmp_path: Path, schema: str) -> None:
    with Workbench.create(tmp_path) as made:
        (tmp_path / "inlink.toml").write_text(f"[database]\nschema = '{schema}'\n")
        with pytest.raises(BadInput, match=r"database\.schema"):
            made.settings  # noqa: B018
