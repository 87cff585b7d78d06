"""Values in JSON, CSV, TSV and on a terminal."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inlink.cli.values import for_csv, for_table, for_tsv
from inlink.workbench.json_values import to_json

WHEN = datetime(2026, 11, 14, 6, 12, 41, tzinfo=UTC)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_json_gives_back_what_went_in(value: object) -> None:
    assert json.loads(to_json(value)) == value


def test_json_has_no_raw_control_or_bidi_characters() -> None:
    text = to_json({"anchor": "a\x1b[31m\x9b\u202e\u2066\ufeff\U000e0041é"})
    assert text.isprintable()
    assert "é" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.nan, "null"),
        (-math.inf, '"-inf"'),
        (time(1, 2, 3), '"01:02:03"'),
        (timedelta(days=1), '"1 day, 0:00:00"'),
        (Decimal("1.10"), '"1.10"'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (b"\xaa", '"aa"'),
    ],
)
def test_json_of_what_sql_may_answer(value: object, text: str) -> None:
    assert to_json(value) == text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_csv_cells_are_no_formulas(start: str) -> None:
    assert for_csv(f"{start}SUM(A1)").startswith("'")
    assert for_csv([f"{start}SUM(A1)"]).startswith("'")
    assert for_csv(f"a;{start}SUM(A1)").startswith("a;'")


@pytest.mark.parametrize(
    ("value", "csv", "tsv", "shown"),
    [
        pytest.param(None, "", "", "–", id="unknown"),
        pytest.param(True, "true", "true", "yes", id="true"),
        pytest.param(False, "false", "false", "no", id="false"),
        pytest.param(-5, "-5", "-5", "-5", id="negative number stays a number"),
        pytest.param(1234567, "1234567", "1234567", "1,234,567", id="thousands"),
        pytest.param(0.25, "0.25", "0.25", "0.25", id="fraction"),
        pytest.param(WHEN, "2026-11-14T06:12:41Z", "2026-11-14T06:12:41Z", "2026-11-14", id="time"),
        pytest.param(["a", "b"], "a b", "a b", "a, b", id="list"),
        pytest.param("a\tb\nc", "a\tb\nc", "a b c", "a b c", id="tab and line break"),
        pytest.param("", "", "", '""', id="empty is not unknown"),
    ],
)
def test_value_in_each_form(value: object, csv: str, tsv: str, shown: str) -> None:
    assert (for_csv(value), for_tsv(value), for_table(value)) == (csv, tsv, shown)


def test_ids_and_statuses_have_no_thousands() -> None:
    assert for_table(18446744073709551615, "link_id") == "18446744073709551615"
    assert for_table(0.714, "block_link_share") == "71%"
