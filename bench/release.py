"""Import of a release: text (gz) to a ranked release that can be asked, with time, memory and disk of each step.

python bench/make_release.py /tmp/release --vertices 10000000 --edges 400000000
python bench/release.py /tmp/release /tmp/imported

Prints wall and processor seconds of each step, edges/s, the peak of resident memory (with and without mapped files),
the most bytes on disk at any moment, and what 4.4 billion edges would take at the same rates. The counts of the
release's truth file are asserted.
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

from inlink.engine.protocol import Progress
from inlink.graph.blocks import Release
from inlink.store.files import size_bytes
from inlink.workbench import Workbench
from inlink.workbench.release_results import ImportedRelease, ImportOptions

FULL = 4_400_000_000
EVERY_S = 0.5
STAGES = ("names", "edges", "ranks", "transpose", "pagerank", "blocks")  # as they are reported, in order


@dataclass
class Watch:
    """The most that a process and a folder took. Units: bytes."""

    folder: Path
    resident: int = 0
    own: int = 0  # without memory maps of files
    disk: int = 0
    stage: str = ""
    at: float = field(default_factory=time.process_time)
    cpu_s: dict[str, float] = field(default_factory=dict)  # by stage
    most: dict[str, tuple[int, int]] = field(default_factory=dict)  # by stage: resident, own
    stopped: threading.Event = field(default_factory=threading.Event)

    def told(self, progress: Progress) -> None:
        """The import says which stage it is in."""
        self.count()
        if progress.stage != self.stage or (progress.unit == "blocks" and progress.done % 1000 == 0):
            spent = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in self.cpu_s.items() if stage)
            print(f"# {progress.stage} {progress.done} of {progress.total} {progress.unit}; CPU s: {spent}", flush=True)
        self.stage = progress.stage

    def count(self) -> None:
        """What the processor did since belongs to the stage."""
        now = time.process_time()
        self.cpu_s[self.stage] = self.cpu_s.get(self.stage, 0.0) + now - self.at
        self.at = now

    def run(self) -> None:
        process = psutil.Process()
        while not self.stopped.wait(EVERY_S):
            found = process.memory_info()
            most, most_own = self.most.get(self.stage, (0, 0))
            self.most[self.stage] = max(most, found.rss), max(most_own, found.rss - found.shared)
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
            done = bench.import_release(truth["name"], truth["kind"], options, report=watch.told)
        finally:
            watch.stopped.set()
            thread.join()
    took = time.monotonic() - start
    watch.count()
    assert (done.n_nodes, done.n_edges) == (truth["n"], truth["n_edges"])
    assert done.counts["self_loops"] == truth["n_self_loops"]
    assert done.counts["duplicate_edges"] == truth["n_duplicates"]
    return done, watch, took


def say(step: str, seconds: float, cpu_s: float, n_edges: int) -> None:
    """One line of the table."""
    scale = FULL / n_edges / 60
    print(
        f"{step:<10} {seconds:7.1f} s  {cpu_s:7.1f} CPU s  {n_edges / seconds / 1e6:7.1f} M edges/s  "
        f"at 4.4 B: {seconds * scale:6.1f} min, {cpu_s * scale:6.1f} CPU min",
        flush=True,
    )


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
    for (step, seconds), stage in zip(done.seconds.items(), STAGES, strict=True):
        say(step, seconds, watch.cpu_s.get(stage, 0.0), done.n_edges)
    say("all", took, sum(watch.cpu_s.values()), done.n_edges)
    print(f"vertices {done.n_nodes:,}  edges {done.n_edges:,}")
    print(f"memory     {watch.resident / 2**30:.2f} GiB resident at most, {watch.own / 2**30:.2f} without mapped files")
    for stage, (resident, own) in watch.most.items():
        print(f"  {stage:<9} {resident / 2**30:.2f} GiB resident, {own / 2**30:.2f} without mapped files")
    print(f"disk       {watch.disk / 1e9:.2f} GB at most, {done.size_bytes / 1e9:.2f} GB in the end")
    an_edge = done.size_bytes / done.n_edges
    print(f"           {an_edge:.2f} bytes an edge: {an_edge * FULL / 1e9:.1f} GB at 4.4 B")
    start = time.perf_counter()
    card = Release.open(done.path).card(0)
    print(f"{card.name}: {card.n_in:,} referring domains, asked in {(time.perf_counter() - start) * 1000:.1f} ms")
    if not given.keep:
        shutil.rmtree(given.folder)


if __name__ == "__main__":
    main()
