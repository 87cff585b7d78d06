"""The same page from WARC and from WAT gives the same links."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from wat_records import FILE, RULES, URL, Json, extract, wat

from inlink.extract.batch import PartBatch
from inlink.extract.html import extract_html
from inlink.extract.wat import extract_wat
from inlink.sources import items, open_inputs
from inlink.sources.limits import DEFAULT_LIMITS
from inlink.sources.records import InputFile, Record, WatRecord

BENCH = Path(__file__).resolve().parents[2] / "bench"


HTML = """<!doctype html><html lang=fr><head><base href="/b/"><title> T </title><link rel=canonical href=/c>
<meta name=robots content=nofollow><meta name=author content="Ann Author"></head><body><nav><a href="x">Nav</a></nav>
<p>Before <a href="https://o.example/?a=1&amp;b=2" rel="ugc">An <b>anchor</b></a> after
<a href="https://o.example/?a=1&amp;b=2">same again</a> <a href=" //p.example/ä\n"><img src=i.png alt=pic></a>
<img src="https://cdn.example/i.png" alt="cat"><a name=here>no link</a><a href="mailto:x@y.example">m</a>
<a href="#top"></a><form action="/s"></form><iframe src="https://f.example/"></iframe></body></html>"""


def twins(html: str, url: str = URL) -> tuple[PartBatch, PartBatch]:
    """Batches of the page itself and of its WAT record."""
    headers = (("Content-Type", "text/html; charset=utf-8"), ("Link", '</h>; rel="next"'), ("X-Robots-Tag", "noindex"))
    record = Record(url, 1_558_250_724_000_000, 200, headers, html.encode(), 0, 1, payload_digest="sha1:AB")
    metadata = make_wat()["harvest"](html).metadata()
    told = wat(metadata, headers=dict(headers), header={"WARC-Target-URI": url})
    return extract_html([record], FILE, RULES, DEFAULT_LIMITS), extract(told)


def make_wat() -> Json:
    return runpy.run_path(str(BENCH / "make_wat.py"))


def test_twins_are_equal_but_for_what_wat_cannot_know() -> None:
    warc, told = twins(HTML)
    assert warc.captures["capture_id"].equals(told.captures["capture_id"])
    first, second = ({row["link_id"]: row for row in batch.links.to_pylist()} for batch in (warc, told))
    assert first.keys() == second.keys()
    for identity, row in second.items():
        known = {name: value for name, value in row.items() if value is not None and name != "ordinal"}
        assert {name: first[identity][name] for name in known} == known
    (page,), (short,) = warc.pages.to_pylist(), told.pages.to_pylist()
    known = {name: value for name, value in short.items() if value is not None}
    assert {name: page[name] for name in known} == known


REST = ["article-extraction-benchmark", "htmldate-default", "temporal/page-compare-t1.dev"]


@pytest.mark.data
@pytest.mark.parametrize(
    "name",
    [
        "html-corpora/autopager",
        "sites/ruder.io",
        *(pytest.param(f"html-corpora/{name}", marks=pytest.mark.gate) for name in REST),
    ],
)
def test_real_pages_give_the_same_anchors(data_dir: Path, tmp_path: Path, name: str) -> None:
    source = data_dir / f"{name}.warc.gz"
    target = tmp_path / "made.warc.wat.gz"
    make_wat()["write_wat"](target, [source])
    warc, told = anchors(source), anchors(target)
    common = warc.keys() & told.keys()
    assert len(common) >= 0.999 * len(warc)
    assert len(common) >= 0.999 * len(told)
    assert [key for key in common if known(warc[key], told[key]) != told[key]] == []


def known(row: tuple[Any, ...], told: tuple[Any, ...]) -> tuple[Any, ...]:
    """The row without what WAT does not tell of it: of pages of early crawls nofollow, ugc and sponsored."""
    flags = range(3, 6)
    return tuple(None if at in flags and told[at] is None else value for at, value in enumerate(row))


def anchors(path: Path) -> dict[int, tuple[Any, ...]]:
    """Anchors of a file by identity, with what WARC and WAT should agree on."""
    (file,) = open_inputs([str(path)])
    assert isinstance(file, InputFile)
    found: dict[int, tuple[Any, ...]] = {}
    wat_items, html_items = [], []
    for item in items(file):
        if isinstance(item, WatRecord):
            wat_items.append(item)
        elif isinstance(item, Record):
            html_items.append(item)
    batch = (
        extract_wat(wat_items, file, RULES, DEFAULT_LIMITS)
        if wat_items
        else extract_html(html_items, file, RULES, DEFAULT_LIMITS)
    )
    names = ("link_id", "target_url", "target_key", "nofollow", "ugc", "sponsored", "rel", "rel_origin", "is_internal")
    table = pa.table(batch.links).select([*names, "kind"])
    for row in table.to_pylist():
        if row["kind"] == "anchor":
            found[row["link_id"]] = tuple(row[name] for name in names)
    return found
