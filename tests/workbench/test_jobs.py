"""Rows of jobs: what may run, whose word counts, how they end; and the door that faces use."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inlink.errors import BadInput, NotConfigured, NotFound, Refused
from inlink.store.db import WorkDatabase, job_queue
from inlink.store.db.job_queue import News, Outcome
from inlink.store.db.jobs import JobWorker
from inlink.workbench import Workbench
from inlink.workbench.jobs_kinds import KINDS, Arguments, Kind, checked, kind_of, register
from inlink.workbench.jobs_work import WORK
from inlink.workbench.people import Role, Who

LEASE_US = 30_000_000
VIEWER = Who(7, "Vera", Role.VIEWER, "session")
EDITOR = Who(8, "Ed", Role.EDITOR, "session")


@pytest.fixture
def bench(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    """A workspace with an empty database, of either kind."""
    monkeypatch.setenv("INLINK_DATABASE_URL", database_url)
    with Workbench.create(tmp_path / "w") as made:
        made.path.joinpath("inlink.toml").write_text('[fetch]\ncontact = "https://a.example/bot"\n')
        yield made


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Workbench]:
    """A workspace with a database of its own: for what both kinds do alike."""
    with Workbench.create(tmp_path / "w") as made:
        made.path.joinpath("inlink.toml").write_text('[fetch]\ncontact = "https://a.example/bot"\n')
        yield made


@pytest.fixture
def db(bench: Workbench) -> WorkDatabase:
    return bench.database


def taken(db: WorkDatabase, owner: str = "one", lease_us: int = LEASE_US) -> int | None:
    job = job_queue.take(db, owner, lease_us, list(KINDS))
    return None if job is None else job.job_id


def speak(db: WorkDatabase, owner: str, news: dict[int, News]) -> job_queue.Heard:
    return job_queue.speak(db, JobWorker(owner=owner, host="h", n_at_once=2, seen_at=0), LEASE_US, news)


def test_what_may_run_at_once(bench: Workbench, db: WorkDatabase) -> None:
    numbers = {
        name: bench.jobs.start(kind, about).job_id
        for name, kind, about in (
            ("crawl", "crawl", {"seeds": ["a.example"]}),
            ("check", "check", {"urls": ["https://a.example/"]}),
            ("build", "build", {}),
            ("rank", "rank", {}),
            ("add", "add", {"inputs": ["/x.warc"]}),
        )
    }
    running = [taken(db), taken(db), taken(db), taken(db)]
    assert running == [numbers["crawl"], numbers["build"], numbers["add"], None]
    speak(db, "one", {})
    waits = {job.kind: job.waits_for for job in bench.jobs.list(["queued"])}
    assert waits == {
        "check": f"job {numbers['crawl']}: one crawl, check or look at a time",
        "rank": f"job {numbers['build']}: one build, rank or clean-up at a time",
    }
    assert job_queue.end(db, numbers["crawl"], "one", Outcome("done"))
    assert taken(db) == numbers["check"]


def test_many_workers_take_each_job_once_and_never_two_that_need_the_same(bench: Workbench, db: WorkDatabase) -> None:
    for number in range(24):
        bench.jobs.start("build" if number % 3 else "add", {} if number % 3 else {"inputs": ["/x"]})
    taken_by: dict[int, str] = {}
    clashes: list[int] = []
    building: list[int] = []
    turn = threading.Lock()

    def work(owner: str) -> None:
        while not job_queue.is_empty(db):
            job = job_queue.take(db, owner, LEASE_US, list(KINDS))
            if job is None:
                time.sleep(0.002)
                continue
            with turn:
                clashes.extend([job.job_id] if job.job_id in taken_by or (job.holds and building) else [])
                taken_by[job.job_id] = owner
                building.extend([job.job_id] if job.holds else [])
            time.sleep(0.002)
            with turn:
                if job.holds:
                    building.clear()
            assert job_queue.end(db, job.job_id, owner, Outcome("done"))

    workers = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert clashes == []
    assert sorted(taken_by) == [job.job_id for job in bench.jobs.list(["done"])][::-1]
    assert len(taken_by) == 24


def test_nobody_takes_jobs_is_said(here: Workbench) -> None:
    assert here.jobs.start("build").waits_for == "a worker: start inlink serve or inlink jobs work"


def test_a_worker_whose_lease_is_over_changes_nothing(bench: Workbench, db: WorkDatabase) -> None:
    number = bench.jobs.start("build").job_id
    assert taken(db, "old", lease_us=-1) == number
    assert job_queue.take_over(db, "new", is_alone=False) == [number]
    assert taken(db, "new") == number
    assert speak(db, "old", {number: News(step=("serve", 9, 9, "steps", ""))}).lost == {number}
    assert not job_queue.end(db, number, "old", Outcome("failed", error="late"))
    assert not job_queue.put_back(db, number, "old", "late")
    job = bench.jobs.get(number)
    assert (job.state, job.n_tries, job.progress, job.error) == ("running", 2, None, "")
    assert [line.text for line in bench.jobs.log(number)] == ["its worker died; it goes on where it was"]


def test_a_living_lease_is_left_alone_unless_no_other_worker_can_be_there(bench: Workbench, db: WorkDatabase) -> None:
    number = bench.jobs.start("build").job_id
    taken(db, "old")
    assert job_queue.take_over(db, "new", is_alone=False) == []
    assert job_queue.take_over(db, "new", is_alone=True) == [number]


def test_a_job_that_workers_die_of_fails_in_the_end(bench: Workbench, db: WorkDatabase) -> None:
    number = bench.jobs.start("build").job_id
    for _ in range(job_queue.MAX_TRIES):
        assert taken(db, lease_us=-1) == number
        job_queue.take_over(db, "two", is_alone=False)
    job = bench.jobs.get(number)
    assert (job.state, job.error) == ("failed", "its worker died, 5 times over")
    assert taken(db) is None
    assert bench.jobs.retry(number).state == "queued"


def test_a_dead_worker_s_job_that_was_to_end_has_ended(bench: Workbench, db: WorkDatabase) -> None:
    number = bench.jobs.start("build").job_id
    taken(db, lease_us=-1)
    assert bench.jobs.cancel(number).ending == "cancelled"
    job_queue.take_over(db, "two", is_alone=False)
    assert bench.jobs.get(number).state == "cancelled"


def test_ending_and_taking_up(bench: Workbench, db: WorkDatabase) -> None:
    number = bench.jobs.start("build").job_id
    assert bench.jobs.cancel(number, EDITOR).state == "cancelled"
    assert taken(db) is None
    assert bench.jobs.retry(number).state == "queued"
    assert taken(db) == number
    assert bench.jobs.pause(number).ending == "stopped"
    assert speak(db, "one", {number: News()}).endings == {number: "stopped"}
    job_queue.end(db, number, "one", Outcome("stopped"))
    assert bench.jobs.retry(number).state == "queued"
    taken(db)
    job_queue.end(db, number, "one", Outcome("done", "said", '{"n": 1}'))
    assert bench.jobs.get(number).result == {"n": 1}
    with pytest.raises(BadInput, match="has done its work"):
        bench.jobs.retry(number)


def test_the_log_keeps_its_first_and_last_lines(bench: Workbench, db: WorkDatabase) -> None:
    number = bench.jobs.start("build").job_id
    taken(db)
    for first in range(0, 1200, 100):
        speak(db, "one", {number: News(lines=[(1, False, f"{first + i}") for i in range(100)])})
    texts = [line.text for line in bench.jobs.log(number)]
    assert texts == [str(n) for n in [*range(50), *range(750, 1200)]]
    assert [line.text for line in bench.jobs.log(number, after=1199)] == ["1199"]


def test_what_follows_is_made_once_with_the_end(bench: Workbench, db: WorkDatabase) -> None:
    from inlink.workbench.jobs_runner import _following

    first = bench.jobs.start(
        "add", {"inputs": ["https://a.example/x.warc"]}, EDITOR, then=[("build", {}), ("rank", {"graphs": ["pages"]})]
    )
    job = job_queue.take(db, "one", LEASE_US, list(KINDS))
    assert job is not None
    assert _following(job, "failed") == []
    assert job_queue.end(db, first.job_id, "one", Outcome("done"), _following(job, "done"))
    assert not job_queue.end(db, first.job_id, "one", Outcome("done"), _following(job, "done"))
    (build,) = bench.jobs.list(["queued"])
    assert (build.kind, build.by, build.then) == ("build", "Ed", ("rank",))


@pytest.mark.parametrize(
    ("kind", "given", "named"),
    [
        ("crawl", {}, "seeds"),
        ("crawl", {"seeds": []}, "seeds"),
        ("crawl", {"seeds": ["a.example"], "max_pages": 0}, "max_pages"),
        ("crawl", {"seeds": ["a.example"], "max_pages": "many"}, "max_pages"),
        ("crawl", {"seeds": ["a.example"], "scope": "all"}, "scope"),
        ("crawl", {"seeds": ["a.example"], "colour": 1}, "colour"),
        ("rank", {"graphs": ["words"]}, "graphs"),
        ("rank", {"release": "../elsewhere"}, "release"),
        ("check", {}, "nothing to check"),
        ("paint", {}, "paint"),
    ],
)
def test_wrong_arguments_are_told_before_a_job_is_made(
    here: Workbench, kind: str, given: dict[str, Any], named: str
) -> None:
    with pytest.raises(BadInput, match=named):
        here.jobs.start(kind, given)
    assert here.jobs.list() == ()


def test_crawls_need_somebody_whom_webmasters_can_reach(here: Workbench) -> None:
    here.path.joinpath("inlink.toml").write_text("")
    with pytest.raises(NotConfigured, match="nobody is named"):
        here.jobs.start("crawl", {"seeds": ["a.example"]})


def test_roles(here: Workbench) -> None:
    with pytest.raises(Refused):
        here.jobs.start("build", {}, VIEWER)
    with pytest.raises(Refused):
        here.jobs.start("gc", {}, EDITOR)
    number = here.jobs.start("build", {}, EDITOR).job_id
    for ask in (here.jobs.cancel, here.jobs.pause, here.jobs.retry):
        with pytest.raises(Refused):
            ask(number, VIEWER)


def test_there_is_no_such_job(here: Workbench) -> None:
    for ask in (here.jobs.get, here.jobs.log, here.jobs.cancel, here.jobs.retry):
        with pytest.raises(NotFound):
            ask(7)


def test_old_jobs_go(bench: Workbench, db: WorkDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inlink.workbench.jobs.KEPT_JOBS", 2)
    for _ in range(5):
        bench.jobs.cancel(bench.jobs.start("build").job_id)
    assert [job.job_id for job in bench.jobs.list()] == [5, 4, 3]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_has_work_a_title_and_checked_arguments(kind: Kind) -> None:
    least: dict[str, dict[str, Any]] = {
        "crawl": {"seeds": ["a.example"]},
        "release": {"name": "latest"},
        "export": {"question": "backlinks"},
        "explain": {"target": "a.example"},
    }
    assert kind.arguments in WORK
    assert kind.title(checked(kind, least.get(kind.id, {})))
    with pytest.raises(BadInput):
        checked(kind, {"no_such_thing": 1})


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="already"):
        register(Kind("crawl", "Crawl", Arguments, str))
    assert kind_of("crawl").word == "Crawl"


@pytest.fixture
def folders(here: Workbench, tmp_path: Path) -> Path:
    """srv/ may be imported from, etc/ not; a link leads from one into the other."""
    for name in ("srv/crawls", "etc", "w/data"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("srv/crawls/a.warc", "etc/shadow", "w/data/b.warc"):
        (tmp_path / name).touch()
    (tmp_path / "srv" / "way-out").symlink_to(tmp_path / "etc")
    with (here.path / "inlink.toml").open("a") as file:
        file.write(f'[import]\nroots = ["{tmp_path}/srv"]\n')
    return tmp_path


@pytest.mark.parametrize(
    "spec",
    ["{}/srv/crawls/a.warc", "{}/srv", "{}/srv/crawls/*.warc", "{}/srv/none/*.gz", "{}/w/data/b.warc",
     "https://a.example/x.warc"],
)  # fmt: skip
def test_what_people_with_accounts_may_import(here: Workbench, folders: Path, spec: str) -> None:
    assert here.jobs.start("add", {"inputs": [spec.format(folders)]}, EDITOR).state == "queued"


@pytest.mark.parametrize(
    "spec",
    ["{}/etc/shadow", "{}/etc/nothing", "{}/srv/../etc/shadow", "{}/srv/way-out/shadow", "{}/srv/*/shadow", "/",
     "{}/*/crawls", "{}/w/inlink.toml", "{}/srvx", "{}/srv/\0", "{}/e[t]c/shadow"],
)  # fmt: skip
def test_what_people_with_accounts_may_not_import(here: Workbench, folders: Path, spec: str) -> None:
    named = spec.format(folders)
    for about in ({"inputs": [named]}, {"inputs": ["https://a.example/x.paths"], "base_url": named}):
        with pytest.raises(Refused, match="in no folder that may be imported from"):
            here.jobs.start("add", about, EDITOR)
    with pytest.raises(Refused, match="in no folder"):
        here.jobs.schedules.add(EDITOR, "release", {"name": "latest", "where": named}, every="1w")
    assert here.jobs.start("add", {"inputs": [named]}).state == "queued"  # at the machine itself


@pytest.mark.parametrize("spec", ["a.warc", "crawls/a.warc", "*", "~/a.warc", "./a.warc", "file:///etc/passwd"])
@pytest.mark.parametrize("who", [EDITOR, Who.local()], ids=["account", "local"])
def test_relative_paths_are_no_one_s(
    here: Workbench, folders: Path, monkeypatch: pytest.MonkeyPatch, who: Who, spec: str
) -> None:
    """The server judges a path where it runs, a worker reads it where that one runs."""
    monkeypatch.chdir(folders / "srv")
    for about in ({"inputs": [spec]}, {"inputs": ["https://a.example/x.paths"], "base_url": spec}):
        with pytest.raises(BadInput, match="no whole path") as refused:
            here.jobs.start("add", about, who)
        assert "/srv/" in refused.value.hint
    with pytest.raises(BadInput, match="no whole path"):
        here.jobs.schedules.add(who, "release", {"name": "latest", "where": spec}, every="1w")


def test_a_pattern_is_not_looked_for_outside(here: Workbench, folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glob.iglob", lambda *_, **__: pytest.fail("other folders are searched through"))
    with pytest.raises(Refused, match="in no folder"):
        here.jobs.start("add", {"inputs": [f"{folders}/**/*"]}, EDITOR)
