"""A release of Common Crawl's size to ask on a memory map, its in-lists made list by list while the blocks are written.

    python bench/release_lists.py FOLDER [--vertices 100_000_000] [--edges 3_100_000_000] [--workers 2]
    python bench/who.py FOLDER --release FOLDER/release --only lookups

For machines without room for release_huge.py, which converts text (9 bytes an edge on the way): nothing but the blocks
and the names stand on disk. The k-th domain has C / (k + 15) in-links, as in who.py. The sources of a list are spread
over all domains, one in each of as many equal stretches: a leader of 4, 8, 16 … domains of the stretch, so that the
leaders of twice as many domains link twice as often, and more than half of the domains link to nobody. No locality:
the gaps of lists are as long as they can be. Out-lists are not made, only how long they are. In-lists are made twice,
to count and to write; both times are the same by seed. A killed run keeps names and counts. Prints seconds, memory and
size.
"""

from __future__ import annotations

import argparse
import mmap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import psutil
from numpy.typing import NDArray

from inlink.demo.release_rows import mixed
from inlink.graph.blocks import Layout, writer
from inlink.graph.blocks.leaf_pack import PackedLists
from inlink.graph.blocks.name_pack import NameTable
from inlink.graph.blocks.order import frozen
from inlink.graph.release_findings import Findings
from inlink.graph.release_names import convert_names, open_names
from inlink.kernels.jit import compiled, compiled_bare
from inlink.store.files import size_bytes
from release_huge import Made, vertices

SEED = np.uint64(7)
FLAT = 15.0
SCATTER = np.uint64(2654435761)
AHEAD = 64  # leaves whose lists are there before they are asked for: more than the writer packs ahead
PAGE = mmap.PAGESIZE

Longs = NDArray[np.int64]
Ids = NDArray[np.uint32]


