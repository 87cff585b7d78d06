"""Memory and time of a build whose input does not fit into memory.

    python bench/build.py links FOLDER [--links 50000000]   arrange and serve made-up parts (no HTML is read)
    python bench/build.py pages FOLDER [--gib 4]            the whole way from WARC files of that much HTML

Made-up parts: 40 inputs, 50 links a page, half of them internal, Zipf-distributed target hosts, texts of made-up words;
one page in five was crawled twice, and a tenth of its links came or went. Pages: those of INLINK_TEST_DATA, again and
again under other host names. Inputs are made in a process of their own. Memory is the sum of resident memory of the
build's process and its children, shared libraries counted each time (an upper bound), looked at every 50 ms.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
from warcio.archiveiterator import ArchiveIterator

from inlink.engine.local import LocalEngine
from inlink.engine.protocol import Progress
from inlink.index.adding import add
from inlink.index.build import build, part_names
from inlink.index.jobs import CODE
from inlink.schema import CAPTURES, LINKS, PAGES
from inlink.store import Input, Workspace
from inlink.store.files import publish, size_bytes
from inlink.store.parts import PartWriter
from inlink.urls.domains import SuffixRules

DATA = Path(os.environ.get("INLINK_TEST_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
N_PARTS = 40
LINKS_A_PAGE = 50
PAGES_A_BATCH = 2_000
MIB = 2**20
Rows = dict[str, Any]


class Watch:
    """Peak of the resident memory of this process and its children, in all and by stage."""

    def __init__(self) -> None:
        self.peaks: dict[str, int] = {}
        self.seconds: dict[str, float] = {}
        self.cpu_s: dict[str, float] = {}
        self._stage = "start"
        self._since = time.monotonic()
        self._cpu = self._cpu_before = 0.0  # of all processes, as last looked at
        self._is_over = threading.Event()
        threading.Thread(target=self._look, daemon=True).start()

    def report(self, progress: Progress) -> None:
        stage = f"{progress.stage} {progress.note}" if progress.unit == "steps" else progress.stage
        if stage != self._stage:
            self._turn(stage)

    def close(self) -> None:
        self._turn("")
        self._is_over.set()

    def _turn(self, stage: str) -> None:
        now = time.monotonic()
        self.seconds[self._stage] = self.seconds.get(self._stage, 0) + now - self._since
        self.cpu_s[self._stage] = self.cpu_s.get(self._stage, 0) + self._cpu - self._cpu_before
        self._stage, self._since, self._cpu_before = stage, now, self._cpu

    def _look(self) -> None:
        own = psutil.Process()
        while not self._is_over.wait(0.05):
            total, cpu = 0, sum(own.cpu_times()[2:4])
            for process in [own, *own.children(recursive=True)]:
                try:
                    total += process.memory_info().rss
                    cpu += sum(process.cpu_times()[:2])
                except psutil.NoSuchProcess:
                    continue
            self._cpu = max(cpu, self._cpu)
            self.peaks[self._stage] = max(total, self.peaks.get(self._stage, 0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("links", "pages"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--links", type=int, default=50_000_000)
    parser.add_argument("--gib", type=float, default=4.0)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    Workspace.create(given.folder / "workspace")
    start = time.monotonic()
    apart(make_parts if given.what == "links" else add_archives, given.folder, given.links, given.gib)
    workspace = Workspace.open(given.folder / "workspace")
    print(f"made the input in {time.monotonic() - start:.0f} s", flush=True)
    watch = Watch()
    start = time.monotonic()
    done = build(workspace, LocalEngine(given.workers, workspace.settings.build.memory_bytes), watch.report)
    watch.close()
    show(workspace, watch, done.rows, time.monotonic() - start)


def apart(make: Callable[[Path, int, float], None], *arguments: Any) -> None:
    """Run a function in a process that takes its memory along."""
    child = multiprocessing.get_context("spawn").Process(target=make, args=arguments)
    child.start()
    child.join()
    if child.exitcode != 0:
        sys.exit("the input could not be made")


def show(workspace: Workspace, watch: Watch, rows: dict[str, int], seconds: float) -> None:
    print(f"{'stage':28} {'s':>8} {'CPU s':>8} {'peak MiB':>9}")
    for stage, peak in watch.peaks.items():
        seconds_, cpu_s = watch.seconds.get(stage, 0), watch.cpu_s.get(stage, 0)
        print(f"{stage:28} {seconds_:8.1f} {cpu_s:8.1f} {peak / MIB:9.0f}")
    print(json.dumps(rows))
    sizes = {name: size_bytes(workspace.path / name) for name in ("parts", "index", "serve")}
    each = {name: f"{size / MIB:.0f} MiB, {size / max(1, rows['links']):.0f} B a link" for name, size in sizes.items()}
    print(each)
    print(f"{seconds:.0f} s, peak {max(watch.peaks.values()) / MIB:.0f} MiB")
    if max(watch.peaks.values()) > 1536 * MIB:
        sys.exit("more than 1.5 GiB")


# Made-up parts.


def make_parts(folder: Path, n_links: int, _: float) -> None:
    """Parts of N_PARTS inputs; those that are there already are left alone."""
    workspace = Workspace.open(folder / "workspace")
    inputs = [Input(f"crawl-{i:02d}.warc.gz", "warc", 1, hashlib.sha256(b"%d" % i).hexdigest()) for i in range(N_PARTS)]
    workspace.register(inputs)
    texts = Texts(np.random.default_rng(1))
    n_pages = n_links // N_PARTS // LINKS_A_PAGE
    rules = SuffixRules()
    for name, entry in part_names(workspace).items():
        if workspace.part(name).exists():
            continue
        number = inputs.index(Input(entry.name, entry.format, entry.size_bytes, entry.digest))
        aside = workspace.tmp / name
        writer = PartWriter(aside)
        for first in range(0, n_pages, PAGES_A_BATCH):
            pages = np.arange(first, min(first + PAGES_A_BATCH, n_pages))
            writer.write(*batches(number, pages, texts, entry.name))
        writer.close(
            part=name, input=entry.name, input_digest=entry.digest, format="warc", code=CODE, suffixes=rules.digest
        )  # fmt: skip
        publish(aside, workspace.part(name))


class Texts:
    """Pools of strings to take from."""

    def __init__(self, dice: np.random.Generator) -> None:
        letters = np.array(list("etaoinshrdlucmfwypvbgk"))
        words = np.array(["".join(letters[dice.integers(0, 22, n)]) for n in dice.integers(2, 11, 20_000)])
        self.contexts = phrases(dice, words, 200_000, 18, " ")
        self.anchors = phrases(dice, words, 100_000, 6, " ")
        self.paths = phrases(dice, words, 300_000, 5, "/")
        names, ends = phrases(dice, words, 600_000, 2, ""), pa.array(["com", "org", "net", "de"])
        self.hosts = joined(
            [names, pa.array(list(map(str, range(600_000)))), ".", ends.take(dice.integers(0, 4, 600_000))]
        )
        self.zipf = (np.arange(1, 600_001) ** -0.9).cumsum()
        self.zipf /= self.zipf[-1]


def phrases(dice: np.random.Generator, words: Any, n: int, longest: int, space: str) -> pa.Array:
    """n strings of one to `longest` words."""
    sizes = dice.integers(1, longest + 1, n)
    offsets = np.concatenate([[0], sizes.cumsum()]).astype(np.int32)
    flat = pa.array(words).take(pa.array(dice.integers(0, len(words), offsets[-1])))
    return pa.compute.binary_join(pa.ListArray.from_arrays(pa.array(offsets), flat), space)


def mixed(*numbers: Any) -> Any:
    """64-bit hashes of columns of numbers."""
    with np.errstate(over="ignore"):
        total: Any = np.uint64(0x9E3779B97F4A7C15)
        for number in numbers:
            total = (total ^ np.asarray(number).astype(np.uint64)) * np.uint64(0xBF58476D1CE4E5B9)
            total = total ^ (total >> np.uint64(29))
        return total


def batches(part: int, pages: Any, texts: Texts, name: str) -> tuple[pa.RecordBatch, pa.RecordBatch, pa.RecordBatch]:
    """Rows of some pages of a part: the fifth part of every crawl is the one before it again, half a year later."""
    is_again = (pages % 5 == 0) & (part % 2 == 1)
    number = np.where(is_again, part - 1, part).astype(np.uint64) * np.uint64(10_000_000) + pages.astype(np.uint64)
    page = mixed(number)
    host = texts.hosts.take(pa.array((page % np.uint64(100_000)).astype(np.int64)))
    path = texts.paths.take(pa.array((mixed(page, 1) % np.uint64(300_000)).astype(np.int64)))
    tail = pa.array([f"/{n}" for n in number])
    url = joined(["https://", host, "/", path, tail])
    key = joined([reversed_host(host), ")/", path, tail])
    capture = mixed(page, part)
    n = len(pages)
    at = (1_700_000_000 + part * 5_000_000 + (page % np.uint64(86_400)).astype(np.int64)) * 1_000_000
    captures = table(CAPTURES, n, {
        "capture_id": capture, "url_key": key, "url": url, "url_raw": url, "host": host, "domain": host,
        "fetched_at": pa.array(at).cast(pa.timestamp("us", tz="UTC")), "http_status": np.full(n, 200, np.int16),
        "depth": "warc", "payload_digest": pa.array([f"sha1:{c:032X}" for c in capture]),
        "ip": pa.array([f"10.{a % 200}.{a // 200 % 250}.7" for a in (page % np.uint64(50_000)).astype(int)]),
        "content_type": "text/html", "is_revisit": np.zeros(n, bool), "evidence_file": name,
        "evidence_offset": pages * 30_000, "evidence_length": np.full(n, 30_000),
    })  # fmt: skip
    facts = table(PAGES, n, {
        "capture_id": capture, "title": texts.contexts.take(pa.array((page % np.uint64(200_000)).astype(np.int64))),
        "lang": "en", "robots_noindex": np.zeros(n, bool), "robots_nofollow": np.zeros(n, bool),
        "n_internal_links": np.full(n, LINKS_A_PAGE // 2, np.int32), "n_words": np.full(n, 800, np.int32),
        "n_external_links": np.full(n, LINKS_A_PAGE // 2, np.int32), "text_digest": capture, "page_kind": "article",
    })  # fmt: skip
    return captures, facts, links_of(page, capture, is_again, texts, host, url, key)


def links_of(page: Any, capture: Any, is_again: Any, texts: Texts, host: Any, url: Any, key: Any) -> pa.RecordBatch:
    n = len(page) * LINKS_A_PAGE
    at = np.repeat(np.arange(len(page)), LINKS_A_PAGE)
    ordinal = np.tile(np.arange(LINKS_A_PAGE), len(page))
    is_fresh = is_again[at] & (mixed(page[at], ordinal, 7) % np.uint64(10) == 0)
    dice = mixed(page[at], ordinal, is_fresh)
    is_internal = ordinal % 2 == 0
    share = (dice >> np.uint64(11)).astype(np.float64) / 2.0**53
    target = texts.hosts.take(pa.array(np.searchsorted(texts.zipf, share)))
    target = pa.compute.if_else(pa.array(is_internal), host.take(pa.array(at)), target)
    path = texts.paths.take(pa.array((mixed(dice, 2) % np.uint64(300_000)).astype(np.int64)))
    context = pa.array((mixed(dice, 3) % np.uint64(200_000)).astype(np.int64), mask=is_internal)
    codes = pa.array(at.astype(np.int32))
    flags = {"nofollow": dice % np.uint64(9) == 0, "ugc": np.zeros(n, bool), "sponsored": np.zeros(n, bool)}
    return table(LINKS, n, {
        "link_id": dice, "capture_id": capture[at], "ordinal": ordinal.astype(np.int32),
        **{f"source_{name}": pa.DictionaryArray.from_arrays(codes, values) for name, values in
           (("url", url), ("key", key), ("host", host), ("domain", host))},
        "target_url": joined(["https://", target, "/", path]),
        "target_key": joined([reversed_host(target), ")/", path]),
        "target_host": target, "target_domain": target, "kind": "anchor", **flags,
        "anchor": texts.anchors.take(pa.array((mixed(dice, 4) % np.uint64(100_000)).astype(np.int64))),
        "text_before": texts.contexts.take(context), "text_after": texts.contexts.take(context), "region": "main",
        "position_share": share.astype(np.float32), "block_link_share": share.astype(np.float32),
        "is_internal": is_internal,
    })  # fmt: skip


def joined(pieces: list[Any]) -> pa.Array:
    return pa.compute.binary_join_element_wise(*pieces, "")


def reversed_host(host: pa.Array) -> pa.Array:
    """The key of hosts of two labels."""
    return pa.compute.replace_substring_regex(host, r"^([^.]*)\.([^.]*)$", r"\2,\1")


def table(schema: Any, n: int, columns: Rows) -> pa.RecordBatch:
    arrays = []
    for field in schema.arrow:
        value = columns.get(field.name)
        if value is None or isinstance(value, str):
            value = pa.nulls(n, field.type) if value is None else pa.array([value] * n)
        array = value if isinstance(value, pa.Array) else pa.array(value)
        arrays.append(array if array.type == field.type else array.cast(field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema.arrow)


# Made-up archives.


def add_archives(folder: Path, _: int, gib: float) -> None:
    """Archives of so much HTML, as inputs of the workspace."""
    names = [str(path) for path in make_archives(folder, int(gib * 2**30))]
    add(Workspace.open(folder / "workspace"), names)


def make_archives(folder: Path, n_bytes: int) -> Iterator[Path]:
    """WARC files of some 256 MiB of HTML each: the pages of the corpora under other host names."""
    pages = list(corpus())
    each = sum(len(body) for _, body in pages)
    rounds, number = max(1, n_bytes // each), 0
    for first in range(0, rounds, max(1, 256 * MIB // each)):
        path = folder / f"made-{first:04d}.warc.gz"
        if not path.exists():
            with path.with_suffix(".part").open("wb") as out:
                for copy in range(first, min(rounds, first + max(1, 256 * MIB // each))):
                    for url, body in pages:
                        number += 1
                        out.write(record(url.replace("://", f"://c{copy}.", 1), body, number))
            path.with_suffix(".part").replace(path)
        yield path


def corpus() -> Iterator[tuple[str, bytes]]:
    for path in sorted((DATA / "html-corpora").glob("*.warc.gz")):
        with path.open("rb") as stream:
            for found in ArchiveIterator(stream):
                if found.rec_type == "response":
                    yield found.rec_headers.get_header("WARC-Target-URI"), found.content_stream().read()


def record(url: str, body: bytes, number: int) -> bytes:
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_700_000_000 + number))
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: {date}\r\n"
        f"WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-{number:012d}>\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + http + b"\r\n\r\n", 1)


if __name__ == "__main__":
    main()
