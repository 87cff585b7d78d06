"""Pages made to choke a reader are bounded, counted and read as far as they go."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scraping import extracted, link, record

from inlink.extract.bombs import affordable
from inlink.sources.limits import DEFAULT_LIMITS
from inlink.sources.reasons import REASONS
from inlink.urls import batch as resolving

LINK = "<a href=http://x.example/>x</a>"
COSTLY = {
    "nested": "<div>" * 100_000,
    "nested-and-closed": "<div>" * 100_000 + "</div>" * 100_000,
    "lists": "<ul><li>" * 50_000,
    "attributes": "<p " + " ".join(f"a{n}=1" for n in range(20_000)) + ">",
    "formatting": "<p>" + "".join(f"<b a{n}>" for n in range(2_000)) + "</p><p>x" * 2_000,
    "end-tags": "<i>" * 20_000 + "</b>" * 20_000,
}


@pytest.mark.parametrize("bomb", COSTLY.values(), ids=COSTLY)
def test_costly_markup_is_cut(bomb: str) -> None:
    batch = extracted(record(LINK + bomb + LINK))
    assert [error.reason for error in batch.errors if error.reason == "page-too-costly"]
    assert batch.links.num_rows == 1
    assert batch.pages.num_rows == 1


CHEAP = {
    "long-list": "<ul>" + "<li>x" * 100_000,
    "long-table": "<table>" + "<tr><td>x<td>y" * 50_000,
    "paragraphs": "<p>x" * 100_000,
    "unclosed-bold": "<p><b>x</p>" * 20_000,
    "same-font": "<p><font size=2>x</p>" * 20_000,
    "entities": "&amp;" * 200_000,
    "less-than": "< " * 200_000,
    "script": "<script>" + "'<div>'" * 100_000 + "</script>",
    "data-url": "<img src='data:image/png;base64," + "A a=b " * 20_000 + "'>",
    "comment": "<!-- " + "<div>" * 100_000 + " -->",
}


@pytest.mark.parametrize("markup", CHEAP.values(), ids=CHEAP)
def test_long_pages_are_read_whole(markup: str) -> None:
    data = np.frombuffer((markup + LINK).encode(), np.uint8)
    assert affordable(data) == len(data)


def test_many_links_are_cut_at_the_limit() -> None:
    limits = replace(DEFAULT_LIMITS, max_links=1_000)
    batch = extracted(record("<a href=http://x.example/>x</a>" * 3_000), limits=limits)
    assert batch.links.num_rows == 1_000
    assert [(e.reason, e.detail) for e in batch.errors] == [("links-cut", "2000 links beyond 1000")]


def test_a_hundred_thousand_links() -> None:
    batch = extracted(record("<a href=http://x.example/>x</a>" * 100_000))
    assert (batch.links.num_rows, batch.errors) == (100_000, ())
    assert len(set(batch.links["link_id"].to_pylist())) == 100_000


def test_urls_that_swell_are_bounded_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolving, "MAX_COLUMN_BYTES", 100_000)
    body = f"<base href='/{'d' * 5000}/'>" + "<a href=x>x</a>" * 1000
    batch = extracted(record("<a href=//o.example/>o</a>"), replace(record(body), offset=1))
    assert 1 < batch.links.num_rows < 100
    assert [e.reason for e in batch.errors] == ["links-cut"]
    assert batch.captures["error"].to_pylist() == [None, "links-cut"]


def test_long_url_is_left_out_and_counted() -> None:
    batch = extracted(record(f"<a href='http://x.example/{'y' * 1_000_000}'>x</a>{LINK}"))
    assert batch.links["target_url"].to_pylist() == ["http://x.example/"]
    assert [error.reason for error in batch.errors] == ["value-too-long"]


def test_long_alt_and_title_are_cut() -> None:
    row = link(f"<title>{'t' * 1_000_000}</title><a href=http://x.example/><img alt='{'é' * 100_000}'></a>")
    assert 1_000 < len(row["alt"]) <= 8_192


def test_beyond_the_nesting_limit_links_are_still_found() -> None:
    batch = extracted(record("<div>" * 700 + "<nav>" + LINK + "</nav>" + "</div>" * 700 + LINK))
    assert [error.reason for error in batch.errors] == ["nesting-too-deep"]
    rows = batch.links.to_pylist()
    assert [(row["anchor"], row["region"]) for row in rows] == [("", None), ("x", None)]


def test_every_slug_is_in_the_list() -> None:
    assert {"page-too-costly", "page-too-large", "links-cut", "value-too-long", "nesting-too-deep"} <= REASONS.keys()
