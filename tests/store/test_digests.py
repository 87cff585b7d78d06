"""The digest of ordered rows: what it must see, and what it must not."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inlink.store.digests import RowDigest, digest_of

SCHEMA = pa.schema(
    [
        ("n", pa.int64()),
        ("f", pa.float32()),
        ("t", pa.string()),
        ("b", pa.bool_()),
        ("l", pa.list_(pa.string())),
        ("at", pa.timestamp("us", tz="UTC")),
    ]
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "n": st.none() | st.integers(-(2**63), 2**63 - 1),
            "f": st.none() | st.floats(width=32, allow_nan=False),
            "t": st.none() | st.text(max_size=5),
            "b": st.none() | st.booleans(),
            "l": st.none() | st.lists(st.none() | st.text(max_size=2), max_size=3),
            "at": st.none() | st.just(datetime(2024, 1, 1, tzinfo=UTC)),
        }
    ),
    max_size=12,
)


def digest(rows: list[dict[str, Any]], *cuts: int) -> str:
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    pieces = [table.slice(a, b - a) for a, b in pairwise(edges)]
    return digest_of((batch for piece in pieces for batch in piece.to_batches()), SCHEMA)


@given(ROWS, st.lists(st.integers(0, 12), max_size=4))
def test_cuts_do_not_matter(rows: list[dict[str, Any]], cuts: list[int]) -> None:
    assert digest(rows) == digest(rows, *cuts)


@given(ROWS, ROWS)
def test_equal_digests_mean_equal_rows(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> None:
    plain = [pa.Table.from_pylist(rows, schema=SCHEMA).to_pylist() for rows in (a, b)]
    assert (digest(a) == digest(b)) == (plain[0] == plain[1])


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param([{"t": ""}], [{"t": None}], id="empty-text-is-not-null"),
        pytest.param([{"t": "ab"}, {"t": "c"}], [{"t": "a"}, {"t": "bc"}], id="where-a-text-ends"),
        pytest.param([{"l": []}], [{"l": None}], id="empty-list-is-not-null"),
        pytest.param([{"l": ["a"]}, {"l": ["b"]}], [{"l": ["a", "b"]}, {"l": []}], id="where-a-list-ends"),
        pytest.param([{"l": [None]}], [{"l": [""]}], id="null-in-a-list"),
        pytest.param([{"b": False}], [{"b": None}], id="false-is-not-null"),
        pytest.param([{"n": 1}, {"n": 2}], [{"n": 2}, {"n": 1}], id="order"),
        pytest.param([{}], [{}, {}], id="number-of-rows"),
    ],
)
def test_differences_show(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> None:
    assert digest(a) != digest(b)


def test_how_strings_are_held_does_not_matter() -> None:
    words = pa.array(["a", None, "", "a", "ü"])
    schema = pa.schema([("t", pa.string())])
    expected = digest_of([pa.record_batch([words], schema=schema)], schema)
    for form in (words.dictionary_encode(), words.cast(pa.large_string()), words.cast(pa.string_view())):
        batch = pa.record_batch([form], names=["t"])
        assert digest_of([batch], batch.schema) == expected


def test_minus_zero_is_zero() -> None:
    assert digest([{"f": -0.0}]) == digest([{"f": 0.0}])


def test_a_running_digest_can_be_read_in_between() -> None:
    running = RowDigest(SCHEMA)
    assert running.hexdigest() == digest([])
