"""Reading speed of archives: ours against FastWARC, warcio and inflating alone, interleaved, on one core.

Run: taskset -c 1 python bench/sources.py [--rounds 7]
Judge: every reader must give the same number of answers and the same bytes of HTML (WAT: of JSON).
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import os
import statistics
import tempfile
import time
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import deflate
from fastwarc.warc import ArchiveIterator, WarcRecordType
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from inlink.sources import items, open_inputs
from inlink.sources.records import InputFile, Record, WatRecord

DATA = Path(os.environ.get("INLINK_TEST_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
Counts = tuple[int, int]
WAT_RECORDS = 4000


def ours(path: Path) -> Counts:
    n_items = n_bytes = 0
    for item in items(opened(path)):
        if isinstance(item, Record):
            n_items += 1
            n_bytes += len(item.body)
        elif isinstance(item, WatRecord):
            n_items += 1
            n_bytes += len(item.json)
    return n_items, n_bytes


def fastwarc(path: Path) -> Counts:
    kinds = WarcRecordType.metadata if ".wat" in path.name else WarcRecordType.response
    n_items = n_bytes = 0
    for record in ArchiveIterator(str(path), record_types=kinds, auto_decode="all"):
        n_items += 1
        n_bytes += len(record.reader.read())
    return n_items, n_bytes


def warcio(path: Path) -> Counts:
    kind = "metadata" if ".wat" in path.name else "response"
    n_items = n_bytes = 0
    with path.open("rb") as file:
        for record in WarcioIterator(file):
            if record.rec_type == kind:
                n_items += 1
                n_bytes += len(record.content_stream().read())
    return n_items, n_bytes


def inflate(path: Path) -> Counts:
    """The bound: libdeflate over the members of a file that is already in memory, their places known before."""
    data = memoryview(path.read_bytes())
    for start, end in members(path):
        deflate.gzip_decompress(data[start:end], int.from_bytes(data[end - 4 : end], "little"))
    return 0, 0


@cache
def members(path: Path) -> list[tuple[int, int]]:
    """Start and end of every gzip member."""
    data = path.read_bytes()
    found, at = [], 0
    while at < len(data):
        decoder = zlib.decompressobj(31)
        end = at
        while not decoder.eof:
            decoder.decompress(data[end : end + 4096])
            end += 4096
        end = min(end, len(data)) - len(decoder.unused_data)
        found.append((at, end))
        at = end
    return found


_OPENED: dict[Path, InputFile] = {}


def opened(path: Path) -> InputFile:
    """The input as added once; its digest is not part of the reading."""
    if path not in _OPENED:
        found = next(open_inputs([str(path)]))
        if not isinstance(found, InputFile):
            raise found
        _OPENED[path] = found
    return _OPENED[path]


def write_wat(path: Path) -> Path:
    """A WAT of many pages: the real Common Crawl excerpt's records again and again, one member each."""
    text = (DATA / "warc/commoncrawl/CC-MAIN-2019-22-excerpt.warc.wat").read_bytes()
    starts = [at for at in range(len(text)) if text.startswith(b"WARC/1.0\r\n", at)] + [len(text)]
    members = [gzip.compress(text[a:b], 6, mtime=0) for a, b in itertools.pairwise(starts)]
    with path.open("wb") as file:
        file.write(members[0])
        for _ in range(WAT_RECORDS):
            file.writelines(members[2:])
    return path


def measure(title: str, paths: list[Path], rounds: int) -> None:
    readers: dict[str, Callable[[Path], Counts]] = {
        "inlink": ours,
        "FastWARC 2": fastwarc,
        "warcio": warcio,
        "inflate only": inflate,
    }
    seconds: dict[str, list[float]] = {name: [] for name in readers}
    counts: dict[str, Counts] = {}
    for path in paths:
        members(path)
    for _ in range(rounds):
        for name, read in readers.items():
            begun = time.process_time()
            found = [read(path) for path in paths]
            seconds[name].append(time.process_time() - begun)
            counts[name] = (sum(n for n, _ in found), sum(size for _, size in found))
    del counts["inflate only"]
    if len(set(counts.values())) != 1:
        raise SystemExit(f"the readers disagree: {counts}")
    n_items, n_bytes = counts["inlink"]
    print(
        f"\n{title}: {n_items} records, {n_bytes / 1e6:.1f} MB decoded, median CPU time of {rounds} interleaved runs\n"
    )
    print("| reader | CPU s | MB/s | records/s |\n|---|---|---|---|")
    for name, taken in seconds.items():
        median = statistics.median(taken)
        print(f"| {name} | {median:.3f} | {n_bytes / 1e6 / median:.0f} | {n_items / median:.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    measure("HTML (html-corpora)", sorted((DATA / "html-corpora").glob("*.warc.gz")), rounds)
    measure("Sites (sites)", sorted((DATA / "sites").glob("*.warc.gz")), rounds)
    with tempfile.TemporaryDirectory() as folder:
        measure("WAT", [write_wat(Path(folder) / "made.warc.wat.gz")], rounds)


if __name__ == "__main__":
    main()
