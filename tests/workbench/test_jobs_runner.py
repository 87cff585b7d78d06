"""The worker with processes that do as they are told: nothing is lost, nothing is done twice, whoever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from inlink.demo import DemoWeb
from inlink.errors import Unreachable
from inlink.store.db import job_queue
from inlink.workbench import Workbench, jobs_runner
from inlink.workbench.jobs_results import JobRow

STUB = Path(__file__).with_name("job_stub.py")
LONGEST_S = 120.0  # against hanging only


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    monkeypatch.setattr(jobs_runner, "CHILD", [sys.executable, "-S", "-E", str(STUB)])
    monkeypatch.setattr(jobs_runner, "SPEAK_S", 0.05)
    monkeypatch.setattr(jobs_runner, "BUSY_S", 0.0)
    monkeypatch.setattr(jobs_runner, "GRACE_S", LONGEST_S)  # who ends politely does so, however slow the machine is
    with Workbench.create(tmp_path / "w") as made:
        made.path.joinpath("inlink.toml").write_text('[fetch]\ncontact = "https://a.example/bot"\n')
        yield made


def told(bench: Workbench, *words: str) -> int:
    """A job that does this; it stands in the place of a crawl."""
    number = bench.jobs.start("crawl", {"seeds": ["a.example"]}).job_id
    from inlink.store.db.jobs import Job

    with bench.database.step() as session:
        job = session.get(Job, number)
        assert job is not None
        job.arguments = '{"seeds": [' + ", ".join(f'"{word}"' for word in words) + "]}"
    return number


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST_S
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def worked(bench: Workbench, number: int) -> JobRow:
    bench.jobs.runner().run(until_empty=True)
    return bench.jobs.get(number)


def texts(bench: Workbench, number: int) -> list[str]:
    return [line.text for line in bench.jobs.log(number)]


def test_a_job_is_done(bench: Workbench) -> None:
    number = told(bench, "line hello", "step 40")
    job = worked(bench, number)
    assert (job.state, job.said, job.result, job.n_tries) == ("done", "all of it", {"n": 1}, 1)
    assert job.progress is not None
    assert (job.progress.done, job.progress.total, job.progress.share) == (40, 100, 0.4)
    assert texts(bench, number) == ["again False", "hello"]
    assert bench.jobs.workers() == ()


@pytest.mark.parametrize(
    ("words", "state", "error"),
    [
        (["fail no room"], "failed", "no room"),
        (["die"], "failed", "its process ended without a word (code 9)"),
    ],
)
def test_a_job_fails_with_a_reason(bench: Workbench, words: list[str], state: str, error: str) -> None:
    job = worked(bench, told(bench, *words))
    assert (job.state, job.error, bool(job.hint)) == (state, error, True)


def test_a_process_that_dies_once_goes_on(bench: Workbench, tmp_path: Path) -> None:
    number = told(bench, f"once {tmp_path / 'died'}")
    assert worked(bench, number).n_tries == 2
    assert texts(bench, number) == ["again False", "its process ended without a word (code 9)", "again True"]


def test_who_stands_in_the_way_is_waited_for(bench: Workbench, tmp_path: Path) -> None:
    number = told(bench, f"busy {tmp_path / 'was'}")
    job = worked(bench, number)
    assert (job.state, job.n_tries) == ("done", 1)
    assert "a build is running (process 7)" in texts(bench, number)


@pytest.mark.parametrize(("word", "ask", "state"), [
    ("wait", "cancel", "cancelled"), ("wait", "pause", "stopped"), ("deaf", "cancel", "cancelled"),
])  # fmt: skip
def test_a_running_job_is_ended(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, word: str, ask: str, state: str
) -> None:
    if word == "deaf":
        monkeypatch.setattr(jobs_runner, "GRACE_S", 0.1)
    number = told(bench, "step 1", word)
    with bench.jobs.working():
        until(lambda: bench.jobs.get(number).progress is not None)
        getattr(bench.jobs, ask)(number)
        until(lambda: bench.jobs.get(number).state != "running")
    job = bench.jobs.get(number)
    assert (job.state, job.said) == (state, "some of it" if word == "wait" else "")


def test_a_worker_that_ends_leaves_its_jobs_to_the_next(bench: Workbench) -> None:
    number = told(bench, "step 1", "wait")
    with bench.jobs.working():
        until(lambda: bench.jobs.get(number).progress is not None)
    job = bench.jobs.get(number)
    assert (job.state, job.n_tries, job.waits_for) == ("queued", 0, "a worker: start inlink serve or inlink jobs work")


def test_one_worker_at_a_time_on_sqlite_and_the_next_takes_over(bench: Workbench, tmp_path: Path) -> None:
    number = told(bench, f"until {tmp_path / 'gate'}")
    second = bench.jobs.runner()
    thread = threading.Thread(target=second.run, daemon=True)
    with bench.jobs.working() as first:
        until(lambda: bool(bench.jobs.workers()))
        thread.start()
        (tmp_path / "gate").touch()
        until(lambda: bench.jobs.get(number).state == "done")
        assert {worker.owner for worker in bench.jobs.workers()} == {first.owner}
    later = told(bench, "line later")
    until(lambda: bench.jobs.get(later).state == "done")
    second.close()
    thread.join()


WORKER = (
    "import sys; from inlink.workbench import Workbench, jobs_runner\n"
    "jobs_runner.CHILD = [sys.executable, '-S', '-E', sys.argv[2]]; jobs_runner.SPEAK_S = 0.05\n"
    "bench = Workbench.open(sys.argv[1]); bench.jobs.runner().run()\n"
)


@contextmanager
def worker(bench: Workbench) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own, to be killed."""
    process = subprocess.Popen([sys.executable, "-c", WORKER, str(bench.path), str(STUB)])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_worker_is_killed_and_the_next_goes_on(bench: Workbench, tmp_path: Path) -> None:
    begun, gate = tmp_path / "begun", tmp_path / "gate"
    number = told(bench, "step 1", f"note {begun}", f"until {gate}")
    with worker(bench) as process:
        until(begun.exists)
        os.kill(process.pid, signal.SIGKILL)
    assert bench.jobs.get(number).state == "running"
    gate.touch()
    job = worked(bench, number)
    assert (job.state, job.n_tries) == ("done", 2)
    assert "its worker died; it goes on where it was" in texts(bench, number)


