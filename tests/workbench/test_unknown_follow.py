"""From inputs that cannot know rel to every answer: unknown is shown, filtered, grouped and counted as such."""

from __future__ import annotations

import dataclasses
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_workbench_workspace import write_warc

from inlink.demo.warc import record
from inlink.workbench import Workbench

ME = "https://me.example/"
PAGE = '<html><head><title>P</title></head><body><main><p>See <a {rel} href="https://me.example/">me</a>.</p></main>'
AHREFS = "Referring page URL,Target URL,Anchor,Nofollow,UGC,Sponsored,Last seen\n"
MAJESTIC = "Source URL,Target URL,Anchor Text,FlagNoFollow,Source Crawl Date\n"
# source → whether its link is follow
FOLLOW: dict[str, bool | None] = {
    "page.example": True,  # a page that was seen, and is in a list that tells nothing
    "early.example": None,  # a WAT record of 2017
    "barred.example": False,  # the same with a robots meta
    "plain.example": None,  # a list of pairs
    "all.example": True,  # a list that tells all three
    "ugc.example": False,
    "minus.example": None,  # a list that tells only: not nofollow
    "plus.example": False,
}


def write_wat(path: Path, pages: dict[str, dict[str, Any]], date: str) -> Path:
    """Records as Common Crawl wrote them before its crawl of week 34 of 2017: no rel on anchors."""
    members = []
    for url, head in pages.items():
        links = [{"path": "A@/href", "url": ME, "text": "me"}]
        answer = {
            "Response-Message": {"Status": "200", "Version": "HTTP/1.1", "Reason": "OK"},
            "Headers": {"Content-Type": "text/html"},
            "HTML-Metadata": {"Head": {"Title": "P", **head}, "Links": links},
        }
        told = {"WARC-Type": "response", "WARC-Target-URI": url, "WARC-Date": date, "WARC-Payload-Digest": "sha1:AB"}
        envelope = {"WARC-Header-Metadata": told, "Payload-Metadata": {"HTTP-Response-Metadata": answer}}
        text = json.dumps({"Container": {"Filename": "x.warc.gz", "Offset": "9"}, "Envelope": envelope}).encode()
        headers = [("WARC-Target-URI", url), ("WARC-Date", date), ("Content-Type", "application/json")]
        members.append(gzip.compress(record("metadata", headers, text, url), mtime=0))
    path.write_bytes(b"".join(members))
    return path


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """Links to me.example from a page, early WAT records, and lists that tell more or less."""
    folder = tmp_path_factory.mktemp("unknown")
    inputs = [
        write_warc(
            folder / "a.warc.gz", {"https://page.example/": PAGE.format(rel="").encode()}, "2026-10-01T00:00:00Z"
        ),
        write_wat(
            folder / "b.warc.wat.gz",
            {
                "https://early.example/": {},
                "https://barred.example/": {"Metas": [{"name": "robots", "content": "nofollow"}]},
            },
            "2017-07-21T08:00:00Z",
        ),
    ]
    texts = {
        "pairs.csv": "source_url,target_url,last_seen\n"
        + "".join(f"https://{name}/,{ME},2026-10-02\n" for name in ("plain.example", "page.example")),
        "ahrefs.csv": AHREFS
        + f"https://all.example/,{ME},x,false,false,false,2026-10-02\nhttps://ugc.example/,{ME},x,false,true,false,2026-10-02\n",
        "majestic.csv": MAJESTIC
        + f"https://minus.example/,{ME},x,-,2026-10-02\nhttps://plus.example/,{ME},x,+,2026-10-02\n",
        "https___me.example_-Latest links-2026-10-02.csv": "Linking page,Last crawled\nhttps://gsc.example/,2026-10-01\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
        inputs.append(folder / name)
    with Workbench.create(folder / "workspace") as made:
        made.add([str(path) for path in inputs])
        assert made.build(workers=1).outcome == "built"
        yield made


def test_every_link_says_what_is_known(bench: Workbench) -> None:
    rows = bench.backlinks("me.example", columns="source_domain,follow,nofollow,ugc,sponsored,rel_origin").to_dicts()
    assert {row["source_domain"]: row["follow"] for row in rows} == FOLLOW
    flags = {str(row["source_domain"]): (row["nofollow"], row["ugc"], row["sponsored"]) for row in rows}
    assert flags["barred.example"] == flags["plus.example"] == (True, None, None)
    assert flags["minus.example"] == (False, None, None)
    assert flags["ugc.example"] == (False, True, False)
    assert flags["page.example"] == (False, False, False)
    assert {row["source_domain"]: row["rel_origin"] for row in rows if row["rel_origin"]} == {"barred.example": "meta"}


def test_overview_counts_them_apart(bench: Workbench) -> None:
    found = bench.overview("me.example")
    assert (found.n_links, found.n_follow_links, found.n_unknown_follow_links) == (8, 2, 3)
    assert (found.n_nofollow_links, found.n_ugc_links, found.n_sponsored_links) == (2, 1, 0)
    assert found.n_follow_domains == 2
    rel = {count.value: count.n_links for count in found.breakdowns["rel"]}
    assert rel == {"follow": 2, "nofollow": 2, "ugc": 1, None: 3}
    assert found.domains is not None
    assert sum(row["n_unknown_follow_links"] for row in found.domains.to_pylist()) == 3


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ("follow", {name for name, follow in FOLLOW.items() if follow}),
        ("not follow", {name for name, follow in FOLLOW.items() if follow is False}),
        ("follow is unknown", {name for name, follow in FOLLOW.items() if follow is None}),
        ("nofollow = false", {"page.example", "all.example", "ugc.example", "minus.example"}),
        ("nofollow != true", {"page.example", "all.example", "ugc.example", "minus.example"}),
        ("not (nofollow = true)", {"page.example", "all.example", "ugc.example", "minus.example"}),
        ("nofollow is unknown", {"early.example", "plain.example"}),
        ("follow is null and nofollow is not null", {"minus.example"}),
    ],
)
def test_filters(bench: Workbench, where: str, wanted: set[str]) -> None:
    assert {row["source_domain"] for row in bench.backlinks("me.example", where=where).to_dicts()} == wanted
    assert {row["source_domain"] for row in bench.domains("me.example", where=where).to_dicts()} == wanted


