"""SQL of users reads the views and nothing else."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from inlink.errors import BadInput, Refused
from inlink.workbench import Workbench
from inlink.workbench.sandbox import VIEWS

REFUSED = {
    "file": "SELECT * FROM read_csv('/etc/hosts')",
    "text": "SELECT * FROM read_text('/etc/hosts')",
    "folder": "SELECT * FROM glob('/etc/*')",
    "parquet by name": "SELECT * FROM '/etc/x.parquet'",
    "two statements": "SELECT 1; SELECT 2",
    "hidden second": "SELECT 1; DROP VIEW links",
    "copy": "COPY links TO '{out}'",
    "copy of a query": "COPY (SELECT 1) TO '{out}'",
    "attach": "ATTACH '{out}' AS other",
    "set": "SET memory_limit = '100GB'",
    "reset": "RESET enable_external_access",
    "create": "CREATE TABLE x AS SELECT 1",
    "insert": "INSERT INTO served.meta VALUES ('a', 'b')",
    "delete": "DELETE FROM served.links",
    "load": "LOAD httpfs",
    "install": "INSTALL httpfs",
    "pragma": "PRAGMA database_list",
    "export": "EXPORT DATABASE '{out}'",
    "nothing": "",
}


@pytest.mark.parametrize("query", REFUSED.values(), ids=REFUSED)
def test_refuses(bench: Workbench, tmp_path: Path, query: str) -> None:
    out = tmp_path / "out"
    with pytest.raises((Refused, BadInput)):
        bench.sql(query.format(out=out))
    assert not out.exists()


@pytest.mark.parametrize("query", ["SELEC 1", "SELECT * FROM nowhere", "SELECT x FROM links", "SELECT 1 +"])
def test_wrong_sql_is_bad_input(bench: Workbench, query: str) -> None:
    with pytest.raises(BadInput, match="SQL"):
        bench.sql(query)


@pytest.mark.parametrize(
    "query", ["SELECT '\udcff'", "SELECT * FROM range(100000000) a(x), (SELECT repeat('x', 1000))"]
)
def test_text_that_is_none_and_answers_without_end(bench: Workbench, query: str) -> None:
    with pytest.raises((BadInput, Refused), match=r"surrogates not allowed|larger than 20 MB"):
        bench.sql(query, limit=None, memory_mb=20)


def test_variables_of_the_program_cannot_be_read(bench: Workbench) -> None:
    secret = {"a": [1]}
    with pytest.raises(BadInput):
        bench.sql("SELECT * FROM secret")
    assert secret


def test_time_and_memory_are_bounded(bench: Workbench) -> None:
    with pytest.raises(Refused, match="longer than"):
        bench.sql("SELECT count(*) FROM range(100000000000)", timeout_s=0.3)
    with pytest.raises(Refused, match="longer than"):  # before the query runs at all
        bench.sql("SELECT count(*) FROM range(100000000000)", timeout_s=0.0)
    with pytest.raises(Refused, match="longer than"):  # while its rows are read
        bench.sql("SELECT x.range FROM range(100000000000) x", limit=None, memory_mb=100_000, timeout_s=0.1)
    with pytest.raises(Refused, match="more than 100 MB"):
        bench.sql("SELECT list(a.range) FROM range(50000000) a", memory_mb=100)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_answers(bench: Workbench, view: str) -> None:
    found = bench.sql(f"SELECT * FROM {view}", limit=5)
    assert found.columns
    assert len(found) <= 5


def test_views_join(bench: Workbench) -> None:
    found = bench.sql(
        "SELECT p.url, count(*) AS n FROM links l JOIN pages p ON p.page = l.target_page GROUP BY ALL ORDER BY n DESC"
    ).to_dicts()
    links = bench.sql("SELECT count(*) AS n FROM links").to_dicts()
    assert sum(int(str(row["n"])) for row in found) == links[0]["n"]


def test_rows_are_bounded_and_the_cut_is_said(bench: Workbench) -> None:
    found = bench.sql("SELECT * FROM links", limit=3)
    assert (len(found), found.notes) == (3, ("only the first 3 rows are shown",))
    assert bench.sql("SELECT 1 AS a, 2 AS a").columns == ("a", "a_2")


def test_many_at_once(bench: Workbench) -> None:
    answers: list[object] = []
    threads = [
        threading.Thread(target=lambda: answers.append(bench.sql("SELECT count(*) AS n FROM links").to_dicts()))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert all(answer == answers[0] for answer in answers)
