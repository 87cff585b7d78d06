"""Pages that lay things beside each other: compare, gap, what-if, releases, the neighbourhood."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient
from web_stub import HOSTILE, RUN, SNAPSHOT, StubBench

from inlink.web.app import pages
from inlink.web.charts_scale import about
from inlink.web.named import names_in
from inlink.workbench.people import Role, Who


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(pages(StubBench()), raise_server_exceptions=False) as found:  # type: ignore[arg-type]
        yield found


def asked_as(role: Role) -> TestClient:
    """The pages as one of that role sees them."""
    app = pages(StubBench())  # type: ignore[arg-type]

    async def signed_in(scope, receive, send):  # type: ignore[no-untyped-def]
        if scope["type"] == "http":
            scope["state"] = {"who": Who(1, "ada", role, "session")}
        await app(scope, receive, send)

    return TestClient(signed_in, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/compare", 200, "Name two or more targets"),
        ("/compare?q=a.example", 200, "Name two or more targets"),
        ("/compare?with=a.example+b.example,c.example", 200, "Side by side"),
        ("/compare?q=a.example&with=" + "+".join(f"x{n}.example" for n in range(11)), 400, "10 is the most"),
        ("/compare?q=a.example&with=b.example&mode=gap", 400, "there is no mode"),
        ("/gap", 200, "They link to the others"),
        ("/gap?q=a.example&with=b.example", 200, "They link to the others"),
        ("/what-if", 200, "Whose link would bring most"),
        ("/what-if?q=zero.example&add=a.example", 200, "there is no scoring run yet"),
        ("/what-if?q=a.example&best=1000", 400, "there is no best"),
        ("/releases", 200, "cc-main-2026"),
        ("/releases?name=a.example&release=cc-main-2026/domain", 200, "does not answer"),
        ("/releases?name=a.example&release=../../etc", 200, "there is no release"),
        ("/releases?name=a.example&address=https://x.example/r", 200, "does not answer"),
        ("/builds", 200, "Laid over a release"),
        ("/neighbourhood?q=a.example", 200, "The same as a list"),
        ("/neighbourhood", 200, "Who links to whom"),
        ("/neighbourhood.json", 400, "there is no target"),
        ("/neighbourhood.json?q=a.example&limit=61", 400, "limit is 2 to 60"),
    ],
)
def test_pages_answer_and_say_what_is_wrong(client: TestClient, path: str, status: int, words: str) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert words in answer.text


def test_only_an_editor_asks_an_address() -> None:
    path = "/releases?name=a.example&address=https://x.example/r"
    with asked_as(Role.VIEWER) as viewer, asked_as(Role.EDITOR) as editor:
        assert viewer.get(path).status_code == 403
        assert viewer.get("/releases?name=a.example&release=https://x.example/r").status_code == 403
        assert 'name="address"' not in viewer.get("/releases").text
        assert editor.get(path).status_code == 200


def test_the_gap_opens_with_the_settings(client: TestClient) -> None:
    text = html.unescape(client.get("/gap").text)
    assert 'value="crumb.example"' in text
    assert "loaf.example" in text


def test_the_live_answer_is_the_answer_of_the_page(client: TestClient) -> None:
    text = client.get("/what-if?q=crumb.example&add=a.example").text
    assert 'hx-select="#answer"' in text
    assert text.count('id="answer"') == 1
    assert f"run {RUN}" in text
    assert "+0.001" in text


@pytest.mark.parametrize("asked", ["", "&best=0"])
def test_sources_of_a_very_large_run_are_ranked_only_when_asked(
    client: TestClient, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Whose link would bring most" in client.get(f"/what-if?q=crumb.example{asked}").text
    (row,) = StubBench().runs()
    monkeypatch.setattr(StubBench, "runs", lambda _: (replace(row, m=3_100_000_000),))
    text = client.get(f"/what-if?q=crumb.example{asked}").text
    assert "Name links to think of" in text
    assert "Whose link would bring most" not in text
    assert "Whose link would bring most" in client.get("/what-if?q=crumb.example&best=5").text


def test_the_part_of_the_neighbourhood_is_no_whole_page(client: TestClient) -> None:
    part = client.get("/neighbourhood?q=crumb.example&part=picture").text
    assert "<html" not in part
    assert part.count("<circle") == 3
    assert HOSTILE not in part
    found = client.get("/neighbourhood.json?q=crumb.example").json()
    assert [node["domain"] for node in found["nodes"]] == ["crumb.example", "loaf.example", HOSTILE]
    assert found["snapshot"] == SNAPSHOT


def test_over_time_says_what_cannot_be_compared(client: TestClient) -> None:
    text = client.get("/overview?q=crumb.example").text
    rows = re.findall(r'data-start="2026-08-01" data-domains="18" data-new="8" data-found="2"', text)
    assert len(rows) == 1
    assert "+10</span>" in text
    assert "nothing to compare with" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1"), (2.236, "2.2"), (11.2, "11"), (671, "671"), (9_999, "9,999"), (11_002, "11 thousand"),
     (1.2e6, "1.2 million"), (121_034_118, "121 million"), (4.8e9, "4.8 billion")],
)  # fmt: skip
def test_large_numbers_are_said_shortly(value: float, text: str) -> None:
    assert about(value) == text


def test_names_are_read_once_each() -> None:
    assert names_in("a.example, b.example\n\n a.example;c", 3, "x") == ["a.example", "b.example", "c"]
