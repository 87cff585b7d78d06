"""Cursors belong to one snapshot and one view, and damage is noticed."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_snapshot import make

from inlink.errors import BadInput
from inlink.index.serving import build_serving
from inlink.workbench import Workbench
from inlink.workbench.cursors import Cursor, read_cursor, write_cursor

_keys = st.one_of(
    st.none(),
    st.integers(-(1 << 62), 1 << 63),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.datetimes(timezones=st.just(UTC)),
)


@given(st.lists(_keys, max_size=4).map(tuple), st.integers(0, 1 << 40))
def test_what_goes_in_comes_out(keys: tuple[Any, ...], n: int) -> None:
    text = write_cursor(Cursor(keys, n, None), "snapshot", "view")
    assert read_cursor(text, "snapshot", "view", len(keys)) == Cursor(keys, n, None)
    assert text.isascii()


def test_a_cursor_of_another_view_is_refused(bench: Workbench) -> None:
    cursor = bench.backlinks("a.example", limit=2).cursor
    assert cursor
    assert bench.backlinks("a.example", limit=5, cursor=cursor, columns="anchor").table.num_rows == 5
    for given_ in ({"where": "follow"}, {"sort": "anchor"}, {"state": "all"}, {"group": "page"}):
        with pytest.raises(BadInput, match="another question or view"):
            bench.backlinks("a.example", cursor=cursor, **given_)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="another question or view"):
        bench.backlinks("b.example", cursor=cursor)
    with pytest.raises(BadInput, match="another question or view"):
        bench.domains("a.example", cursor=cursor)


def test_a_cursor_of_another_snapshot_is_refused(bench: Workbench, tmp_path: Path) -> None:
    cursor = bench.backlinks("a.example", limit=2).cursor
    build_serving(make(2).write(tmp_path / "later"), tmp_path / "s.duckdb", threads=1)
    with (
        Workbench.over(tmp_path / "s.duckdb", suffixes=["pages.example"]) as other,
        pytest.raises(BadInput, match="belongs to snapshot"),
    ):
        other.backlinks("a.example", cursor=cursor)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "!!!",
        base64.urlsafe_b64encode(b"[]").decode(),
        base64.urlsafe_b64encode(json.dumps([1] * 6).encode()).decode(),
    ],
)
def test_damage_is_noticed(bench: Workbench, text: str) -> None:
    with pytest.raises(BadInput):
        bench.backlinks("a.example", cursor=text)


@given(st.data())
def test_a_changed_cursor_is_no_cursor(data: st.DataObject) -> None:
    text = write_cursor(Cursor((3, "key"), 50, 81), "snapshot", "view")
    at = data.draw(st.integers(0, len(text) - 2))
    changed = text[:at] + data.draw(st.sampled_from("ABxyz01_-").filter(lambda c: c != text[at])) + text[at + 1 :]
    with pytest.raises(BadInput, match="no cursor"):
        read_cursor(changed, "snapshot", "view", 2)


def test_times_keep_their_microseconds() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
    assert read_cursor(write_cursor(Cursor((at,), 1, 2), "s", "v"), "s", "v", 1).keys == (at,)