def test_groups(bench: Workbench) -> None:
    assert {row["value"]: row["n_links"] for row in bench.counts("me.example", "follow").to_dicts()} == {
        True: 2, False: 3, None: 3,
    }  # fmt: skip
    (page,) = bench.pages("me.example").to_dicts()
    assert (page["n_links"], page["n_follow_links"], page["n_unknown_follow_links"]) == (8, 2, 3)
    rows = bench.compare(["me.example", "gsc.example"], mode="union").to_dicts()
    assert {row["source_domain"] for row in rows if row["n_unknown_follow_links"]} == {
        name for name, follow in FOLLOW.items() if follow is None
    }
    (domain,) = bench.sql("select * from domains where domain = 'me.example'").to_dicts()
    assert (domain["in_follow_links"], domain["in_unknown_follow_links"]) == (2, 3)


def test_pages_of_lists_do_not_say_what_they_ask_of_robots(bench: Workbench) -> None:
    rows = bench.backlinks("me.example", columns="source_domain,robots_noindex,http_status,lang,ip,region").to_dicts()
    known = {row["source_domain"] for row in rows if row["robots_noindex"] is not None}
    assert known == {"page.example", "early.example", "barred.example"}
    listed = next(row for row in rows if row["source_domain"] == "plain.example")
    assert set(listed.values()) == {"plain.example", None}


def test_learning_is_no_change(tmp_path: Path) -> None:
    """Early WAT, then the page itself: first as it may have been, then with nofollow."""
    looks = [
        write_wat(tmp_path / "0.warc.wat.gz", {"https://page.example/": {}}, "2017-07-21T08:00:00Z"),
        *(
            write_warc(tmp_path / f"{n}.warc.gz", {"https://page.example/": PAGE.format(rel=rel).encode()}, date)
            for n, rel, date in ((1, "", "2026-01-01T00:00:00Z"), (2, 'rel="nofollow"', "2026-02-01T00:00:00Z"))
        ),
    ]
    with Workbench.create(tmp_path / "w") as bench:
        bench.add([str(path) for path in looks[:2]])
        bench.build(workers=1)
        assert bench.changes("me.example", from_="2017-08-01", to="2026-01-02").to_dicts() == []
        assert bench.changes("me.example").to_dicts() == []
        (row,) = bench.backlinks("me.example", columns="follow,change,n_seen").to_dicts()
        assert row == {"follow": True, "change": None, "n_seen": 2}
        bench.add([str(looks[2])])
        bench.build(workers=1)
        for found in (bench.changes("me.example"), bench.changes("me.example", from_="2026-01-02", to="2026-03-01")):
            (row,) = found.to_dicts()
            assert (row["change"], row["reason"], row["follow"]) == ("changed", "rel", False)
        (row,) = bench.changes("me.example", from_="2017-08-01", to="2026-03-01").to_dicts()
        assert (row["change"], row["reason"], row["rel_before"]) == ("changed", "rel", None)


def test_votes_of_unknown_rel_count_and_are_reported(bench: Workbench) -> None:
    (report,) = bench.rank(("domains",), workers=1)
    assert (report.m, report.n_unknown_follow) == (5, 3)
    found = bench.authority("me.example")
    assert found.in_votes == 5
    assert any(note.startswith("3 links count as follow") for note in found.notes)
    for policy in ("evaporate", "weight"):
        (report,) = bench.rank(("domains",), follow=policy, workers=1)
        assert report.n_unknown_follow == 3
        assert report.m == (8 if policy == "weight" else 5)
    assert dataclasses.asdict(report)["n_unknown_follow"] == 3
