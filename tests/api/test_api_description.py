"""The API describes itself whole, its checked-in description is the app's, and its examples are what it answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from inlink.api.app import NOUNS, application
from inlink.api.description import examples, operations
from inlink.workbench import QUESTIONS
from inlink.workbench.options import GROUPS, STATES

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTION: dict[str, Any] = application(None).openapi()
OPERATIONS = [(f"{method.upper()} {path}", operation) for path, method, operation in operations(DESCRIPTION)]
MODELS: dict[str, Any] = {
    f"{method} {route.path}": route.response_model
    for noun in NOUNS
    for route in noun.router.routes
    for method in route.methods
}
COPYING = "python docs/make_openapi.py"
KEPT = ("jobs", "schedules", "crawls", "projects", "views", "notes", "users")


def test_the_checked_in_description_is_the_apps() -> None:
    assert json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8")) == DESCRIPTION, COPYING


def test_it_is_served(client: TestClient) -> None:
    assert client.get("/openapi.json").json() == DESCRIPTION


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_operations_are_described_whole(name: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert not operation["summary"].endswith(".")
    assert len(operation["description"]) > 10
    assert operation["tags"]
    for parameter in operation.get("parameters", ()):
        assert parameter["description"], parameter["name"]
    responses = operation["responses"]
    assert {"200", "400", "401", "403", "404", "429", "500", "503"} <= set(responses)
    assert "422" not in responses
    for status, response in responses.items():
        assert response["description"]
        if int(status) >= 400:
            assert response["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem")
    for content in responses["200"].get("content", {}).values():
        assert content["schema"]


def test_names_are_told_once() -> None:
    names = [operation["operationId"] for _, operation in OPERATIONS]
    assert len(names) == len(set(names))


def test_closed_lists_are_those_of_the_workbench() -> None:
    parameters = {each["name"]: each for each in DESCRIPTION["paths"]["/backlinks"]["get"]["parameters"]}
    assert tuple(parameters["group"]["schema"]["enum"]) == GROUPS
    assert tuple(parameters["state"]["schema"]["enum"]) == STATES
    (question,) = (
        each for each in DESCRIPTION["paths"]["/exports/{question}"]["get"]["parameters"] if each["in"] == "path"
    )
    assert tuple(question["schema"]["enum"]) == QUESTIONS


@pytest.mark.parametrize("question", QUESTIONS)
def test_rows_have_every_column_that_can_be_asked_for(question: str, client: TestClient) -> None:
    content = DESCRIPTION["paths"][f"/{question}"]["get"]["responses"]["200"]["content"]["application/json"]
    answer = DESCRIPTION["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
    row = DESCRIPTION["components"]["schemas"][answer["properties"]["rows"]["items"]["$ref"].rpartition("/")[2]]
    known = set(row["properties"])
    plain = client.get(f"/{question}", params={"target": "crumbandcrust.example", "limit": 1}).json()
    assert all(set(shown) <= known for shown in plain["rows"])
    columns = ",".join(sorted(known - {"via", "via_kind", "n_spellings", "links_in_group"}))
    asked = client.get(f"/{question}", params={"target": "crumbandcrust.example", "columns": columns, "limit": 1})
    assert asked.status_code == 200, asked.text
    assert_fits(asked.json(), f"GET /{question}")


def assert_fits(answer: object, name: str) -> None:
    """An answer has the members of its operation's model, and no others."""
    MODELS[name].model_validate(answer)


def test_every_operation_has_an_example() -> None:
    bare = {"GET /openapi.json", "GET /watches/{watch_id}"}  # the demo web is not watched
    asked = {name for name, _ in OPERATIONS if name.startswith("GET /releases/")}  # nor has it a release
    bare |= asked - {"GET /releases/published"}
    bare |= {name for name, operation in OPERATIONS if operation["tags"][0] in KEPT}  # what the database keeps is empty
    assert {name for name, _ in OPERATIONS} - set(examples()) == bare


def cut(answer: Any, example: Any) -> Any:
    """The answer with each of its lists as long as that of the example, which shows the first of them."""
    if isinstance(answer, list) and isinstance(example, list):
        return [cut(one, shown) for one, shown in zip(answer, example, strict=False)] if example else answer
    if isinstance(answer, dict) and isinstance(example, dict):
        return {name: cut(value, example.get(name)) for name, value in answer.items()}
    return answer


@pytest.mark.parametrize("name", [name for name, _ in OPERATIONS if name in examples()])
def test_examples_are_as_described_and_are_answered_so(name: str, client: TestClient) -> None:
    method, _, path = name.partition(" ")
    content = DESCRIPTION["paths"][path][method.lower()]["responses"]["200"]["content"]
    example = examples()[name]
    for media, answer in example["answers"].items():
        assert content[media]["example"] == answer
        if media == "application/json":
            assert_fits(answer, name)
    address = path.format(**example.get("path", {}))
    asked = client.request(method, address, params=example.get("query"), json=example.get("body"))
    assert asked.status_code == 200
    (media, answer) = next(iter(example["answers"].items()))
    if media != "application/json":
        assert asked.text.startswith(answer) or "html" in asked.text
    elif "rows" in answer and path not in ("/inputs", "/runs", "/explain"):
        assert answer["rows"] == cut(asked.json()["rows"], answer["rows"]), "python docs/make_openapi.py --examples"
