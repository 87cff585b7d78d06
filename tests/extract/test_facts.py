"""What a page says of itself; null where it does not say, or not surely."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from scraping import extracted, page, record

GERMAN = "Dies ist ein deutscher Text, der lang genug ist, damit man seine Sprache sicher erkennen kann, und mehr. "
ENGLISH = "This is an English text that is long enough for its language to be told with certainty, and then some. "


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


CASES: dict[str, tuple[str, str, Any]] = {
    "title": ("<title> A &amp; B\n C </title><title>no</title>", "title", "A & B C"),
    "title-empty": ("<title></title>", "title", None),
    "title-of-svg": ("<body><svg><title>no</title></svg><title>yes</title>", "title", "yes"),
    "title-none": ("<h1>x</h1>", "title", None),
    "lang": ("<html lang=pt-BR>", "lang", "pt"),
    "lang-xml": ("<html xml:lang=fr>", "lang", "fr"),
    "lang-old": ("<html lang=iw>", "lang", "he"),
    "lang-nonsense": (f"<html lang=xx-klingon><p>{GERMAN}", "lang", "de"),
    "lang-three-letters": (f"<html lang=deu><p>{ENGLISH}", "lang", "en"),
    "lang-meta": ("<meta http-equiv=Content-Language content=nl>", "lang", "nl"),
    "lang-text": (f"<p>{GERMAN * 2}", "lang", "de"),
    "lang-unknown": ("<p>OK", "lang", None),
    "author-meta": ("<meta name=author content=' Ada  Lovelace '>", "author", "Ada Lovelace"),
    "author-jsonld": (
        """<script type="application/ld+json">{"@graph": [{"@type": "NewsArticle", "author":
        [{"@type": "Person", "name": "Ada"}, {"@id": "#b"}]}, {"@id": "#b", "name": "Bob"}]}</script>
        <meta name=author content=Site>""",
        "author",
        "Ada, Bob",
    ),
    "author-url": ("<meta property=article:author content=https://example.org/ada>", "author", None),
    "author-itemprop": ("<meta itemprop=author content=Ada>", "author", "Ada"),
    "author-link": ("<a rel='author nofollow' href=/ada>Ada</a> <a rel=author href=/ada>Ada</a>", "author", "Ada"),
    "author-links": ("<a rel=author href=/ada>Ada</a> <a rel=author href=/bob>Bob</a>", "author", None),
    "author-none": ("<p>by Ada", "author", None),
    "published-meta": (
        "<meta property=article:published_time content=2020-02-03T04:05:00+01:00>",
        "published_at",
        utc(2020, 2, 3, 3, 5),
    ),
    "published-jsonld": (
        """<script type='application/ld+json; charset=x'>{"@type": "Article", "datePublished": "2019-01-02"}</script>
        <meta name=date content=2010-01-01>""",
        "published_at",
        utc(2019, 1, 2),
    ),
    "published-jsonld-broken": (
        """<script type=application/ld+json>{"@type": "Article", "datePublished": }</script>
        <meta name=date content=2010-01-01>""",
        "published_at",
        utc(2010, 1, 1),
    ),
    "published-jsonld-raw-newline": (
        """<script type=application/ld+json>/* */ {</script>
        <script type=application/ld+json>{"@type": "Article", "name": "a\nb", "datePublished": "2019-01-02"}</script>""",  # noqa: E501
        "published_at",
        utc(2019, 1, 2),
    ),
    "published-itemprop": (
        "<time itemprop=datePublished datetime=2018-05-06>x</time>",
        "published_at",
        utc(2018, 5, 6),
    ),
    "published-class": (
        "<time class='entry-date x' datetime='2018-05-06 07:08'>",
        "published_at",
        utc(2018, 5, 6, 7, 8),
    ),
    "published-pubdate": ("<time pubdate datetime=2018-05-06>", "published_at", utc(2018, 5, 6)),
    "published-only-time": ("<article><time datetime=2018-05-06>x</time></article>", "published_at", utc(2018, 5, 6)),
    "published-many-times": (
        "<article><time datetime=2018-05-06>x</time><time datetime=2018-05-07>y</time></article>",
        "published_at",
        None,
    ),
    "published-elsewhere": ("<aside><time datetime=2018-05-06>x</time></aside>", "published_at", None),
    "published-rfc": ("<meta name=date content='Tue, 03 Mar 2015 10:00:00 GMT'>", "published_at", utc(2015, 3, 3, 10)),
    "published-future": ("<meta name=date content=2099-01-01>", "published_at", None),
    "published-before-the-web": ("<meta name=date content=1789-07-14>", "published_at", None),
    "published-nonsense": ("<meta name=date content=yesterday>", "published_at", None),
    "modified-meta": ("<meta property=article:modified_time content=2021-01-01>", "modified_at", utc(2021, 1, 1)),
    "modified-time": ("<time class=updated datetime=2021-01-01>x</time>", "modified_at", utc(2021, 1, 1)),
    "modified-none": ("<meta name=date content=2020-01-01>", "modified_at", None),
    "canonical": (
        "<link rel=canonical href=/a?b#c><link rel=canonical href=/no>",
        "canonical",
        "https://www.example.org/a?b",
    ),
    "canonical-none": ("<p>x", "canonical", None),
    "alternates": (
        "<link rel=alternate hreflang=de-AT href=/at><link rel=alternate href=/feed><link rel=alternate hreflang=X-default "  # noqa: E501
        "href=//example.com/>",
        "alternates",
        ["de-at https://www.example.org/at", "x-default https://example.com/"],
    ),
    "alternates-none": ("<p>x", "alternates", []),
    "n-internal": ("<a href=/a>x</a><a href=//b.example.org/>x</a><img src=//b.example.org/i>", "n_internal_links", 2),
    "n-external": ("<a href=//a.example/>x</a><script src=//b.example/s></script>", "n_external_links", 1),
}


@pytest.mark.parametrize(("markup", "column", "value"), CASES.values(), ids=CASES)
def test_fact(markup: str, column: str, value: object) -> None:
    assert page(markup)[column] == value


def test_content_language_header() -> None:
    assert page("<p>x", ("Content-Language", "sv, en"))["lang"] is None
    assert page("<p>x", ("Content-Language", "sv"))["lang"] == "sv"


def test_header_canonical_counts_where_the_page_has_none() -> None:
    header = ("Link", "</h>; rel=canonical")
    assert page("<p>x", header)["canonical"] == "https://www.example.org/h"
    assert page("<link rel=canonical href=/m>", header)["canonical"] == "https://www.example.org/m"


LONG = "<p>" + "A sentence of some length that says something about the matter in hand, with commas. " * 3
KINDS: dict[str, tuple[str, str, str]] = {
    "home": ("https://example.org/", "<p>x", "home"),
    "index": ("https://example.org/index.html", "<p>x", "home"),
    "not-home": ("https://example.org/?p=1", "<p>x", "other"),
    "article-jsonld": (
        "https://example.org/a",
        '<script type=application/ld+json>{"@type":"BlogPosting"}</script>',
        "article",
    ),
    "article-og": ("https://example.org/a", f"<meta property=og:type content=article>{LONG * 3}", "article"),
    "article-shape": ("https://example.org/a", f"<article>{LONG * 8}</article>", "article"),
    "product": ("https://example.org/a", "<meta property=og:type content=product>", "product"),
    "forum": ("https://example.org/forum/viewtopic.php", "<p>x", "forum"),
    "profile": ("https://example.org/author/ada", "<p>x", "profile"),
    "list-by-path": ("https://example.org/category/bread/", "<p>x", "list"),
    "list-by-shape": ("https://example.org/bread", "<article>a</article>" * 5, "list"),
    "resource-list": (
        "https://example.org/links.html",
        "".join(f"<li><a href=http://s{n}.example/>s</a>" for n in range(12)),
        "resource_list",
    ),
    "resource-list-by-shape": (
        "https://example.org/where-to-go",
        "".join(f"<li><a href=http://s{n}.example/>site {n}</a> is good" for n in range(40)),
        "resource_list",
    ),
    "other": ("https://example.org/contact", "<p>Write to us.", "other"),
}


@pytest.mark.parametrize(("url", "markup", "kind"), KINDS.values(), ids=KINDS)
def test_page_kind(url: str, markup: str, kind: str) -> None:
    assert page(markup, url=url)["page_kind"] == kind


READABLE: dict[str, tuple[bytes, tuple[tuple[str, str], ...], int | None, bool]] = {
    "html": (b"<p>x", (("Content-Type", "Text/HTML"),), 200, True),
    "xhtml": (b"<p>x", (("Content-Type", "application/xhtml+xml; charset=utf-8"),), 200, True),
    "no-type": (b"<!DOCTYPE html><p>x", (("Content-Type", ""),), 200, True),
    "no-status": (b"<p>x", (("Content-Type", "text/html"),), None, True),
    "pdf": (b"<p>x", (("Content-Type", "application/pdf"),), 200, False),
    "feed": (b"<rss><a href=/x></rss>", (("Content-Type", "application/rss+xml"),), 200, False),
    "plain": (b"<p>x", (("Content-Type", "text/plain"),), 200, False),
    "not-found": (b"<p>x", (("Content-Type", "text/html"),), 404, False),
    "empty": (b"", (("Content-Type", "text/html"),), 200, False),
}


@pytest.mark.parametrize(("body", "headers", "status", "has_page"), READABLE.values(), ids=READABLE)
def test_which_records_are_pages(
    body: bytes, headers: tuple[tuple[str, str], ...], status: int | None, has_page: bool
) -> None:
    batch = extracted(record(body, *headers, status=status))
    assert (batch.captures.num_rows, batch.pages.num_rows) == (1, int(has_page))


def test_records_of_the_archive_itself_are_no_captures() -> None:
    assert extracted(record(b"x", url="dns:example.org")).captures.num_rows == 0
