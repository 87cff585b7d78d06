"""From a crawl to alerts: links of the index, lists and placements are watched; retention, the daemon, the verbs."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from watched_web import LINK, Answer, Web, hosting, page

from inlink.cli.main import main
from inlink.errors import BadInput, Busy, InlinkError, NotConfigured, NotFound
from inlink.fetch import Manners
from inlink.monitor.states import DAY_US, HOUR_US
from inlink.workbench import Workbench
from inlink.workbench.crawling import CrawlOptions
from inlink.workbench.monitor_results import MonitorReport, RunOptions, WatchOptions
from inlink.workbench.watch_lists import listed_pairs

FAST = Manners(delay_s=0.0, backoff_s=0.01, max_backoff_s=0.01)
NOW = 2_000_000_000_000_000


class Site:
    """Ten pages with links of several kinds; from `is_after` on, two of them are not what they were."""

    is_after = False

    def answer(self, host: str, path: str, n_before: int) -> Answer | None:
        if host == "mine.example":
            return Answer(page(""))
        if host != "blog.example" or path not in ("/", *(f"/{n}" for n in range(10))):
            return None
        if path == "/":
            return Answer("".join(f"<a href=/{n}>{n}</a> " for n in range(10)))
        number = int(path[1:])
        link = LINK.replace("guide<", f"guide {number}<")
        if number == 2:
            link = link.replace("<a ", "<a rel=nofollow ")
        head = "<meta name=robots content=noindex>" if number == 3 else ""
        if self.is_after and number == 4:
            link = ""
        if self.is_after and number == 5:
            link = link.replace("<a ", "<a rel=ugc ")
        return Answer(page(link, head=head))


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def web(site: Site) -> Iterator[Web]:
    with hosting(site.answer) as found:
        yield found


@pytest.fixture
def bench(tmp_path: Path, web: Web) -> Iterator[Workbench]:
    with Workbench.create(tmp_path / "web") as made:
        (made.path / "inlink.toml").write_text(f'[fetch]\nroutes = ["{web.route}"]\ndelay_s = 0.0\n')
        yield made


def look(bench: Workbench, at_us: int, **more: bool) -> MonitorReport:
    options = RunOptions(looks_at_all=True, renders=False, manners=FAST, clock=lambda: at_us)
    return bench.monitor.run(options)


def test_links_of_the_index(bench: Workbench, site: Site) -> None:
    bench.crawl(["https://blog.example/"], CrawlOptions())
    bench.build()
    done = bench.monitor.add_links("mine.example")
    assert (done.n_new, done.n_known) == (10, 0)
    assert bench.monitor.add_links("mine.example", where="nofollow = true").n_known == 1
    site.is_after = True  # since the crawl: the first look knows what the index knew
    assert look(bench, NOW).findings == {"alive": 8, "lost": 1, "changed": 1}
    report = look(bench, NOW + 2 * HOUR_US)
    assert (report.events, report.states) == ({"lost": 1, "changed": 1}, {"alive": 8, "changed": 1, "lost": 1})
    told = {(row.source_url, row.kind, row.reasons, row.anchor) for row in bench.monitor.alerts()}
    assert told == {
        ("https://blog.example/4", "lost", "link_removed", "Sourdough guide 4"),
        ("https://blog.example/5", "changed", "nofollow_rel", "Sourdough guide 5"),
    }
    assert "blog.example/4" in (bench.path / "alerts.atom.xml").read_text()


def test_what_has_changed_is_wished_for_until_it_is_captured(bench: Workbench, site: Site) -> None:
    bench.monitor.add([("https://blog.example/4", "mine.example"), ("https://blog.example/1", "mine.example")])
    then = time.time_ns() // 1000 - DAY_US
    look(bench, then)
    site.is_after = True
    for at_us in (then + HOUR_US, then + 3 * HOUR_US):
        look(bench, at_us)
    assert [(wish.url, wish.reason) for wish in bench.monitor.wishes()] == [("https://blog.example/4", "lost")]
    bench.crawl([wish.url for wish in bench.monitor.wishes()], CrawlOptions(scope="list"))
    bench.build()
    assert bench.monitor.wishes() == []


def test_rows_of_link_lists_are_watched_as_anchors_and_redirects_are_not(bench: Workbench, tmp_path: Path) -> None:
    listed = tmp_path / "links.csv"
    listed.write_text("Source url,Target url\nhttps://blog.example/1,https://mine.example/guide\n")
    bench.add([str(listed)])
    bench.build()
    assert bench.monitor.add_links("mine.example").n_new == 1
    assert look(bench, NOW).findings == {"alive": 1}


def test_what_a_placement_has_to_be(bench: Workbench) -> None:
    pages = [("https://blog.example/1", "mine.example"), ("blog.example/2", "https://mine.example/guide")]
    more = [("https://blog.example/3", "mine.example"), ("https://blog.example/", "mine.example")]
    done = bench.monitor.add([*pages, *more, ("mailto:x@y.example", "mine.example")], WatchOptions(follows=True))
    assert (done.n_new, len(done.refused)) == (4, 1)
    for at_us in (NOW, NOW + 2 * HOUR_US, NOW + 9 * HOUR_US):
        look(bench, at_us)
    rows = {row.source_url.rpartition("/")[2]: (row.state, row.reasons) for row in bench.monitor.watches()}
    assert rows == {
        "1": ("alive", None),
        "2": ("changed", "nofollow_rel"),
        "3": ("changed", "noindex"),
        "": ("lost", "absent"),
    }
    assert [row.state for row in bench.monitor.watches(("changed", "lost"))] == ["changed", "changed", "lost"]
    (two,) = (row.watch_id for row in bench.monitor.watches() if row.source_url.endswith("/2"))
    bench.monitor.accept([two])
    look(bench, NOW + DAY_US)
    found = bench.monitor.history(two)
    assert (found.watch.state, [each.finding for each in found.looks]) == ("alive", ["changed"] * 3 + ["alive"])
    with pytest.raises(NotFound):
        bench.monitor.remove([two, 999])
    assert bench.monitor.remove([two]) == 1
    with pytest.raises(NotFound):
        bench.monitor.history(two)
    assert len(bench.monitor.alerts()) == 3


def test_old_looks_are_forgotten_and_the_last_is_not(bench: Workbench, site: Site) -> None:
    path = bench.path / "inlink.toml"
    path.write_text(path.read_text() + "[retention]\nlooks_days = 10\n")
    bench.monitor.add([("https://blog.example/4", "mine.example")])
    look(bench, NOW)
    site.is_after = True
    for at_us in (NOW + DAY_US, NOW + DAY_US + 2 * HOUR_US):
        look(bench, at_us)
    assert len(bench.monitor.alerts()) == 1
    report = look(bench, NOW + 30 * DAY_US)
    assert report.n_forgotten == 3
    assert len(bench.monitor.history(1).looks) == 1
    assert bench.monitor.alerts() == []
    assert bench.monitor.watches()[0].state == "lost"


def test_one_at_a_time_and_somebody_to_contact(bench: Workbench) -> None:
    bench.monitor.add([("https://blog.example/1", "mine.example")])
    with FileLock(bench.path / "locks" / "crawl.lock"), pytest.raises(Busy):
        bench.monitor.run()
    (bench.path / "inlink.toml").write_text("")
    with pytest.raises(NotConfigured):
        bench.monitor.run()


def test_the_daemon_runs_what_is_due_and_ends(bench: Workbench) -> None:
    bench.monitor.add([("https://blog.example/1", "mine.example")])
    found: list[MonitorReport | InlinkError] = []
    stop = threading.Event()

    def each(report: MonitorReport | InlinkError) -> None:
        found.append(report)
        stop.set()

    bench.monitor.run_for_good(RunOptions(renders=False, manners=FAST), each=each, stop=stop)
    assert isinstance(found[0], MonitorReport)
    assert found[0].findings == {"alive": 1}


def test_a_host_that_is_down_is_left_alone(bench: Workbench) -> None:
    (bench.path / "inlink.toml").write_text('[fetch]\nroutes = ["*.example=http://127.0.0.1:9"]\n')
    bench.monitor.add([(f"https://blog.example/{n}", "mine.example") for n in range(10)])
    report = look(bench, NOW)
    assert (report.n_pages, report.n_put_off) == (3, 7)
    assert {row.state for row in bench.monitor.watches()} == {"suspect", "new"}


PASTED = {
    "tabs": ("a.example/x\tb.example", None, [("a.example/x", "b.example")]),
    "spaces, comments, blank lines": ("# mine\n\na.example  b.example\n", None, [("a.example", "b.example")]),
    "semicolons and quotes": ('"a.example";"b.example"', None, [("a.example", "b.example")]),
    "commas after a header": ("page,target\na.example,b.example", None, [("a.example", "b.example")]),
    "a comma in the address": ("https://a.example/x,y https://b.example/", None,
                               [("https://a.example/x,y", "https://b.example/")]),
    "one target": ("a.example/1\na.example/2", "c.example", [("a.example/1", "c.example"),
                                                             ("a.example/2", "c.example")]),
    "one target, a comma in an address": ("https://a.example/x,y;z", "c.example",
                                          [("https://a.example/x,y;z", "c.example")]),
    "one target, a file behind a comma": ("https://a.example/art,12,index.html", "c.example",
                                          [("https://a.example/art,12,index.html", "c.example")]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "aim", "pairs"), PASTED.values(), ids=PASTED)
def test_pasted_lists(text: str, aim: str | None, pairs: list[tuple[str, str]]) -> None:
    assert list(listed_pairs(text, aim)) == pairs


def test_a_list_without_targets() -> None:
    with pytest.raises(BadInput, match="line 2"):
        list(listed_pairs("a.example b.example\na.example/2", None))


@pytest.mark.parametrize("line", ["a.example/1 b.example", "a.example/1\tx", "a.example/1,b.example/2"])
def test_a_list_with_targets_and_another_target(line: str) -> None:
    with pytest.raises(BadInput, match="line 2 has a second column"):
        list(listed_pairs(f"page,target\n{line}", "c.example"))


def test_what_does_not_count_is_refused_and_what_is_empty_is_explained(
    bench: Workbench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*words: str) -> tuple[int, str]:
        code = main(["-w", str(bench.path), "monitor", *words])
        return code, capsys.readouterr().err

    pair = ("add", "https://blog.example/1", "mine.example")
    for option in (("--where", "follow = true"), ("--limit", "5"), ("--target", "mine.example")):
        code, err = run(*pair, *option)
        assert code == 2
        assert f"{option[0]} is for" in err
        assert "hint: use it with" in err
    assert run("add", "--links-of", "mine.example", "--anchor", "x")[0] == 2
    empty = tmp_path / "empty.txt"
    empty.write_text("# nothing\n")
    code, err = run("add", "--from", str(empty))
    assert code == 2
    assert "the list names no page" in err
    listed = tmp_path / "links.csv"
    listed.write_text("Source url,Target url\nhttps://blog.example/1,https://mine.example/guide\n")
    bench.add([str(listed)])
    bench.build()
    code, err = run("add", "--links-of", "unknown.test")
    assert code == 0
    assert "unknown.test is not in the index" in err
    assert "no row fits the filter" in run("add", "--links-of", "mine.example", "--where", "anchor = 'none'")[1]
    assert run("remove", "5")[0] == 1
    assert main(["-w", str(bench.path), "check", "--from-index", "unknown.test"]) == 0
    assert "unknown.test is not in the index" in capsys.readouterr().err
    for words in (("--limit", "1"), ("--links", "out")):
        assert main(["-w", str(bench.path), "check", "https://mine.example/", *words]) == 2
        assert "use it with --from-index" in capsys.readouterr().err


def test_verbs(bench: Workbench, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*words: str) -> str:
        assert main(["-w", str(bench.path), "monitor", *words]) == 0
        return capsys.readouterr().out

    pasted = tmp_path / "list.txt"
    pasted.write_text("https://blog.example/2\nhttps://blog.example/4\n")
    assert (
        run("add", "https://blog.example/1", "mine.example", "--every", "12h", "--label", "paid") == "1 new watches\n"
    )
    assert run("add", "--from", str(pasted), "--target", "mine.example") == "2 new watches\n"
    assert run("run", "--no-scripts").startswith("3 links on 3 pages in ")
    assert "nothing is due" in run("run")
    rows = [json.loads(line) for line in run("list", "--format", "jsonl").splitlines()]
    assert [(row["watch_id"], row["state"], row["label"]) for row in rows] == [
        ("1", "alive", "paid"),
        ("2", "alive", None),
        ("3", "alive", None),
    ]
    assert "expected     Sourdough guide 1 → https://mine.example/guide, follow" in run("show", "1")
    assert json.loads(run("show", "1", "--format", "json"))["looks"][0]["finding"] == "alive"
    assert run("alerts", "--format", "table") == "Nothing was told yet.\n"
    assert run("alerts", "--resend") == "0 messages will be sent again by the next run\n"
    assert "as it should be" in run("accept", "2")
    assert run("remove", "1", "2") == "2 of 2 are watched no longer\n"
    for wrong in (["add"], ["add", "a.example"], ["add", "a.example", "b.example", "--from", str(pasted)]):
        assert main(["-w", str(bench.path), "monitor", *wrong]) == 2
    assert main(["-w", str(bench.path), "monitor", "show", "99"]) == 1


def test_names_without_a_dot_are_refused_unless_they_are_routed(tmp_path: Path) -> None:
    with Workbench.create(tmp_path / "web") as bench:
        pairs = [("blog", "mine.example"), ("blog.example/p", "mine"), ("localhost/p", "mine.example")]
        added = bench.monitor.add([*pairs, ("blog.example/p", "mine.example")], WatchOptions())
        assert (added.n_new, [line for line, _ in added.refused]) == (2, ["blog mine.example", "blog.example/p mine"])
        assert "has no dot" in added.refused[0][1]
    (tmp_path / "web" / "inlink.toml").write_text('[fetch]\nroutes = ["blog=http://127.0.0.1:1"]\n', encoding="utf-8")
    with Workbench.open(tmp_path / "web") as bench:
        assert bench.monitor.add([("blog", "mine.example"), ("blog/p", "http://mine/")], WatchOptions()).n_new == 2
