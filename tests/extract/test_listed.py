"""Imported link lists: captures of the linking pages, and the links that name their target."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from inlink.extract.batch import PartBatch
from inlink.extract.listed import extract_listed
from inlink.schema import CAPTURES, LINKS
from inlink.sources.limits import DEFAULT_LIMITS
from inlink.sources.records import InputFile, ListedLink
from inlink.urls.domains import SuffixRules

DAY = 1_593_475_200_000_000  # 2020-06-30
RULES = SuffixRules()


def extract(*rows: ListedLink, site: str | None = None) -> PartBatch:
    file = InputFile("links.csv", "gsc", None, "", {"property": site} if site else {})
    batch = extract_listed(list(rows), file, RULES, DEFAULT_LIMITS)
    assert batch.captures.schema.equals(CAPTURES.arrow)
    assert batch.links.schema.equals(LINKS.arrow)
    batch.captures.validate(full=True)
    batch.links.validate(full=True)
    return batch


def row(source: str, target: str | None, **more: Any) -> ListedLink:
    return ListedLink(source, target, more.pop("seen_at_us", DAY), more.pop("row", 2), **more)


def test_a_row_with_target_is_a_capture_and_a_link() -> None:
    batch = extract(row("https://Blog.example/post#x", "http://me.example", anchor="  my \n page ", nofollow=True))
    (capture,), (link,) = batch.captures.to_pylist(), batch.links.to_pylist()
    assert (capture["url"], capture["url_raw"]) == ("https://blog.example/post", "https://Blog.example/post#x")
    assert (capture["depth"], capture["error"], capture["http_status"]) == ("csv", None, None)
    assert capture["fetched_at"] == datetime(2020, 6, 30, tzinfo=UTC)
    assert link["capture_id"] == capture["capture_id"]
    assert (link["kind"], link["target_url"], link["anchor"]) == ("listed", "http://me.example/", "my page")
    assert (link["source_domain"], link["target_domain"], link["is_internal"]) == ("blog.example", "me.example", False)
    assert (link["nofollow"], link["ugc"], link["sponsored"]) == (True, None, None)
    assert (link["rel"], link["rel_origin"]) == (None, None)  # where its nofollow comes from, the list does not say
    assert link["region"] is None and link["text_before"] is None
    assert batch.pages.num_rows == 0


def test_what_the_list_does_not_say_is_null() -> None:
    (link,) = extract(row("https://blog.example/", "http://me.example/")).links.to_pylist()
    for name in ("anchor", "alt", "rel", "nofollow", "ugc", "sponsored", "rel_origin"):
        assert link[name] is None
    (link,) = extract(row("https://blog.example/", "http://me.example/", ugc=True, sponsored=False)).links.to_pylist()
    assert (link["nofollow"], link["ugc"], link["sponsored"]) == (None, True, False)


def test_rows_without_target_are_captures_that_say_so() -> None:
    batch = extract(row("https://a.example/", None), row("https://b.example/", None))
    assert batch.captures["error"].to_pylist() == ["target-not-named"] * 2
    assert batch.links.num_rows == 0
    named = extract(row("https://a.example/", None), site="me.example")
    assert named.captures["error"].to_pylist() == ["target-not-named:me.example"]


def test_one_capture_per_page_and_date() -> None:
    batch = extract(
        row("https://a.example/", "https://me.example/1"),
        row("https://b.example/", "https://me.example/1"),
        row("http://www.a.example/", "https://me.example/2"),
        row("https://a.example/", "https://me.example/1", seen_at_us=DAY + 1),
        row("https://a.example/", None),
    )
    assert batch.captures["url"].to_pylist() == ["https://a.example/", "https://b.example/", "https://a.example/"]
    assert batch.captures["error"].to_pylist() == [None] * 3
    pairs = zip(batch.links["source_url"].to_pylist(), batch.links["target_url"].to_pylist(), strict=True)
    assert list(pairs) == [
        ("https://a.example/", "https://me.example/1"),
        ("https://a.example/", "https://me.example/2"),
        ("https://b.example/", "https://me.example/1"),
        ("https://a.example/", "https://me.example/1"),
    ]
    assert len(set(batch.links["link_id"].to_pylist())) == 3  # one link, seen at two dates
    assert len(set(batch.captures["capture_id"].to_pylist())) == 3


def test_bad_rows_are_counted() -> None:
    batch = extract(
        row("not a url", "https://me.example/", row=7),
        row("ftp://a.example/", "https://me.example/", row=8),
        row("https://a.example/", "mailto:me@me.example", row=9),
    )
    assert [(bad.offset, bad.reason) for bad in batch.errors] == [(7, "row-no-url"), (8, "row-no-url")]
    assert batch.captures["error"].to_pylist() == ["target-not-named"]
    assert batch.links.num_rows == 0


def test_an_empty_group_and_one_of_bad_rows() -> None:
    assert extract().captures.num_rows == 0
    batch = extract(row("", None))
    assert (batch.captures.num_rows, len(batch.errors)) == (0, 1)


def test_listed_captures_do_not_pose_as_pages_seen() -> None:
    captures = pa.table(extract(row("https://a.example/", "https://me.example/")).captures)
    for name in ("http_status", "payload_digest", "ip", "content_type", "evidence_offset"):
        assert captures[name].null_count == 1
