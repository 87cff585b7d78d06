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


@pytest.mark.parametrize("again", ["b.example", "B.Example.", "http://b.example"])
@pytest.mark.parametrize("mode", ["intersect", "union", "gap"])
@pytest.mark.parametrize("ask", ["compare", "stream_compare"])
def test_a_target_that_is_given_twice_is_named(bench: Workbench, again: str, mode: str, ask: str) -> None:
    with pytest.raises(BadInput, match=r"b\.example is given more than once") as caught:
        getattr(bench, ask)(["a.example", "b.example", again], mode=mode, scope="domain", limit=None)
    assert "once" in caught.value.hint


@pytest.mark.parametrize(
    ("others", "said"),
    [
        pytest.param(["a.example"], "a.example is the first target itself", id="same words"),
        pytest.param(
            ["b.example", "https://www.A.example/"], "a.example is the first target itself", id="another spelling"
        ),
        pytest.param(["blog.a.example"], "blog.a.example is part of a.example, the first target", id="a host of it"),
        pytest.param(["b.example", "https://a.example/1"], "is part of a.example, the first target", id="a page of it"),
    ],
)
def test_a_gap_to_something_of_ones_own_is_refused(bench: Workbench, others: list[str], said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        bench.compare(["a.example", *others], mode="gap")
    assert "only other sites" in caught.value.hint


def test_parts_of_a_target_may_stand_beside_it(bench: Workbench) -> None:
    assert "links_2" in bench.compare(["a.example", "https://a.example/1"], mode="union").columns
    assert "links_2" in bench.compare(["https://a.example/1", "a.example"], mode="gap").columns


def test_pages_of_one_key_are_one_target_unless_strict(bench: Workbench) -> None:
    (page,) = {str(row["target_url"]) for row in bench.backlinks("b.example", limit=1).to_dicts()}
    spelled = [page, page + "#part", page + ("&" if "?" in page else "?") + "utm_source=x", "a.example"]
    with pytest.raises(BadInput, match="more than once"):
        bench.compare(spelled, mode="union")
    found = bench.compare([spelled[0], *spelled[2:]], mode="union", strict=True)
    assert "links_3" in found.columns


def test_unknown_targets_are_kept_apart(bench: Workbench) -> None:
    found = bench.compare(["x.test", "y.test"], mode="union")
    assert any("x.test, y.test" in note for note in found.notes)
    with pytest.raises(BadInput, match=r"x\.test is given more than once"):
        bench.compare(["x.test", "y.test", "x.test"], mode="union")


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
