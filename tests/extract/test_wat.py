"""WAT records as they really come: every trap of the format, a row each."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from wat_records import RULES, URL, Json, anchor, extract, links_of, page_of, response, wat

from inlink.extract.wat import extract_wat
from inlink.sources import items, open_inputs
from inlink.sources.limits import DEFAULT_LIMITS, Limits
from inlink.sources.records import InputFile, WatRecord


def test_a_plain_anchor() -> None:
    (row,) = links_of(wat(links=[anchor("../a?x=1#y", text="Home page", rel="NoFollow  UGC")]))
    assert row["source_url"] == URL
    assert row["source_key"] == "org,example)/dir/page"
    assert row["target_url"] == "https://www.example.org/a?x=1"
    assert row["target_raw"] == "../a?x=1#y"
    assert (row["kind"], row["anchor"], row["rel"], row["rel_origin"]) == ("anchor", "Home page", "nofollow ugc", "rel")
    assert (row["nofollow"], row["ugc"], row["sponsored"], row["is_internal"]) == (True, True, False, True)


def test_what_wat_cannot_know_is_null() -> None:
    record = wat(links=[anchor("https://other.example/", text="x")], head={"Title": "T"})
    (row,) = links_of(record)
    for name in ("alt", "text_before", "text_after", "heading", "region", "position_share", "block_link_share"):
        assert row[name] is None
    page = page_of(record)
    for name in ("n_words", "text_digest", "alternates", "author", "lang", "canonical", "page_kind"):
        assert page[name] is None


@pytest.mark.parametrize(
    ("link", "kind", "target"),
    [
        ({"path": "A@/href", "url": "x"}, "anchor", "https://www.example.org/dir/x"),
        ({"path": "AREA@/href", "url": "/x", "rel": "nofollow"}, "area", "https://www.example.org/x"),
        ({"path": "IMG@/src", "url": "//cdn.example/i.png"}, "image", "https://cdn.example/i.png"),
        ({"path": "INPUT@/src", "url": "//cdn.example/i.png"}, "image", "https://cdn.example/i.png"),
        ({"path": "FORM@/action", "url": "/search", "method": "post"}, "form", "https://www.example.org/search"),
        ({"path": "BUTTON@/formaction", "url": "/go"}, "form", "https://www.example.org/go"),
        ({"path": "IFRAME@/src", "url": "https://v.example/"}, "frame", "https://v.example/"),
        ({"path": "FRAME@/src", "url": "menu.html"}, "frame", "https://www.example.org/dir/menu.html"),
        ({"path": "VIDEO@/src", "url": "https://v.example/v.mp4"}, "media", "https://v.example/v.mp4"),
        ({"path": "OBJECT@/data", "url": "https://v.example/f.swf"}, "media", "https://v.example/f.swf"),
        ({"path": "BLOCKQUOTE@/cite", "url": "https://c.example/"}, "cite", "https://c.example/"),
        ({"url": "https://a.example/", "text": "url before path", "path": "A@/href"}, "anchor", "https://a.example/"),
    ],
    ids=lambda value: value["path"] if isinstance(value, dict) else None,
)
def test_paths_and_kinds(link: Json, kind: str, target: str) -> None:
    (row,) = links_of(wat(links=[link]))
    assert (row["kind"], row["target_url"]) == (kind, target)


@pytest.mark.parametrize(
    "link",
    [
        {"path": "STYLE/#text", "href": "https://cdn.example/bg.png"},
        {"path": "DIV@/onclick", "url": "https://a.example/"},
        {"path": "TABLE@/background", "url": "https://a.example/"},
        {"path": "A@/data-href", "url": "https://a.example/"},
        {"path": "VIDEO@/poster", "url": "https://a.example/"},
        {"path": "IMG@/src", "url": "/own.png"},
        {"path": "IMG@/src", "url": "data:image/gif;base64,"},
        {"path": "A@/href", "url": "mailto:a@b.example"},
        {"path": "A@/href", "url": "javascript:void(0)"},
        {"path": "A@/href", "url": "http://"},
        {"path": "A@/href", "url": None},
        {"path": "A@/href"},
        {"path": None, "url": "https://a.example/"},
        {"url": "https://a.example/"},
        {},
    ],
    ids=str,
)
def test_what_is_no_link(link: Json) -> None:
    assert links_of(wat(links=[link, anchor("/kept")]))[0]["target_url"] == "https://www.example.org/kept"


@pytest.mark.parametrize(
    ("raw", "target"),
    [
        (" \n https://a.example/x\n", "https://a.example/x"),
        ("https://a.exa\nmple/x\ty", "https://a.example/xy"),
        ("//A.Example", "https://a.example/"),
        ("", URL),
        ("#top", URL),
        ("?q=ä", URL + "?q=%C3%A4"),
        ("http:\\\\a.example\\x", "http://a.example/x"),
        ("https://exämple.org/", "https://xn--exmple-cua.org/"),
    ],
)
def test_urls_come_unresolved(raw: str, target: str) -> None:
    assert [row["target_url"] for row in links_of(wat(links=[anchor(raw)]))] == [target]


def test_text_is_folded_and_an_empty_one_is_empty() -> None:
    rows = links_of(
        wat(links=[anchor("/a", text="  two\n\twords\u00a0here "), anchor("/b"), anchor("/c", alt="not an image's")])
    )
    assert [row["anchor"] for row in rows] == ["two words here", "", ""]
    assert [row["alt"] for row in rows] == [None, None, None]


def test_images_stand_apart_with_their_alt() -> None:
    links = [{"path": "IMG@/src", "alt": " A  cat ", "url": "https://cdn.example/c.png"}, anchor("https://a.example/")]
    image, link = links_of(wat(links=links))
    assert (image["kind"], image["alt"], image["anchor"]) == ("image", "A cat", None)
    assert (link["kind"], link["alt"], link["anchor"]) == ("anchor", None, "")


def test_links_of_the_head() -> None:
    head = {
        "Link": [
            {"path": "LINK@/href", "rel": "canonical", "url": "/canon#x"},
            {"path": "LINK@/href", "rel": "Alternate", "type": "application/rss+xml", "url": "/feed"},
            {"path": "LINK@/href", "rel": "stylesheet", "type": "text/css", "url": "https://cdn.example/s.css"},
            {"path": "LINK@/href", "rel": "shortcut icon", "url": "//cdn.example/i.ico"},
            {"path": "LINK@/href", "url": "https://norel.example/"},
        ],
        "Scripts": [{"path": "SCRIPT@/src", "url": "https://cdn.example/a.js"}],
        "Metas": [{"http-equiv": "Refresh", "content": "5; URL='/next'"}],
    }
    record = wat(head=head)
    assert [(row["kind"], row["target_url"]) for row in links_of(record)] == [
        ("refresh", "https://www.example.org/next"),
        ("canonical", "https://www.example.org/canon"),
        ("alternate", "https://www.example.org/feed"),
        ("style", "https://cdn.example/s.css"),
        ("rel_link", "https://cdn.example/i.ico"),
        ("script", "https://cdn.example/a.js"),
    ]
    assert page_of(record)["canonical"] == "https://www.example.org/canon"


def test_base() -> None:
    record = wat(links=[anchor("x"), anchor("/y")], head={"Base": " https://base.example/deep/dir "})
    assert [row["target_url"] for row in links_of(record)] == ["https://base.example/deep/x", "https://base.example/y"]
    internal = [row["is_internal"] for row in links_of(record)]
    assert internal == [False, False]


@pytest.mark.parametrize(
    ("metas", "headers", "expected"),
    [
        ([{"name": "robots", "content": "noindex, NOFOLLOW"}], {}, (True, True, "meta", "meta")),
        ([{"name": "ROBOTS", "content": "none"}], {}, (True, True, "meta", "meta")),
        ([{"name": "googlebot", "content": "nofollow"}], {}, (False, True, "meta:googlebot", "meta")),
        ([], {"x-robots-tag": "nofollow"}, (False, True, "header", "header")),
        ([], {"X-Robots-Tag": ["noindex", "googlebot: nofollow"]}, (True, True, "header+header:googlebot", "header")),
        ([{"name": "robots", "content": "index,follow"}], {"Content-Type": "text/html"}, (False, False, None, None)),
        ([{"property": "og:title", "content": "nofollow"}], {}, (False, False, None, None)),
    ],
)
def test_robots(metas: list[Json], headers: Json, expected: tuple[bool, bool, str | None, str | None]) -> None:
    record = wat(links=[anchor("https://a.example/")], head={"Metas": metas}, headers=headers)
    page, (link,) = page_of(record), links_of(record)
    assert (page["robots_noindex"], page["robots_nofollow"], page["robots_origin"], link["rel_origin"]) == expected
    assert link["nofollow"] is expected[1]


def test_page_facts() -> None:
    metas = [
        {"name": "HTML@/lang", "content": "de-AT"},
        {"name": "Author", "content": " Ada  Muster "},
        {"property": "article:published_time", "content": "2019-02-03T04:05:06+01:00"},
        {"property": "article:modified_time", "content": 5},
        {"name": "viewport"},
        "not an object",
    ]
    page = page_of(wat(head={"Metas": metas, "Title": " A \n title "}))
    assert (page["lang"], page["author"], page["title"]) == ("de", "Ada Muster", "A title")
    assert page["published_at"] == datetime(2019, 2, 3, 3, 5, 6, tzinfo=UTC)
    assert page["modified_at"] is None


def test_counts_leave_embedded_resources_out() -> None:
    links = [anchor("/a"), anchor("https://sub.example.org/"), anchor("https://b.example/")]
    links.append({"path": "IMG@/src", "url": "https://cdn.example/i.png"})
    record = wat(links=links)
    for limits in (DEFAULT_LIMITS, Limits(external_only=True)):
        (page,) = extract(record, limits=limits).pages.to_pylist()
        assert (page["n_internal_links"], page["n_external_links"]) == (2, 1)


def test_external_only_keeps_other_hosts_and_the_canonical_fact() -> None:
    links = [
        anchor(u) for u in ("/a", "https://www.example.org:443/b", "//sub.example.org/", "https://b.example/", "c")
    ]
    record = wat(links=links, head={"Link": [{"path": "LINK@/href", "rel": "canonical", "url": "/c"}]})
    batch = extract(record, limits=Limits(external_only=True))
    assert batch.links["target_url"].to_pylist() == ["https://sub.example.org/", "https://b.example/"]
    assert batch.pages["canonical"].to_pylist() == ["https://www.example.org/c"]
    everything = {row["target_url"]: row["link_id"] for row in links_of(record)}
    assert all(everything[row["target_url"]] == row["link_id"] for row in batch.links.to_pylist())


def test_capture() -> None:
    headers = {"content-TYPE": "text/HTML; charset=utf-8", "Set-Cookie": ["a", "b"], "Odd": None, "Number": 3}
    (row,) = extract(wat(headers=headers, header={"WARC-IP-Address": "192.0.2.7"})).captures.to_pylist()
    assert (row["url"], row["host"], row["domain"], row["depth"]) == (URL, "www.example.org", "example.org", "wat")
    assert row["fetched_at"] == datetime(2019, 5, 19, 7, 25, 24, tzinfo=UTC)
    assert (row["http_status"], row["content_type"], row["ip"]) == (200, "text/html", "192.0.2.7")
    assert (row["payload_digest"], row["evidence_file"], row["evidence_offset"]) == ("sha1:AB", "x.warc.wat.gz", 0)


def test_digest_of_the_entity_where_the_record_has_none() -> None:
    record = wat(header={"WARC-Payload-Digest": None})
    response(record)["Entity-Digest"] = "sha1:CD"
    assert extract(record).captures["payload_digest"].to_pylist() == ["sha1:CD"]


def test_arc_header() -> None:
    record = wat()
    envelope = record["Envelope"]
    del envelope["WARC-Header-Metadata"]
    envelope["ARC-Header-Metadata"] = {"Target-URI": URL, "Date": "20080430204825", "IP-Address": "192.0.2.1"}
    (row,) = extract(record).captures.to_pylist()
    assert (row["url"], row["ip"]) == (URL, "192.0.2.1")
    assert row["fetched_at"] == datetime(2008, 4, 30, 20, 48, 25, tzinfo=UTC)


def redirecting(record: Json, status: Any = "301") -> Json:
    response(record)["Response-Message"]["Status"] = status
    response(record)["Headers"] = {"Location": "/new place"}
    return record


def test_a_redirect_is_a_capture_and_a_link() -> None:
    batch = extract(redirecting(wat(links=[anchor("/x")])), redirecting(wat(), 302))
    assert batch.captures["redirect_target"].to_pylist() == ["https://www.example.org/new%20place"] * 2
    assert batch.captures["http_status"].to_pylist() == [301, 302]
    assert [(row["kind"], row["target_url"]) for row in batch.links.to_pylist()] == [
        ("redirect", "https://www.example.org/new%20place")
    ] * 2
    assert batch.pages.num_rows == 0


@pytest.mark.parametrize("status", ["404", "503"])
def test_failed_pages_are_captures_without_links(status: str) -> None:
    record = wat(links=[anchor("/x")])
    response(record)["Response-Message"]["Status"] = status
    batch = extract(record)
    assert (batch.captures.num_rows, batch.pages.num_rows, batch.links.num_rows) == (1, 0, 0)


def test_records_that_describe_no_page_are_passed_over() -> None:
    request = wat()
    request["Envelope"]["Payload-Metadata"] = {"HTTP-Request-Metadata": {"Headers": {}}}
    info = {"Envelope": {"Payload-Metadata": {"WARC-Info-Metadata": {"software": "x"}}}}
    dns = wat(header={"WARC-Target-URI": "dns:example.org"})
    batch = extract(request, info, dns)
    assert (batch.captures.num_rows, batch.links.num_rows, batch.errors) == (0, 0, ())


def test_notes_of_the_crawler_give_language_and_charset() -> None:
    notes = wat()
    languages = json.dumps({"reliable": True, "languages": [{"code": "iw"}, {"code": "en"}]})
    notes["Envelope"]["Payload-Metadata"] = {
        "WARC-Metadata-Metadata": {
            "Metadata-Records": [
                {"Name": "languages-cld2", "Value": languages},
                {"Name": "charset-detected", "Value": "windows-1255"},
                {"Name": "fetchTimeMs", "Value": 688},
                None,
            ]
        }
    }
    batch = extract(wat(links=[anchor("?q=ש")]), notes)
    assert batch.pages["lang"].to_pylist() == ["he"]
    assert batch.links["target_url"].to_pylist() == [URL + "?q=%F9"]


def test_dictionaries_hold_each_value_once() -> None:
    later = {"WARC-Date": "2019-05-20T00:00:00Z"}
    links = extract(wat(links=[anchor("/a")]), wat(links=[anchor("/a"), anchor("//b.example/")], header=later)).links
    for column in links.columns:
        if pa.types.is_dictionary(column.type):
            values = column.dictionary.to_pylist()
            assert len(set(values)) == len(values)
            assert None not in values


@pytest.mark.data
def test_real_common_crawl_records(data_dir: Path) -> None:
    (file,) = open_inputs([str(data_dir / "warc/commoncrawl/CC-MAIN-2019-22-excerpt.warc.wat")])
    assert isinstance(file, InputFile)
    records = [item for item in items(file) if isinstance(item, WatRecord)]
    batch = extract_wat(records, file, RULES, DEFAULT_LIMITS)
    assert (batch.captures.num_rows, batch.pages.num_rows, batch.errors) == (1, 1, ())
    (page,) = batch.pages.to_pylist()
    assert page["title"].startswith("Save Your Ears 8211")
    assert page["lang"] == "en"
    rows = batch.links.to_pylist()
    assert sum(row["kind"] == "anchor" for row in rows) == 144
    contact = next(row for row in rows if row["target_url"].endswith("/contact"))
    assert (contact["rel"], contact["nofollow"], contact["anchor"]) == ("nofollow", True, "Contact")
