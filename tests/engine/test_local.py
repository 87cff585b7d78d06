"""The local engine: whatever becomes of one task, the others are done, and nothing is left running."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from inlink.engine.local import LocalEngine
from inlink.engine.protocol import Progress, Task
from inlink.errors import BadInput, InlinkError

HERE = Path(__file__).parent
WORKER = "inlink.engine.worker"


def words_of(process: psutil.Process) -> list[str]:
    """What it was started with; none of one that ends meanwhile, as those of other tests' PostgreSQL do."""
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


@pytest.fixture(autouse=True)
def _tasks_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]))
    yield
    assert [words for words in map(words_of, psutil.Process().children(recursive=True)) if WORKER in words] == []


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_every_task_is_done_once(workers: int) -> None:
    tasks = [Task(f"t{i}", i, weight=i) for i in range(8)]
    outcomes = list(LocalEngine(workers).map("engine_tasks:double", tasks))
    assert sorted(outcome.value for outcome in outcomes) == [2 * i for i in range(8)]
    assert {outcome.task.key for outcome in outcomes} == {task.key for task in tasks}


def test_no_tasks() -> None:
    assert list(LocalEngine(2).map("engine_tasks:double", [])) == []


def test_heavier_tasks_first() -> None:
    tasks = [Task("light", 1, weight=1), Task("heavy", 3, weight=3), Task("middle", 2, weight=2)]
    outcomes = list(LocalEngine(1).map("engine_tasks:double", tasks))
    assert [outcome.task.key for outcome in outcomes] == ["heavy", "middle", "light"]


def test_two_processes_work_at_once(tmp_path: Path) -> None:
    tasks = [Task(f"t{i}", {"folder": str(tmp_path), "number": i, "n": 2}) for i in range(2)]
    outcomes = list(LocalEngine(2).map("engine_tasks:meet", tasks))
    assert len({outcome.value for outcome in outcomes}) == 2


@pytest.mark.parametrize(
    ("kind", "error", "says"),
    [
        pytest.param("bad-input", BadInput, "this file is bad", id="error-of-the-input"),
        pytest.param("fault", InlinkError, "ZeroDivisionError", id="fault-of-ours"),
        pytest.param("exit", InlinkError, "died 2 times (ended with code 3)", id="process-exits"),
        pytest.param("kill", InlinkError, "died 2 times (killed by signal 9", id="process-is-killed"),
    ],
)
def test_a_failure_is_an_outcome_and_the_rest_goes_on(kind: str, error: type[InlinkError], says: str) -> None:
    engine = LocalEngine(2)
    tasks = [Task("bad", kind, weight=9), Task("bad2", kind, weight=9)]
    outcomes = list(engine.map("engine_tasks:fail", tasks))
    assert len(outcomes) == 2
    for outcome in outcomes:
        assert type(outcome.error) is error
        assert says in outcome.error.message
    if kind == "bad-input":
        assert isinstance(outcomes[0].error, BadInput)
        assert outcomes[0].error.hint == "mend it"
        assert outcomes[0].error.facts == {"offset": 7}


def test_a_killed_worker_gets_a_second_chance(tmp_path: Path) -> None:
    tasks = [Task(f"t{i}", {"mark": str(tmp_path / str(i))}) for i in range(3)]
    outcomes = list(LocalEngine(2).map("engine_tasks:die_once", tasks))
    assert [outcome.value for outcome in outcomes] == ["alive"] * 3


def test_progress_goes_up_to_the_whole() -> None:
    seen: list[Progress] = []
    tasks = [Task("a", 4, weight=4), Task("b", 2, weight=2)]
    list(LocalEngine(2).map("engine_tasks:report_much", tasks, seen.append, "reading"))
    assert seen[-1].done == seen[-1].total == 6
    assert {progress.stage for progress in seen} == {"reading"}
    assert len(seen) > 2


def test_steps_are_told_by_name() -> None:
    seen: list[Progress] = []
    list(LocalEngine(1).map("engine_tasks:steps", [Task("a", 3)], seen.append, "arranging"))
    assert [(p.done, p.total, p.unit, p.note) for p in seen] == [(i, 3, "steps", f"step {i}") for i in range(3)]


def test_stopping_early_ends_the_workers(tmp_path: Path) -> None:
    tasks = [Task("quick", {"mark": str(tmp_path / "0")})]
    (tmp_path / "0").write_text("there")
    slow = [Task(f"slow{i}", {"mark": str(tmp_path / "0")}) for i in range(3)]
    outcomes = LocalEngine(2).map("engine_tasks:die_once", [*tasks, *slow])
    next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]


def test_workers_end_with_a_killed_parent(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    script = (
        "import sys; from inlink.engine.local import LocalEngine; from inlink.engine.protocol import Task\n"
        "list(LocalEngine(1).map('engine_tasks:sleep_and_tell', [Task('t', {'mark': sys.argv[1]})]))"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(mark)])
    deadline = time.monotonic() + 300
    while not (mark.exists() and mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    worker = psutil.Process(int(mark.read_text()))
    parent.kill()
    parent.wait()
    worker.wait(timeout=300)


def test_a_script_without_a_main_guard_can_build(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from inlink.engine.local import LocalEngine; from inlink.engine.protocol import Task\n"
        "print(*(o.value for o in LocalEngine(2).map('engine_tasks:double', [Task('t', 21)])))\n"
    )
    ran = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert ran.stdout == "42\n"
