"""Saved views and notes from the tables: kept, opened, changed by two at once with nothing lost, removed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_bench import TEXTS, HostileBench
from starlette.testclient import TestClient

from inlink.web.app import pages
from inlink.web.tables_list import TABLES
from inlink.workbench import Workbench
from inlink.workbench.people import Who
from inlink.workbench.projects_results import VIEW_OPTIONS

ROW = 2**62
VIEW = {"page": "/backlinks", "q": "crumb.example", "where": "follow", "sort": "-first_seen", "columns": "source,lang"}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench.create(tmp_path / "w") as made:
        yield made


@pytest.fixture
def client(bench: Workbench) -> Iterator[TestClient]:
    """Made-up rows, and a workspace of its own for what is kept."""
    asked = HostileBench()
    asked.projects = bench.projects
    with TestClient(pages(asked), base_url="http://127.0.0.1") as found:  # type: ignore[arg-type]
        yield found


def save(client: TestClient, **fields: str) -> str:
    answer = client.post("/views", data={**VIEW, "name": "Newest follow", **fields}, follow_redirects=False)
    assert answer.status_code == 303
    return answer.headers["location"]


def test_a_view_is_kept_and_opened(client: TestClient, bench: Workbench) -> None:
    where = save(client)
    (kept,) = bench.projects.views.all(Who.local())
    assert (kept.page, kept.target, dict(kept.options)) == (
        "/backlinks", "", {"where": "follow", "sort": "-first_seen", "columns": "source,lang"},
    )  # fmt: skip
    text = client.get(where).text
    assert "Newest follow</summary>" in text.replace("\n", "")
    assert "edited" not in text
    assert ">Language</a>" in text
    changed = client.get(where.replace("where=follow", "where=nofollow")).text
    assert '<span class="quiet">edited</span>' in changed
    assert "Newest follow" in client.get("/views").text


def test_a_bound_view_keeps_its_target(client: TestClient, bench: Workbench) -> None:
    save(client, bound="1", is_shared="1", scope="domain")
    (kept,) = bench.projects.views.all(Who.local())
    assert (kept.target, kept.scope, kept.is_shared) == ("crumb.example", "domain", True)
    assert "Newest follow" not in client.get("/backlinks?q=other.example").text
    assert "Newest follow" in client.get("/backlinks?q=crumb.example").text
    assert "Newest follow" not in client.get("/domains?q=crumb.example").text


def test_two_browsers_change_one_view(client: TestClient, bench: Workbench) -> None:
    save(client)
    (kept,) = bench.projects.views.all(Who.local())
    read = {**VIEW, "name": kept.name, "version": str(kept.version)}
    first = client.post(f"/views/{kept.id}", data={**read, "where": "ugc"}, follow_redirects=False)
    assert first.status_code == 303
    second = client.post(f"/views/{kept.id}", data={**read, "where": "sponsored"}, follow_redirects=False)
    assert second.status_code == 409
    assert "has changed this view since you read it" in second.text
    assert bench.projects.views.one(Who.local(), kept.id).options["where"] == "ugc"
    found = re.search(r'<a href="([^"]*)">open it</a>', second.text)
    assert found is not None
    assert "where=sponsored" in html.unescape(found[1])
    fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', second.text))
    fields = {name: html.unescape(value) for name, value in fields.items()}
    fields.pop("name", "")
    assert save(client, **fields, name="Mine").count("sponsored") == 1
    assert {one.name: one.options["where"] for one in bench.projects.views.all(Who.local())} == {
        "Newest follow": "ugc", "Mine": "sponsored",
    }  # fmt: skip


def test_a_view_is_removed_in_the_version_that_was_read(client: TestClient, bench: Workbench) -> None:
    save(client)
    (kept,) = bench.projects.views.all(Who.local())
    bench.projects.views.change(Who.local(), kept.id, kept.version, name="Renamed")
    assert client.post(f"/views/{kept.id}/remove", data={"version": str(kept.version)}).status_code == 409
    version = str(bench.projects.views.one(Who.local(), kept.id).version)
    assert client.post(f"/views/{kept.id}/remove", data={"version": version}).status_code == 200
    assert bench.projects.views.all(Who.local()) == []


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"name": ""}, 400), ({"page": "/overview"}, 400), ({"name": "x" * 201}, 400), ({"columns": "colour"}, 400)],
)
def test_wrong_views_are_told(client: TestClient, fields: dict[str, str], status: int) -> None:
    answer = client.post("/views", data={**VIEW, "name": "A view", **fields})
    assert answer.status_code == status
    assert "<h1" in answer.text


def test_every_option_of_a_table_is_one_that_views_keep() -> None:
    for table in TABLES.values():
        assert set(table.switches) <= set(VIEW_OPTIONS)


def test_notes_on_a_link(client: TestClient, bench: Workbench) -> None:
    fields = {**VIEW, "row": str(ROW), "source_url": "https://a.example/", "target_url": "https://b.example/"}
    answer = client.post("/notes/link", data={**fields, "text": TEXTS[0]}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/backlinks?q=crumb.example&")
    (note,) = bench.projects.notes.latest()
    assert (note.about, note.text) == ("https://a.example/ https://b.example/", TEXTS[0])
    panel = client.get(f"/backlinks?q=crumb.example&row={ROW}").text
    assert "Add a note" in panel
    assert "<script>alert" not in panel
