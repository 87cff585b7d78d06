"""Crawls of small webs over real HTTP, into a workspace and on into an index."""

from __future__ import annotations

import dataclasses
import gzip
import random
import socket
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hosting import Page, hosting, html
from made_crawls import FAST, archived, records, run, workspace
from warcio.archiveiterator import ArchiveIterator

from inlink.errors import BadInput, Busy, NotConfigured, Refused, Unreachable
from inlink.store.workspace import Workspace
from inlink.workbench import Workbench
from inlink.workbench.crawling import CrawlOptions, crawl

SITE = {
    "a.example/": html("/one", "two?x=1#part", "https://b.example/", "/pic.JPG", "mailto:x@a.example"),
    "a.example/one": html("/", "/deep/1", "//a.example/one"),
    "a.example/two?x=1": html("http://sub.a.example/"),
    "a.example/deep/1": html("/deep/2"),
    "a.example/deep/2": Page("", 301, headers={"Location": "/deep/3"}),
    "a.example/deep/3": html(text="the end"),
    "sub.a.example/": html("https://a.example/gone"),
    "b.example/": html("/x"),
}


def test_a_site_is_crawled_and_what_is_outside_is_not(tmp_path: Path) -> None:
    with hosting(SITE) as web:
        report = run(tmp_path, web)
    assert archived(tmp_path) == [
        "http://sub.a.example/", "https://a.example/", "https://a.example/deep/1", "https://a.example/deep/2",
        "https://a.example/deep/3", "https://a.example/gone", "https://a.example/one", "https://a.example/two?x=1",
    ]  # fmt: skip
    assert (report.ending, report.n_pages, report.n_done, report.n_waiting) == ("done", 8, 8, 0)
    assert report.statuses == {200: 6, 301: 1, 404: 1}
    assert report.left_out == {"not-a-page": 1, "out-of-scope": 1}
    assert report.examples["out-of-scope"] == ("https://b.example/",)
    assert Counter(web.asked)["a.example/robots.txt"] == 1
    assert not list((tmp_path / "archive").glob("*.open"))


def test_the_archive_has_requests_and_true_digests(tmp_path: Path) -> None:
    body = gzip.compress(b"<p>zipped <a href=/x>x</a>")
    with hosting({"a.example/": Page(body, headers={"Content-Encoding": "gzip"})}) as web:
        run(tmp_path, web)
    kinds = Counter(kind for kind, _, _ in records(tmp_path))
    assert kinds == {"warcinfo": 1, "request": 2, "response": 2}
    requests = records(tmp_path, "request")
    assert {url for _, url, _ in requests} == {"https://a.example/", "https://a.example/x"}
    with next((tmp_path / "archive").glob("*.gz")).open("rb") as stream:
        heads = [r.http_headers for r in ArchiveIterator(stream) if r.rec_type == "request"]
    assert heads[0].get_header("User-Agent").startswith("inlink/")


@pytest.mark.parametrize(
    ("scope", "seed", "expected"),
    [
        ("host", "https://a.example/", 6),
        ("domain", "https://a.example/", 8),
        ("prefix", "https://a.example/deep/1", 3),
        ("list", "https://a.example/", 1),
        ("web", "https://a.example/", 10),
    ],
)
def test_scopes(tmp_path: Path, scope: str, seed: str, expected: int) -> None:
    with hosting(SITE) as web:
        assert run(tmp_path, web, seed, scope=scope).n_pages == expected


def test_limits(tmp_path: Path) -> None:
    with hosting(SITE) as web:
        report = run(tmp_path / "depth", web, max_depth=1)
        assert (report.n_pages, report.left_out["too-deep"]) == (3, 2)
        report = run(tmp_path / "pages", web, max_pages=4)
        assert (report.n_pages, report.ending) == (4, "page-limit")
        assert report.n_waiting > 0
        report = run(tmp_path / "pages", web)  # the same crawl goes on
        assert (report.is_resumed, report.n_pages, report.n_done) == (True, 4, 8)
        report = run(tmp_path / "hosts", web, max_host_pages=3)
        assert report.left_out["host-limit"] > 0
    assert len(archived(tmp_path / "pages")) == len(set(archived(tmp_path / "pages"))) == 8


