"""Link lists of every tool, as their columns are known; rows that are broken cost only themselves."""

from __future__ import annotations

import codecs
import csv
import io
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inlink.errors import BadInput
from inlink.sources import items, open_inputs
from inlink.sources.records import BadRecord, InputFile, Item, ListedLink

MTIME = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def day(year: int, month: int, number: int, *clock: int) -> int:
    return int(datetime(year, month, number, *clock, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[misc, arg-type]


def opened(path: Path, data: bytes | str) -> InputFile | BadInput:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    os.utime(path, (MTIME.timestamp(), MTIME.timestamp()))
    (found,) = open_inputs([str(path)])
    return found


def read(path: Path, data: bytes | str) -> list[Item]:
    found = opened(path, data)
    assert isinstance(found, InputFile), found
    return list(items(found))


A, B = "https://a.example/1", "https://b.example/2,3?x=1"
ON_A, ON_B = day(2020, 6, 30), day(2020, 7, 15)
GSC: dict[str, str] = {
    "english": f'Linking page,Last crawled\n{A},2020-06-30\n"{B}",2020-07-15\n',
    "spelled-dates": f'Linking page,Last crawled\n{A},"Jun 30, 2020"\n"{B}","Jul 15, 2020"\n',
    "day-first": f'Linking page,Last crawled\n{A},30/06/2020\n"{B}",15/07/2020\n',
    "month-first": f'Linking page,Last crawled\n{A},06/30/2020\n"{B}",07/15/2020\n',
    "dots-and-semicolons": f"Verlinkende Seite;Zuletzt gecrawlt\n{A};30.06.2020\n{B};15.07.2020\n",
    "hebrew": f'דף מקשר,נסרק לאחרונה\n{A},30.6.2020\n"{B}",15.7.2020\n',
    "any-language": f"リンク元ページ\t最終クロール\n{A}\t2020/06/30\n{B}\t2020/07/15\n",
    "crlf-and-empty-lines": f'Linking page,Last crawled\r\n\r\n{A},2020-06-30\r\n"{B}",2020-07-15\r\n\r\n',
    "cr": f'Linking page,Last crawled\r{A},2020-06-30\r"{B}",2020-07-15\r',
    "quoted": f'"Linking page","Last crawled"\n"{A}","2020-06-30"\n"{B}","2020-07-15"\n',
    "no-last-line-end": f'Linking page,Last crawled\n{A},2020-06-30\n"{B}",2020-07-15',
    "mixed-case": f'LINKING PAGE, last  Crawled \n{A},2020-06-30\n"{B}",2020-07-15',
}
ENCODINGS = {
    "utf-8": lambda text: text.encode(),
    "utf-8-mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "utf-16-mark": lambda text: text.encode("utf-16"),
    "utf-16-be": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "utf-16-le-unmarked": lambda text: text.encode("utf-16-le"),
}


# without a mark, UTF-16 shows by its zero bytes, so not where most characters are beyond Latin
UNTOLD = {("hebrew", "utf-16-le-unmarked"), ("any-language", "utf-16-le-unmarked")}


@pytest.mark.parametrize(("case", "encoding"), sorted({(c, e) for c in GSC for e in ENCODINGS} - UNTOLD))
def test_search_console_latest_links(tmp_path: Path, case: str, encoding: str) -> None:
    found = opened(tmp_path / "x.csv", ENCODINGS[encoding](GSC[case]))
    assert isinstance(found, InputFile), found
    assert (found.format, found.facts["layout"]) == ("gsc", "gsc-latest-links")
    rows = [item for item in items(found) if isinstance(item, ListedLink)]
    assert [(r.source_url, r.target_url, r.seen_at_us) for r in rows] == [(A, None, ON_A), (B, None, ON_B)]
    assert [(r.anchor, r.nofollow) for r in rows] == [(None, None)] * 2
    assert rows[0].row == (3 if case.startswith("crlf") else 2)


@pytest.mark.data
def test_a_real_export(data_dir: Path) -> None:
    path = data_dir / "csv-exports/gsc-latest-links-johnmurch-2020-07-15.csv"
    (found,) = open_inputs([str(path)])
    assert isinstance(found, InputFile)
    rows = list(items(found))
    with path.open(encoding="utf-8") as file:
        expected = [(row["Linking page"], row["Last crawled"]) for row in csv.DictReader(file)]
    assert len(rows) == len(expected) == 18
    for row, (url, date) in zip(rows, expected, strict=True):
        assert isinstance(row, ListedLink)
        assert row.source_url == url
        assert row.seen_at_us == day(*map(int, date.split("-")))


def test_rows_without_dates_have_the_date_of_the_export(tmp_path: Path) -> None:
    by_name = read(tmp_path / "site.example-More sample links-2020-07-15.csv", f"Linking page\n{A}\n{A}\n")
    assert [r.seen_at_us for r in by_name if isinstance(r, ListedLink)] == [day(2020, 7, 15)] * 2
    by_file = read(tmp_path / "x.csv", f"Linking page\n{A}\n")
    assert [r.seen_at_us for r in by_file if isinstance(r, ListedLink)] == [day(2024, 5, 6)]


@pytest.mark.parametrize(
    ("name", "site"),
    [
        ("example.com-Latest links-2026-07-18.csv", "example.com"),
        ("https___www.example.com_-Latest links-2020-07-15.csv", "https://www.example.com"),
        ("my-shop.co.uk-More sample links-2020-07-15.csv", "my-shop.co.uk"),
        ("http___example.com_-Neueste Links-2020-07-15.csv", "http://example.com"),
        ("links.csv", None),
        ("gsc-latest-links-johnmurch-2020-07-15.csv", None),
    ],
)
def test_the_name_says_whose_links_these_are(tmp_path: Path, name: str, site: str | None) -> None:
    found = opened(tmp_path / name, f"Linking page,Last crawled\n{A},2020-06-30\n")
    assert isinstance(found, InputFile)
    assert found.facts.get("property") == site


def test_linking_sites_stand_for_their_home_pages(tmp_path: Path) -> None:
    for header in ("Site,Linking pages,Target pages", "אתר,דפים מקשרים,דפי יעד", "Website,Seiten,Ziele"):
        rows = read(tmp_path / "x.csv", f'{header}\nsmall.example,3,1\nbig.example.com,"1,240",12\n')
        assert [r.source_url for r in rows if isinstance(r, ListedLink)] == [
            "http://small.example/",
            "http://big.example.com/",
        ]


def table(headers: str, *rows: str, delimiter: str = ",", split: str = "|") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    for row in (headers, *rows):
        writer.writerow([cell.strip() for cell in row.split(split)])
    return out.getvalue()


T = "https://mine.example/page"
AHREFS = (
    "Referring page title | Referring page URL | Language | Platform | Referring page HTTP code | Domain rating | UR | "
    "Domain traffic | Referring domains | Linked domains | External links | Page traffic | Keywords | Target URL | "
    "Left context | Anchor | Right context | Redirect Chain URLs | Redirect Chain status codes | Type | Is spam | "
    "Content | Nofollow | UGC | Sponsored | Rendered | Raw | Lost status | Drop reason | Discovered status | "
    "First seen | Last seen | Lost | Author | Page type | Page category | Links in group"
)
AHREFS_ROW = (
    f"Title\nof two lines | {A} | en | | 200 | 50 | 10 | 1 | 2 | 3 | 4 | 5 | 6 | {T} | before | the anchor, here | "
    "after | | | text | false | true | true | false | false | | true | | | | 2019-01-02 03:04:05 | "
    "2020-06-30 11:22:33 | | | | | 1"
)
SEMRUSH = (
    "Page ascore|Source title|Source url|Target url|Anchor|External links|Internal links|Nofollow |Sponsored|Ugc|Text|"
    "Frame|Form|Image|Sitewide|First seen|Last seen|New link|Lost link"
)
SEMRUSH_ROW = (
    f"5|Title|{A}|{T}|the anchor, here|1|2|true|false|false|true|false|false|false|false|2019-01-02|2020-06-30||"
)
MAJESTIC = (
    "Target URL|Source URL|Anchor Text|Source Crawl Date|Source First Found Date|FlagNoFollow|FlagImageLink|"
    "FlagRedirect|FlagFrame|FlagOldCrawl|FlagAltText|FlagMention|SourceCitationFlow|SourceTrustFlow|TargetCitationFlow|"
    "TargetTrustFlow|SourceTopicalTrustFlow_Topic_0|SourceTopicalTrustFlow_Value_0|RefDomainTopicalTrustFlow_Topic_0|"
    "RefDomainTopicalTrustFlow_Value_0"
)
MAJESTIC_ROW = f"{T}|{A}|the anchor, here|2020-06-30|2019-01-02|+|-|-|-|-|-|-|1|2|3|4|a|5|b|6"
TOOLS: dict[str, tuple[str, bytes, int]] = {
    "ahrefs": ("ahrefs", table(AHREFS, AHREFS_ROW, delimiter="\t").encode("utf-16"), day(2020, 6, 30, 11, 22, 33)),
    "ahrefs-csv": ("ahrefs", table(AHREFS, AHREFS_ROW).encode(), day(2020, 6, 30, 11, 22, 33)),
    "ahrefs-2021": (
        "ahrefs",
        table(
            "#|Domain Rating|Referring Page URL|Referring Page Title|Link URL|TextPre|Link Anchor|TextPost|Type|"
            "Last Check",
            f"1|50|{A}|Title|{T}|a|the anchor, here|b|Nofollow|2020-06-30",
        ).encode(),
        ON_A,
    ),
    "semrush": ("semrush", table(SEMRUSH, SEMRUSH_ROW).encode(), ON_A),
    "majestic": ("majestic", table(MAJESTIC, MAJESTIC_ROW).encode(), ON_A),
    "majestic-api": (
        "majestic",
        table("SourceURL|AnchorText|Date|FlagNoFollow|TargetURL", f"{A}|the anchor, here|2020-06-30|1|{T}").encode(),
        ON_A,
    ),
    "plain-columns": (
        "links",
        table("source_url|target_url|anchor|nofollow|last_seen", f"{A}|{T}|the anchor, here|true|2020-06-30").encode(),
        ON_A,
    ),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_other_tools(tmp_path: Path, tool: str) -> None:
    name, data, seen_at = TOOLS[tool]
    found = opened(tmp_path / "x", data)
    assert isinstance(found, InputFile), found
    assert (found.format, found.facts["layout"]) == ("links", name)
    more = (False, False) if tool in ("ahrefs", "ahrefs-csv", "semrush") else (None, None)
    assert list(items(found)) == [ListedLink(A, T, seen_at, 2, "the anchor, here", True, *more)]


def test_nofollow_is_unknown_where_not_said(tmp_path: Path) -> None:
    text = "".join(f"{A},{T},{word}\n" for word in ("true", "false", "", "perhaps", "0"))
    rows = read(tmp_path / "x", "source_url,target_url,nofollow\n" + text)
    assert [r.nofollow for r in rows if isinstance(r, ListedLink)] == [True, False, None, None, False]


# What tools say of a link, and what is then known: nofollow, ugc, sponsored.
SAID: dict[str, tuple[str, str, tuple[bool | None, bool | None, bool | None]]] = {
    "not nofollow": ("nofollow", "false", (False, None, None)),
    "dofollow in a column of types": ("nofollow", "Dofollow", (False, False, False)),
    "dofollow": ("dofollow", "yes", (False, False, False)),
    "not dofollow": ("dofollow", "no", (True, None, None)),
    "nofollow as a word": ("follow", "nofollow", (True, None, None)),
    "follow unknown": ("follow", "", (None, None, None)),
    "all three": ("nofollow,ugc,sponsored", "true,false,true", (True, False, True)),
    "ugc alone": ("nofollow,ugc,sponsored", ",true,", (None, True, None)),
    "our own export": ("follow,nofollow,ugc,sponsored", "true,false,false,false", (False, False, False)),
    "our own, ugc": ("follow,nofollow,ugc,sponsored", "false,false,true,false", (False, True, False)),
    "our own, ugc, the rest unknown": ("follow,nofollow,ugc,sponsored", "false,,true,", (None, True, None)),
    "our own, unknown": ("follow,nofollow,ugc,sponsored", ",,,", (None, None, None)),
    "at odds": ("follow,nofollow", "true,true", (True, False, False)),
}


@pytest.mark.parametrize("case", SAID)
def test_what_is_said_of_rel(tmp_path: Path, case: str) -> None:
    columns, cells, expected = SAID[case]
    (found,) = read(tmp_path / "x", f"source_url,target_url,{columns},last_seen\n{A},{T},{cells},2020-06-30\n")
    assert isinstance(found, ListedLink)
    assert (found.nofollow, found.ugc, found.sponsored) == expected


def test_majestic_knows_nofollow_alone(tmp_path: Path) -> None:
    (found,) = read(tmp_path / "x", table(MAJESTIC, MAJESTIC_ROW.replace("|+|", "|-|")))
    assert isinstance(found, ListedLink)
    assert (found.nofollow, found.ugc, found.sponsored) == (False, None, None)


def test_pairs_and_urls(tmp_path: Path) -> None:
    rows = read(tmp_path / "x", f"{A},{T}\n{A},{T}\n")
    assert [(r.source_url, r.target_url) for r in rows if isinstance(r, ListedLink)] == [(A, T)] * 2
    rows = read(tmp_path / "x", f"# mine\n{A}\n\nhttps://c.example/\n# more\nhttps://d.example/\n")
    assert [(r.source_url, r.row) for r in rows if isinstance(r, ListedLink)] == [
        (A, 2),
        ("https://c.example/", 4),
        ("https://d.example/", 6),
    ]


HEAD = "Linking page,Last crawled\n"
BROKEN: dict[str, tuple[str, list[str]]] = {
    "no-url": (f"{HEAD}not a url,2020-06-30\n{A},2020-06-30\n", ["row-no-url", A]),
    "mail": (f"{HEAD}mailto:x@a.example,2020-06-30\n{A},2020-06-30\n", ["row-no-url", A]),
    "too-short": (f"source_url,target_url\n{A},{T}\nx\n{A},{T}\n", [A, "row-broken", A]),
    "bad-date": (f"{HEAD}{A},soon\n", ["row-bad-date", A]),
    "open-quote": (f'{HEAD}{A},2020-06-30\n"https://x.example/,2020-06-30\n{A},2020-06-30\n', [A, "row-broken", A]),
    "stray-quote": (
        f'{HEAD}{A},2020-06-30\nhttps://x.example/?q="a,2020-06-30\n{A},2020-06-30\n',
        [A, 'https://x.example/?q="a', A],
    ),
    "text-after-quote": (
        f'{HEAD}{A},2020-06-30\n"https://x.example/"x,2020-06-30\n{A},2020-06-30\n',
        [A, "row-broken", A],
    ),
    "bytes": (f"{HEAD}{A},2020-06-30\n\x00\x01\x02\n{A},2020-06-30\n", [A, "row-broken", A]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_rows(tmp_path: Path, case: str) -> None:
    text, expected = BROKEN[case]
    rows = read(tmp_path / "x", text)
    assert [r.reason if isinstance(r, BadRecord) else getattr(r, "source_url", "") for r in rows] == expected


def test_a_list_in_another_encoding(tmp_path: Path) -> None:
    rows = read(tmp_path / "x", f"source_url,target_url,anchor\n{A},{T},café\n".encode("cp1252"))
    assert [r.anchor for r in rows if isinstance(r, ListedLink)] == ["café"]


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_anything_after_the_header_is_survived(tmp_path: Path, data: bytes) -> None:
    found = opened(tmp_path / "x", HEAD.encode() + f"{A},2020-06-30\n".encode() + data)
    if isinstance(found, InputFile):
        assert all(isinstance(item, ListedLink | BadRecord) for item in items(found))


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_is_survived(tmp_path: Path, data: bytes) -> None:
    found = opened(tmp_path / "x", data)
    assert not isinstance(found, InputFile) or len(list(items(found))) >= 0


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


@given(st.lists(CELLS, min_size=1, max_size=20), st.sampled_from([",", ";", "\t"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_anchors_round_trip(tmp_path: Path, anchors: list[str], delimiter: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["source_url", "target_url", "anchor", "last_seen"])
    writer.writerows([A, T, anchor, "2020-06-30"] for anchor in anchors)
    rows = read(tmp_path / "x", out.getvalue())
    assert [r.anchor for r in rows if isinstance(r, ListedLink)] == [anchor.strip() or None for anchor in anchors]
