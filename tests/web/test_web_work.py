"""Forms of the pages where work is started: what they make, what they say where something is wrong."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from inlink.config import setting_names
from inlink.web.app import pages
from inlink.web.settings_fields import NOT_HERE, SETTINGS
from inlink.web.work_words import sentence, took
from inlink.workbench import Workbench
from inlink.workbench import settings as workspace_settings
from inlink.workbench.audit import entries
from inlink.workbench.jobs_kinds import EXPORTS, KINDS
from inlink.workbench.monitor_results import WatchOptions

COMMENTED = """\
# mine, all mine
[site]
domain = "old.example"   # the first one
aliases = [
  "one.example",  # a list over several lines
]

[fetch]
contact = "https://old.example/bot"

[limits]
max_body_bytes = "1MiB"
"""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench.create(tmp_path / "w") as made:
        made.path.joinpath("inlink.toml").write_text(COMMENTED)
        yield made


@pytest.fixture
def site(bench: Workbench) -> Iterator[TestClient]:
    with TestClient(pages(bench), follow_redirects=False) as client:
        yield client


def test_an_empty_workspace_begins_with_the_wizard(site: TestClient) -> None:
    assert site.get("/").headers["location"] == "/start"
    assert "Where do links come from?" in site.get("/start").text  # the site is named already


def test_the_wizard_asks_one_thing_after_the_other(site: TestClient, bench: Workbench) -> None:
    answer = site.post("/start/site", data={"site": "https://www.bakery.example/shop?x=1"})
    assert answer.headers["location"] == "/start?step=competitors"
    answer = site.post("/start/competitors", data={"competitors": "cakes.example\n\nrolls.example\n"})
    assert answer.headers["location"] == "/start?step=links"
    assert bench.settings.site.domain == "bakery.example"
    assert bench.settings.site.competitors == ("cakes.example", "rolls.example")
    assert site.post("/start/crawl", data={"contact": "me@bakery.example"}).headers["location"] == "/start?step=look"
    (job,) = bench.jobs.list()
    assert (job.kind, job.arguments["seeds"], job.then) == ("crawl", ["bakery.example"], ("build", "rank"))
    assert bench.settings.fetch.contact == "me@bakery.example"
    assert "On its way" in site.get("/start").text


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        ("/start/site", {"site": "bakery"}, "bakery is no site"),
        ("/start/site", {"site": ""}, "nothing is no site"),
        ("/start/site", {"site": "<b>x</b>.example"}, "no site"),
        ("/start/competitors", {"competitors": "not a host"}, "a host name, such as"),
        ("/start/crawl", {"contact": "nobody"}, "a URL or an e-mail address"),
        ("/start/import", {}, "nothing to import is named"),
        ("/crawls", {"seeds": ""}, "seeds"),
        ("/crawls", {"seeds": "a.example", "max_pages": "many"}, "should be a whole number"),
        ("/crawls", {"seeds": "ftp://a.example/"}, "Nothing was started"),
        ("/builds", {"kind": "rank", "release": "../x/host"}, "release"),
        ("/imports", {}, "nothing to import is named"),
        ("/checks", {}, "nothing to check is named"),
        ("/monitor", {}, "no link to watch is named"),
        ("/monitor", {"site": "a.example"}, "nothing has been built"),
    ],
)
def test_what_is_wrong_is_said_on_the_page(site: TestClient, path: str, data: dict[str, str], said: str) -> None:
    answer = site.post(path, data=data)
    assert answer.status_code == 400
    assert said in answer.text
    assert "<b>x</b>" not in answer.text


def test_what_was_typed_stays_where_something_is_wrong(site: TestClient) -> None:
    answer = site.post("/crawls", data={"seeds": "https://a.example/<i>", "max_pages": "x"})
    assert "https://a.example/&lt;i&gt;" in answer.text


@pytest.mark.parametrize(
    ("path", "data", "kind", "arguments"),
    [
        ("/crawls", {"seeds": "a.example\nb.example", "max_pages": "1,000", "then": "build"}, "crawl",
         {"seeds": ["a.example", "b.example"], "max_pages": 1000, "scope": "domain"}),
        ("/imports", {"inputs": "/srv/a.warc.gz", "keep": "1"}, "add", {"inputs": ["/srv/a.warc.gz"], "keep": True}),
        ("/imports/release", {"name": "latest", "graph": "host"}, "release", {"name": "latest", "graph": "host"}),
        ("/builds", {"kind": "build", "rank": "1"}, "build", {}),
        ("/builds", {"kind": "rank", "release": ""}, "rank", {}),
        ("/builds", {"kind": "rank", "release": "cc-main-2026/host", "keeps_lists": "1"}, "rank",
         {"graphs": ["hosts"], "release": "cc-main-2026", "keeps_lists": True}),
        ("/builds", {"kind": "gc"}, "gc", {}),
        ("/jobs/start", {"kind": "build"}, "build", {}),
        ("/checks", {"urls": "https://a.example/x"}, "check", {"urls": ["https://a.example/x"]}),
        ("/checks", {"site": "a.example", "links": "out", "limit": "5"}, "check",
         {"site": "a.example", "links": "out", "limit": 5}),
        ("/monitor/run", {"all": "1"}, "monitor", {"looks_at_all": True}),
        ("/start/demo", {}, "demo", {}),
    ],
)  # fmt: skip
def test_a_form_makes_a_job(
    site: TestClient, bench: Workbench, path: str, data: dict[str, str], kind: str, arguments: dict[str, Any]
) -> None:
    assert site.post(path, data=data).status_code == 303
    (job,) = bench.jobs.list()
    assert job.kind == kind
    assert {name: job.arguments[name] for name in arguments} == arguments
    (told,) = entries(bench.database)
    assert (told.action, told.subject, told.who) == ("job.start", f"job {job.job_id}", "local")


def test_an_upload_is_kept_until_its_job_takes_it(site: TestClient, bench: Workbench) -> None:
    file = {"file": ("../../etc/links export.csv", b"source,target\nhttps://a.example/,https://b.example/\n")}
    assert site.post("/imports", data={"then": "build"}, files=file).status_code == 303
    (job,) = bench.jobs.list()
    (name,) = job.arguments["uploads"]
    assert job.title == "links-export.csv"
    assert (bench.path / "uploads" / name).read_bytes().startswith(b"source,target")
    bench.jobs.cancel(job.job_id)


def test_an_empty_or_too_large_upload_leaves_nothing(site: TestClient, bench: Workbench) -> None:
    bench.path.joinpath("inlink.toml").write_text('[server]\nmax_upload = "1KiB"\n')
    for body, said in ((b"", "is empty"), (b"x" * 2_000, "is larger than")):
        answer = site.post("/imports", files={"file": ("a.csv", body)})
        assert (answer.status_code, said in answer.text) == (400, True)
    assert list((bench.path / "uploads").iterdir()) == []


def test_a_job_is_seen_cancelled_and_taken_up(site: TestClient, bench: Workbench) -> None:
    number = bench.jobs.start("build").job_id
    assert "waits for a worker" in site.get(f"/jobs/{number}").text
    assert site.post(f"/jobs/{number}/cancel", data={"back": "/builds"}).headers["location"] == "/builds"
    assert bench.jobs.get(number).state == "cancelled"
    assert "cancelled" in site.get("/jobs").text
    assert site.post(f"/jobs/{number}/retry", data={"back": "https://evil.example/"}).headers["location"] == "/jobs/1"
    for path in ("/jobs/9", "/jobs/x", f"/jobs/{number}/file", "/crawls/../../x", "/checks/of?url=x", "/monitor/7"):
        assert site.get(path).status_code == 404
    assert site.post(f"/jobs/{number}/paint").status_code == 404


def test_settings_change_and_everything_else_stays(site: TestClient, bench: Workbench) -> None:
    answer = site.post(
        "/settings/site", data=filled(bench, {"site.domain": "new.example", "suffixes.own": "uni.example"})
    )
    assert answer.headers["location"] == "/settings/site?saved=site.domain%2Csuffixes.own"
    text = bench.path.joinpath("inlink.toml").read_text()
    expected = COMMENTED.replace('"old.example"   #', '"new.example"   #') + '\n[suffixes]\nown = ["uni.example"]\n'
    assert text.split() == expected.split()
    page = site.get("/settings/site?saved=site.domain,suffixes.own").text
    assert "Build a snapshot now" in page


def filled(bench: Workbench, changed: dict[str, str]) -> dict[str, str]:
    """The form as the page shows it, with some fields changed."""
    from inlink.web.settings_fields import shown

    now = workspace_settings.read(bench.path)
    values = {name: shown(setting, now.values[name]) for name, setting in SETTINGS.items()}
    return {"version": now.version, **{f"was:{n}": v for n, v in values.items()}, **values, **changed}


def test_wrong_settings_are_told_beside_their_fields_and_none_is_written(site: TestClient, bench: Workbench) -> None:
    wrong = {
        "site.domain": "no host",
        "fetch.delay_s": "soon",
        "retention.snapshots": "0",
        "site.competitors": "b.example",
    }
    answer = site.post("/settings/site", data=filled(bench, wrong))
    assert answer.status_code == 400
    for name in ("site.domain", "fetch.delay_s", "retention.snapshots"):
        assert f'id="e-{name}"' in answer.text
    assert 'id="e-site.competitors"' not in answer.text
    assert "b.example" in answer.text
    assert bench.path.joinpath("inlink.toml").read_text() == COMMENTED


def test_two_browsers_that_change_settings_at_once(site: TestClient, bench: Workbench) -> None:
    mine = filled(bench, {"site.domain": "mine.example"})
    theirs = filled(bench, {"fetch.contact": "https://theirs.example/bot"})
    assert site.post("/settings/site", data=theirs).status_code == 303
    answer = site.post("/settings/site", data=mine)
    assert answer.status_code == 409
    assert "omebody else has changed" in answer.text
    assert "mine.example" in answer.text
    assert "https://theirs.example/bot" in answer.text
    assert bench.settings.site.domain == "old.example"
    again = filled(bench, {"site.domain": "mine.example"})
    assert site.post("/settings/site", data=again).status_code == 303
    assert (bench.settings.site.domain, bench.settings.fetch.contact) == ("mine.example", "https://theirs.example/bot")


def test_every_setting_is_on_the_page_or_left_out_by_name() -> None:
    assert {name for name in setting_names() if not name.startswith(NOT_HERE)} == set(SETTINGS)


def test_sentences() -> None:
    none = {"running": 0, "stopped": 0, "queued": 0}
    assert sentence(none) == "Nothing runs, nothing waits."
    assert sentence({"running": 3, "stopped": 1, "queued": 2}) == "Three run, one is stopped, two wait."
    assert [took(s) for s in (0.2, 8, 1080, 7560)] == ["<\u00a01\u00a0s", "8\u00a0s", "18\u00a0min", "2\u00a0h\u00a006"]


def test_what_strangers_wrote_is_shown_harmlessly(site: TestClient, bench: Workbench) -> None:
    evil = "https://a.example/<script>alert(1)</script>\u202egpj\x1b[2J" + "x" * 3_000
    bench.jobs.start("check", {"urls": [evil]})
    bench.monitor.add([(evil, "b.example")], WatchOptions(label="<img src=x onerror=alert(1)>\u202e"))
    for path in ("/jobs", "/jobs/1", "/checks", "/monitor", "/monitor/1", "/alerts"):
        text = site.get(path).text
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
        assert "\u202e" not in text, path
        assert "\x1b" not in text, path
        assert "x" * 2_500 not in re.sub(r'href="[^"]*"', "", text), path


def test_schedules_are_made_turned_off_and_removed(site: TestClient, bench: Workbench) -> None:
    assert "Nothing is scheduled" in site.get("/jobs/schedules").text
    crawl = {"kind": "crawl", "every": "1w", "places": "old.example\nnew.example", "then": "build rank", "first": ""}
    assert site.post("/jobs/schedules", data=crawl).headers["location"] == "/jobs/schedules"
    (row,) = bench.jobs.schedules.all()
    assert (row.arguments, row.then) == ({"seeds": ["old.example", "new.example"]}, ("build", "rank"))
    assert "old.example and 1 more" in site.get("/jobs/schedules").text
    assert "next by schedule" in site.get("/jobs").text
    address = f"/jobs/schedules/{row.schedule_id}"
    assert site.post(f"{address}/off", data={"version": "1"}).status_code == 303
    assert "turned off" in site.get("/jobs/schedules").text
    assert "has changed this schedule" in site.post(f"{address}/on", data={"version": "1"}).text
    assert site.post(f"{address}/period", data={"version": "2", "every": "<b>"}).status_code == 400
    assert site.post(f"{address}/bake", data={"version": "2"}).status_code == 404
    assert f'action="{address}/period"' in site.get("/jobs/schedules").text
    assert site.post(f"{address}/period", data={"version": "2", "every": "1d"}).status_code == 303
    assert bench.jobs.schedules.all()[0].every == "1d"
    assert site.post(f"{address}/remove", data={"version": "3"}).status_code == 303
    assert bench.jobs.schedules.all() == ()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"kind": "bake", "every": "1d"}, "no kind of job"),
        ({"kind": "build", "every": ""}, "is no period"),
        ({"kind": "crawl", "every": "1d", "places": ""}, "seeds"),
        ({"kind": "check", "every": "1d"}, "nothing to check is named"),
    ],
)
def test_a_wrong_schedule_is_told_on_the_page(site: TestClient, data: dict[str, str], said: str) -> None:
    answer = site.post("/jobs/schedules", data=data)
    assert answer.status_code == 400
    assert said in answer.text


@pytest.mark.parametrize("leaves_file", [True, False])
def test_which_jobs_leave_a_file_is_said_by_their_kind(
    site: TestClient, bench: Workbench, monkeypatch: pytest.MonkeyPatch, leaves_file: bool
) -> None:
    """As a kind of job that a plug-in brings: page and download ask it, and no list of their own."""
    monkeypatch.setitem(KINDS, "verify", replace(KINDS["verify"], leaves_file=leaves_file))
    made = replace(bench.jobs.start("verify", {}), state="done", result={"file": "found.csv"})
    monkeypatch.setattr(type(bench.jobs), "get", lambda *_: made)
    (bench.path / EXPORTS).mkdir()
    (bench.path / EXPORTS / "found.csv").write_text("x")
    way = f"/jobs/{made.job_id}"
    assert (f'href="{way}/file"' in site.get(way).text) == leaves_file
    assert site.get(f"{way}/file").status_code == (200 if leaves_file else 404)


def test_all_of_a_mass_is_followed_by_a_job(ranked_bench: Workbench, tmp_path: Path) -> None:
    folder, target = tmp_path / "ranked", "crumbandcrust.example"
    shutil.copytree(ranked_bench.path, folder, ignore=shutil.ignore_patterns("*.lock", "*.lease"))
    with Workbench.open(folder) as own, TestClient(pages(own), follow_redirects=False) as site:
        asked = re.search(r'<form[^>]*action="/what-if/origins".*?</form>', site.get(f"/what-if?q={target}").text, re.S)
        assert asked is not None
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', asked[0]))
        started = site.post("/what-if/origins", data=fields).headers["location"]
        assert site.get(f"{started}/file").status_code == 404
        own.jobs.runner().run(until_empty=True)
        page = site.get(started).text
        assert "Where most of it began" in page
        rows = site.get(f"{started}/file").text.splitlines()
        exact = own.explain(target, origins=True, exact=True, limit=None)
        assert [row.split(",")[0].strip('"') for row in rows] == ["name", *(row.name for row in exact.rows)]
        assert all(row.name in page for row in exact.rows[:10])
