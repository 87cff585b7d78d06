"""Several `inlink jobs work`, real processes on one PostgreSQL: side by side, and what a killed one had is done."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

import postgres
from inlink.store.db.job_queue import now_us
from inlink.store.db.jobs import Job
from inlink.workbench import Workbench

STUB = Path(__file__).with_name("job_stub.py")
PLAIN = ("-S", "-E")
LONGEST_S = 300.0  # against hanging only
SHORT_S = 3.0  # of a lease
WORK = (
    "import sys; from inlink.workbench import jobs_runner as runner\n"
    "runner.CHILD = [sys.executable, *sys.argv[3:]]; runner.SPEAK_S, runner.BUSY_S = 0.1, 0.0\n"
    "runner.LEASE_S, runner.ADOPT_S, runner.IDLE_S = float(sys.argv[2]), 0.5, 0.5\n"
    "from inlink.cli.main import main\n"
    "sys.exit(main(['-w', sys.argv[1], 'jobs', 'work', '--at-once', '1']))\n"
)
CHILD = (
    "import sys; from pathlib import Path\n"
    "from inlink.workbench import jobs_child as child\n"
    "sys.path.insert(0, {folder!r}); import job_stub as stub\n"
    "def work(order, telling):\n"
    "    for word in order['arguments']['seeds']: stub.done(word, telling.stop)\n"
    "    return '', {{}}\n"
    "child._work = work\n"
    "child.main()\n"
)


@pytest.fixture
def bench(tmp_path: Path, postgresql: postgres.Server, postgresql_template: str) -> Iterator[Workbench]:
    """A workspace whose jobs are in PostgreSQL."""
    name = postgresql.make(postgresql_template)
    with Workbench.create(tmp_path / "w"):
        pass
    url = postgresql.url(name)
    (tmp_path / "w" / "inlink.toml").write_text(f'[database]\nurl = "{url}"\n', encoding="utf-8")
    with Workbench.open(tmp_path / "w") as opened:
        yield opened
    postgresql.drop(name)


@contextmanager
def worker(
    bench: Workbench, lease_s: float = LONGEST_S, child: Sequence[str] = (*PLAIN, str(STUB))
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker, killed at the end where nobody has done so before. lease_s: longer than a slow machine lets it wait."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, str(bench.path), str(lease_s), *child],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def told(bench: Workbench, *words: str, then: int = 0) -> int:
    """A job that does this, in the place of an import, which needs nothing for itself; `then` are to follow."""
    follow = [("add", {"inputs": ["/later"]})] * then
    number = bench.jobs.start("add", {"inputs": ["/never/read"]}, then=follow).job_id
    with bench.database.step() as session:
        job = session.get(Job, number)
        assert job is not None
        job.arguments = json.dumps({"seeds": words})
    return number


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST_S
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def owner(bench: Workbench, number: int) -> int:
    """The process whose job it is now."""
    with bench.database.reading() as session:
        job = session.get(Job, number)
        assert job is not None
        return int((job.lease_owner or ":0:").split(":")[-2])


def kill(bench: Workbench, process: subprocess.Popen[bytes], number: int) -> None:
    """Kill a worker; what it started notices that it is alone, and ends; then the lease of its job runs out."""
    orphans = psutil.Process(process.pid).children()
    process.kill()
    process.wait()
    until(lambda: all(map(is_over, orphans)))
    with bench.database.step() as session:
        job = session.get(Job, number)
        assert job is not None
        assert (job.state, job.lease_at is not None) == ("running", True)
        job.lease_at = now_us()


def freeze(bench: Workbench, process: subprocess.Popen[bytes]) -> None:
    """Stop a worker where it is, but not within a step of the database: what it has locked there stays so."""
    stepping = text(
        "select count(*) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'"
    )
    while True:
        os.kill(process.pid, signal.SIGSTOP)
        until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED)
        with bench.database.reading() as session:
            if not session.scalar(stepping):
                return
        os.kill(process.pid, signal.SIGCONT)
        time.sleep(0.01)


def is_over(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def times(path: Path) -> int:
    return len(path.read_text()) if path.exists() else 0


def test_workers_side_by_side_one_of_them_killed(bench: Workbench, tmp_path: Path) -> None:
    here = {n: tmp_path / f"here{n}" for n in range(3)}
    gate = tmp_path / "gate"
    numbers = [
        told(bench, f"note {path}", *(f"until {one}" for one in here.values()), f"until {gate}", f"note {path}e")
        for path in here.values()
    ]
    with ExitStack() as stack:
        workers = {process.pid: process for process in (stack.enter_context(worker(bench)) for _ in here)}
        until(lambda: all(path.exists() for path in here.values()))  # each waits for the others: all three run at once
        owners = [owner(bench, number) for number in numbers]
        assert set(owners) == set(workers)
        short = told(bench, f"note {tmp_path / 'short'}")
        kill(bench, workers[owners[1]], numbers[1])
        gate.touch()
        until(lambda: all(bench.jobs.get(number).state == "done" for number in (*numbers, short)))
        assert owners[1] not in {owner(bench, number) for number in numbers}
    jobs = [bench.jobs.get(number) for number in numbers]
    assert [job.n_tries for job in jobs] == [1, 2, 1]
    assert "its worker died; it goes on where it was" in [line.text for line in bench.jobs.log(numbers[1])]
    assert [times(path) for path in here.values()] == [1, 2, 1]
    assert [times(path.with_name(path.name + "e")) for path in here.values()] == [1, 1, 1]
    assert times(tmp_path / "short") == 1


def test_a_job_that_every_worker_dies_of_has_failed_with_its_reason(bench: Workbench, tmp_path: Path) -> None:
    number = told(bench, f"until {tmp_path / 'never'}")
    with bench.database.step() as session:
        job = session.get(Job, number)
        assert job is not None
        job.n_tries = 4  # workers that died of it before
    with worker(bench) as first, worker(bench) as second:
        until(lambda: bench.jobs.get(number).state == "running")
        kill(bench, first if owner(bench, number) == first.pid else second, number)
        until(lambda: bench.jobs.get(number).state == "failed")
    ended = bench.jobs.get(number)
    assert (ended.error, bool(ended.hint)) == ("its worker died, 5 times over", True)


@pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be frozen")
def test_what_a_frozen_worker_started_ends_before_another_goes_on(bench: Workbench, tmp_path: Path) -> None:
    begun, gate = tmp_path / "begun", tmp_path / "gate"
    number = told(bench, f"note {begun}", f"until {gate}")
    listening = ["-c", CHILD.format(folder=str(STUB.parent))]
    with worker(bench, SHORT_S, listening) as frozen:
        until(begun.exists)
        freeze(bench, frozen)
        left = psutil.Process(frozen.pid).children()
        until(lambda: all(map(is_over, left)))
        n_begun = times(begun)
        with worker(bench, child=listening):
            until(lambda: times(begun) > n_begun)
            os.kill(frozen.pid, signal.SIGCONT)  # it finds out that its job is another's
            gate.touch()
            until(lambda: bench.jobs.get(number).state == "done")
    assert times(begun) == n_begun + 1


@pytest.mark.gate
def test_twenty_workers_are_killed_at_random_moments(bench: Workbench, tmp_path: Path) -> None:
    """All jobs end, each is followed by one: none is missed, none is ended twice."""
    dice = random.Random(7)
    numbers = [told(bench, f"note {tmp_path / f'n{n}'}", "sleep 0.4", then=1) for n in range(60)]
    with ExitStack() as stack:
        workers = [stack.enter_context(worker(bench, SHORT_S)) for _ in range(4)]
        for _ in range(20):
            time.sleep(dice.uniform(0.2, 2.0))
            at = dice.randrange(len(workers))
            workers[at].kill()
            workers[at].wait()
            workers[at] = stack.enter_context(worker(bench, SHORT_S))
        until(lambda: not any(n for state, n in bench.jobs.counts().items() if state in ("queued", "running")))
    jobs = bench.jobs.list(limit=None)
    assert {job.state for job in jobs} <= {"done", "failed"}
    assert all(job.error and job.hint for job in jobs if job.state == "failed")
    done = [job for job in jobs if job.job_id in numbers and job.state == "done"]
    assert len(jobs) == len(numbers) + len(done)
    for n, job in enumerate(map(bench.jobs.get, numbers)):
        assert (job.state == "done") <= times(tmp_path / f"n{n}") <= job.n_tries
