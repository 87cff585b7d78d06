"""The heavy steps of a build as functions of their jobs: a process of their own takes its memory along as it ends."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from inlink.engine.local import LocalEngine
from inlink.engine.protocol import Tell
from inlink.index.arrange import arrange
from inlink.index.serving import build_serving
from inlink.store.disk import full_error, is_full
from inlink.store.tables import Written
from inlink.urls.domains import SuffixRules

MIB = 2**20
# Of the memory of a build: what DuckDB may take while rows pass through Python.
SERVING_MEMORY_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class ArrangeJob:
    """Parts to arrange into the tables of a snapshot below `out`; `scratch` is thrown away."""

    parts: tuple[Path, ...]
    out: Path
    scratch: Path
    suffixes: tuple[str, ...]
    threads: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class ServeJob:
    """A snapshot to make the serving file `out` of."""

    snapshot: Path
    out: Path
    threads: int
    memory_bytes: int


def arrange_parts(job: ArrangeJob, tell: Tell) -> dict[str, Written]:
    """Write the tables. Raises: Unreachable where the disk is full."""
    for folder in (job.out, job.scratch):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    with (
        _saying_what_is_full(job.out),
        LocalEngine(job.threads, job.memory_bytes).session(job.scratch) as session,
    ):
        written = arrange(job.parts, job.out, SuffixRules(job.suffixes), session, _steps(tell))
    shutil.rmtree(job.scratch)
    return written


def make_serving(job: ServeJob, tell: Tell) -> None:
    """Write the serving file. Raises: Unreachable where the disk is full."""
    with _saying_what_is_full(job.out):
        build_serving(
            job.snapshot,
            job.out,
            memory_limit=f"{int(job.memory_bytes * SERVING_MEMORY_SHARE) // MIB}MiB",
            threads=job.threads,
            progress=_steps(tell),
        )


def _steps(tell: Tell) -> Callable[[str, int, int], None]:
    def step(note: str, done: int, total: int) -> None:
        tell(done, note, total)

    return step


@contextmanager
def _saying_what_is_full(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, duckdb.Error) as error:
        if is_full(error):
            raise full_error(path.parent) from error
        raise
