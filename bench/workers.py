"""Two worker processes against one: WARC files → parts by the local engine, as a build runs it.

    python bench/workers.py [--rounds 3] [--copies 8] [--data ../shared/data] [FILE.warc.gz ...]

Every file is extracted `--copies` times, so that the work outweighs the start of the processes. Not pinned: it needs
two idle cores, and the wall clock is what is measured. The parts of both must be the same.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

from inlink.engine.local import LocalEngine
from inlink.engine.protocol import Task
from inlink.errors import InlinkError
from inlink.index.jobs import MAKE_PART, Job
from inlink.schema import CAPTURES, LINKS, PAGES
from inlink.sources import DEFAULT_LIMITS, open_inputs
from inlink.store.digests import digest_of
from inlink.store.inputs import Input

DATA = Path(os.environ.get("INLINK_TEST_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
BAR = 1.8


def tasks(files: list[Path], copies: int, folder: Path) -> list[Task]:
    """One task a file and copy."""
    found = []
    for number, file in enumerate(open_inputs([str(path) for path in files])):
        if isinstance(file, InlinkError):
            raise file
        entry = Input(file.name, file.format, file.size_bytes, file.digest, file.facts)
        for copy in range(copies):
            name = f"{number}-{copy}"
            job = Job(entry, name, folder / name, (), DEFAULT_LIMITS)
            found.append(Task(name, job, file.size_bytes or 0))
    return found


def one_run(files: list[Path], copies: int, workers: int) -> tuple[float, float, dict[str, dict[str, str]]]:
    """Wall time, processor time of the workers, and the digests of each part's tables."""
    with tempfile.TemporaryDirectory() as folder:
        todo = tasks(files, copies, Path(folder))
        started, cpu_started = time.perf_counter(), _children_s()
        outcomes = list(LocalEngine(workers=workers).map(MAKE_PART, todo))
        seconds, cpu_s = time.perf_counter() - started, _children_s() - cpu_started
        for outcome in outcomes:
            if outcome.error is not None:
                raise outcome.error
        digests = {task.key: rows_digests(Path(folder) / task.key) for task in todo}
    return seconds, cpu_s, digests


def rows_digests(part: Path) -> dict[str, str]:
    """Digest of the ordered rows of each table: compressed bytes may differ where rows do not."""
    files = {table.name: pq.ParquetFile(part / f"{table.name}.parquet") for table in (CAPTURES, PAGES, LINKS)}
    return {name: digest_of(file.iter_batches(), file.schema_arrow) for name, file in files.items()}


def _children_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Parse, run, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--copies", type=int, default=8)
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    files = options.files or [
        *sorted(options.data.glob("html-corpora/*.warc.gz")),
        *sorted(options.data.glob("sites/*.warc.gz")),
    ]
    times: dict[int, list[float]] = {1: [], 2: []}
    seen: dict[int, dict[str, dict[str, str]]] = {}
    for number in range(options.rounds):
        for workers, series in times.items():
            seconds, cpu_s, seen[workers] = one_run(files, options.copies, workers)
            series.append(seconds)
            load = os.getloadavg()[0]
            print(f"round {number + 1}: {workers} worker(s) {seconds:.2f} s, processors {cpu_s:.2f} s, load {load:.1f}")
    if seen[1] != seen[2]:
        differing = [key for key in seen[1] if seen[1][key] != seen[2][key]]
        raise SystemExit(f"the parts differ: {differing}")
    one, two = (statistics.median(times[workers]) for workers in (1, 2))
    print(f"\none {one:.2f} s, two {two:.2f} s: {one / two:.2f}x, bar {BAR}x")


if __name__ == "__main__":
    main()
