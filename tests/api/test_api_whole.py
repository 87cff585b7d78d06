"""Answers that are made whole in memory are bounded, with a word on what to do instead; all others are streamed."""

from __future__ import annotations

import csv
import io
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from inlink.api import lists, parameters
from inlink.api.app import api
from inlink.api.routers import broken
from inlink.check.keeping import CheckStore
from inlink.check.verdicts import Verdict
from inlink.workbench import Workbench, sending
from inlink.workbench import broken as reading

SITE = "crumbandcrust.example"
COMPARED = f"/compare?target=floursource.example&target={SITE}&mode=union"


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def refused(answer: Any, said: str) -> str:
    assert (answer.status_code, answer.json()["kind"]) == (400, "BadInput"), answer.text
    assert said in answer.json()["detail"]
    return str(answer.json()["hint"])


@pytest.mark.parametrize("mode", ["intersect", "union", "gap"])
def test_comparisons_are_streamed(client: TestClient, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    """All rows at once are those of the pages, in the same order."""
    address = COMPARED.replace("union", mode)
    paged, link = [], f"/api/v1{address}&limit=3"
    while link:
        page = client.get(link.removeprefix("/api/v1")).json()
        paged += page["rows"]
        link = page["next"]
    monkeypatch.setattr(Workbench, "compare", None)
    found = rows_of(client.get(f"{address}&limit=all&format=csv"))
    assert [row["source_domain"] for row in found] == [row["source_domain"] for row in paged]
    assert [int(row["n_links"]) for row in found] == [row["n_links"] for row in paged]
    assert found


def test_a_long_comparison_takes_a_place_among_the_streams(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_places", threading.BoundedSemaphore(1))
    sending.take_place()
    answer = client.get(f"{COMPARED}&limit=all&format=csv")
    assert (answer.status_code, answer.json()["kind"]) == (503, "Busy")


def test_counts_are_bounded(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"/counts?target={SITE}&by=source_url"
    n_values = len(rows_of(client.get(f"{address}&limit=all&format=csv")))
    assert n_values > 20
    monkeypatch.setattr(lists, "MOST_AT_ONCE", n_values)
    assert len(rows_of(client.get(f"{address}&limit=all&format=csv"))) == n_values
    monkeypatch.setattr(lists, "MOST_AT_ONCE", 20)
    assert "/exports/backlinks" in refused(client.get(f"{address}&limit=all&format=csv"), "at most 20 rows")
    assert "/exports/backlinks" in refused(client.get(f"{address},anchor&limit=15"), "at most 20 rows")
    assert len(client.get(f"{address}&limit=20").json()["rows"]) == 20


def test_counting_stops_where_the_rows_are_too_many(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after the bound is not counted, and no column is counted further than the bound needs."""
    made: list[int] = []
    counts = Workbench.counts

    def seen(*given: Any, **options: Any) -> Any:
        found = counts(*given, **options)
        made.append(len(found))
        return found

    monkeypatch.setattr(Workbench, "counts", seen)
    monkeypatch.setattr(lists, "MOST_AT_ONCE", 20)
    address = f"/counts?target={SITE}&by=source_url,source_url,source_url"
    refused(client.get(f"{address}&limit=15"), "at most 20 rows")
    assert made == [15, 6]


@pytest.mark.parametrize("path", ["/broken", "/broken/redirects", "/broken/outgoing"])
def test_broken_links_of_large_sites_are_not_read(
    client: TestClient, ranked_bench: Workbench, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """What is asked about may be a page: its whole domain is read, to find what stands in for it."""
    is_out = path.endswith("outgoing")
    n_links = ranked_bench.n_outgoing(SITE) if is_out else ranked_bench.broken_reads(SITE)
    monkeypatch.setattr(reading, "MOST_LINKS", n_links)
    assert client.get(f"{path}?target={SITE}").status_code == 200
    monkeypatch.setattr(reading, "MOST_LINKS", n_links - 1)
    about = SITE if is_out else f"https://{SITE}/"
    hint = refused(client.get(f"{path}?target={about}"), f"{n_links:,} links")
    assert "a host" in hint if is_out else "inlink broken" in hint


def test_json_of_broken_pages_is_bounded(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broken, "MAX_PAGE", 1)
    assert parameters.MAX_PAGE > 1
    assert "next" in refused(client.get(f"/broken?target={SITE}&limit=all"), "at most 1 rows")
    assert len(client.get(f"/broken?target={SITE}&limit=1").json()["rows"]) == 1


def test_checked_addresses_are_read_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Workbench.create(tmp_path / "w") as bench, TestClient(api(bench)) as client:
        gone = [Verdict(f"https://a.example/{n}", n + 1, "gone", "410", "x") for n in range(7)]
        CheckStore(bench.database).keep([*gone, Verdict("https://a.example/", 9, "ok", "answers", "x")])
        found, link = [], "/api/v1/check-states?verdict=gone&limit=3"
        while link:
            page = client.get(link.removeprefix("/api/v1")).json()
            assert page["n_total"] == 7
            found += [row["url"] for row in page["rows"]]
            link = page["next"]
        assert found == [verdict.url for verdict in reversed(gone)]
        assert len(rows_of(client.get("/check-states?verdict=gone&limit=all&format=csv"))) == 7
        monkeypatch.setattr(lists, "MOST_AT_ONCE", 7)
        assert "next" in refused(client.get("/check-states?limit=all&format=csv"), "at most 7 rows")
        assert client.get("/check-states?cursor=x").status_code == 400


def test_published_releases_say_what_is_here(client: TestClient) -> None:
    rows = client.get("/releases/published").json()["rows"]
    assert [(row["name"][:17], row["kind"], row["state"]) for row in rows[:2]] == [
        ("cc-main-2026-aug-", "domain", "published"), ("cc-main-2026-aug-", "host", "published"),
    ]  # fmt: skip
    assert (rows[0]["n_nodes"], rows[-1]["n_nodes"]) == (120_000_000, None)
