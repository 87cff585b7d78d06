"""`Workbench.check` and `inlink check`: kept verdicts, states over time, addresses from the index."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from checked_cases import SITES
from click.testing import CliRunner, Result
from fixture_sites import page, reply, serving, site

from inlink.check.checking import Patience
from inlink.check.keeping import CheckStore
from inlink.check.verdicts import HOUR_US, Verdict
from inlink.cli.commands import inlink
from inlink.errors import BadInput, NotConfigured
from inlink.fetch import Manners
from inlink.store.db import WorkDatabase
from inlink.workbench import Workbench
from inlink.workbench.checking import Checked, CheckOptions
from inlink.workbench.monitor_results import RunOptions, WatchOptions

QUICK = CheckOptions(
    manners=Manners(delay_s=0, per_host=4, total_timeout_s=120, backoff_s=0.01), patience=Patience(0.01, 5)
)
CASINO = page("Slot Gacor Casino", "Casino slots, betting and jackpot. Poker togel judi bandar. " * 3)
WEB = {**SITES, "bakery.example": site({"/sourdough": reply(CASINO), "/rye": reply(page("Rye bread at home"))})}
LINKS = """Source URL,Target URL,Anchor
https://blog.example/a,https://bakery.example/sourdough,sourdough starter guide
https://blog.example/b,https://bakery.example/rye,rye bread
https://bakery.example/links,https://plain.example/nowhere,old oven
https://bakery.example/links,https://plain.example/bread,bread
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A workspace whose `.example` hosts are the fixture sites."""
    with serving(WEB) as sites:
        text = f'[fetch]\nroutes = ["{sites.route}"]\ndelay_s = 0\n'
        Workbench.create(tmp_path / "web").close()
        (tmp_path / "web" / "inlink.toml").write_text(text, encoding="utf-8")
        yield tmp_path / "web"


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(inlink, ["-w", str(folder), *words])


def test_verdicts_are_kept_with_their_tries(folder: Path) -> None:
    urls = ["http://plain.example/bread", "http://plain.example/nowhere", "http://plain.example/bread"]
    seen: list[Checked] = []
    with Workbench.open(folder) as bench:
        found = bench.check(urls, QUICK, each=seen.append)
        (kept,) = bench.checks("http://plain.example/nowhere")
        assert bench.checks("http://plain.example/never") == []
    assert (found.n_checked, dict(found.verdicts)) == (2, {"ok": 1, "not-found": 1})
    assert dict(found.states) == {"alive": 1, "failing": 1}
    assert [row.verdict.verdict for row in found.rows] == ["not-found", "ok"]
    assert sorted(row.verdict.url for row in seen) == sorted(set(urls))
    assert kept == found.rows[0].verdict
    assert [(one.kind, one.method, one.status) for one in kept.tries] == [("page", "GET", 404)]
    ok = found.rows[1].verdict
    assert [(one.kind, one.status) for one in ok.tries] == [("page", 200), ("probe", 404)]


def test_made_up_addresses_are_asked_for_once_a_directory(tmp_path: Path) -> None:
    pages = {f"/a/{n}": reply(page(f"Bread {n}")) for n in range(20)} | {"/b/1": reply(page("Rye"))}
    with serving({"many.example": site(pages)}) as sites:
        Workbench.create(tmp_path).close()
        (tmp_path / "inlink.toml").write_text(f'[fetch]\nroutes = ["{sites.route}"]\n', encoding="utf-8")
        with Workbench.open(tmp_path) as bench:
            found = bench.check([f"http://many.example{path}" for path in pages], QUICK)
        asked = sites.paths("many.example")
    assert dict(found.verdicts) == {"ok": 21}
    probes = [path for path in asked if path not in pages and path != "/robots.txt"]
    assert sorted(path[:3] for path in probes) == ["/a/", "/b/"]
    assert asked.count("/robots.txt") == 1


def test_dead_is_confirmed_by_time(folder: Path) -> None:
    url = "http://plain.example/nowhere"
    with Workbench.open(folder) as bench:
        (first,) = bench.check([url], QUICK).rows
        assert (first.state.state, first.state.n_failed) == ("failing", 1)
        (again,) = bench.check([url], QUICK).rows
        assert (again.state.state, again.state.n_failed, again.state.since_us) == ("failing", 2, first.state.since_us)
    with sqlite3.connect(folder / "workspace.db") as db:  # as if the first check were an hour and a bit ago
        for column in ("since", "first_missing"):
            db.execute(f"update check_states set {column} = {column} - ?", (HOUR_US + 1,))
    db.close()
    with Workbench.open(folder) as bench:
        (last,) = bench.check([url], QUICK).rows
    assert (last.state.state, last.state.due_at_us) == ("dead", None)


def test_fresh_ones_are_passed_over(folder: Path) -> None:
    with Workbench.open(folder) as bench:
        bench.check(["http://plain.example/bread"], QUICK)
        both = ["http://plain.example/bread", "http://plain.example/band"]
        found = bench.check(both, CheckOptions(3600, QUICK.manners, QUICK.patience))
    assert (found.n_checked, found.n_fresh) == (1, 1)


def test_somebody_must_be_named_to_ask_others(folder: Path) -> None:
    with Workbench.open(folder) as bench, pytest.raises(NotConfigured, match="webmasters"):
        bench.check(["https://elsewhere.org/"], QUICK)


def test_the_index_names_addresses_and_remembers_topics(folder: Path) -> None:
    (folder / "links.csv").write_text(LINKS, encoding="utf-8")
    assert run(folder, "add", str(folder / "links.csv")).exit_code == 0
    assert run(folder, "build", "--workers", "1").exit_code == 0
    found = json.loads(run(folder, "check", "--from-index", "bakery.example", "--format", "json").stdout)
    assert {row["url"]: row["verdict"] for row in found["rows"]} == {
        "https://bakery.example/sourdough": "hijacked",
        "https://bakery.example/rye": "ok",
    }
    out = run(folder, "check", "--from-index", "bakery.example", "--links", "out", "--format", "tsv")
    assert {tuple(line.split("\t")[:2]) for line in out.stdout.splitlines()[1:]} == {
        ("https://plain.example/nowhere", "not-found"),
        ("https://plain.example/bread", "ok"),
    }
    assert run(folder, "check", "--from-index", "bakery.example", "--links", "out").stderr.count("passed over") == 1


def test_the_command_says_what_it_found(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "urls.txt").write_text("# mine\nhttp://plain.example/410\n", encoding="utf-8")
    words = ("check", "http://plain.example/bread", "--from", str(tmp_path / "urls.txt"), "--format", "table")
    shown = run(folder, *words)
    assert shown.exit_code == 0
    assert "2 checked" in shown.stdout
    assert "gone" in shown.stdout
    assert "failing is not dead yet" in shown.stdout
    assert isinstance(run(folder, "check").exception, BadInput)


def test_addresses_from_standard_input_and_bare_names(folder: Path) -> None:
    def asked(*words: str, text: str | None = None) -> str:
        return CliRunner().invoke(inlink, ["-w", str(folder), "check", *words], input=text).stdout

    listed = "# mine\nplain.example/bread\nhtp:/bad\nplain.example/410\n"
    rows = {row["url"]: row for row in json.loads(asked("--from", "-", "--format", "json", text=listed))["rows"]}
    assert {url: row["verdict"] for url, row in rows.items()} == {
        "https://plain.example/bread": "ok",
        "https://plain.example/410": "gone",
        "htp:/bad": "unknown",
    }
    assert rows["htp:/bad"]["evidence"] == {"reason": "not-a-url"}
    (line,) = csv.DictReader(asked("notaurl", "--format", "csv").splitlines())
    assert json.loads(line["evidence"]) == {"reason": "not-a-url"}
    assert "https://example.org/" in line["why"]


def test_killed_between_steps_keeps_whole_checks(work_database: WorkDatabase) -> None:
    store = CheckStore(work_database)
    good = Verdict("https://a.example/", 1, "ok", "answers", "")

    def broken() -> Iterator[Verdict]:
        yield good
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.keep(broken())
    assert store.history(good.url) == []
    assert store.state(good.url) is None
    assert store.keep([good])[0].state == "alive"
    assert store.history(good.url) == [good]
    assert (store.counts(), store.due(10**18)) == ({"alive": 1}, [])
    assert store.forget(2) == 1
    assert store.history(good.url) == []


def test_gc_forgets_old_checks_looks_and_lines_of_the_ledger(folder: Path) -> None:
    with Workbench.open(folder) as bench:
        assert bench.gc().n_checks == 0
        bench.check(["http://plain.example/bread", "http://plain.example/nowhere"], QUICK)
        bench.monitor.add([("http://plain.example/bread", "plain.example")], WatchOptions())
        bench.monitor.run()
        bench.monitor.run(RunOptions(looks_at_all=True))
    with sqlite3.connect(folder / "crawls" / "courtesy.db") as db:
        (n_asked,) = db.execute("select count(*) from asked").fetchone()
        db.execute("update asked set at = 0")
    db.close()
    with sqlite3.connect(folder / "workspace.db") as db:
        db.execute("update checks set checked_at = 0 where url like '%nowhere'")
        db.execute("update looks set at = 1")
    db.close()
    out = run(folder, "gc").stdout
    assert f"forgot what is older than [retention] says: 1 check, 1 look, {n_asked} ledger lines" in out
    with Workbench.open(folder) as bench:
        assert [len(bench.checks(f"http://plain.example/{name}")) for name in ("bread", "nowhere")] == [1, 0]
        assert bench.check(["http://plain.example/nowhere"], QUICK).rows[0].state.n_checks == 2