def test_a_seed_that_redirects_to_another_name_of_its_domain(tmp_path: Path) -> None:
    table = {
        "a.example/": Page("", 301, headers={"Location": "https://www.a.example/"}),
        "www.a.example/": html("/x"),
        "www.a.example/x": html(),
    }
    with hosting(table) as web:
        assert run(tmp_path, web, scope="host").n_pages == 3


def test_robots_and_nofollow(tmp_path: Path) -> None:
    table = {
        "a.example/robots.txt": Page("user-agent: *\ndisallow: /private\n", type="text/plain"),
        "a.example/": Page(
            '<a href="/private/1">p</a><a rel="x nofollow" href="/n">n</a><a href="/both">1</a>'
            '<a rel=nofollow href="/both">2</a><a href="/meta">m</a><a href="/header">h</a>'
        ),
        "a.example/both": html(),
        "a.example/meta": html("/from-meta", head='<meta name=robots content="nofollow">'),
        "a.example/header": Page('<a href="/from-header">x</a>', headers={"X-Robots-Tag": "none"}),
    }
    with hosting(table) as web:
        report = run(tmp_path, web)
        assert archived(tmp_path) == [f"https://a.example/{name}" for name in ("", "both", "header", "meta")]
        assert report.left_out == {"nofollow": 3, "robots": 1}
        report = run(tmp_path / "all", web, follows_nofollow=True)
        assert report.left_out == {"robots": 1}
    assert "a.example/private/1" not in web.asked


def test_sitemaps_and_feeds(tmp_path: Path) -> None:
    def urlset(*urls: str) -> bytes:
        locs = "".join(f"<url><loc> {url} </loc><lastmod>2026-01-01</lastmod></url>" for url in urls)
        return (
            f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{locs}</urlset>'.encode()
        )

    index = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>https://a.example/s1.xml.gz</loc></sitemap><sitemap><loc>https://a.example/s2.txt</loc></sitemap><sitemap><loc>https://evil.test/s.xml</loc></sitemap></sitemapindex>'
    rss = '<?xml version="1.0"?><rss version="2.0"><channel><link>https://a.example/</link><item><link>https://a.example/from-rss</link></item></channel></rss>'
    atom = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="/from-atom"/><link rel="edit" href="/no"/></entry></feed>'  # noqa: E501
    table = {
        "a.example/robots.txt": Page("sitemap: https://a.example/index.xml\n", type="text/plain"),
        "a.example/index.xml": Page(index, type="application/xml"),
        "a.example/s1.xml.gz": Page(gzip.compress(urlset("https://a.example/from-gz")), type="application/gzip"),
        "a.example/s2.txt": Page("https://a.example/from-text\nrubbish\n", type="text/plain"),
        "a.example/": html(
            head='<link rel=alternate type="application/rss+xml" href="/rss"><link rel=alternate href="/atom">'
        ),
        "a.example/rss": Page(rss, type="application/rss+xml"),
        "a.example/atom": Page(atom, type="application/atom+xml"),
    }
    with hosting(table) as web:
        report = run(tmp_path, web)
        run(tmp_path / "without", web, reads_sitemaps=False)
        few = run(tmp_path / "few", web, max_pages=3)
    names = {url.removeprefix("https://a.example/") for url in archived(tmp_path)}
    assert {"from-gz", "from-text", "from-rss", "from-atom", "index.xml", "s1.xml.gz", "s2.txt"} <= names
    assert "no" not in names
    assert (report.n_sitemaps, report.n_pages) == (3, len(names) - 3)
    assert (few.n_pages, few.n_done, sum(few.statuses.values()), few.ending) == (3, 3, 3, "page-limit")
    assert "https://a.example/from-gz" not in archived(tmp_path / "without")


