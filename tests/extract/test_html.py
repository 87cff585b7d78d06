"""Batches: schemas, order, independence of how records are grouped, and of what was in the buffers before."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from scraping import FILE, RULES, extracted, record

from inlink import sources
from inlink.extract import items as batching
from inlink.extract.batch import PartBatch
from inlink.extract.items import extract_items
from inlink.schema import CAPTURES, LINKS, PAGES
from inlink.sources.limits import DEFAULT_LIMITS
from inlink.sources.records import BadRecord, InputFile, Record


def tables(batches: list[PartBatch]) -> list[list[dict[str, object]]]:
    """Rows of captures, pages and links."""
    return [
        [row for batch in batches for row in getattr(batch, name).to_pylist()]
        for name in ("captures", "pages", "links")
    ]


def real_records(data_dir: Path) -> list[Record]:
    (file,) = sources.open_inputs([str(data_dir / "html-corpora" / "temporal" / "page-compare-t1.dev.warc.gz")])
    assert isinstance(file, InputFile)
    return [item for item in sources.items(file) if isinstance(item, Record)]


def test_schemas() -> None:
    for batch in (extracted(record("<a href=http://x.example/>x</a>")), extracted(record("", status=404)), extracted()):
        for schema, rows in ((CAPTURES, batch.captures), (PAGES, batch.pages), (LINKS, batch.links)):
            assert rows.schema.equals(schema.arrow, check_metadata=True)
            rows.validate(full=True)


def test_columns_that_may_not_be_null_are_not() -> None:
    batch = extracted(record("<p>text <a href=http://x.example/>x</a>"), record("", status=500))
    for schema, rows in ((CAPTURES, batch.captures), (PAGES, batch.pages), (LINKS, batch.links)):
        assert [c.name for c in schema if not c.nullable and rows[c.name].null_count] == []


@pytest.mark.data
def test_grouping_does_not_matter(data_dir: Path) -> None:
    records = real_records(data_dir)[:40]
    whole = tables([extracted(*records)])
    assert whole == tables([extracted(one) for one in records])
    assert whole == tables([extracted(*records[:7]), extracted(*records[7:])])


@pytest.mark.data
def test_order_does_not_matter(data_dir: Path) -> None:
    records = real_records(data_dir)[:30]
    shuffled = random.Random(1).sample(records, len(records))
    for rows, other in zip(tables([extracted(*records)]), tables([extracted(*shuffled)]), strict=True):
        assert sorted(map(repr, rows)) == sorted(map(repr, other))


def test_rows_follow_the_records() -> None:
    urls = [f"https://{name}.example/" for name in ("c", "a", "b")]
    batch = extracted(*(record("<a href=/1>1</a><a href=/2>2</a>", url=url) for url in urls))
    assert batch.captures["url"].to_pylist() == urls
    assert batch.links["source_url"].to_pylist() == [url for url in urls for _ in range(2)]
    assert batch.links["ordinal"].to_pylist() == [0, 1] * 3


def test_small_batches_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [record(f"<title>{n}</title><a href=/{n}>x</a>", url=f"https://h{n}.example/") for n in range(9)]
    whole = tables(list(extract_items(records, FILE, RULES, DEFAULT_LIMITS)))
    monkeypatch.setattr(batching, "BATCH_ITEMS", 2)
    small = list(extract_items(records, FILE, RULES, DEFAULT_LIMITS))
    assert (len(small), tables(small)) == (5, whole)
    monkeypatch.setattr(batching, "BATCH_BYTES", 1)
    assert tables(list(extract_items(records, FILE, RULES, DEFAULT_LIMITS))) == whole


def test_bad_records_are_passed_on() -> None:
    bad = BadRecord(7, "not-a-record", "x")
    batches = list(extract_items([record("<p>x"), bad, record("<p>y")], FILE, RULES, DEFAULT_LIMITS))
    assert [error for batch in batches for error in batch.errors] == [bad]
    assert sum(batch.pages.num_rows for batch in batches) == 2


def test_revisit_has_no_page() -> None:
    revisit = replace(record(""), is_revisit=True, refers_to="sha1:TEST")
    batch = extracted(revisit)
    assert (batch.captures["is_revisit"].to_pylist(), batch.pages.num_rows) == ([True], 0)


def test_capture() -> None:
    batch = extracted(replace(record("<p>x", ("X", "y"), url="HTTP://www.Example.org:80/a/../b#c"), ip="192.0.2.1"))
    (row,) = batch.captures.to_pylist()
    wanted = {
        "url_key": "org,example)/b",
        "url": "http://www.example.org/b",
        "url_raw": "HTTP://www.Example.org:80/a/../b#c",
        "host": "www.example.org",
        "domain": "example.org",
        "http_status": 200,
        "depth": "warc",
        "content_type": "text/html",
        "ip": "192.0.2.1",
        "evidence_file": "test.warc",
        "evidence_offset": 0,
    }
    assert {name: row[name] for name in wanted} == wanted


def test_targets() -> None:
    (row,) = extracted(record("<a href=' http://WWW.x.example/a\nb?utm_source=z#f '>x</a>")).links.to_pylist()
    assert row["target_url"] == "http://www.x.example/ab?utm_source=z"
    assert row["target_key"] == "example,x)/ab"
    assert row["target_raw"].strip() == "http://WWW.x.example/a\nb?utm_source=z#f"
    assert (row["target_host"], row["target_domain"], row["is_internal"]) == ("www.x.example", "x.example", False)


def test_external_links_only() -> None:
    body = "<a href=/a>x</a><a href=//b.example.org/>y</a><a href=//x.example/>z</a>"
    batch = extracted(record(body), limits=replace(DEFAULT_LIMITS, external_only=True))
    assert batch.links["anchor"].to_pylist() == ["y", "z"]
