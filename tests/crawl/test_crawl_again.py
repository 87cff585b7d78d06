"""Crawls that go on, that are made again, and hosts that are not as one would wish."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hosting import Page, hosting, html
from made_crawls import archived, records, run, workspace

from inlink.crawl.archive import Archive
from inlink.crawl.committing import Committer
from inlink.crawl.frontier import TRY, Found, Frontier, Task
from inlink.errors import CorruptIndex, NotConfigured
from inlink.fetch import Manners
from inlink.workbench import Workbench
from inlink.workbench.crawling import CrawlOptions, crawl, manners_of

CHAIN = {f"a.example/{'x' * i}": html(f"/{'x' * (i + 1)}") for i in range(6)} | {"a.example/xxxxxx": html()}


def robots(text: str) -> Page:
    return Page(text, type="text/plain")


def test_a_crawl_goes_on_deeper(tmp_path: Path) -> None:
    table = CHAIN | {"a.example/": html("/x", "/y", "/z"), "a.example/y": html(), "a.example/z": html()}
    with hosting(table) as web:
        first = run(tmp_path, web, max_depth=1, max_pages=3)
        assert first.ending == "page-limit"
        second = run(tmp_path, web, max_depth=3)
        assert (second.is_resumed, second.n_done, second.ending) == (True, 6, "done")
    assert archived(tmp_path) == [f"https://a.example/{name}" for name in ("", "x", "xx", "xxx", "y", "z")]


def test_the_limit_of_a_host_stands_when_a_page_is_met_again(tmp_path: Path) -> None:
    """Each page links to all that come after it: what is left out is met again and again."""
    table = {f"a.example/{i or ''}": html(*(f"/{n}" for n in range(i + 1, 12))) for i in range(12)}
    with hosting(table) as web:
        for _ in range(3):  # in one run, and in others that go on
            report = run(tmp_path, web, max_host_pages=5, max_pages=4)
        report = run(tmp_path, web, max_host_pages=5)
    assert report.n_done == 5
    assert len(archived(tmp_path)) == 5


def test_depths_without_end_do_not_count_as_tries(tmp_path: Path) -> None:
    with closing(Frontier(tmp_path / "frontier.db")) as frontier, frontier.step():
        frontier.add([Found("https://a.example/far", "a.example", 3 * TRY + 5)])
        (task,) = frontier.take(1, 5, set())
    assert (task.depth, task.n_tries) == (TRY - 1, 0)


def test_sitemaps_are_read_though_the_first_page_is_not_there(tmp_path: Path) -> None:
    table = {
        "a.example/robots.txt": robots("user-agent: *\ndisallow: /no\nsitemap: https://a.example/s.txt"),
        "a.example/s.txt": Page("https://a.example/listed\n", type="text/plain"),
        "a.example/listed": html(),
    }
    with hosting(table) as web:
        run(tmp_path, web, "https://a.example/no")
    assert archived(tmp_path) == ["https://a.example/listed", "https://a.example/s.txt"]


def test_ports_that_are_not_asked_do_not_slow_their_host_down(tmp_path: Path) -> None:
    links = [f"http://b.test:22/{i}" for i in range(20)]
    slow = Manners(delay_s=0.0, backoff_s=300.0, contact="https://who.example/bot")
    with hosting({"a.example/": html(*links, "http://b.test/")}) as web:
        made = workspace(tmp_path, web)
        # the name of a host of its own, so that its other ports are not a test host's
        made.settings_path.write_text(f'[fetch]\nroutes = ["{web.route}"]\n', encoding="utf-8")
        report = crawl(made, ("https://a.example/",), CrawlOptions(scope="web", max_pages=1), manners=slow)
        report = crawl(made, ("https://a.example/",), CrawlOptions(scope="web"), manners=slow)
    assert report.left_out == {"port": 20}
    assert "busy" not in {why for _, why, _ in report.aside}


def test_a_host_that_wants_a_day_between_pages_is_set_aside(tmp_path: Path) -> None:
    table = {
        "a.example/robots.txt": robots("user-agent: *\ncrawl-delay: 86400"),
        "a.example/": html("https://b.example/"),
        "b.example/": html(),
    }
    with hosting(table) as web:
        report = run(tmp_path, web, "https://a.example/", "https://b.example/")
    assert report.aside == (("a.example", "busy", 1),)
    assert archived(tmp_path) == ["https://b.example/"]


def test_a_host_whose_http_alone_is_shut_is_crawled_by_https(tmp_path: Path) -> None:
    def answer(host: str, path: str, headers: dict[str, str]) -> Page | None:
        if headers.get("x-forwarded-proto") != "https":
            return Page("", 500)
        links = [f"/{i}" for i in range(9)] if path == "/" else []
        return None if path == "/robots.txt" else html("http://a.example/", *links)

    with hosting(answer) as web:
        report = run(tmp_path, web, "http://a.example/", "https://a.example/")
        while report.ending == "waiting":
            report = run(tmp_path, web, "http://a.example/", "https://a.example/")
    assert archived(tmp_path) == [f"https://a.example/{name}" for name in ("", *range(9))]
    assert report.failed == {"robots-unreachable": 1}


def test_a_host_that_is_set_aside_is_let_alone(tmp_path: Path) -> None:
    def answer(host: str, path: str, headers: dict[str, str]) -> Page | None:
        if host == "a.example":
            return html(*(f"https://b.example/{i}" for i in range(60))) if path == "/" else None
        return None if path == "/robots.txt" else Page("", is_silent=True)

    with hosting(answer) as web:
        report = run(tmp_path, web, scope="web")
        n_asked = sum(name.startswith("b.example") for name in web.asked)
    assert ("b.example", "unreachable", 60) in report.aside
    assert n_asked < 60


@pytest.mark.parametrize("how", ["deleted", "removed"])
def test_a_page_whose_archive_is_gone_is_archived_whole(tmp_path: Path, how: str) -> None:
    table = {"a.example/": Page('<a href="https://b.example/">b</a>', headers={"ETag": '"v1"'})}
    with hosting(table) as web:
        (first,) = run(tmp_path, web).warcs
        if how == "deleted":
            Path(first).unlink()
        with Workbench.open(tmp_path) as bench:
            bench.remove([first])
        assert run(tmp_path, web).n_revisits == 0
    assert records(tmp_path, "revisit") == []
    assert "https://b.example/" in records(tmp_path, "response")[-1][2]


def test_removing_what_later_crawls_repeat_is_told(tmp_path: Path) -> None:
    table = {"a.example/": html("/x", "https://b.example/"), "a.example/x": html(text="x")}
    with hosting(table) as web:
        (first,) = run(tmp_path, web).warcs
        table["a.example/x"] = html(text="another")
        (second,) = run(tmp_path, web).warcs
    with Workbench.open(tmp_path) as bench:
        bench.build()
        assert bench.remove([second]).n_stranded == 0
        bench.add([second])
        assert bench.remove([first]).n_stranded == 1
        bench.build()
        assert bench.backlinks("b.example").to_dicts() == []
        bench.add([first])
        bench.build()
        assert len(bench.backlinks("b.example").to_dicts()) == 1


def test_open_archives_of_other_crawls_are_left_alone(tmp_path: Path) -> None:
    with hosting(CHAIN) as web:
        name = run(tmp_path, web, max_pages=1).name
        other = tmp_path / "archive" / f"crawl-{name}-2-00000.warc.gz.open"
        other.write_bytes(b"what a crawl begun in the same second has archived")
        run(tmp_path, web)
    assert other.exists()


def test_another_crawl_begins_though_an_old_frontier_cannot_be_read(tmp_path: Path) -> None:
    with hosting(CHAIN) as web:
        name = run(tmp_path, web, max_pages=1).name
        for path in (tmp_path / "crawls" / name).iterdir():
            path.unlink()
        (tmp_path / "crawls" / name / "frontier.db").write_bytes(b"rubbish" * 1000)
        with pytest.raises(CorruptIndex, match="frontier") as caught:
            run(tmp_path, web)
        assert "--new" in caught.value.hint
        assert run(tmp_path, web, is_new=True).n_pages == 7


def test_a_frontier_that_cannot_be_read_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def remembering(*args: Any, **options: Any) -> sqlite3.Connection:
        opened.append(connect(*args, **options))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", remembering)
    (tmp_path / "frontier.db").write_bytes(b"rubbish" * 1000)
    with pytest.raises(CorruptIndex):
        Frontier(tmp_path / "frontier.db")
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0].execute("select 1")


def test_the_whole_web_is_crawled_by_somebody_it_can_reach(tmp_path: Path) -> None:
    nobody = Manners(delay_s=0.0)
    with hosting(CHAIN) as web, pytest.raises(NotConfigured):
        crawl(workspace(tmp_path, web), ("https://a.example/",), CrawlOptions(scope="web"), manners=nobody)


def test_names_of_other_scripts_are_opted_out_too(tmp_path: Path) -> None:
    with hosting({}) as web:
        made = workspace(tmp_path, web)
    made.settings_path.write_text('[fetch]\nopt_out = ["Bücher.example"]\n', encoding="utf-8")
    assert manners_of(made).opt_out == {"xn--bcher-kva.example"}


def test_what_is_done_changes_with_the_step_not_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half-counted steps would look like a limit that is reached."""
    step, flush = Committer.step, Archive.flush
    running: list[Committer] = []
    unchanged: list[bool] = []

    def stepping(self: Committer, outcomes: Any, wants: Any) -> dict[int, list[Task]]:
        running[:] = [self]
        before.update(n_pages=self.tally.n_pages)
        return step(self, outcomes, wants)

    def flushing(self: Archive) -> None:
        unchanged.append(running[0].tally.n_pages == before["n_pages"])
        flush(self)

    before: dict[str, int] = {}
    monkeypatch.setattr(Committer, "step", stepping)
    monkeypatch.setattr(Archive, "flush", flushing)
    with hosting(CHAIN) as web:
        assert run(tmp_path, web).n_pages == 7
    assert all(unchanged)
