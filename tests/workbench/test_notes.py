"""Empty answers say why they may be empty; others say what they leave out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from made_snapshot import FLAGS, START, Made, Row, make

from inlink.index.serving import build_serving
from inlink.workbench import Workbench

Open = Callable[[Callable[[Row], bool]], Workbench]


@pytest.fixture
def open_with(tmp_path: Path) -> Iterator[Open]:
    """A workbench over a snapshot with only those links that a test keeps."""
    opened: list[Workbench] = []

    def make_bench(keep: Callable[[Row], bool]) -> Workbench:
        made: Made = make(1, n_pages=60)
        made.links = [link for link in made.links if keep(link)]
        made.indirect = []
        made.versions = []
        file = build_serving(made.write(tmp_path / "snapshot"), tmp_path / "s.duckdb", threads=1)
        opened.append(Workbench.over(file, suffixes=["pages.example"]))
        return opened[-1]

    yield make_bench
    for bench in opened:
        bench.close()


TARGET = "a.example"


def to_target(link: Row) -> bool:
    return bool(link["target_domain"] == TARGET)


REASONS: dict[str, tuple[Callable[[Row], bool], dict[str, Any], str]] = {
    "unknown": (lambda link: True, {}, "not in the index"),
    "no backlinks": (lambda link: not to_target(link), {}, "no captured page of another domain links to it"),
    "only internal": (lambda link: not to_target(link) or link["is_internal"], {}, "from its own domain"),
    "only lost": (
        lambda link: not to_target(link) or (not link["is_live"] and not FLAGS.get(link["source_domain"])),
        {},
        "has lost all its links",
    ),
    "only infrastructure": (
        lambda link: not to_target(link) or link["source_domain"] == "pages.example",
        {},
        "infrastructure or hosting domains only",
    ),
    "only embeds": (
        lambda link: (
            not to_target(link)
            or (link["kind"] == "image" and link["is_live"] and not FLAGS.get(link["source_domain"]))
        ),
        {},
        "is embedded",
    ),
    "filtered": (lambda link: True, {"where": "anchor = nothing"}, "no row fits the filter"),
    "only left out lost": (
        lambda link: link["is_live"] or link["source_domain"] == "pages.example",
        {"state": "lost"},
        "has lost only",
    ),
    "nothing lost": (lambda link: link["is_live"], {"state": "lost"}, "has lost no link"),
    "nothing indirect": (lambda link: True, {"indirect": True}, "redirect or canonical"),
}


@pytest.mark.parametrize(("keep", "view", "words"), REASONS.values(), ids=REASONS)
def test_why_empty(open_with: Open, keep: Callable[[Row], bool], view: dict[str, Any], words: str) -> None:
    bench = open_with(keep)
    target = "nowhere.example" if words == "not in the index" else TARGET
    rows = bench.backlinks(target, scope="domain", **view)
    assert len(rows) == 0
    assert rows.n_total == 0
    assert any(words in note for note in rows.notes), rows.notes
    if not view:
        overview = bench.overview(target, scope="domain")
        assert overview.n_links == 0
        assert any(words in note for note in overview.notes), overview.notes


def test_links_without_addresses_are_not_called_left_out(tmp_path: Path) -> None:
    made = make(1, n_pages=60)
    made.captures = [{**capture, "ip": None} for capture in made.captures]
    file = build_serving(made.write(tmp_path / "snapshot"), tmp_path / "s.duckdb", threads=1)
    with Workbench.over(file, suffixes=["pages.example"]) as bench:
        assert any("infrastructure" in note for note in bench.backlinks(TARGET).notes)
        for rows in (bench.ips(TARGET, scope="domain"), bench.subnets(TARGET, scope="domain")):
            assert len(rows) == 0
            assert [note for note in rows.notes if "no address" in note] == list(rows.notes)


def test_domains_that_lost_some_of_their_links(open_with: Open) -> None:
    """A domain counts as lost when it lost all its links; the note does not say that no link was lost."""
    live = {link["source_domain"] for link in make(1, n_pages=60).links if to_target(link) and link["is_live"]}
    bench = open_with(lambda link: not to_target(link) or link["source_domain"] in live)
    rows = bench.domains(TARGET, scope="domain", state="lost")
    assert len(rows) == 0
    assert len(bench.backlinks(TARGET, scope="domain", state="lost")) > 0
    assert any("still has one" in note for note in rows.notes)


def test_a_page_without_outgoing_links_says_so(bench: Workbench) -> None:
    assert any("not in the index" in note for note in bench.outlinks("nowhere.example").notes)


def test_what_is_left_out_is_counted_once(bench: Workbench) -> None:
    rows = bench.backlinks(TARGET, limit=2)
    shown = bench.backlinks(TARGET, limit=None, infrastructure=True, where="source_flags contains infrastructure")
    hosting = bench.backlinks(TARGET, limit=None, infrastructure=True, where="source_flags contains hosting")
    (note,) = [note for note in rows.notes if "infrastructure or hosting" in note]
    assert f"{len(shown) + len(hosting)} link" in note
    assert bench.backlinks(TARGET, limit=2, cursor=rows.cursor).notes == ()
    assert not any("left out" in note for note in bench.backlinks(TARGET, infrastructure=True, embeds=True).notes)


def test_a_guessed_scope_is_said(bench: Workbench) -> None:
    rows = bench.backlinks(TARGET)
    assert rows.target is not None
    assert rows.target.is_guessed
    assert any(note.startswith("scope domain, because") for note in rows.notes)
    asked = bench.backlinks(TARGET, scope="domain")
    assert asked.target is not None
    assert not asked.target.is_guessed


def test_a_window_without_captures_says_so(bench: Workbench) -> None:
    rows = bench.changes(TARGET, from_=START + timedelta(days=500), to=START + timedelta(days=600))
    assert len(rows) == 0
    assert any("not captured in it" in note for note in rows.notes)
