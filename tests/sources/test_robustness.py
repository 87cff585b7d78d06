"""Every broken archive of the third-party data: what is in it by hand count, no less than two other readers find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from warcio.archiveiterator import ArchiveIterator as WarcioIterator
from warcio.exceptions import ArchiveLoadFailed

from inlink.errors import BadInput
from inlink.sources import items, open_inputs, read_record
from inlink.sources.records import BadRecord, InputFile, Item, Record

IANA = "http://www.iana.org/"
ARCHIVE_ORG: list[Answer] = [
    ("http://www.archive.org/robots.txt", 200, 0),
    ("http://www.archive.org/", 200, 366),
    ("http://www.archive.org/index.php", 200, 28681),
    ("http://www.archive.org/images/logoc.jpg", 200, 0),
    ("http://www.archive.org/images/go-button-gateway.gif", 200, 0),
    ("http://www.archive.org/images/star.png", 200, 0),
    ("http://www.archive.org/services/collection-rss.php", 200, 50614),
]
BACON: list[Answer] = [("http://www.cs.odu.edu/~mkelly/semester/2017_spring/baconIpsum.html", 200, 39553)]
EXAMPLE = ("http://example.com/", 200, 1270)
EXAMPLE_REVISIT = ("http://example.com/", 200, 0)
FROGS = ("http://matkelly.com/frogsLeft", 200, 212)
FROG = ("http://matkelly.com/froggies/frog.png", 200, 0)
KELLY: list[Answer] = [("http://www.cs.odu.edu/robots.txt", 200, 0), ("http://www.cs.odu.edu/~mkelly/", 200, 40605)]

Answer = tuple[str, int | None, int]

# file: (URL, status, bytes of the body kept) of each answer; then the reasons of what could not be read, or in part
BY_HAND: dict[str, tuple[Sequence[Answer], list[str]]] = {
    "IAH-blackbook-truncated.arc": (ARCHIVE_ORG, []),
    "IAH-blackbook-truncated.arc.gz": (ARCHIVE_ORG, []),
    "IAH-blackbook-truncated.warc": (ARCHIVE_ORG, []),
    "IAH-blackbook-truncated.warc.gz": (ARCHIVE_ORG, []),
    "iipc-dedup-20130729-heritrix-original.warc.gz": ([("http://www.bl.uk/", 200, 68639)], []),
    "iipc-dedup-20130729-heritrix-revisit-with-http-headers.warc.gz": ([("http://www.bl.uk/", 200, 0)], []),
    "iipc-dedup-20141124-heritrix-server-not-modified.warc.gz": ([("http://www.bl.uk/", 304, 0)], []),
    "iipc-dedup-20141129-heritrix-original.warc.gz": ([("http://bl.uk/subjects/news-media/", 200, 75331)], []),
    "iipc-dedup-20141129-heritrix-revisit-with-http-headers-and-new-warc-headers.warc.gz": (
        [("http://bl.uk/subjects/news-media/", 200, 0)],
        [],
    ),
    "ipwb-5mementosAndFroggie.warc": (
        [
            *(("http://memento.us/", 200, size) for size in (55, 55, 55, 56, 56)),
            ("http://someotherURI.us/", 200, 39),
            ("http://anothersite.us/", 200, 39),
            ("http://whensAPNGNotAPing.net", 200, 0),
        ],
        [],
    ),
    "ipwb-baconIpsum_chunked.warc": (BACON, []),
    "ipwb-baconIpsum_chunked_httpTrailors.warc": (BACON, []),
    "ipwb-broken.warc": ([FROGS, FROG], ["wrong-length"]),
    "ipwb-frogTest.warc": ([FROGS, FROG], []),
    "ipwb-mkelly1.warc": (KELLY, []),
    "ipwb-mkelly2.warc": (KELLY, []),
    "ipwb-salam-home.warc": ([("http://www.cs.odu.edu/~salam/", 200, 1606)], []),
    # four lines, of which one has a length; its single byte is no HTTP answer
    "pywb-bad.arc": ([("http://example.com/", None, 0)], ["no-length", "not-a-record", "not-a-record"]),
    "pywb-dupes.warc.gz": (
        [
            ("http://example.com", 200, 1270),
            ("http://iana.org", 302, 0),
            (IANA, 200, 0),
            (IANA + "_js/2013.1/iana.js", 200, 0),
            (IANA + "_css/2013.1/screen.css", 200, 0),
            (IANA + "_js/2013.1/jquery.js", 200, 0),
            (IANA + "_css/2013.1/print.css", 200, 0),
            (IANA + "_img/2013.1/icann-logo.svg", 200, 0),
            (IANA + "_img/2013.1/iana-logo-homepage.png", 200, 0),
            (IANA + "_css/2013.1/fonts/OpenSans-Regular.ttf", 200, 0),
            (IANA + "_css/2013.1/fonts/OpenSans-Bold.ttf", 200, 0),
            ("http://example.com", 200, 0),
        ],
        [],
    ),
    "pywb-example-bad.warc.gz.bad": (  # one gzip member for all records
        [
            ("http://example.com?example=1", 200, 1270),
            ("http://example.com?example=1", 200, 0),
            ("http://www.iana.org/domains/example", 302, 201),
        ],
        [],
    ),
    "pywb-example-extra.warc": (
        [
            ("http://example.com?example=2", 200, 1270),
            ("http://example.com?example=2", None, 0),
            ("http://example.com?example=2", 200, 1269),
            ("http://example.com?example=2", None, 0),
        ],
        [],
    ),
    "pywb-example-url-agnostic-orig.warc.gz": ([("http://example.iana.org/", 200, 1270)], []),
    "pywb-example-url-agnostic-revisit.warc.gz": ([("http://test@example.com/", 200, 0)], []),
    "pywb-example-wget-1-14.warc.gz": ([EXAMPLE], []),
    "pywb-example-wpull.warc.gz": ([EXAMPLE], []),
    "pywb-httpbin-resource.warc.gz": ([("http://httpbin.org/anything/resource.json", None, 0)], []),
    "pywb-missing-status-text.warc": ([("http://iana.org/bads", 302, 0)], []),
    "ukwa-truncated_datetime.warc": ([("http://tokemon.sb.statsbiblioteket.dk/", 200, 246)], []),
    "warcio-example-bad-non-chunked.warc.gz": ([EXAMPLE, EXAMPLE_REVISIT], []),
    "warcio-example-digest.warc": ([], []),  # requests only
    "warcio-example-iana.org-chunked.warc": ([(IANA, 200, 7223)], []),
    "warcio-example-resource.warc.gz": ([("http://example.com/", None, 1303)], []),
    "warcio-example-space-in-target-uri.warc.gz": ([], []),  # one resource, of a file: URL
    "warcio-example-space-in-url.arc": (
        [
            (
                "http://example.com/index.cfm?FuseAction=Email&EmailTitle=Examples From The Live Web&IsPopUp=False",
                200,
                1270,
            )
        ],
        ["wrong-length"],  # 12 bytes too long, yet the whole answer is there
    ),
    "warcio-example-trunc.warc": ([EXAMPLE], ["wrong-length"]),
    "warcio-example-wget-bad-target-uri.warc.gz": ([EXAMPLE], []),
    "warcio-example-wrong-chunks.warc.gz": ([EXAMPLE], []),  # one record in two gzip members
    "warcio-example.arc": ([EXAMPLE], []),
    "warcio-example.arc.gz": ([EXAMPLE], []),
    "warcio-example.warc": ([EXAMPLE, EXAMPLE_REVISIT], []),
    "warcio-example.warc.gz": ([EXAMPLE, EXAMPLE_REVISIT], []),
    "warcio-post-test.warc.gz": (
        [
            ("http://httpbin.org/post", 200, 0),
            ("http://httpbin.org/post", 200, 0),
            ("http://httpbin.org/post?foo=bar", 200, 0),
        ],
        [],
    ),
    "warciojs-example-bad-length.warc": ([EXAMPLE, EXAMPLE_REVISIT], ["wrong-length"]),
    "warciojs-redirect.warc": ([("https://www.iana.org/domains/example", 301, 245)], []),
}
MORE_ARCHIVES = ("crawl", "commoncrawl")
LOST_BY = {  # sound enough to be read, counted by hand, and yet not read to the end by this reader
    ("iipc-link-extraction-test.warc", "warcio"),
}


def read(path: Path) -> list[Item]:
    (found,) = open_inputs([str(path)])
    assert isinstance(found, InputFile), found
    return list(items(found))


def records(found: list[Item]) -> list[Record]:
    return [item for item in found if isinstance(item, Record)]


@pytest.mark.data
def test_the_table_names_every_file(data_dir: Path) -> None:
    assert {path.name for path in (data_dir / "warc/robustness").iterdir()} == set(BY_HAND)


@pytest.mark.data
@pytest.mark.parametrize("name", BY_HAND)
def test_hand_count(data_dir: Path, name: str) -> None:
    answers, reasons = BY_HAND[name]
    found = read(data_dir / "warc/robustness" / name)
    assert [(r.url, r.http_status, len(r.body)) for r in records(found)] == list(answers)
    assert [item.reason for item in found if isinstance(item, BadRecord)] == reasons


@pytest.mark.data
@pytest.mark.parametrize("name", BY_HAND)
def test_no_answer_that_warcio_finds_is_missing(data_dir: Path, name: str) -> None:
    path = data_dir / "warc/robustness" / name
    found = records(read(path))
    ours = {(r.url, r.http_status) for r in found} | {(r.url, None) for r in found}
    assert set(_by_warcio(path)) <= ours


@pytest.mark.data
@pytest.mark.parametrize("folder", MORE_ARCHIVES)
def test_sound_archives_agree_with_both_readers(data_dir: Path, folder: str) -> None:
    for path in sorted((data_dir / "warc" / folder).iterdir()):
        if ".warc" not in path.name or ".wat" in path.name or ".wet" in path.name:
            continue
        ours = Counter((r.url, r.http_status) for r in records(read(path)))
        for reader, theirs in (("warcio", Counter(_by_warcio(path))), ("FastWARC", Counter(_by_fastwarc(path)))):
            assert theirs <= ours, f"{path.name}, {reader}"
            assert (theirs == ours) != ((path.name, reader) in LOST_BY), f"{path.name}, {reader}"


@pytest.mark.data
def test_evidence_leads_back_to_every_record(data_dir: Path) -> None:
    n_read = 0
    for folder in ("robustness", *MORE_ARCHIVES):
        for path in sorted((data_dir / "warc" / folder).iterdir()):
            for record in records(_items_or_none(path)):
                again = read_record(str(path), record.offset)
                assert again == record, f"{path.name} at {record.offset}"
                n_read += 1
    assert n_read == 798


def _items_or_none(path: Path) -> list[Item]:
    (found,) = open_inputs([str(path)])
    return [] if isinstance(found, BadInput) else list(items(found))


def _by_warcio(path: Path) -> list[tuple[str, int | None]]:
    found: list[tuple[str, int | None]] = []
    with path.open("rb") as file:
        try:
            for record in WarcioIterator(file):
                url = record.rec_headers.get_header("WARC-Target-URI") or record.rec_headers.get_header("uri") or ""
                if record.rec_type not in ("response", "resource", "revisit") or not url.startswith("http"):
                    continue
                status = record.http_headers.get_statuscode() if record.http_headers else ""
                found.append((url, (int(status) or None) if status.isdigit() else None))
        except ArchiveLoadFailed:
            pass
    return found


def _by_fastwarc(path: Path) -> list[tuple[str, int | None]]:
    kinds = WarcRecordType.response | WarcRecordType.resource | WarcRecordType.revisit
    found: list[tuple[str, int | None]] = []
    for record in ArchiveIterator(str(path), record_types=kinds):
        url = (record.headers.get("WARC-Target-URI") or "").strip("<>")
        if url.startswith("http"):
            found.append((url, (record.is_http and record.http_headers.status_code) or None))
    return found
