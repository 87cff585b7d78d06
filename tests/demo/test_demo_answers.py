"""The whole way: crawls in, answers out, and every fact of the truth file agrees."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from inlink.cli.actions.demo import CRAWLS, clear
from inlink.cli.actions.demo_facts import Fact, facts_of
from inlink.demo import DemoWeb, generate
from inlink.demo.truth import TARGETS
from inlink.errors import BadInput
from inlink.workbench import Workbench
from walked import Walked


def wrong(facts: Iterator[Fact]) -> list[str]:
    """Facts that differ, as lines to read."""
    found = list(facts)
    assert found
    return [f"{fact.name}: expected {fact.expected}, found {fact.found}" for fact in found if not fact.agrees]


@pytest.mark.parametrize("number", range(len(TARGETS)), ids=[f"{target}-{scope}" for target, scope in TARGETS])
def test_every_answer_about_a_target_is_the_truth(demo_web: DemoWeb, demo_bench: Workbench, number: int) -> None:
    assert not wrong(facts_of(demo_bench, demo_web.truth, demo_web.truth.reports[number]))


def test_evidence_tells_the_time_of_the_record_that_it_shows(demo_bench: Workbench) -> None:
    """A page that answered "not changed" is proved by its earlier record, which has its own date."""
    rows = demo_bench.sql(
        "select l.link_id, l.last_seen from links l join captures c on c.capture_id = l.capture_id "
        "where c.depth = 'warc' and l.last_seen > c.fetched_at order by 1 limit 5"
    ).to_dicts()
    assert rows
    for row in rows:
        found = demo_bench.evidence(int(str(row["link_id"])))
        with Path(found.file).open("rb") as file:
            file.seek(found.offset or 0)
            headers = gzip.decompress(file.read(found.length)).partition(b"\r\n\r\n")[0].decode()
        assert f"WARC-Date: {found.fetched_at:%Y-%m-%dT%H:%M:%SZ}" in headers


def test_every_record_of_the_crawls_is_read(demo_web: DemoWeb, demo_bench: Workbench) -> None:
    report = demo_bench.build()
    assert not report.errors
    assert not report.failed
    assert report.rows["captures"] == sum(row["n_captures"] for row in demo_web.truth.hosts)


def test_building_again_changes_nothing(demo_bench: Workbench) -> None:
    assert demo_bench.build().outcome == "unchanged"


def test_the_walk_shows_what_was_won_and_lost(demo_walk: Walked) -> None:
    assert demo_walk.code == 0
    said = demo_walk.out
    for words in ("25 hosts", "Referring domains", "Top backlinks", "Anchors", "Won", "Lost", "Try next"):
        assert words in said
    n_agree, n_facts = said.partition("truth file: ")[2].split(" facts agree")[0].split(" of ")
    assert n_agree == n_facts
    assert (demo_walk.folder / CRAWLS / "truth.json").exists()


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(BadInput, match="holds something else"):
        clear(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_an_earlier_demo_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "demo-workspace"
    clear(folder)
    generate(folder / CRAWLS)
    clear(folder)
    assert not folder.exists()
