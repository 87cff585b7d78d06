"""The link extraction samples of IIPC and Common Crawl, read by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from scraping import RULES, Row

from inlink import sources
from inlink.extract.items import extract_items
from inlink.sources.limits import DEFAULT_LIMITS
from inlink.sources.records import InputFile

pytestmark = pytest.mark.data

EXAMPLE = "http://www.example.com/"
FACEBOOK = "https://www.facebook.com/facebook/"
VIDEO = FACEBOOK + "videos/10153231379946729/"
ARCHIVE = "https://archive.org/download/WebmVp8Vorbis/"
YOUTUBE = "http://www.youtube.com/v/itTskyFLSS8&rel=0&autohide=1&showinfo=0"

# page: (kind, target, anchor) of each link, resources of the own host left out
IIPC = {
    "html4.html": [
        ("anchor", EXAMPLE + "a-href.html", "A@/href"),
        ("anchor", EXAMPLE, "anchor only"),
        ("cite", EXAMPLE + "shakespeare.html", None),
        ("cite", EXAMPLE + "shakespeare-long.html", None),
        ("refresh", EXAMPLE + "redirected.html", None),
    ],
    "link-extraction-test-html5-video.html": [
        ("canonical", EXAMPLE + "video.html", None),
        ("alternate", EXAMPLE + "video.rss", None),
        ("media", ARCHIVE + "webmvp8.webm", None),
        ("media", ARCHIVE + "webmvp8_512kb.mp4", None),
        ("media", ARCHIVE + "webmvp8.ogv", None),
    ],
    "poor_html5.html": [("anchor", EXAMPLE, "link")],
    "fb-video.html": [
        ("cite", VIDEO, None),
        ("anchor", VIDEO, "How to Share With Just Friends"),
        ("anchor", FACEBOOK, "Facebook"),
    ],
    "data-href.examples.html": [
        ("cite", VIDEO, None),
        ("anchor", VIDEO, "How to Share With Just Friends"),
        ("anchor", FACEBOOK, "Facebook"),
        ("media", "http://edge.flowplayer.org/bauhaus.webm", None),
        ("media", "http://edge.flowplayer.org/bauhaus.mp4", None),
        ("anchor", EXAMPLE + "content-page", "Headline goes here."),
        ("anchor", EXAMPLE + "tags/content", "content"),
        ("anchor", EXAMPLE + "tags/headlines", "headlines"),
        ("anchor", EXAMPLE + "data-href.examples.html", "venobox"),
        ("anchor", EXAMPLE + "data-href.examples.html", "X"),
        ("frame", YOUTUBE, None),
    ],
    "fb-social-plugins.html": [
        ("cite", FACEBOOK[:-1], None),
        ("anchor", FACEBOOK[:-1], "Facebook"),
    ],
}
COMMON_CRAWL = IIPC | {
    "link-extraction-test-onclick-attr.html": [],
    "link-extraction-test-unescaped-entities.xhtml": [
        ("anchor", EXAMPLE + "view?id=logo&action=edit", "logo"),
        ("anchor", EXAMPLE + "search?q=examples&n=20", "Examples & more"),
        ("image", "https://img.example.org/view?id=867&res=10x16", None),
        ("refresh", EXAMPLE + "redirected.html", None),
    ],
    # A list ends the paragraph, so the parser opens the <a> again, twice: a browser has three links here.
    "link-extraction-test-anchor-text.html": [
        ("anchor", "https://example.org/", "Anchor text with"),
        ("anchor", "https://example.org/", "white space character entities and HTML block elements"),
        ("anchor", "https://example.org/", ""),
    ],
}
FILES = {"iipc-link-extraction-test.warc": IIPC, "cc-ia-link-extraction-test.warc": COMMON_CRAWL}


@pytest.mark.parametrize("name", FILES)
def test_links(data_dir: Path, name: str) -> None:
    rows = link_rows(data_dir / "warc" / "crawl" / name)
    found: dict[str, list[tuple[str, str, str | None]]] = {page: [] for page in FILES[name]}
    for row in rows:
        page = row["source_url"].rpartition("/")[2]
        found[page].append((row["kind"], row["target_url"], row["anchor"]))
    assert found == FILES[name]


def test_details(data_dir: Path) -> None:
    rows = link_rows(data_dir / "warc" / "crawl" / "cc-ia-link-extraction-test.warc")
    (examples,) = [row for row in rows if row["anchor"] == "Examples & more"]
    assert (examples["nofollow"], examples["rel_origin"]) == (True, "rel")
    (image,) = [row for row in rows if row["kind"] == "image"]
    assert image["alt"] == 'image URL containing escaped ampersand ("&amp;")'
    assert image["text_before"].endswith("Examples & more")


def link_rows(path: Path) -> list[Row]:
    (file,) = sources.open_inputs([str(path)])
    assert isinstance(file, InputFile)
    batches = list(extract_items(sources.items(file), file, RULES, DEFAULT_LIMITS))
    return [row for batch in batches for row in batch.links.to_pylist()]
