"""A release of Common Crawl's size to ask on a memory map: text made as it is read, converted as any release is.

    python bench/release_huge.py FOLDER [--vertices 100_000_000] [--edges 3_450_000_000] [--memory 8]
    python bench/who.py FOLDER --release FOLDER/release --only lookups

Vertices and edges are made in the exact text formats, gzipped, in a thread of their own, so that no text stands on disk
(the graph and the traps are those of make_release.py; without ranks, which need names by rank). `graph.release_import`
reads them as it reads any file. Out-lists and names beside lists are left out (as `--no-out --no-names` do) unless
`--whole` is given. FOLDER takes 9 bytes an edge meanwhile (21 GB for 2 B) and keeps about 3. Prints the seconds of each
step, the peak of resident memory, and the size; the counts are asserted. A killed run goes on with the step it was in.
"""

from __future__ import annotations

import argparse
import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
from isal import isal_zlib
from numpy.typing import NDArray

from inlink.demo.release_rows import make_rows, write_edges, write_vertices
from inlink.engine.protocol import Progress
from inlink.graph.blocks import Layout
from inlink.graph.release_import import Imported, ReleaseText, import_release
from inlink.store.files import size_bytes

SEED = 1
ROWS = 2**18  # vertices or sources at a time
TARGETS = 2**23
AHEAD = 4
EVERY_S = 0.5
TOPS = {"br": 4, "com": 45, "de": 8, "fr": 5, "info": 3, "net": 6, "nl": 5, "org": 9, "ru": 7, "xyz": 8}
SYLLABLES = np.array([list(f"{c}{v}".encode()) for c in "bcdfghjklmnprstvwxyz" for v in "aeiou"], np.uint8)

Text = Iterator[NDArray[np.uint8]]


class Made:
    """A gzipped file that is made whenever it is read, a few pieces ahead."""

    def __init__(self, name: str, text: Callable[[], Text]) -> None:
        self.name = name
        self._text = text

    def read_from(self, offset: int) -> Iterator[bytes]:
        """All of it; only from the beginning."""
        assert offset == 0
        pieces: queue.Queue[bytes | None] = queue.Queue(AHEAD)

        def work() -> None:
            packer = isal_zlib.compressobj(0, isal_zlib.DEFLATED, 31)
            for text in self._text():
                pieces.put(packer.compress(text.data))
            pieces.put(packer.flush())
            pieces.put(None)

        threading.Thread(target=work, name="made-text", daemon=True).start()
        while (piece := pieces.get()) is not None:
            yield piece


def vertices(n: int) -> Text:
    """Lines of n domains in the order of their names."""
    shares = np.cumsum([0, *TOPS.values()]) / sum(TOPS.values())
    bounds = (shares * n).astype(np.int64).tolist()
    none = np.zeros(0, np.uint8)
    for top, first, end in zip(TOPS, bounds[:-1], bounds[1:], strict=True):
        step = 100**5 / max(end - first, 1)
        for at in range(first, end, ROWS):
            size = min(ROWS, end - at)
            random = np.random.default_rng([SEED, at])
            numbers = ((np.arange(size) + at - first + 0.9 * random.random(size)) * step).astype(np.int64)
            digits = [SYLLABLES[numbers // 100**place % 100] for place in range(4, -1, -1)]
            out = np.empty(size * 48, np.uint8)
            used = write_vertices(
                at, np.frombuffer(top.encode(), np.uint8), np.concatenate(digits, axis=1), none,
                np.zeros(2, np.int64), np.zeros(size, np.uint8), random.geometric(0.6, size).astype(np.uint32), out,
            )  # fmt: skip
            yield out[:used]


def edges(n: int, m: int, in_degrees: NDArray[np.uint32], counts: NDArray[np.int64]) -> Text:
    """Lines of about m edges; in-degrees and counts (edges, self-loops, repeated) are those of what was made."""
    in_degrees[:], counts[:] = 0, 0
    least = max(1.0, m / n / (1 - 0.62) * 0.3 / 1.3)
    targets = np.empty(TARGETS, np.uint32)
    first = 0
    while first < n:
        ends = np.empty(ROWS, np.int64)
        rows = make_rows(first, n, SEED, least, targets, ends)
        out = np.empty((int(ends[rows - 1]) if rows else 0) * 21 + 64, np.uint8)
        yield out[: write_edges(first, targets, ends[:rows], in_degrees, out, counts)]
        first += rows


class Watch:
    """The most memory of the process, as long as it is looked at. Units: bytes."""

    def __init__(self) -> None:
        self.most: dict[str, int] = {}
        self.stage = ""
        self.began = time.monotonic()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def told(self, progress: Progress) -> None:
        """The import says how far it is."""
        if progress.stage != self.stage:
            busy = time.process_time()
            print(f"# {progress.stage} after {time.monotonic() - self.began:.0f} s, {busy:.0f} CPU s", flush=True)
        self.stage = progress.stage

    def _run(self) -> None:
        process = psutil.Process()
        while not self._stopped.wait(EVERY_S):
            self.most[self.stage] = max(self.most.get(self.stage, 0), process.memory_info().rss)


def made(folder: Path, n: int, m: int, *, memory_bytes: int, whole: bool) -> None:
    """Convert it, check it, and print what that took."""
    in_degrees, counts = np.zeros(n, np.uint32), np.zeros(3, np.int64)
    text = ReleaseText(
        name="made-huge",
        kind="domain",
        vertices=[Made("vertices", lambda: vertices(n))],
        edges=[Made("edges", lambda: edges(n, m, in_degrees, counts))],
        ranks=[],
        identity=[["made", n, m, SEED]],
        n_bytes={},
    )
    layout = Layout() if whole else Layout(keeps_out=False, named=0, named_out=0)
    with Watch() as watch:
        done = import_release(
            text, folder / "release", folder / "work", memory_bytes=memory_bytes, layout=layout, report=watch.told
        )
    say(done, watch, size_bytes(folder / "release"))
    if counts[0]:  # the edges were made by this run
        assert done.manifest.n_edges_in == counts[0]
        assert done.findings.count("self_loops") == counts[1]
        assert done.findings.count("duplicate_edges") == counts[2]
        print(f"the most linked domain has {int(in_degrees.max()):,} in-links")


def say(done: Imported, watch: Watch, size: int) -> None:
    """The figures."""
    manifest = done.manifest
    print(f"{manifest.n:,} vertices, {manifest.n_edges_in:,} edges; CPU {time.process_time():.0f} s")
    for step, seconds in done.seconds.items():
        print(f"{step:<10} {seconds:8.1f} s")
    for stage, most in watch.most.items():
        print(f"{stage or 'start':<10} {most / 2**30:8.2f} GiB resident at most, mapped pages included")
    print(f"on disk {size / 1e9:.2f} GB, {size / manifest.n_edges_in:.2f} bytes an edge")
    print(f"on the way {done.work_bytes / 1e9:.1f} GB more at the end")


def main() -> None:
    """Make it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--vertices", type=int, default=100_000_000)
    parser.add_argument("--edges", type=int, default=3_450_000_000)
    parser.add_argument("--memory", type=float, default=8.0, help="GiB, for turning the lists round")
    parser.add_argument("--whole", action="store_true", help="with out-lists, and names beside lists")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    made(given.folder, given.vertices, given.edges, memory_bytes=int(given.memory * 2**30), whole=given.whole)


if __name__ == "__main__":
    main()
