"""Broken links of a small crawled web: dead pages by worth, what stands in for them, redirects, dead ends."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from watched_web import PROSE, Answer, Web, hosting

from inlink.check.checking import Checker
from inlink.check.reasons import REASONS
from inlink.cli.actions import mending
from inlink.cli.main import main
from inlink.cli.output import Output
from inlink.fetch.waiting import Slots
from inlink.workbench import Workbench
from inlink.workbench.crawling import CrawlOptions

MINE = {
    "/": "Bakery",
    "/guides/rye-starter": "How to keep a rye starter",
    "/guides/oven-steam": "Steam in a home oven",
    "/shop/baskets": "Proofing baskets",
    "/private/rye-starter-draft": "Rye starter draft",
}
OTHERS = {  # host → links (path of mine, words)
    "blog.example": [("/old/rye-starter.html", "keeping a rye starter"), ("/guides/rye-starter", "the rye guide")],
    "news.example": [("/old/rye-starter.html?utm_source=x", "rye"), ("/old/steam", "steam in ovens"), ("/soft", "w")],
    "forum.example": [("/old/steam", "oven steam"), ("/careers-2019", "jobs"), ("/", "shop"),
                      ("/old/rye-starter.html", "x")],
    "weak.example": [("/only-nofollow", "there"), ("/soft", "soft words")],
}  # fmt: skip


class Site:
    """The bakery and those who link to it; some pages are gone."""

    def __init__(self) -> None:
        self.back: set[str] = set()
        self.moved: dict[str, str] = {}
        self.failing: set[str] = set()

    def answer(self, host: str, path: str, n_before: int) -> Answer | None:
        if host == "mine.example":
            return self._mine(path)
        if host == "gone.example":
            return None
        if host in OTHERS and path == "/":
            rel = " rel=nofollow" if host == "weak.example" else ""
            links = [f'<p><a href="https://mine.example{to}"{rel}>{words}</a>' for to, words in OTHERS[host]]
            return Answer(f"<title>{host}</title>{PROSE}{''.join(links)}<a href=https://{self._next(host)}/>next</a>")
        return None

    def _mine(self, path: str) -> Answer | None:
        if path in self.back:
            return Answer(f"<title>Back again</title>{PROSE}")
        if path in self.failing:
            return Answer("oops", 500)
        if path in self.moved:
            return Answer("", 301, headers={"Location": self.moved[path]})
        if path == "/soft":
            return Answer("<title>Page not found</title><h1>Page not found</h1><p>Sorry, there is nothing here.")
        if path not in MINE:
            return None
        links = "".join(f'<li><a href="{each}">{title}</a>' for each, title in MINE.items())
        links += '<li><a href="/old/steam">steam (old)</a><li><a href="https://gone.example/tool">a tool</a>'
        head = "<meta name=robots content=noindex>" if "private" in path else ""
        return Answer(f"<title>{MINE[path]}</title>{head}<h1>{MINE[path]}</h1>{PROSE}{links}")

    @staticmethod
    def _next(host: str) -> str:
        hosts = [*OTHERS, "mine.example"]
        return hosts[hosts.index(host) + 1]


@pytest.fixture(scope="module")
def bakery() -> Site:
    return Site()


@pytest.fixture(scope="module")
def web(bakery: Site) -> Iterator[Web]:
    with hosting(bakery.answer) as found:
        yield found


@pytest.fixture
def site(bakery: Site) -> Site:
    """As it was crawled."""
    bakery.back, bakery.moved, bakery.failing = set(), {}, set()
    return bakery


@pytest.fixture
def bench(tmp_path: Path, crawled: Path, site: Site) -> Iterator[Workbench]:
    """The crawled workspace, a copy for each test."""
    shutil.copytree(crawled, tmp_path / "web")
    with Workbench.open(tmp_path / "web") as made:
        yield made


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory, web: Web) -> Path:
    with Workbench.create(tmp_path_factory.mktemp("broken") / "web") as made:
        settings = f'[fetch]\nroutes = ["{web.route}"]\ndelay_s = 0.0\ncontact = "https://who.example/"\n'
        (made.path / "inlink.toml").write_text(settings)
        made.crawl([*(f"https://{host}/" for host in OTHERS), "https://mine.example/", "https://gone.example/tool"],
                   CrawlOptions(reads_sitemaps=False))  # fmt: skip
        made.crawl([f"https://mine.example{path}" for path in ("/old/rye-starter.html", "/old/steam")],
                   CrawlOptions(scope="list"))  # fmt: skip
        made.build()
        return made.path


@pytest.fixture(autouse=True)
def is_asked_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that failed is made once more without the wait that others' servers are given."""
    monkeypatch.setattr("inlink.check.checking.Checker._rest", rest)


