"""What WAT records do not tell of rel is unknown, not absent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from wat_records import RULES, Json, anchor, extract, links_of, page_of, wat

from inlink.extract.wat import extract_wat
from inlink.sources import items, open_inputs
from inlink.sources.limits import DEFAULT_LIMITS
from inlink.sources.records import InputFile, WatRecord

EARLY = {"WARC-Date": "2017-07-21T08:00:00Z"}  # CC-MAIN-2017-30, whose writer left out rel
FIRST = {"WARC-Date": "2017-08-16T14:34:05Z"}  # CC-MAIN-2017-34
FLAGS = ("nofollow", "ugc", "sponsored")
PLAIN = anchor("https://a.example/", text="a")
Three = tuple[bool | None, bool | None, bool | None]
NOT_KNOWN: Three = (None, None, None)
FOLLOW: Three = (False, False, False)


def flags_of(record: Json, kind: str = "anchor") -> list[Three]:
    return [(row["nofollow"], row["ugc"], row["sponsored"]) for row in links_of(record) if row["kind"] == kind]


def test_anchors_of_early_crawls_are_unknown() -> None:
    area = {"path": "AREA@/href", "url": "https://b.example/"}
    for kind in ("anchor", "area"):
        assert flags_of(wat(links=[PLAIN, area], header=EARLY), kind) == [NOT_KNOWN]
        assert flags_of(wat(links=[PLAIN, area], header=FIRST), kind) == [FOLLOW]
    (row,) = links_of(wat(links=[PLAIN], header=EARLY))
    assert (row["rel"], row["rel_origin"]) == (None, None)


def test_a_rel_in_the_record_tells_that_its_writer_knew_them() -> None:
    links = [PLAIN, anchor("https://b.example/", rel="ugc")]
    assert flags_of(wat(links=links, header=EARLY)) == [FOLLOW, (False, True, False)]


def test_the_rel_of_link_elements_tells_nothing_of_anchors() -> None:
    record = wat(links=[PLAIN], head={"Link": [{"path": "LINK@/href", "url": "/c", "rel": "canonical"}]}, header=EARLY)
    assert flags_of(record) == [NOT_KNOWN]
    assert flags_of(record, "canonical") == [FOLLOW]


def test_one_record_does_not_speak_for_another() -> None:
    early, later = wat(links=[PLAIN], header=EARLY), wat(links=[PLAIN], header=FIRST)
    with_rel = wat(links=[anchor("https://b.example/", rel="x")], header=EARLY)
    found = extract(early, with_rel, later, early).links["ugc"].to_pylist()
    assert found == [None, False, False, None]


@pytest.mark.parametrize(
    "told",
    [
        {"head": {"Metas": [{"name": "robots", "content": "nofollow"}]}},
        {"headers": {"Content-Type": "text/html", "X-Robots-Tag": "nofollow"}},
    ],
    ids=["meta", "header"],
)
def test_a_nofollow_of_the_page_is_known(told: Json) -> None:
    record = wat(links=[PLAIN, {"path": "FORM@/action", "url": "https://f.example/"}], header=EARLY, **told)
    assert flags_of(record) == [(True, None, None)]
    assert flags_of(record, "form") == [(True, None, None)]
    assert page_of(record)["robots_nofollow"] is True


def test_elements_that_have_no_rel_are_known() -> None:
    links = [
        {"path": "IMG@/src", "url": "https://i.example/i.png"},
        {"path": "IFRAME@/src", "url": "https://v.example/"},
        {"path": "BLOCKQUOTE@/cite", "url": "https://c.example/"},
    ]
    for row in links_of(wat(links=links, header=EARLY)):
        assert (row["nofollow"], row["ugc"], row["sponsored"]) == FOLLOW


def test_forms_are_never_told() -> None:
    form = {"path": "FORM@/action", "url": "https://f.example/"}
    assert flags_of(wat(links=[form, PLAIN], header=FIRST), "form") == [NOT_KNOWN]


@pytest.mark.data
def test_a_real_file_as_it_would_have_been_before(data_dir: Path) -> None:
    """The rows are the same but for what rel says."""
    (file,) = open_inputs([str(data_dir / "warc" / "commoncrawl" / "CC-MAIN-2019-22-excerpt.warc.wat")])
    assert isinstance(file, InputFile)
    records = [item for item in items(file) if isinstance(item, WatRecord)]
    early = [WatRecord(_without_rel(record.json), record.offset, record.length) for record in records]
    now, before = (extract_wat(one, file, RULES, DEFAULT_LIMITS).links.to_pylist() for one in (records, early))
    assert len(now) == len(before) > 10
    for row, untold in zip(now, before, strict=True):
        is_told = row["kind"] not in ("anchor", "area", "form")
        of_page = "meta" in (row["rel_origin"] or "") or "header" in (row["rel_origin"] or "")
        assert untold["ugc"] is untold["sponsored"] is (False if is_told else None)
        assert untold["nofollow"] is (True if of_page else False if is_told else None)
        for name in row.keys() - {*FLAGS, "rel", "rel_origin", "capture_id"}:
            assert row[name] == untold[name]


def _without_rel(text: bytes) -> bytes:
    record: dict[str, Any] = json.loads(text)
    if record["Envelope"]["WARC-Header-Metadata"].get("WARC-Type") == "response":
        record["Envelope"]["WARC-Header-Metadata"] |= EARLY
        answer = record["Envelope"]["Payload-Metadata"].get("HTTP-Response-Metadata", {})
        for link in answer.get("HTML-Metadata", {}).get("Links", ()):
            link.pop("rel", None)
    return json.dumps(record).encode()