def test_an_unchanged_page_is_a_revisit_and_still_leads_on(tmp_path: Path) -> None:
    def answer(host: str, path: str, headers: dict[str, str]) -> Page | None:
        if path == "/tagged":
            if headers.get("if-none-match") == '"v1"':
                return Page("", 304)
            return Page('<a href="/behind">b</a><a href="//b.example/x">x</a>', headers={"ETag": '"v1"'})
        table = {"/": html("/tagged", "/same", "/other"), "/same": html(text="same"), "/behind": html(text="behind")}
        return Page(f"<p>{len(web.asked)}", 200) if path == "/other" else table.get(path)

    with hosting(answer) as web:
        assert run(tmp_path, web).n_revisits == 0
        report = run(tmp_path, web)
    assert (report.is_resumed, report.n_pages, report.n_revisits) == (False, 5, 4)
    again = {url for kind, url, _ in records(tmp_path, "revisit")}
    assert again == {f"https://a.example/{name}" for name in ("", "tagged", "same", "behind")}
    with Workbench.open(tmp_path) as bench:
        bench.build()
        rows = bench.backlinks("b.example", columns="source_url,target_url,first_seen,last_seen").to_dicts()
        n = bench.sql("select count(*) n from captures").to_dicts()
    assert [(row["source_url"], row["target_url"]) for row in rows] == [
        ("https://a.example/tagged", "https://b.example/x")
    ]
    assert str(rows[0]["first_seen"]) < str(rows[0]["last_seen"])  # the 304 has seen it again
    assert n[0]["n"] == 10


def test_poor_answers_are_asked_for_again(tmp_path: Path) -> None:
    seen: Counter[str] = Counter()

    def answer(host: str, path: str, headers: dict[str, str]) -> Page | None:
        seen[path] += 1
        if path == "/":
            return html("/busy", "/oops", "/always", "/fine")
        if path == "/busy" and seen[path] < 3:
            return Page("", 503, headers={"Retry-After": "0"})
        if path == "/oops" and seen[path] < 2:
            return Page("", 500)
        return Page("", 500) if path == "/always" else html() if path != "/robots.txt" else None

    with hosting(answer) as web:
        report = run(tmp_path, web)
    assert report.statuses == {200: 4, 500: 1}
    assert (seen["/busy"], seen["/oops"], seen["/always"], report.n_again) == (3, 2, 3, 5)
    assert len(archived(tmp_path)) == 5


def test_hosts_that_do_not_answer(tmp_path: Path) -> None:
    with hosting({"a.example/": html(*(f"http://dead.test:8080/{i}" for i in range(9)))}) as web:
        made = workspace(tmp_path, web)
        made.settings_path.write_text(f'[fetch]\nroutes = ["{web.route}", "dead.test=127.0.0.1:1"]\n', encoding="utf-8")
        found = crawl(made, ("https://a.example/",), CrawlOptions(scope="web"), manners=FAST)
    assert found.ending == "waiting"
    assert found.n_pages == 1
    assert {(host, why) for host, why, _ in found.aside} <= {
        ("dead.test", "unreachable"), ("dead.test", "refused"),
    }  # fmt: skip
    assert found.n_waiting == 9


@pytest.mark.parametrize(("seed", "why"), [("https://dead.test/", "refused"), ("https://nowhere.invalid/", "dns")])
def test_a_seed_that_is_not_there_is_told_by_its_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: str, why: str
) -> None:
    def no_address(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_address)
    made = Workspace.create(tmp_path)
    made.settings_path.write_text('[fetch]\nroutes = ["dead.test=127.0.0.1:1"]\n', encoding="utf-8")
    found = crawl(made, (seed,), manners=FAST)
    host = seed.removeprefix("https://").rstrip("/")
    assert (found.ending, found.aside) == ("waiting", ((host, why, 1),))


