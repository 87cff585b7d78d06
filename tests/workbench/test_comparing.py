"""What a comparison does with targets that mean the same, and what it says where it is empty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from made_snapshot import make

from inlink.errors import BadInput
from inlink.index.serving import build_serving
from inlink.workbench import Workbench


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    folder: Path = tmp_path_factory.mktemp("served")
    build_serving(make(2, n_pages=60).write(folder / "snapshot"), folder / "s.duckdb", threads=1)
    with Workbench.over(folder / "s.duckdb", suffixes=["pages.example"], threads=1) as opened:
        yield opened


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(["a.example"], id="same words"),
        pytest.param(["A.Example.", "b.example", "http://a.example"], id="other spellings"),
    ],
)
@pytest.mark.parametrize("mode", ["intersect", "union", "gap"])
def test_a_target_that_is_given_twice_counts_once(bench: Workbench, again: list[str], mode: str) -> None:
    once = bench.compare(["a.example", "b.example"], mode=mode, scope="domain", limit=None)
    twice = bench.compare(["a.example", "b.example", *again], mode=mode, scope="domain", limit=None)
    assert twice.columns == once.columns
    assert twice.to_dicts() == once.to_dicts()
    assert [note for note in twice.notes if note not in once.notes] == [
        f"left out: {len(again)} target{'s' if len(again) > 1 else ''} given more than once"
    ]


def test_pages_of_one_key_are_one_target_unless_strict(bench: Workbench) -> None:
    (page,) = {str(row["target_url"]) for row in bench.backlinks("b.example", limit=1).to_dicts()}
    spelled = [page, page + "#part", page + ("&" if "?" in page else "?") + "utm_source=x", "a.example"]
    assert "links_3" not in bench.compare(spelled, mode="union").columns
    assert "links_3" in bench.compare(spelled, mode="union", strict=True).columns


def test_unknown_targets_are_kept_apart(bench: Workbench) -> None:
    found = bench.compare(["x.test", "y.test", "x.test"], mode="union")
    assert ("links_2" in found.columns, "links_3" in found.columns) == (True, False)
    assert any("x.test, y.test" in note for note in found.notes)


def test_one_target_twice_is_not_two(bench: Workbench) -> None:
    with pytest.raises(BadInput, match="2 to 20 different targets, not 1"):
        bench.compare(["a.example", "a.example"])


@pytest.mark.parametrize(
    ("state", "mode", "where", "said"),
    [
        ("live", "intersect", "", "no domain links to all of them"),
        ("lost", "intersect", "", "there is no domain that all of them have lost links from"),
        ("lost", "union", "", "none of them has lost a link"),
        ("all", "gap", "", "no domain links or has linked to another of them but never to the first"),
        (
            "live",
            "union",
            "nofollow = true",
            "no domain links to any of them, by the links and domains that fit the filter",
        ),
    ],
)
def test_an_empty_comparison_says_what_was_asked(
    bench: Workbench, state: str, mode: str, where: str, said: str
) -> None:
    found = bench.compare(["x.test", "y.test"], mode=mode, state=state, where=where)
    assert (len(found), found.notes[-1]) == (0, said)
