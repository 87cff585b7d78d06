"""Import of a release: text (gz) to a ranked release that can be asked, with time, memory and disk of each step.

python bench/make_release.py /tmp/release --vertices 10000000 --edges 400000000
python bench/release.py /tmp/release /tmp/imported

Prints wall seconds of each step, edges/s, the peak of resident memory (memory maps included, and without them), the
most bytes on disk at any moment, and what 4.4 billion edges would take at the same rates. The counts of the release's
truth file are asserted.
"""

from __future__ import annotations

import argparse
import json
import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from inlink.graph.blocks import Release
from inlink.store.files import size_bytes
from inlink.workbench import Workbench
from inlink.workbench.release_results import ImportedRelease, ImportOptions

FULL = 4_400_000_000
EVERY_S = 0.5


@dataclass
class Watch:
    """The most that a process and a folder took. Units: bytes."""

    folder: Path
    resident: int = 0
    own: int = 0  # without memory maps of files
    disk: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        process = psutil.Process()
        while not self.stopped.wait(EVERY_S):
            found = process.memory_info()
            self.resident = max(self.resident, found.rss)
            self.own = max(self.own, found.rss - found.shared)
            self.disk = max(self.disk, size_bytes(self.folder))


def measured(root: Path, folder: Path, options: ImportOptions) -> tuple[ImportedRelease, Watch, float]:
    """One import into a new workspace."""
    truth = json.loads(next(iter(sorted(root.glob("truth-*.json")))).read_text())
    shutil.rmtree(folder, ignore_errors=True)
    with Workbench.create(folder) as bench:
        watch = Watch(folder)
        thread = threading.Thread(target=watch.run)
        thread.start()
        start = time.monotonic()
        try:
            done = bench.import_release(truth["name"], truth["kind"], options)
        finally:
            watch.stopped.set()
            thread.join()
    took = time.monotonic() - start
    assert (done.n_nodes, done.n_edges) == (truth["n"], truth["n_edges"])
    assert done.counts["self_loops"] == truth["n_self_loops"]
    assert done.counts["duplicate_edges"] == truth["n_duplicates"]
    return done, watch, took


def main() -> None:
    """Import, check, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--memory", type=float, default=8.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="leave the imported release where it is")
    given = parser.parse_args()
    options = ImportOptions(str(given.root), memory_bytes=int(given.memory * 2**30), threads=given.threads)
    done, watch, took = measured(given.root, given.folder, options)
    scale = FULL / done.n_edges
    for step, seconds in done.seconds.items():
        rate = done.n_edges / seconds / 1e6
        print(f"{step:<10} {seconds:8.1f} s  {rate:8.1f} M edges/s  {seconds * scale / 60:6.1f} min at 4.4 B")
    rate = done.n_edges / took
    print(f"all        {took:8.1f} s  {rate / 1e6:8.1f} M edges/s  {FULL / rate / 60:6.1f} min at 4.4 B")
    print(f"vertices {done.n_nodes:,}  edges {done.n_edges:,}")
    print(f"memory     {watch.resident / 2**30:.2f} GiB resident at most, {watch.own / 2**30:.2f} without mapped files")
    print(f"disk       {watch.disk / 1e9:.2f} GB at most, {done.size_bytes / 1e9:.2f} GB in the end "
          f"({done.size_bytes / done.n_edges:.2f} bytes an edge; {done.size_bytes * scale / 1e9:.1f} GB at 4.4 B)")  # fmt: skip
    start = time.perf_counter()
    card = Release.open(done.path).card(0)
    print(f"{card.name}: {card.n_in:,} referring domains, asked in {(time.perf_counter() - start) * 1000:.1f} ms")
    if not given.keep:
        shutil.rmtree(given.folder)


if __name__ == "__main__":
    main()
