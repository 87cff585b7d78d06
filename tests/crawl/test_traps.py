"""URLs that lead nowhere are told from URLs that look like them; crawls of sites with traps end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hosting import Page, hosting, html

from inlink.crawl.feeds import could_be_listing, read_listing, read_text_sitemap
from inlink.crawl.simhash import NEAR_BITS, differing_bits, simhash
from inlink.crawl.traps import form_trap, is_dated, is_not_a_page, shape_of, without_session
from inlink.fetch import Manners
from inlink.store.workspace import Workspace
from inlink.workbench.crawling import CrawlOptions, CrawlReport, crawl

HERE = "https://a.example"

FORMS: dict[str, tuple[str, str | None]] = {
    "plain": ("/a/b/c", None),
    "same-twice": ("/a/a/page", None),
    "same-three-times": ("/a/a/a/page", "endless-path"),
    "pair-three-times": ("/a/b/a/b/a/b/", "endless-path"),
    "pair-twice": ("/a/b/a/b/", None),
    "four-three-times": ("/a/b/c/d/a/b/c/d/a/b/c/d", "endless-path"),
    "numbers-repeat": ("/1/1/1/", None),
    "numbers-repeat-often": ("/1/1/1/1/1/", "endless-path"),
    "date-with-equal-parts": ("/2011/11/11/title", None),
    "many-segments": ("/" + "/".join(f"s{i}" for i in range(30)), "endless-path"),
    "some-segments": ("/" + "/".join(f"s{i}" for i in range(20)), None),
    "long": ("/" + "x" * 3000, "endless-path"),
    "archive-month": ("/2019/07/", None),
    "archive-post": ("/1789/07/14/bastille", None),
    "calendar-past": ("/calendar/1789/07/", "calendar"),
    "calendar-future": ("/events/2099-12-31", "calendar"),
    "calendar-query": ("/events?month=2099-12", "calendar"),
    "calendar-query-now": ("/events?month=2026-12", None),
    "a-number-is-no-year": ("/products/3000", None),
    "year-parameter-alone": ("/list?year=1850", "calendar"),
    "other-parameter": ("/list?id=1850", None),
}


@pytest.mark.parametrize(("path", "expected"), FORMS.values(), ids=FORMS)
def test_traps_by_form(path: str, expected: str | None) -> None:
    assert form_trap(HERE + path) == expected


SESSIONS = {
    "php": ("/p?PHPSESSID=4f2b1c8d9e0a7b6c5d4e3f2a1b0c9d8e&x=1", "/p?x=1"),
    "php-last": ("/p?x=1&PHPSESSID=4f2b1c8d9e0a7b6c5d4e3f2a1b0c9d8e", "/p?x=1"),
    "php-only": ("/p?phpsessid=4f2b1c8d9e0a7b6c5d4e3f2a1b0c9d8e", "/p"),
    "java": ("/p;jsessionid=0A1B2C3D?x=1", "/p?x=1"),
    "asp": ("/(S(lit3py55t21z5v55vlm25s55))/orders.aspx", "/orders.aspx"),
    "sid-token": ("/p?sid=a1b2c3d4e5f6a7b8c9d0", "/p"),
    "sid-is-a-story": ("/p?sid=17", "/p?sid=17"),
    "sid-is-a-word": ("/p?sid=international-departments", "/p?sid=international-departments"),
    "s-is-a-search": ("/?s=bread", "/?s=bread"),
    "other-name": ("/p?class=4f2b1c8d9e0a7b6c5d4e3f2a1b0c9d8e", "/p?class=4f2b1c8d9e0a7b6c5d4e3f2a1b0c9d8e"),
    "name-inside-a-name": ("/p?xsid=a1b2c3d4e5f6a7b8c9d0", "/p?xsid=a1b2c3d4e5f6a7b8c9d0"),
}


@pytest.mark.parametrize(("path", "expected"), SESSIONS.values(), ids=SESSIONS)
def test_session_ids(path: str, expected: str) -> None:
    assert without_session(HERE + path) == HERE + expected


def test_names_that_are_no_pages() -> None:
    assert all(
        is_not_a_page(f"{HERE}/{name}") for name in ("a.jpg", "a.JPEG", "b.tar.gz".replace(".gz", ""), "x.mp4?y=1")
    )
    assert not any(
        is_not_a_page(f"{HERE}/{name}") for name in ("a.html", "jpg", "a.php?f=x.jpg", "a.pdf", "feed.xml", "")
    )


def test_shapes() -> None:
    assert shape_of(f"{HERE}/about") is None
    assert shape_of(f"{HERE}/p/12?x=1") == shape_of(f"{HERE}/p/7?x=2")
    assert shape_of(f"{HERE}/p?a=1&b=2&c=3") == shape_of(f"{HERE}/p?a=1&b=2&d=4") == (f"{HERE}/p?*", 3)
    assert shape_of(f"{HERE}/p?a=1") != shape_of(f"{HERE}/p?b=1")
    assert is_dated(f"{HERE}/2026/07") and not is_dated(f"{HERE}/post/7")


def text_simhash(text: str) -> int:
    return int(simhash(np.frombuffer(text.encode(), np.uint8)))


def test_near_duplicates_differ_in_few_bits() -> None:
    words = [f"word{i % 97}{i % 13}" for i in range(400)]
    one = " ".join(words)
    changed = " ".join([*words[:200], "changed", *words[201:]])
    other = " ".join(f"other{i % 89}{i % 7}" for i in range(400))
    assert differing_bits(text_simhash(one), text_simhash(one.upper().replace(" ", ",  "))) == 0
    assert differing_bits(text_simhash(one), text_simhash(changed)) <= NEAR_BITS + 3
    assert differing_bits(text_simhash(one), text_simhash(other)) > 10
    assert text_simhash("") == text_simhash("  ,.; ") == 0


def test_listings() -> None:
    assert read_listing(b"<html><body>no</body></html>", HERE) is None
    assert read_listing(b"rubbish", HERE) is None
    cut = b"<urlset><url><loc>https://a.example/1</loc></url><url><loc>https://a.example/2</lo"
    found = read_listing(cut, HERE)
    assert found is not None
    assert (found.kind, found.urls, found.is_cut) == ("sitemap", ("https://a.example/1",), True)
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><urlset><url><loc>/&b;</loc></url></urlset>'
    assert read_listing(bomb, HERE) is None
    assert read_text_sitemap(b"\xef\xbb\xbfhttps://a.example/x\r\nftp://a\r\nhttps://a.example/y", HERE).urls[-1] == (
        "https://a.example/y"
    )
    assert could_be_listing(b"<rss>", "text/xml")
    assert not could_be_listing(b"<html>", "text/html")


def run(folder: Path, site: dict[str, Page] | object) -> CrawlReport:
    with hosting(site) as web:  # type: ignore[arg-type]
        made = Workspace.create(folder)
        made.settings_path.write_text(f'[fetch]\nroutes = ["{web.route}"]\n', encoding="utf-8")
        return crawl(made, ("https://a.example/",), CrawlOptions(max_pages=800), manners=Manners(delay_s=0.0))


def test_a_calendar_without_end(tmp_path: Path) -> None:
    def site(host: str, path: str, headers: dict[str, str]) -> Page | None:
        if path == "/":
            return html("/calendar?date=2026-01-01", "/post")
        if not path.startswith("/calendar?date="):
            return html(text="a post") if path == "/post" else None
        year, month, _ = (int(part) for part in path.rpartition("=")[2].split("-"))
        later = year * 12 + month
        earlier = later - 2
        ways = [f"/calendar?date={m // 12}-{m % 12 + 1:02d}-01" for m in (earlier, later)]
        return html(*ways, text=" ".join(f"word{i}" for i in range(600)))

    report = run(tmp_path, site)
    assert report.ending == "done"
    assert report.n_pages < 150  # the dates alone would allow 470
    assert report.left_out["calendar"] >= 2
    assert [trap[0] for trap in report.traps] == ["calendar"]


def test_pages_of_a_list_are_no_trap(tmp_path: Path) -> None:
    def site(host: str, path: str, headers: dict[str, str]) -> Page | None:
        if path == "/":
            return html("/list?page=1")
        number = int(path.rpartition("=")[2]) if path.startswith("/list?page=") else 0
        if not 0 < number <= 120:
            return None
        words = " ".join(f"item{number * 31 + i * 7}" for i in range(60))
        return html(f"/list?page={number + 1}", text=words)

    report = run(tmp_path, site)
    assert report.statuses == {200: 121, 404: 1}
    assert report.traps == ()


def test_combinations_of_parameters(tmp_path: Path) -> None:
    def site(host: str, path: str, headers: dict[str, str]) -> Page | None:
        if path == "/robots.txt":
            return None
        given = path.partition("?")[2]
        ways = [
            f"/shop?{given}{'&' if given else ''}{name}={n}" for name in "abcdef" for n in range(3) if name not in given
        ]
        return html(*ways, text=f"things for {path}")

    report = run(tmp_path, site)
    assert report.ending == "done"
    assert report.n_pages < 500
    assert report.left_out["parameters"] > 100


def test_session_ids_and_endless_paths(tmp_path: Path) -> None:
    count = 0

    def site(host: str, path: str, headers: dict[str, str]) -> Page | None:
        nonlocal count
        if path == "/robots.txt":
            return None
        count += 1
        session = f"{count:032x}a"
        return html(f"/one?PHPSESSID={session}", f"/two?x=1&PHPSESSID={session}", "more/", text="text")

    report = run(tmp_path, site)
    assert report.ending == "done"
    assert report.n_pages < 20
    assert report.left_out["session-id"] >= 2
    assert report.left_out["endless-path"] == 1


def test_redirects_without_end(tmp_path: Path) -> None:
    def site(host: str, path: str, headers: dict[str, str]) -> Page | None:
        if path == "/":
            return html("/r/1", "/loop/a")
        if path.startswith("/loop/"):
            return Page("", 302, headers={"Location": "/loop/b" if path.endswith("a") else "/loop/a"})
        return Page("", 302, headers={"Location": f"/r/{int(path[3:]) + 1}"}) if path.startswith("/r/") else None

    report = run(tmp_path, site)
    assert report.ending == "done"
    assert report.left_out == {"redirect-chain": 1}
    assert report.statuses == {200: 1, 302: 13}
