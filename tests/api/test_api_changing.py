"""What the API changes: projects, views, notes, users, tokens and jobs, by role and by version."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from inlink.api.app import api
from inlink.workbench import Workbench
from inlink.workbench.people import Role, Who

As = Callable[[Role], TestClient]


@pytest.fixture
def bench(tmp_path: Any) -> Iterator[Workbench]:
    with Workbench.create(tmp_path / "workspace") as made:
        yield made


@pytest.fixture
def as_(bench: Workbench) -> As:
    """The API as somebody of a role sees it."""
    inner = api(bench)

    def of(role: Role) -> TestClient:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            who = Who.local() if role is Role.ADMIN else Who(None, role.value, role, "local")
            await inner({**scope, "state": {"who": who}}, receive, send)

        return TestClient(app, raise_server_exceptions=False)

    return of


def test_a_project_is_made_changed_and_removed(as_: As) -> None:
    editor = as_(Role.EDITOR)
    made = editor.post("/projects", json={"name": "Bread", "domain": "crumb.example", "competitors": ["loaf.example"]})
    assert made.status_code == 200, made.text
    assert made.headers["cache-control"] == "no-store"
    number, version = made.json()["id"], made.json()["version"]
    assert made.json()["competitors"] == ["loaf.example"]
    assert editor.get(f"/projects/{number}").json() == made.json()
    changed = editor.patch(f"/projects/{number}", json={"version": version, "name": "Rye"})
    assert (changed.json()["name"], changed.json()["domain"]) == ("Rye", "crumb.example")
    stale = editor.patch(f"/projects/{number}", json={"version": version, "name": "Oats"})
    assert (stale.status_code, stale.json()["kind"]) == (409, "Outdated")
    assert as_(Role.VIEWER).delete(f"/projects/{number}?version=2").status_code == 403
    assert [row["name"] for row in as_(Role.VIEWER).get("/projects").json()["rows"]] == ["Rye"]
    assert editor.delete(f"/projects/{number}", params={"version": changed.json()["version"]}).json()["removed"]
    assert editor.get(f"/projects/{number}").status_code == 404


def test_views_and_notes_are_kept(as_: As) -> None:
    viewer, editor = as_(Role.VIEWER), as_(Role.EDITOR)
    given = {"name": "Live", "page": "/backlinks", "options": {"state": "live"}}
    view = viewer.post("/views", json=given).json()
    assert view["options"] == {"state": "live"}
    assert viewer.post("/views", json={**given, "is_shared": True}).status_code == 403
    assert viewer.post("/views", json={**given, "options": {"colour": "red"}}).status_code == 400
    assert viewer.get("/views?page=/backlinks").json()["n_total"] == 1
    assert viewer.post("/notes", json={"kind": "domain", "about": "a.example", "text": "x"}).status_code == 403
    note = editor.post("/notes", json={"kind": "domain", "about": "a.example", "text": "Ask <b>Ana</b>"}).json()
    assert viewer.get("/notes?kind=domain&about=a.example").json()["rows"][0]["text"] == "Ask <b>Ana</b>"
    assert viewer.get("/notes?kind=domain").status_code == 400
    anew = editor.patch(f"/notes/{note['id']}", json={"version": note["version"], "text": "Asked"}).json()
    assert editor.delete(f"/notes/{note['id']}?version={anew['version']}").status_code == 200
    assert viewer.get("/notes").json()["rows"] == []


def test_schedules_are_made_changed_and_removed(as_: As) -> None:
    viewer, editor = as_(Role.VIEWER), as_(Role.EDITOR)
    given = {"kind": "build", "every": "1d", "first": "2096-05-31T03:00", "then": [{"kind": "rank"}]}
    assert viewer.post("/schedules", json=given).status_code == 403
    assert editor.post("/schedules", json={**given, "kind": "gc"}).status_code == 403
    assert editor.post("/schedules", json={**given, "every": "often"}).status_code == 400
    row = editor.post("/schedules", json=given).json()
    assert (row["every"], row["due_at"], row["then"]) == ("1d", "2096-05-31T03:00:00Z", ["rank"])
    address = f"/schedules/{row['schedule_id']}"
    assert (
        viewer.get(address).json()
        == row
        == viewer.get("/schedules").json()["rows"][0] | {"snapshot": None, "run": None}
    )
    changed = editor.patch(address, json={"version": 1, "is_on": False}).json()
    assert (changed["is_on"], changed["version"]) == (False, 2)
    assert editor.patch(address, json={"version": 1, "is_on": True}).status_code == 409
    assert editor.delete(f"{address}?version=2").json()["removed"]
    assert viewer.get(address).status_code == 404


def test_users_are_for_admins(as_: As) -> None:
    admin = as_(Role.ADMIN)
    body = {"name": "ana", "password": "seven loaves of rye", "role": "admin"}
    for role in (Role.VIEWER, Role.EDITOR):
        assert as_(role).post("/users", json=body).status_code == 403
        assert as_(role).get("/users").status_code == 403
    assert admin.post("/users", json={**body, "role": "viewer"}).status_code == 400  # the first is an admin
    assert admin.post("/users", json={**body, "role": "queen"}).status_code == 400
    made = admin.post("/users", json=body)
    assert (made.status_code, made.json()["role"]) == (200, "admin")
    assert "password" not in made.text
    assert made.json()["made_at"].endswith("Z")
    assert admin.patch("/users/ana", json={"role": "viewer"}).status_code == 403  # the last admin stays
    assert admin.patch("/users/ana", json={}).status_code == 400
    assert admin.patch("/users/bea", json={"role": "viewer"}).status_code == 404
    assert [row["name"] for row in admin.get("/users").json()["rows"]] == ["ana"]
    assert admin.delete("/users/bea").status_code == 404


def test_jobs_wait_are_cancelled_and_taken_up(as_: As) -> None:
    viewer, editor = as_(Role.VIEWER), as_(Role.EDITOR)
    assert viewer.post("/jobs", json={"kind": "build"}).status_code == 403
    assert editor.post("/jobs", json={"kind": "bake"}).status_code == 400
    assert editor.post("/jobs", json={"kind": "build", "arguments": {"loaves": 3}}).status_code == 400
    job = editor.post("/jobs", json={"kind": "build", "arguments": {"workers": 1}, "then": [{"kind": "rank"}]}).json()
    assert (job["state"], job["then"], job["arguments"]["workers"]) == ("queued", ["rank"], 1)
    address = f"/jobs/{job['job_id']}"
    assert viewer.get(address).json()["waits_for"]
    assert viewer.get("/jobs?state=queued&kind=build&kind=rank").json()["n_total"] == 1
    assert viewer.get("/jobs?state=asleep").status_code == 400
    assert viewer.post(f"{address}/cancel").status_code == 403
    assert editor.post(f"{address}/cancel").json()["state"] == "cancelled"
    assert editor.post(f"{address}/retry").json()["state"] == "queued"
    assert viewer.get(f"{address}/log").status_code == 200
    assert viewer.get("/jobs/77").status_code == 404


def test_an_empty_workspace_says_so(as_: As) -> None:
    viewer = as_(Role.VIEWER)
    assert viewer.get("/backlinks?target=a.example").status_code == 404
    for path in ("/status", "/inputs", "/jobs", "/crawls", "/check-states", "/watches", "/releases"):
        answer = viewer.get(path)
        assert answer.status_code == 200, answer.text
        assert answer.json()["snapshot"] is None
        assert answer.headers["inlink-snapshot"] == ""