async def rest(checker: Checker, places: Slots | None) -> None:
    await asyncio.sleep(0)


def rows(bench: Workbench, *, check: bool = False) -> dict[str, dict[str, object]]:
    return {str(row["target_url"])[20:]: row for row in bench.broken("mine.example", check=check).rows.to_dicts()}


def test_what_captures_tell(bench: Workbench) -> None:
    found = rows(bench)
    assert list(found) == ["/old/rye-starter.html", "/old/steam", "/careers-2019"]  # three domains, two, one
    first = found["/old/rye-starter.html"]
    assert (first["state"], first["n_domains"], first["n_follow_domains"], first["worth"]) == ("captured", 3, 3, 3.0)
    assert first["suggestion"] == "https://mine.example/guides/rye-starter"
    assert "the same name (rye-starter)" in str(first["because"])
    assert found["/old/steam"]["suggestion"] == "https://mine.example/guides/oven-steam"
    notes = bench.broken("mine.example").rows.notes
    assert any("were never checked" in note for note in notes)


def test_what_the_checker_tells(bench: Workbench, site: Site) -> None:
    site.back.add("/old/steam")  # since the capture
    found = rows(bench, check=True)
    assert {name: row["state"] for name, row in found.items()} == {
        "/old/rye-starter.html": "failing",
        "/careers-2019": "failing",
        "/soft": "failing",
        "/only-nofollow": "failing",
    }
    assert list(found)[-1] == "/only-nofollow"
    assert found["/only-nofollow"]["worth"] == 0
    assert found["/soft"]["why"] == REASONS["says-not-there"]
    assert found["/old/rye-starter.html"]["why"] == "the server answers 404"
    assert found["/careers-2019"]["suggestion"] is None
    assert bench.broken("mine.example").redirects == ()  # what fails may come back


def test_captured_redirects_are_followed(bench: Workbench, site: Site) -> None:
    """A newer capture of a redirect hides a failed check only where it leads to a page that lives."""
    rows(bench, check=True)
    assert {"/old/rye-starter.html", "/old/steam", "/careers-2019", "/only-nofollow"} < set(rows(bench))
    site.moved = {
        "/old/rye-starter.html": "/guides/rye-starter",  # mended
        "/old/steam": "/older/steam",  # ends in a 404
        "/careers-2019": "https://unseen.example/jobs",  # nobody knows
    }
    time.sleep(1.1)  # times of captures are whole seconds
    paths = [*site.moved, "/older/steam"]
    bench.crawl([f"https://mine.example{path}" for path in paths], CrawlOptions(scope="list", is_new=True))
    bench.build()
    found = rows(bench)
    assert "/old/rye-starter.html" not in found
    steam, careers = found["/old/steam"], found["/careers-2019"]
    assert steam["state"] == "captured"
    assert steam["why"] == "redirects to https://mine.example/older/steam: the capture answers 404"
    assert (careers["state"], careers["why"]) == ("failing", "the server answers 404")


def test_servers_that_fail_and_pages_that_lead_home(bench: Workbench, site: Site) -> None:
    """A capture of a 5xx says nothing; a page that leads home is changed, also where a newer capture says the same."""
    site.failing = {"/soft", "/careers-2019"}
    site.moved = {"/old/steam": "/", "/only-nofollow": "/"}
    found = rows(bench, check=True)
    assert (found["/soft"]["state"], found["/soft"]["why"]) == ("failing", REASONS["status-5xx"])
    for path in site.moved:
        assert (found[path]["state"], found[path]["why"]) == ("changed", REASONS["to-home"])
    time.sleep(1.1)  # times of captures are whole seconds
    paths = ("/soft", "/careers-2019", "/old/steam")
    bench.crawl([f"https://mine.example{path}" for path in paths], CrawlOptions(scope="list", is_new=True))
    bench.build()
    states = {path: row["state"] for path, row in rows(bench).items()}
    assert states == {path: row["state"] for path, row in found.items()}


