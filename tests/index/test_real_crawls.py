"""Real archives, built with worker processes: links won and lost agree with a direct comparison of the pages."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import ada_url
import pyarrow.parquet as pq
import pytest
from crash_builds import untold
from selectolax.lexbor import LexborHTMLParser
from warcio.archiveiterator import ArchiveIterator

from inlink.engine.local import LocalEngine
from inlink.index.adding import add
from inlink.index.build import build
from inlink.index.extraction import make_part
from inlink.index.jobs import Job, limits_of
from inlink.index.manifest import read_manifest
from inlink.index.reports import BuildReport
from inlink.store import Workspace

pytestmark = pytest.mark.data
Hrefs = Counter[str]


def built(folder: Path, *specs: Path, workers: int = 2) -> tuple[Workspace, BuildReport]:
    workspace = Workspace.create(folder)
    report = add(workspace, [str(spec) for spec in specs])
    assert report.refused == ()
    return workspace, build(workspace, LocalEngine(workers))


def rows(workspace: Workspace, table: str) -> list[dict[str, Any]]:
    current = workspace.current()
    assert current is not None
    found: list[dict[str, Any]] = pq.read_table(workspace.snapshot(current.snapshot) / table).to_pylist()
    return found


def digests(workspace: Workspace) -> dict[str, str]:
    current = workspace.current()
    assert current is not None
    return {name: t["digest"] for name, t in read_manifest(workspace.snapshot(current.snapshot)).tables.items()}


def hrefs_of_archive(path: Path) -> dict[str, Hrefs]:
    """Normalised targets of all <a href> of each page, by the plainest means."""
    pages: dict[str, Hrefs] = {}
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream):
            if record.rec_type == "response":
                url = _normal(record.rec_headers.get_header("WARC-Target-URI"), None)
                assert url is not None
                pages[url] = _hrefs(record.content_stream().read(), url)
    return pages


def _hrefs(body: bytes, url: str) -> Hrefs:
    tree = LexborHTMLParser(body)
    base = tree.css_first("base[href]")
    at = (_normal(base.attributes["href"] or "", url) if base is not None else None) or url
    found: Hrefs = Counter()
    for node in tree.css("a[href]"):
        target = _normal(node.attributes["href"] or "", at)
        if target is not None:
            found[target] += 1
    return found


def _normal(raw: str, base: str | None) -> str | None:
    try:
        url = ada_url.URL(raw, base) if base else ada_url.URL(raw)
    except ValueError:
        return None
    if url.protocol not in ("http:", "https:"):
        return None
    url.hash = ""
    return str(url.href).removesuffix("#")


@pytest.fixture(scope="module")
def temporal(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace, report = built(tmp_path_factory.mktemp("temporal") / "w", data_dir / "html-corpora" / "temporal")
    assert report.failed == ()
    return workspace


def test_links_won_and_lost_between_two_crawls(temporal: Workspace, data_dir: Path) -> None:
    folder = data_dir / "html-corpora" / "temporal"
    before = hrefs_of_archive(folder / "page-compare-t1.dev.warc.gz")
    after = hrefs_of_archive(folder / "page-compare-t2.dev.warc.gz")
    states = _states(rows(temporal, "links"))
    both = before.keys() & after.keys()
    assert len(both) > 40
    expected = {url: _expected(before[url], after[url]) for url in both}
    found = {url: states.get(url, {}) for url in both}
    assert {url: _difference(found[url], expected[url]) for url in both} == {url: {} for url in both}
    totals = sum((Counter(kind) for page in expected.values() for kind in page.values()), Counter())
    assert all(totals[kind] > 500 for kind in ("kept", "new", "lost"))


def _states(links: list[dict[str, Any]]) -> dict[str, dict[str, Hrefs]]:
    """Page → target → how many links were kept, are new, are lost."""
    middle = datetime.fromisoformat("2016-03-15T00:00:00+00:00")
    found: dict[str, dict[str, Hrefs]] = defaultdict(lambda: defaultdict(Counter))
    for link in links:
        if link["kind"] == "anchor":
            kind = "lost" if not link["is_live"] else "new" if link["first_seen"] > middle else "kept"
            found[link["source_url"]][link["target_url"]][kind] += 1
    return found


def _expected(before: Hrefs, after: Hrefs) -> dict[str, Hrefs]:
    found = {}
    for target in before.keys() | after.keys():
        a, b = before[target], after[target]
        found[target] = Counter({"kept": min(a, b), "new": max(0, b - a), "lost": max(0, a - b)})
    return found


def _difference(found: dict[str, Hrefs], expected: dict[str, Hrefs]) -> dict[str, tuple[Hrefs, Hrefs]]:
    targets = found.keys() | expected.keys()
    empty: Hrefs = Counter()
    pairs = {target: (+found.get(target, empty), +expected.get(target, empty)) for target in targets}
    return {target: (a, b) for target, (a, b) in pairs.items() if a != b}


def test_workers_and_order_do_not_matter(temporal: Workspace, data_dir: Path, tmp_path: Path) -> None:
    folder = data_dir / "html-corpora" / "temporal"
    files = [folder / "page-compare-t2.dev.warc.gz", folder / "page-compare-t1.dev.warc.gz"]
    other, _ = built(tmp_path / "w", *files, workers=1)
    assert digests(other) == digests(temporal)


def test_a_page_from_warc_and_wat_is_one_page(data_dir: Path, tmp_path: Path) -> None:
    folder = data_dir / "warc" / "commoncrawl"
    alone, _ = built(tmp_path / "alone", folder / "whirlwind.warc.gz")
    both, report = built(tmp_path / "both", folder / "whirlwind.warc.wat.gz", folder / "whirlwind.warc.gz")
    assert (report.n_inputs, report.n_captures) == (2, 1)
    assert digests(both) == digests(alone)


def test_packed_and_plain_are_one_crawl(data_dir: Path, tmp_path: Path) -> None:
    """The same records in two files: nothing is counted twice."""
    folder = data_dir / "warc" / "commoncrawl"
    one, _ = built(tmp_path / "one", folder / "whirlwind.warc.gz")
    two, _ = built(tmp_path / "two", folder / "whirlwind.warc.gz", folder / "whirlwind.warc")
    strip = ("capture_id", "evidence_file", "evidence_offset", "evidence_length")
    for table in ("links", "captures", "hosts", "pairs"):
        plain = [[{k: v for k, v in row.items() if k not in strip} for row in rows(w, table)] for w in (one, two)]
        assert plain[0] == plain[1]


def test_broken_files_do_not_end_a_build(data_dir: Path, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w")
    broken = tmp_path / "broken.warc.gz"
    good = data_dir / "warc" / "commoncrawl" / "whirlwind.warc.gz"
    broken.write_bytes(good.read_bytes())
    report = add(
        workspace, [str(data_dir / "warc" / "robustness"), str(good), str(broken), str(tmp_path / "none.warc")]
    )
    assert len(report.refused) >= 1
    assert [one.outcome for one in report.added].count("copy") >= 1
    done = build(workspace, LocalEngine(2))
    assert done.n_captures > 1
    assert done.errors
    for bad in done.failed:
        assert bad.error.message


def test_a_worker_that_died_leaves_nothing_in_the_way(data_dir: Path, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w")
    (added,) = add(workspace, [str(data_dir / "warc" / "commoncrawl" / "whirlwind.warc.gz")]).added
    job = Job(added.input, "part", tmp_path / "part", (), limits_of({}))
    job.folder.mkdir()
    (job.folder / "links.parquet").write_text("half a file")
    info = make_part(job, untold)
    assert info.rows["captures"] == 1
    assert make_part(job, untold) == info


def _response(url: str, date: str, body: bytes, extra: str = "") -> bytes:
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: {date}\r\n{extra}"
        f"WARC-Record-ID: <urn:uuid:{date}>\r\nContent-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(http)}\r\n\r\n"
    )
    return head.encode() + http + b"\r\n\r\n"


def test_a_truncated_page_shows_links_and_loses_none(tmp_path: Path) -> None:
    url, links = "https://a.example/", [b'<a href="https://t.example/%d">x</a>' % i for i in range(4)]
    path = tmp_path / "cut.warc"
    path.write_bytes(
        _response(url, "2024-01-01T00:00:00Z", b"<p>" + b" ".join(links[:3]))
        + _response(url, "2024-02-01T00:00:00Z", b"<p>" + links[0] + links[3], "WARC-Truncated: length\r\n")
    )
    workspace, _ = built(tmp_path / "w", path, workers=1)
    found = {row["target_url"][-1]: (row["is_live"], row["n_seen"]) for row in rows(workspace, "links")}
    assert found == {"0": (True, 1), "1": (True, 1), "2": (True, 1), "3": (True, 0)}


def test_a_file_that_is_gone_is_reported(data_dir: Path, tmp_path: Path) -> None:
    good, gone = data_dir / "warc" / "commoncrawl" / "whirlwind.warc.gz", tmp_path / "gone.warc.gz"
    gone.write_bytes((data_dir / "warc" / "commoncrawl" / "jwarc-cc.warc.gz").read_bytes())
    workspace = Workspace.create(tmp_path / "w")
    add(workspace, [str(good), str(gone)])
    gone.unlink()
    done = build(workspace, LocalEngine(1))
    assert [(bad.name, bad.reason) for bad in done.failed] == [(str(gone), "unreadable")]
    assert (done.outcome, done.n_captures) == ("built", 1)


def test_a_file_that_changed_is_another_input(data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.warc.gz"
    path.write_bytes((data_dir / "warc" / "commoncrawl" / "whirlwind.warc.gz").read_bytes())
    workspace = Workspace.create(tmp_path / "w")
    add(workspace, [str(path)])
    path.touch()  # a new date alone is no change
    other = tmp_path / "other.warc.gz"
    other.write_bytes((data_dir / "warc" / "commoncrawl" / "jwarc-cc.warc.gz").read_bytes())
    add(workspace, [str(other)])
    other.write_bytes(path.read_bytes()[:9000])
    done = build(workspace, LocalEngine(2))
    assert [(bad.name, bad.reason) for bad in done.failed] == [(str(other), "changed")]
    assert done.n_captures == 1


def test_kept_inputs_are_read_from_the_archive(data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.warc.gz"
    path.write_bytes((data_dir / "warc" / "commoncrawl" / "whirlwind.warc.gz").read_bytes())
    workspace = Workspace.create(tmp_path / "w")
    add(workspace, [str(path)], keep=True)
    path.unlink()
    assert build(workspace, LocalEngine(1)).n_captures == 1
