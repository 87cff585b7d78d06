"""The engine of one machine: worker processes for functions, DuckDB for tables."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inlink.engine.channel import receive, send
from inlink.engine.protocol import Outcome, Progress, Report, Task, silent
from inlink.engine.session import Session
from inlink.errors import InlinkError

MIB = 2**20
N_TRIES = 2
# What stands beside DuckDB's own memory: the process that waits (100 MiB), the interpreter and libraries, the row group
# that is being written, and what the allocator keeps (1.49 GB were seen where DuckDB was given 0.84).
OWN_BYTES = 1000 * MIB


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """Runs everything on this machine. Units: memory_bytes for all processes together."""

    workers: int = 2
    memory_bytes: int = 1536 * MIB

    def map(self, function: str, tasks: Sequence[Task], report: Report = silent, stage: str = "") -> Iterator[Outcome]:
        """`package.module:name` applied to each task, as they finish; see `Engine.map`."""
        crew = _Crew(function, sorted(tasks, key=lambda task: (-task.weight, task.key)))
        total = sum(task.weight for task in tasks)
        try:
            crew.start(min(self.workers, len(tasks)))
            done: dict[str, int] = {}
            n_open = len(tasks)
            while n_open:
                task, kind, value = crew.events.get()
                if kind == "progress" and value[1]:
                    report(Progress(stage, value[0], value[2], "steps", value[1]))
                    continue
                done[task.key] = value[0] if kind == "progress" else task.weight
                if total:
                    report(Progress(stage, sum(done.values()), total, "bytes", task.key))
                if kind != "progress":
                    n_open -= 1
                    yield Outcome(task, value=value) if kind == "value" else Outcome(task, error=value)
        finally:
            crew.stop()

    def session(self, folder: Path) -> Session:
        """A DuckDB session that stays, with its process, within the memory of this engine."""
        return Session(folder, threads=self.workers, memory_bytes=max(128 * MIB, self.memory_bytes - OWN_BYTES))


@dataclass(slots=True)
class _Crew:
    """Worker processes, each with a thread here that feeds it and waits for it."""

    function: str
    todo: list[Task]
    events: queue.SimpleQueue[tuple[Task, str, Any]] = field(default_factory=queue.SimpleQueue)
    _threads: list[threading.Thread] = field(default_factory=list)
    _workers: set[_Worker] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_over: bool = False

    def start(self, n: int) -> None:
        self.todo.reverse()  # taken from the end
        self._threads = [threading.Thread(target=self._serve, args=(number,), daemon=True) for number in range(n)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        with self._lock:
            self._is_over = True
            workers = list(self._workers)
        for worker in workers:
            worker.kill()
        for thread in self._threads:
            thread.join()

    def _serve(self, number: int) -> None:
        worker: _Worker | None = None
        while (task := self._next()) is not None:
            kind, value = "error", None
            for _ in range(N_TRIES):
                if worker is not None and not worker.is_alive:
                    self._dismiss(worker)
                    worker = None
                worker = worker or self._hire(number)
                if worker is None:
                    return
                kind, value = self._try(worker, task)
                if kind != "died":
                    break
            if kind == "died":
                kind, value = "error", _death(task, str(value))
            self.events.put((task, kind, value))
        if worker is not None:
            self._dismiss(worker)

    def _next(self) -> Task | None:
        with self._lock:
            return self.todo.pop() if self.todo and not self._is_over else None

    def _hire(self, number: int) -> _Worker | None:
        with self._lock:
            if self._is_over:
                return None
            worker = _Worker(number)
            self._workers.add(worker)
            return worker

    def _dismiss(self, worker: _Worker) -> None:
        worker.close()
        with self._lock:
            self._workers.discard(worker)

    def _try(self, worker: _Worker, task: Task) -> tuple[str, Any]:
        try:
            worker.send((self.function, task.argument))
            while True:
                kind, value = worker.receive()
                if kind != "progress":
                    break
                self.events.put((task, kind, value))
        except (EOFError, OSError):
            reason = worker.last_words()
            self._dismiss(worker)
            return "died", reason
        if kind == "error":
            error, message, hint, facts = value
            return kind, error(message, hint=hint, **facts)
        return kind, value


class _Worker:
    """One child process and its pipes; INLINK_WORKER tells it which one of its crew it is."""

    def __init__(self, number: int) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 closed with the worker
        self._process = subprocess.Popen(
            [sys.executable, "-m", "inlink.engine.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, "MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1", "INLINK_WORKER": str(number)},
        )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def send(self, message: Any) -> None:
        if self._process.stdin is None:
            raise EOFError
        send(self._process.stdin, message)

    def receive(self) -> Any:
        if self._process.stdout is None:
            raise EOFError
        return receive(self._process.stdout)

    def last_words(self) -> str:
        """How the process ended, and the end of what it wrote."""
        code = self._process.wait()
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - 2000))
        text = self._log.read().decode("utf-8", "replace").strip()
        how = f"killed by signal {-code}" if code < 0 else f"ended with code {code}"
        return f"{how}: {text}" if text else how

    def close(self) -> None:
        """Let the process end by itself."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.wait()
        self._log.close()

    def kill(self) -> None:
        """End the process now; the thread that serves it cleans up."""
        self._process.kill()


def _death(task: Task, reason: str) -> InlinkError:
    return InlinkError(
        f"the process that read {task.key} died {N_TRIES} times ({reason})",
        hint="if it was killed for lack of memory, lower build.workers; otherwise please report the input",
        reason="worker-died",
    )
