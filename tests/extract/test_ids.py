"""Identities: the same page and link have the same number from any input, different ones have different numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from scraping import links

from inlink.extract.ids import capture_id, link_ids

URLS = st.text(max_size=30)
ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["http://a/", "http://b/", "http://b/2"]), st.integers(0, 2))
)


def ids(rows: list[tuple[int, str, int]], keys: list[str]) -> list[int]:
    page = np.array([row[0] for row in rows], np.int32)
    kind = np.array([row[2] for row in rows], np.uint8)
    found: list[int] = link_ids(keys, page, pa.array([row[1] for row in rows], pa.string()), kind).tolist()
    return found


def test_known_numbers() -> None:
    """Ids stand in stored parts: they must never change."""
    assert capture_id("org,example)/", 1_700_000_000_000_000, "sha1:X") == 13065785414612962923
    assert ids([(0, "http://a/", 0), (0, "http://a/", 0), (0, "http://a/long/enough", 9)], ["org,example)/"]) == [
        7724626022070525299,
        3591322703840287951,
        15341486344204976586,
    ]


def test_unknown_digest() -> None:
    assert capture_id("a)/", 0, None) == capture_id("a)/", 0, "")


@given(ROWS)
def test_equal_only_where_page_target_kind_and_occurrence_are(rows: list[tuple[int, str, int]]) -> None:
    counts: dict[tuple[int, str, int], int] = {}
    identities = []
    for row in rows:
        identities.append((row, counts.get(row, 0)))
        counts[row] = counts.get(row, 0) + 1
    found = ids(rows, ["k0", "k1", "k2", "k3"])
    assert len(set(found)) == len(set(identities))


@given(ROWS)
def test_other_links_do_not_matter(rows: list[tuple[int, str, int]]) -> None:
    keys = ["k0", "k1", "k2", "k3"]
    alone = [row for row in rows if row[1] == "http://a/"]
    found = [number for row, number in zip(rows, ids(rows, keys), strict=True) if row in alone]
    assert found == ids(alone, keys)


@given(st.lists(URLS, max_size=8), URLS)
def test_targets_of_any_length(urls: list[str], key: str) -> None:
    found = ids([(0, url, 0) for url in dict.fromkeys(urls)], [key])
    assert len(set(found)) == len(found)


def test_a_slice_of_a_column() -> None:
    column = pa.array(["x", "http://a/", "http://b/"])
    page, kind = np.zeros(2, np.int32), np.zeros(2, np.uint8)
    whole = link_ids(["k"], page, pa.array(["http://a/", "http://b/"]), kind)
    assert link_ids(["k"], page, column.slice(1), kind).tolist() == whole.tolist()


def test_inserting_a_link_above_keeps_the_ids_below() -> None:
    before = {row["anchor"]: row["link_id"] for row in links("<a href=/a>a</a><a href=/b>b</a>")}
    after = {row["anchor"]: row["link_id"] for row in links("<a href=/new>n</a><a href=/a>a</a><a href=/b>b</a>")}
    assert before["a"] == after["a"] and before["b"] == after["b"]
