"""Tables fit the terminal they are drawn for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inlink.cli.layout import GAP, lay_out
from inlink.cli.shorten import width

NAMES = ["strength", "source_url", "anchor", "n_links", "target_url", "first_seen", "region"]
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "strength": st.integers(0, 10**9) | st.none(),
            "source_url": st.text(max_size=200),
            "anchor": st.text(max_size=300) | st.none(),
            "n_links": st.integers(0, 10**6),
            "target_url": st.text(max_size=100),
            "first_seen": st.datetimes(),
            "region": st.sampled_from(["main", "nav", None]),
        }
    ),
    min_size=1,
    max_size=6,
)


@given(ROWS, st.integers(40, 200))
def test_every_column_fits_or_is_named(rows: list[dict[str, object]], limit: int) -> None:
    laid = lay_out(NAMES, rows, limit)
    assert list(laid.names) + list(laid.left_out) == NAMES
    assert sum(laid.widths) + GAP * (len(laid.widths) - 1) <= limit
    for row in laid.rows:
        assert all(width(cell) <= room for cell, room in zip(row, laid.widths, strict=True))
        assert all("\n" not in cell and "\x1b" not in cell for cell in row)


def test_numbers_stand_right_and_text_left() -> None:
    laid = lay_out(["domain", "n_links"], [{"domain": "a.example", "n_links": 5}], 80)
    assert laid.right == (False, True)


def test_room_is_used_before_anything_is_cut() -> None:
    rows: list[dict[str, object]] = [{"source_url": "https://a.example/" + "x" * 60, "anchor": "short"}]
    assert lay_out(["source_url", "anchor"], rows, 100).rows[0][0] == rows[0]["source_url"]
