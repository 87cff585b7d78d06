"""A link marked in its record."""

from __future__ import annotations

import pytest
from scraping import extracted, record

from inlink.extract.evidence import mark_link, mark_target
from inlink.sources.records import Record

BODY = """<title>x</title><meta http-equiv=refresh content="9; url=/r">
<p>Before <A HREF='http://x.example/é#f'>An <b>chor</b></A>
after <a href=http://x.example/é>again</a><img src=http://x.example/i.png>"""
PAGE = record(BODY, ("Link", "</h>; rel=canonical"))
MARKED = {
    ("anchor", "http://x.example/%C3%A9", 0): '<a href="http://x.example/é#f">An <b>chor</b></a>',
    ("anchor", "http://x.example/%C3%A9", 1): '<a href="http://x.example/é">again</a>',
    ("image", "http://x.example/i.png", 0): '<img src="http://x.example/i.png">',
    ("refresh", "https://www.example.org/r", 0): '<meta http-equiv="refresh" content="9; url=/r">',
    ("canonical", "https://www.example.org/h", 0): "Link: </h>; rel=canonical",
}


@pytest.mark.parametrize(("wanted", "markup"), MARKED.items(), ids=[f"{k}-{n}" for k, _, n in MARKED])
def test_by_target(wanted: tuple[str, str, int], markup: str) -> None:
    kind, target, occurrence = wanted
    marked = mark_target(PAGE, target, kind, occurrence=occurrence)
    assert marked is not None
    assert marked.text[marked.start : marked.end] == markup
    assert marked.is_header == markup.startswith("Link")
    assert marked.headers == PAGE.headers


def test_by_id() -> None:
    for row in extracted(PAGE).links.to_pylist():
        marked = mark_link(PAGE, row["link_id"])
        assert marked is not None and marked.anchor == row["anchor"]


def test_gone() -> None:
    assert mark_link(PAGE, 1) is None
    assert mark_target(PAGE, "http://x.example/%C3%A9", "anchor", occurrence=2) is None
    assert mark_target(record("", status=404), "http://x.example/", "anchor") is None


def test_redirect() -> None:
    moved = record("", ("Location", "/new"), status=302)
    marked = mark_target(moved, "https://www.example.org/new", "redirect")
    assert marked is not None and marked.text[marked.start : marked.end] == "Location: /new"


def test_window() -> None:
    long: Record = record("<p>é" * 1_000 + "<a href=http://x.example/>x</a>" + "<p>é" * 1_000)
    marked = mark_target(long, "http://x.example/", "anchor", around=101)
    assert marked is not None
    assert (marked.is_cut_before, marked.is_cut_after) == (True, True)
    assert len(marked.text.encode()) <= 2 * 101 + len('<a href="http://x.example/">x</a>')
    assert "�" not in marked.text