def test_private_addresses_are_left_out(tmp_path: Path) -> None:
    links = (
        "http://127.0.0.1/",
        "http://169.254.169.254/",
        "http://10.0.0.1:8080/",
        "http://u:p@a.example/",
        "http://a.test:22/",
    )
    with hosting({"a.example/": html(*links)}) as web:
        report = run(tmp_path, web, scope="web")
    assert report.left_out == {"address": 3, "credentials": 1, "port": 1}
    assert set(web.asked) == {"a.example/robots.txt", "a.example/"}


@pytest.mark.parametrize(
    ("seed", "why", "hint"),
    [
        ("https://u:p@a.example/", "user name", "without the user name"),
        ("https://b.test:22/", "only ports", "fetch.test_hosts"),
        ("http://169.254.169.254/", "private or special network", "fetch.test_hosts"),
        ("https://left.test/", "opt-out list", "fetch.opt_out"),
    ],
)
def test_seeds_that_are_never_asked(tmp_path: Path, seed: str, why: str, hint: str) -> None:
    manners = dataclasses.replace(FAST, opt_out=frozenset({"left.test"}))
    with hosting(SITE) as web:
        made = workspace(tmp_path, web)
        with pytest.raises(Refused, match=why) as refused:
            crawl(made, (seed,), manners=manners)
        assert hint in refused.value.hint
        assert not list((tmp_path / "crawls").glob("*/frontier.db"))
        found = crawl(made, (seed, "https://b.example/"), manners=manners)
    ((first, words),) = found.never_asked
    assert (first, why in words, found.n_pages) == (seed, True, 2)


def test_stopping_leaves_a_crawl_that_goes_on(tmp_path: Path) -> None:
    stop = threading.Event()

    def answer(host: str, path: str, headers: dict[str, str]) -> Page | None:
        if path == "/20x":
            stop.set()
        return html(*(f"/{i}x" for i in range(60))) if path == "/" else html() if path.endswith("x") else None

    with hosting(answer) as web:
        made = workspace(tmp_path, web)
        first = crawl(made, ("https://a.example/",), stop=stop, manners=FAST)
        assert first.ending == "stopped"
        assert len(first.warcs) == 1
        second = crawl(made, ("https://a.example/",), manners=FAST)
    assert (second.ending, second.is_resumed) == ("done", True)
    assert first.n_pages + second.n_pages == 61
    assert len(archived(tmp_path)) == len(set(archived(tmp_path))) == 61


def test_two_crawls_of_a_workspace_take_turns(tmp_path: Path) -> None:
    from filelock import FileLock

    with hosting(SITE) as web:
        made = workspace(tmp_path, web)
        with FileLock(made.locks / "crawl.lock"), pytest.raises(Busy):
            crawl(made, ("https://a.example/",), manners=FAST)


def test_others_are_asked_by_somebody_they_can_reach(tmp_path: Path) -> None:
    made = Workspace.create(tmp_path)
    with pytest.raises(NotConfigured):
        crawl(made, ("https://example.org/",))


@pytest.mark.parametrize(
    "seed", ["", "ftp://a.example/", "http://", "https://a b.example/", "htp:/bad", "notaurl", "a@b.example"]
)
def test_wrong_seeds(tmp_path: Path, seed: str) -> None:
    with pytest.raises(BadInput):
        crawl(Workspace.create(tmp_path), (seed,))


def test_the_ledger_says_what_was_asked_of_whom(tmp_path: Path) -> None:
    from inlink.fetch import Memory

    with hosting(SITE) as web:
        run(tmp_path, web)
    memory = Memory(tmp_path / "crawls" / "courtesy.db")
    lines = memory.ledger()
    memory.close()
    assert sorted(line.url.partition("://")[2] for line in lines) == sorted(
        name.replace("a.example:80", "a.example") for name in web.asked
    )
    assert {line.kind for line in lines} == {"page", "robots"}


