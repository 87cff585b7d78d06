"""Exports are exactly the view, and a spreadsheet finds no formula in them."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inlink.errors import BadInput, Unreachable
from inlink.workbench import Workbench
from inlink.workbench.writing import harmless

CELLS = {
    "=1+1": "'=1+1",
    "+1": "'+1",
    "-1": "'-1",
    "@SUM(A1)": "'@SUM(A1)",
    "\tx": "'\tx",
    "\r=x": "'\r'=x",
    "a,=1": "a,'=1",
    'a";=1': "a\";'=1",
    'a,"=1': "a,\"'=1",
    "line\n=1": "line\n'=1",
    "＝1": "'＝1",
    "a=1": "a=1",
    "1-2": "1-2",
    "me@a.example": "me@a.example",
    "https://a.example/?a=1": "https://a.example/?a=1",
    "": "",
}


@pytest.mark.parametrize(("text", "written"), CELLS.items())
def test_formulas_are_made_harmless(text: str, written: str) -> None:
    assert harmless(text) == written


@given(st.text(alphabet="=+-@,;|\t\r\n \"'a", max_size=12))
def test_no_separator_is_followed_by_a_formula(text: str) -> None:
    assert not re.search(r"(^|[,;|\t\r\n])[ \"]*[=+\-@]", harmless(text))


COLUMNS = "source_url,anchor,first_seen,nofollow,strength,position_share,lost_at"


def test_csv_is_the_view(bench: Workbench, tmp_path: Path) -> None:
    done = bench.export("backlinks", "a.example", tmp_path / "out.csv", columns=COLUMNS, state="all")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    expected = bench.backlinks("a.example", columns=COLUMNS, state="all", limit=None).to_dicts()
    assert done.n_rows == len(rows) == len(expected)
    assert done.n_bytes == (tmp_path / "out.csv").stat().st_size
    assert [row["anchor"] for row in rows] == [harmless(str(row["anchor"] or "")) for row in expected]
    assert [row["strength"] for row in rows] == [str(row["strength"]) for row in expected]
    assert {row["nofollow"] for row in rows} == {"true", "false", ""}
    first: Any = expected[0]["first_seen"]
    assert datetime.fromisoformat(rows[0]["first_seen"]) == first
    assert any(row["anchor"].startswith("'=") for row in rows) or "=SUM(A1)" not in {row["anchor"] for row in expected}


def test_jsonl_is_the_view(bench: Workbench) -> None:
    out = io.BytesIO()
    done = bench.export("anchors", "a.example", out, format="jsonl", limit=5)
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    expected = bench.anchors("a.example", limit=5).to_dicts()
    assert [(row["anchor"], row["n_links"]) for row in rows] == [(row["anchor"], row["n_links"]) for row in expected]
    assert list(rows[0]) == list(expected[0])
    assert done.n_bytes == len(out.getvalue())


def test_parquet_is_the_view(bench: Workbench, tmp_path: Path) -> None:
    bench.export("backlinks", "a.example", tmp_path / "out.parquet", columns=COLUMNS, group="similar")
    expected = bench.backlinks("a.example", columns=COLUMNS, group="similar", limit=None)
    assert pq.read_table(tmp_path / "out.parquet").to_pylist() == expected.to_dicts()


def test_a_filter_holds_in_an_export(bench: Workbench) -> None:
    out = io.BytesIO()
    bench.export("backlinks", "a.example", out, format="jsonl", where="follow", sort="anchor", columns="link_id")
    expected = bench.backlinks("a.example", where="follow", sort="anchor", columns="link_id", limit=None).to_dicts()
    expected_text = [{"link_id": str(row["link_id"])} for row in expected]
    assert [json.loads(line) for line in out.getvalue().splitlines()] == expected_text


def test_an_export_of_nothing_has_its_columns(bench: Workbench) -> None:
    out = io.BytesIO()
    assert bench.export("domains", "nowhere.example", out, format="csv", columns="source_domain").n_rows == 0
    assert out.getvalue() == b'"source_domain"\r\n'


def test_unknown_formats_and_places_are_refused(bench: Workbench, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="format"):
        bench.export("domains", "a.example", tmp_path / "out.xls")
    with pytest.raises(BadInput, match="no format"):
        bench.export("domains", "a.example", tmp_path / "out.csv", format="xml")
    with pytest.raises(BadInput, match="no question"):
        bench.export("friends", "a.example", tmp_path / "out.csv")
    with pytest.raises(Unreachable, match="cannot write"):
        bench.export("domains", "a.example", tmp_path / "missing" / "out.csv")
    assert not list(tmp_path.iterdir())