def test_part_of_a_site_has_the_stand_ins_of_all_of_it(bench: Workbench) -> None:
    whole = rows(bench)["/old/steam"]
    for target, scope in (("https://mine.example/old/", "prefix"), ("https://mine.example/old/steam", "url")):
        part = {row["target_url"]: row for row in bench.broken(target, scope=scope).rows.to_dicts()}
        assert part["https://mine.example/old/steam"] == whole
        assert "https://mine.example/careers-2019" not in part


def test_a_check_asks_the_part_that_is_named_and_can_be_stopped(
    bench: Workbench, web: Web, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    verb = ("-w", str(bench.path), "broken", "https://mine.example/old/steam", "--check")
    n_before = len(web.asked)
    assert main([*verb, "--scope", "url"]) == 0
    assert "checking" in capsys.readouterr().err
    asked = {place.removeprefix("mine.example") for place in web.asked[n_before:] if place.startswith("mine.example")}
    assert "/old/steam" in asked
    assert not asked & {"/old/rye-starter.html", "/soft", "/careers-2019", "/only-nofollow"}

    @contextmanager
    def stopped(place: Output) -> Iterator[threading.Event]:
        stop = threading.Event()
        stop.set()
        yield stop

    monkeypatch.setattr(mending, "stopping", stopped)
    assert main([*verb, "--redirects", "nginx"]) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert "stopped: no redirects were written" in err


def test_redirects_left_out_are_told(bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.check(["https://mine.example/old/steam"])
    assert main(["-w", str(bench.path), "broken", "mine.example", "--redirects", "nginx"]) == 0
    out, err = capsys.readouterr()
    assert "/old/steam" not in out
    assert "left out: 1 page that is only failing" in err


def test_worth_by_authority(bench: Workbench) -> None:
    bench.rank(("domains",))
    answer = bench.broken("mine.example").rows
    assert "mass of referring domains" in answer.notes[0]
    worths = [float(str(row["worth"])) for row in answer.to_dicts()]
    assert worths == sorted(worths, reverse=True)
    assert worths[0] not in (0.0, 3.0)


def test_dead_ends_with_the_pages_that_lead_there(bench: Workbench) -> None:
    answer = bench.broken_outgoing("mine.example").to_dicts()
    found = {str(row["target_url"]): row for row in answer}
    assert set(found) == {"https://gone.example/tool", "https://mine.example/old/steam"}
    tool = found["https://gone.example/tool"]
    assert (tool["n_pages"], tool["is_internal"], tool["anchors"]) == (len(MINE), False, ["a tool"])
    assert tool["linked_from"] == sorted(f"https://mine.example{path}" for path in MINE)[:3]
    assert found["https://mine.example/old/steam"]["is_internal"] is True
    bench.rank(("domains",), serves=True)
    assert len(bench.broken_outgoing("mine.example")) == 2
    assert bench.broken_outgoing("blog.example").to_dicts()[0]["linked_from"] == ["https://blog.example/"]


def test_verbs(bench: Workbench, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*words: str) -> str:
        assert main(["-w", str(bench.path), "broken", "mine.example", *words]) == 0
        return capsys.readouterr().out

    lines = [json.loads(line) for line in run("--format", "jsonl").splitlines()]
    assert [line["n_domains"] for line in lines] == [3, 2, 1]
    assert "gone.example/tool" in run("--outgoing", "--format", "tsv")
    table = list(csv.DictReader(io.StringIO(run("--redirects", "csv"))))
    assert [row["from"][20:] for row in table] == [
        "/old/rye-starter.html", "/old/rye-starter.html?utm_source=x", "/old/steam", "/careers-2019",
    ]  # fmt: skip
    path = tmp_path / "map.conf"
    assert "3 redirects; addresses without a page that comes near: 1" in run("--redirects", "nginx", "-o", str(path))
    assert '"mine.example/old/steam" "https://mine.example/guides/oven-steam";' in path.read_text()
    assert "RewriteRule" in run("--redirects", "apache")
    for more in (("--outgoing",), ("--format", "csv")):
        assert main(["-w", str(bench.path), "broken", "mine.example", "--redirects", "csv", *more]) == 2
    assert "redirects have a form of their own" in capsys.readouterr().err