def test_a_web_in_chaos_gives_the_same_pages(tmp_path: Path) -> None:
    draw = random.Random(3)
    met: set[str] = set()

    def site(host: str, path: str, headers: dict[str, str]) -> Page | None:
        if path == "/robots.txt":
            return None
        number = int(path.strip("/") or 0)
        if number >= 80:
            return None
        good = html(f"/{2 * number + 1}", f"/{2 * number + 2}", text=f"page {number} " * 40)
        trouble = draw.choice(("none", "cut", "silent", "busy", "broken", "late")) if path not in met else "none"
        met.add(path)
        if trouble == "late":
            time.sleep(0.1)
        bad = {
            "cut": Page(good.body, is_cut=True),
            "silent": Page("", is_silent=True),
            "busy": Page("", 503),
            "broken": Page("", 500),
        }
        return bad.get(trouble, good)

    with hosting(site) as web:
        report = run(tmp_path, web)
        while report.ending == "waiting":  # a host that failed five times in a row was set aside
            report = run(tmp_path, web)
    assert report.ending == "done"
    assert archived(tmp_path) == sorted(["https://a.example/", *(f"https://a.example/{n}" for n in range(1, 161))])
    assert report.failed == {}


def test_bombs_and_cut_answers_are_archived_as_they_came(tmp_path: Path) -> None:
    bomb = gzip.compress(b"<a href=/before>x</a>" + bytes(60 << 20))
    table = {
        "a.example/": html("/bomb", "/cut", "/rubbish"),
        "a.example/bomb": Page(bomb, headers={"Content-Encoding": "gzip"}),
        "a.example/cut": Page('<a href="/seen">x</a>' + "y" * 5000, is_cut=True),
        "a.example/rubbish": Page(bytes(range(256)) * 10, headers={"Content-Encoding": "br"}),
        "a.example/seen": html(),
    }
    with hosting(table) as web:
        report = run(tmp_path, web)
    assert report.ending == "done"
    assert "https://a.example/seen" in archived(tmp_path)
    with next((tmp_path / "archive").glob("*.gz")).open("rb") as stream:
        cut = {
            r.rec_headers.get_header("WARC-Target-URI"): r.rec_headers.get_header("WARC-Truncated")
            for r in ArchiveIterator(stream)
            if r.rec_type == "response" and r.rec_headers.get_header("WARC-Truncated")
        }
    assert cut == {"https://a.example/cut": "disconnect"}
    with Workbench.open(tmp_path) as bench:
        assert bench.build().n_captures == 6  # what stood before the bound of the bomb was read


def test_a_step_that_fails_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from inlink.crawl.frontier import Frontier

    with hosting(SITE) as web:
        settle, n_settled = Frontier.settle, 0

        def failing(self: Frontier, pages: Any) -> None:
            nonlocal n_settled
            settled = list(pages)
            n_settled += len(settled)
            if n_settled > 4:  # of eight; how many steps they take is a matter of speed
                raise OSError(28, "No space left on device")
            settle(self, settled)

        monkeypatch.setattr(Frontier, "settle", failing)
        with pytest.raises(Unreachable, match="is full"):
            run(tmp_path, web)
        monkeypatch.undo()
        before = archived(tmp_path)
        report = run(tmp_path, web)
    assert report.is_resumed
    assert len(before) + report.n_pages == 8
    assert len(archived(tmp_path)) == len(set(archived(tmp_path))) == 8


def test_an_archive_of_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from inlink.crawl.archive import Archive

    monkeypatch.setattr(Archive, "roll_over", Archive.close)  # after every step
    with hosting(SITE) as web:
        report = run(tmp_path, web)
    assert len(report.warcs) > 2
    assert len(archived(tmp_path)) == len(set(archived(tmp_path))) == 8
    assert len(Workspace.open(tmp_path).inputs) == len(report.warcs)