def test_real_work_in_real_processes(tmp_path: Path, demo_web: DemoWeb) -> None:
    with Workbench.create(tmp_path / "w") as bench:
        bench.jobs.start("add", {"inputs": [str(demo_web.warcs[0])]}, then=[("build", {})])
        bench.jobs.runner().run(until_empty=True)
        build, add = bench.jobs.list()
        assert (add.state, add.said) == ("done", "1 added")
        assert build.state == "done"
        assert build.result is not None
        assert build.result["snapshot"] == bench.status().snapshot
        assert build.progress is not None
        assert build.progress.n_steps == 3


def test_a_database_that_is_away_for_a_while_loses_nothing(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It is away from the first word of the job on; half of what is said is said meanwhile."""
    gate = tmp_path / "gate"
    number = told(bench, "line first", f"until {gate}", "line second", "step 7")
    real, n_failed = job_queue.speak, 0
    monkeypatch.setattr(jobs_runner, "LEASE_S", LONGEST_S)  # how seldom it is said

    def away(*words: Any) -> Any:
        nonlocal n_failed
        if n_failed < 8 and any(news.lines for news in words[3].values()):
            n_failed += 1
            if n_failed == 4:
                gate.touch()
            raise Unreachable("the database does not answer", hint="")
        return real(*words)

    monkeypatch.setattr(job_queue, "speak", away)
    job = worked(bench, number)
    assert (job.state, n_failed) == ("done", 8)
    assert texts(bench, number) == ["again False", "first", "second"]
    assert job.progress is not None
    assert job.progress.done == 7
    assert capsys.readouterr().err.count("cannot be used") == 1