@compiled_bare
def _length(target: int, n: int, scale: float) -> int:
    """In-links of a domain."""
    rank = (np.uint64(target) * SCATTER + np.uint64(n // 3)) % np.uint64(n)
    part = np.float64(mixed(np.uint64(target) ^ SEED) >> np.uint64(11)) / 9007199254740992.0
    return int(min(scale / (np.float64(rank) + FLAT) + part, n / 8.0))


@compiled_bare
def _leader(place: int | np.int64, level: np.uint64) -> np.int64:
    """The leader of the block of 2**level domains around a place."""
    block = np.uint64(place) >> level
    within = mixed(block * np.uint64(64) + level) & ((np.uint64(1) << level) - np.uint64(1))
    return np.int64((block << level) | within)


@compiled_bare
def _source(low: int, high: int, draw: np.uint64) -> np.int64:
    """A leader from low until high (8 domains at least): of 4, 8, 16 … domains around a place, any as likely."""
    width = high - low
    place = low + np.int64(draw % np.uint64(width))
    levels = 0
    while (width >> (levels + 3)) > 0:
        levels += 1
    leader = _leader(place, np.uint64(2) + (draw >> np.uint64(40)) % np.uint64(levels))
    if not low <= leader < high:
        leader = _leader(place, np.uint64(2))
    return leader if low <= leader < high else _leader(low + 3, np.uint64(2))


@compiled
def fill(first: int, last: int, n: int, scale: float, room: Ids, n_in: Ids, n_out: Ids, is_counting: bool) -> int:
    """In-lists of the domains from first until last, one after the other, into `room`; gives how long all are.

    Counting adds to n_in and n_out, and needs room for one stretch only.    Shapes: n_in, n_out (n,).
    """
    at = 0
    for target in range(first, last):
        degree = _length(target, n, scale)
        count = 0
        draw = mixed(np.uint64(target) * np.uint64(2) + SEED)
        for k in range(degree):
            draw = mixed(draw)
            low, high = k * n // degree, (k + 1) * n // degree
            source = _source(low, high, draw)
            if source == target:
                continue
            if is_counting:
                n_out[source] += np.uint32(1)
            else:
                room[at + count] = source
            count += 1
        if is_counting:
            n_in[target] = count
        at += count
    return at


class Streamed:
    """In-lists that are there while they are written: a mapping of all, of which a stretch at a time holds memory."""

    def __init__(self, offsets: Longs, n: int, scale: float, per_leaf: int) -> None:
        self.n, self.scale, self.per_leaf = n, scale, per_leaf
        self.offsets = offsets
        size = 4 * int(offsets[-1])
        self._map = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.neighbours = np.frombuffer(self._map, np.uint32)
        self.made = self.gone = 0  # lines
        self.done(0)

    def done(self, n_leaves: int) -> None:
        """So many leaves are written: their lists go, those of the leaves ahead come."""
        ahead = min(self.n, (n_leaves + AHEAD) * self.per_leaf)
        if ahead > self.made and (ahead - self.made >= AHEAD // 2 * self.per_leaf or ahead == self.n):
            low, high = int(self.offsets[self.made]), int(self.offsets[ahead])
            none = np.zeros(0, np.uint32)
            count = fill(self.made, ahead, self.n, self.scale, self.neighbours[low:high], none, none, False)
            assert count == high - low
            self.made = ahead
            begin, end = 4 * int(self.offsets[self.gone]), 4 * int(self.offsets[n_leaves * self.per_leaf])
            begin, end = -(-begin // PAGE) * PAGE, end // PAGE * PAGE
            if end > begin:
                self._map.madvise(mmap.MADV_DONTNEED, begin, end - begin)
            self.gone = n_leaves * self.per_leaf

    def told(self, done: int, total: int) -> None:
        """The writer says how far it is, in halves of leaves: out-lists are the first half."""
        if done % (total // 20 or 1) == 0:
            print(
                f"# {done / total:.0%} of the blocks, {psutil.Process().memory_info().rss / 2**30:.2f} GiB", flush=True
            )
        if done > total // 2 and done < total:
            self.done(done - total // 2)


def counted(work: Path, n: int, m: int, threads: int) -> tuple[Longs, Longs, float]:
    """Offsets of the in-lists, of the out-lists, and the scale of lengths. Counts are kept in the folder."""
    scale = m / np.log((n + FLAT) / FLAT)
    kept = work / f"counts-{n}-{m}.npy"
    if kept.exists():
        n_in, n_out = np.load(kept)
    else:
        n_in, none = np.zeros(n, np.uint32), np.zeros(0, np.uint32)
        fill(0, 0, n, scale, none, n_in, n_in, True)  # compiles
        bounds = np.linspace(0, n, threads + 1).astype(int).tolist()
        parts = [np.zeros(n, np.uint32) for _ in range(threads)]
        with ThreadPoolExecutor(threads) as pool:
            each = zip(bounds[:-1], bounds[1:], parts, strict=True)
            for done in [pool.submit(fill, a, b, n, scale, none, n_in, part, True) for a, b, part in each]:
                done.result()
        n_out = np.sum(parts, axis=0, dtype=np.uint32)
        np.save(kept.with_suffix(".new.npy"), np.stack([n_in, n_out]))
        kept.with_suffix(".new.npy").rename(kept)
    print(f"longest in-list {int(n_in.max()):,}, out-list {int(n_out.max()):,}", end="; ")
    print(f"{np.mean(n_out == 0):.0%} link to nobody")
    offsets = []
    for counts in (n_in, n_out):
        offsets.append(np.zeros(n + 1, np.int64))
        np.cumsum(counts, out=offsets[-1][1:])
    return offsets[0], offsets[1], scale


def write(folder: Path, n: int, m: int, workers: int) -> None:
    """Names, counts, blocks."""
    start = time.monotonic()
    work = folder / "names"
    if not (work / "n_hosts.npy").exists():
        work.mkdir(parents=True, exist_ok=True)
        convert_names([Made("vertices", lambda: vertices(n))], work, Findings(), lambda _: None)
    names = open_names(work)
    print(f"names after {time.monotonic() - start:.0f} s, CPU {time.process_time():.0f} s", flush=True)
    in_offsets, out_offsets, scale = counted(work, n, m, workers)
    print(f"counted after {time.monotonic() - start:.0f} s, CPU {time.process_time():.0f} s", flush=True)
    random = np.random.default_rng(1)
    mass = random.standard_normal(n, np.float32)
    np.exp(mass * np.float32(0.7), out=mass)
    mass *= np.diff(in_offsets).astype(np.float32) + np.float32(0.1)
    mass /= mass.sum(dtype=np.float64)
    layout = Layout(keeps_out=False)
    lists = Streamed(in_offsets, n, scale, layout.per_leaf)
    pack_side = writer._pack_side

    def packed(made: Any, at: int, side: str) -> PackedLists:
        if side == "inward":
            return pack_side(made, at, side)
        return PackedLists(b"", b"", np.zeros(min(layout.per_leaf, n - at), np.uint32))

    nobody = np.frombuffer(
        mmap.mmap(-1, 4 * int(out_offsets[-1]), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS), np.uint32
    )
    with patch.object(writer, "_pack_side", packed):
        manifest = writer.write_release(
            folder / "release", name="made-lists", kind="domain",
            names=NameTable(frozen(names.text), frozen(names.offsets)), n_hosts=names.n_hosts,
            inward=(in_offsets, lists.neighbours), outward=(out_offsets, nobody),
            ranks={"mass": mass.astype(np.float64)}, meta={}, layout=layout, workers=workers, report=lists.told,
        )  # fmt: skip
    size = size_bytes(folder / "release")
    print(f"written after {time.monotonic() - start:.0f} s, CPU {time.process_time():.0f} s")
    print(f"{manifest.n:,} vertices, {manifest.n_edges_in:,} edges; {size / 1e9:.2f} GB, "
          f"{size / manifest.n_edges_in:.2f} bytes an edge")  # fmt: skip


class Watch(threading.Thread):
    """The most resident memory of the process. Units: bytes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = 0

    def run(self) -> None:
        process = psutil.Process()
        while True:
            self.most = max(self.most, process.memory_info().rss)
            time.sleep(0.5)


def main() -> None:
    """Make it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--vertices", type=int, default=100_000_000)
    parser.add_argument("--edges", type=int, default=3_100_000_000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    watch = Watch()
    watch.start()
    write(given.folder, given.vertices, given.edges, given.workers)
    print(f"most memory {watch.most / 2**30:.2f} GiB, mapped pages included")


if __name__ == "__main__":
    main()
