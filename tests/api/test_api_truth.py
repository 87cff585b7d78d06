"""CLI and API say the same of the whole demo web; what pages show too: tests/web/test_web_three_faces.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from inlink.workbench import Workbench

Told = Callable[..., str]
SITE = "crumbandcrust.example"


VIEWS: dict[str, tuple[str, dict[str, str]]] = {
    "grouped": ("backlinks", {"group": "domain", "sort": "-first_seen,source_url"}),
    "filtered": ("backlinks", {"where": "follow and region = 'main'", "columns": "link_id,anchor,first_seen,follow"}),
    "lost": ("backlinks", {"state": "lost"}),
    "indirect": ("backlinks", {"indirect": "true", "state": "all"}),
    "folded": ("anchors", {"folded": "true"}),
    "all of it": ("domains", {"infrastructure": "true", "embeds": "true", "state": "all"}),
    "of a host": ("pages", {"scope": "host"}),
    "of a page": ("backlinks", {"scope": "url", "strict": "true"}),
    "in a period": ("changes", {"from": "2026-01-01", "to": "2026-12-01"}),
}


@pytest.mark.parametrize(("question", "view"), VIEWS.values(), ids=VIEWS.keys())
def test_views_are_the_same(question: str, view: dict[str, str], client: TestClient, told: Told) -> None:
    options = [f"--{name}" if value == "true" else f"--{name}={value}" for name, value in view.items()]
    by_cli = told(question, SITE, *options, "--limit", "all", "--format", "jsonl")
    by_api = client.get(f"/{question}", params={"target": SITE, **view, "limit": "all", "format": "jsonl"})
    assert by_api.text == by_cli
    exported = client.get(f"/exports/{question}", params={"target": SITE, **view, "format": "jsonl"})
    assert exported.text == by_cli


def test_pages_follow_each_other(client: TestClient) -> None:
    whole = client.get("/backlinks", params={"target": SITE, "limit": "1000"}).json()
    rows: list[dict[str, Any]] = []
    address: str | None = f"/backlinks?target={SITE}&limit=7"
    while address is not None:
        page = client.get(address)
        assert page.links.get("next", {}).get("url") == page.json()["next"]
        rows += page.json()["rows"]
        assert page.json()["n_total"] == whole["n_total"]
        address = page.json()["next"]
    assert rows == whole["rows"]
    assert len(rows) > 14


def as_cli(answer: dict[str, Any]) -> dict[str, Any]:
    """A JSON answer without what the command line does not say, and with options instead of parameters."""
    text = json.dumps({name: value for name, value in answer.items() if name not in ("next", "run", "cursor")})
    for name in ("infrastructure", "embeds"):
        text = text.replace(f"{name}=true shows", f"--{name} shows")
    found: dict[str, Any] = json.loads(text.replace("state=lost shows", "--state lost shows"))
    return found


OBJECTS = {
    "counts": ("counts", "/counts?target={}"),
    "explain": ("explain", "/explain?target={}"),
    "origins": ("explain --origins", "/explain?target={}&origins=true"),
    "fragility": ("fragility", "/fragility?target={}"),
}


@pytest.mark.parametrize(("verb", "address"), OBJECTS.values(), ids=OBJECTS.keys())
def test_objects_are_the_same(
    verb: str, address: str, client: TestClient, told: Told, ranked_bench: Workbench, domains: list[str]
) -> None:
    graph = {str(row["name"]) for row in ranked_bench.diff_runs("latest", "latest", site=[SITE], limit=None).to_dicts()}
    for domain in domains:
        is_scored = verb.split()[0] in ("explain", "fragility")
        if is_scored and domain not in graph:
            continue
        output = told(*verb.split(), domain, "--format", "json")
        by_cli = as_cli(json.loads(output))
        by_api = as_cli(client.get(address.format(domain)).json())
        if is_scored or "run" in json.loads(output):
            assert by_cli.pop("run", None) == by_api.pop("run", None)
        assert by_api == by_cli


def test_what_if_is_the_same(client: TestClient, told: Told) -> None:
    by_cli = json.loads(
        told("what-if", "--to", SITE, "--add", "floursource.example", "--best", "2", "--format", "json")
    )
    asked = {"target": SITE, "add": ["floursource.example"], "best": 2}
    assert client.post("/what-if", json=asked).json() == by_cli


def test_evidence_is_the_same(client: TestClient, told: Told) -> None:
    for row in client.get("/backlinks", params={"target": SITE, "limit": "5"}).json()["rows"]:
        by_cli = json.loads(told("evidence", row["link_id"], "--format", "json"))
        by_api = client.get(f"/evidence/{row['link_id']}").json()
        assert {**by_api, "note": "".join(by_api["notes"])} == {
            **by_cli, "snapshot": by_api["snapshot"], "run": None, "notes": by_api["notes"]
        }  # fmt: skip
        record = client.get(f"/evidence/{row['link_id']}/record")
        assert record.text == by_cli["html"]
        assert record.headers["content-security-policy"].startswith("sandbox")


def test_sql_is_the_same(client: TestClient, told: Told) -> None:
    query = "SELECT link_id, source_url, first_seen, follow FROM links ORDER BY link_id LIMIT 20"
    by_api = client.post("/sql", json={"query": query, "format": "jsonl"})
    assert by_api.text == told("sql", query, "--format", "jsonl")


def test_lists_are_the_same(client: TestClient, told: Told) -> None:
    assert client.get("/inputs").json()["rows"] == json.loads(told("inputs", "--format", "json"))["inputs"]
    by_cli = json.loads(told("diff-runs", "latest", "latest", "--site", SITE, "--format", "json"))
    assert as_cli(client.get(f"/diff-runs?a=latest&b=latest&site={SITE}").json())["rows"] == by_cli["rows"]
    status = json.loads(told("status", "--format", "json"))
    assert client.get("/status").json()["n_links"] == status["n_links"]
