"""The workbench over a real workspace: from archives to answers, evidence, and a snapshot that changes."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from inlink.errors import NotConfigured, NotFound
from inlink.workbench import QUESTIONS, Workbench

BREAD = b"""<html><head><title>Bread</title></head><body><main><p>Our flour comes from
<a href="https://mill.example/flour">the old mill</a>, says <a rel="nofollow" href="https://b.example/">B</a>.</p></main>
</body></html>"""
LATER = b"""<html><head><title>Bread</title></head><body><main><p>Our flour comes from
<a href="https://mill.example/flour">a mill</a>.</p></main></body></html>"""


def write_warc(path: Path, pages: dict[str, bytes], date: str) -> Path:
    """A plain WARC, every record a gzip member."""
    members = []
    for number, (url, body) in enumerate(pages.items()):
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body
        head = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number:032d}>\r\nWARC-Date: {date}\r\n"
            f"WARC-Target-URI: {url}\r\nContent-Type: application/http; msgtype=response\r\n"
            f"Content-Length: {len(answer)}\r\n\r\n"
        )
        members.append(gzip.compress(head.encode() + answer + b"\r\n\r\n"))
    path.write_bytes(b"".join(members))
    return path


@pytest.fixture
def built(tmp_path: Path) -> tuple[Path, Path]:
    warc = write_warc(tmp_path / "one.warc.gz", {"https://bakery.example/bread": BREAD}, "2026-03-01T00:00:00Z")
    with Workbench.create(tmp_path / "workspace") as bench:
        bench.add([str(warc)])
        assert bench.build(workers=1).outcome == "built"
    return tmp_path / "workspace", warc


def test_from_archive_to_answer_and_on(built: tuple[Path, Path], tmp_path: Path) -> None:
    folder, _ = built
    with Workbench.open(folder) as bench:
        (row,) = bench.backlinks("mill.example").to_dicts()
        assert (row["source_url"], row["anchor"], row["region"]) == (
            "https://bakery.example/bread",
            "the old mill",
            "main",
        )
        first = bench.status().snapshot
        shown = bench.evidence(int(str(row["link_id"])))
        assert shown.state == "shown"
        assert "the old mill" in shown.html[shown.start - 200 if shown.start > 200 else 0 : shown.end + 200]
        assert "mill.example/flour" in shown.html[shown.start : shown.end]
        later = write_warc(tmp_path / "two.warc.gz", {"https://bakery.example/bread": LATER}, "2026-04-01T00:00:00Z")
        with Workbench.open(folder) as other:
            other.add([str(later)])
            assert other.build(workers=1).outcome == "built"
        (changed,) = bench.backlinks("mill.example").to_dicts()
        assert changed["anchor"] == "a mill"
        assert bench.status().snapshot != first
        changes = {row["target_url"]: (row["change"], row["reason"]) for row in bench.changes().to_dicts()}
        assert changes == {
            "https://mill.example/flour": ("changed", "anchor"),
            "https://b.example/": ("lost", "removed"),
        }
        assert first is not None
        since = bench.changes("mill.example", from_=first).to_dicts()
        assert [(row["change"], row["anchor_before"], row["anchor"]) for row in since] == [
            ("changed", "the old mill", "a mill")
        ]
        assert bench.build(workers=1).outcome == "unchanged"
        assert bench.verify().faults == ()


def test_targets_are_read_by_the_suffixes_of_the_snapshot(built: tuple[Path, Path]) -> None:
    """A suffix that was set after the build changes nothing until the next one."""
    folder, _ = built
    with Workbench.open(folder) as bench:
        before = bench.backlinks("mill.example")
    settings = folder / "inlink.toml"
    settings.write_text('[suffixes]\nown = ["mill.example"]\n')
    with Workbench.open(folder) as bench:
        after = bench.backlinks("mill.example")
        assert (after.target, after.to_dicts()) == (before.target, before.to_dicts())
        assert len(after) == 1
        assert bench.build(workers=1).outcome == "built"
        assert bench.backlinks("mill.example").target != before.target


def test_evidence_from_the_workspaces_own_copy(tmp_path: Path) -> None:
    """The copy serves while the snapshot has its input; once it is too old it is said not to be kept any more."""
    warc = write_warc(tmp_path / "one.warc.gz", {"https://bakery.example/bread": BREAD}, "2026-03-01T00:00:00Z")
    with Workbench.create(tmp_path / "w") as bench:
        bench.add([str(warc)], keep=True)
        bench.build(workers=1)
        content = warc.read_bytes()
        warc.unlink()
        number = int(str(bench.backlinks("b.example").to_dicts()[0]["link_id"]))
        assert bench.evidence(number).state == "shown"
        bench.remove([str(warc)])
        assert bench.evidence(number).state == "shown"
        warc.write_bytes(content)
        bench.add([str(warc)], keep=True)
        warc.unlink()
        (copy,) = (tmp_path / "w" / "archive").iterdir()
        os.utime(copy, (0, 0))
        (tmp_path / "w" / "inlink.toml").write_text("[retention]\narchive_days = 1\n")
        assert bench.gc().n_copies == 1
        gone = bench.evidence(number)
        assert (gone.state, gone.note.startswith("no longer kept: ")) == ("moved", True)
        assert bench.build(workers=1).outcome == "unchanged"
        warc.write_bytes(content)
        assert bench.evidence(number).state == "shown"


def test_evidence_that_has_moved_or_changed_says_so(built: tuple[Path, Path]) -> None:
    folder, warc = built
    with Workbench.open(folder) as bench:
        number = int(str(bench.backlinks("b.example").to_dicts()[0]["link_id"]))
        content = warc.read_bytes()
        warc.unlink()
        assert bench.evidence(number).state == "moved"
        write_warc(warc, {"https://another.example/": BREAD}, "2026-03-01T00:00:00Z")
        assert bench.evidence(number).state == "changed"
        warc.write_bytes(b"no archive")
        assert bench.evidence(number).state == "changed"
        warc.write_bytes(content)
        assert bench.evidence(number).state == "shown"
        with pytest.raises(NotFound, match="no link 7"):
            bench.evidence(7)


def test_a_kept_copy_serves_as_evidence(tmp_path: Path) -> None:
    warc = write_warc(tmp_path / "one.warc.gz", {"https://bakery.example/bread": BREAD}, "2026-03-01T00:00:00Z")
    with Workbench.create(tmp_path / "workspace") as bench:
        bench.add([str(warc)], keep=True)
        bench.build(workers=1)
        warc.unlink()
        number = int(str(bench.backlinks("b.example").to_dicts()[0]["link_id"]))
        assert bench.evidence(number).state == "shown"


def test_before_the_first_build(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured):
        Workbench.open(tmp_path)
    with Workbench.create(tmp_path) as bench:
        assert bench.status().snapshot is None
        with pytest.raises(NotFound, match="nothing has been built"):
            bench.overview("a.example")


def test_a_closed_workbench_over_a_file_says_so(served_file: Path) -> None:
    bench = Workbench.over(served_file, threads=1)
    bench.close()
    with pytest.raises(NotFound, match="closed"):
        bench.overview("a.example")
    with pytest.raises(NotConfigured):
        bench.build()


def test_an_index_without_links_answers(tmp_path: Path) -> None:
    warc = write_warc(tmp_path / "bare.warc.gz", {"https://bare.example/": b"<p>No way out."}, "2026-03-01T00:00:00Z")
    with Workbench.create(tmp_path / "w") as bench:
        bench.add([str(warc)])
        report = bench.build(workers=1)
        assert (report.outcome, report.n_captures, report.n_links) == ("built", 1, 0)
        assert bench.overview("bare.example").n_links == 0
        for question in QUESTIONS:
            batches = bench.stream(question, "bare.example").batches
            assert sum(batch.num_rows for batch in batches) == 0
        assert "no captured page of another domain links to it" in " ".join(bench.backlinks("bare.example").notes)
        assert bench.sql("select count(*) as n from links").to_dicts() == [{"n": 0}]
        assert bench.verify().faults == ()


def test_a_list_of_paths_with_its_base(tmp_path: Path) -> None:
    listed = tmp_path / "warc.paths"
    listed.write_text("crawl-data/one.warc.gz\n")
    with Workbench.create(tmp_path / "w") as bench:
        found = bench.add([str(listed)], base_url="http://127.0.0.1:9/base")
    assert [error.facts["file"] for error in found.refused] == ["http://127.0.0.1:9/base/crawl-data/one.warc.gz"]
