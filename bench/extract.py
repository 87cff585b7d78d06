"""HTML WARC → parts with all columns on one pinned core: ours, the plain pipeline, and the bound.

    python bench/extract.py [--rounds 5] [--plain-rounds 2] [--core 0] [--data ../shared/data] [FILE.warc.gz ...]

ours    sources.items → extract_items → a part (Parquet, zstd)
plain   warcio + BeautifulSoup(lxml) + urllib.parse + tldextract, the same columns (bench/plain.py)
bound   FastWARC reads each page, selectolax (lexbor) parses it, nothing else

Each run is a process of its own, rounds are interleaved. Ours and the bound make two passes of which the second
counts; the first, with the loading of compiled code, is reported apart. Without files: html-corpora and sites.
The anchors that both pipelines find must differ by less than 1 %: their parsers repair broken pages differently.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from fastwarc.warc import ArchiveIterator, WarcRecordType
from selectolax.lexbor import LexborHTMLParser

import plain
from inlink.extract.items import extract_items
from inlink.sources import DEFAULT_LIMITS, items, open_inputs
from inlink.sources.records import InputFile
from inlink.store.parts import PartWriter
from inlink.urls.domains import SuffixRules
from rounds import Series, interleave

DATA = Path(os.environ.get("INLINK_TEST_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
ANCHOR_TOLERANCE = 0.01
BARS = {"plain": 15.0, "bound": 0.25}


def ours(paths: list[Path], out: Path) -> dict[str, Any]:
    """One part a file."""
    rules = SuffixRules()
    counts = {"pages": 0, "links": 0, "anchors": 0}
    for number, file in enumerate(open_inputs([str(path) for path in paths])):
        if not isinstance(file, InputFile):
            raise file
        writer = PartWriter(out / str(number))
        for batch in extract_items(items(file), file, rules, DEFAULT_LIMITS):
            writer.write(batch.captures, batch.pages, batch.links)
            counts["anchors"] += pc.equal(batch.links["kind"], "anchor").true_count
        info = writer.close(part="x", input=file.name, input_digest="", format="warc", code="", suffixes="")
        counts["pages"] += info.rows["pages"]
        counts["links"] += info.rows["links"]
    return counts


def bound(paths: list[Path]) -> dict[str, Any]:
    """Pages read and parsed, nothing else."""
    n_pages = n_bytes = 0
    for path in paths:
        for record in ArchiveIterator(str(path), record_types=WarcRecordType.response, fsspec_args=False):
            if "html" in (record.http_content_type or ""):
                body = record.reader.read()
                LexborHTMLParser(body)
                n_pages += 1
                n_bytes += len(body)
    return {"pages": n_pages, "bytes": n_bytes}


def timed(engine: str, paths: list[Path]) -> dict[str, Any]:
    """Times one pass of an engine."""
    with tempfile.TemporaryDirectory() as folder:
        started, cpu_started = time.perf_counter(), time.process_time()
        if engine == "ours":
            counts = ours(paths, Path(folder))
        elif engine == "plain":
            counts = plain.run(paths, Path(folder))
        else:
            counts = bound(paths)
        seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu_started
    return {"seconds": seconds, "cpu_s": cpu_s, **counts}


def one_run(engine: str, paths: list[Path]) -> dict[str, Any]:
    """Two passes for what is compiled or cached, one for the plain pipeline, which gains nothing from a second."""
    first = timed(engine, paths)
    return first if engine == "plain" else {**timed(engine, paths), "first_s": first["seconds"]}


def report(series: dict[str, Series], megabytes: float) -> None:
    """Prints the table that goes into RESULTS.md, and judges the bars."""
    pages = series["ours"].counts["pages"]
    print(f"\n{pages} pages, {megabytes:.0f} MB of HTML, {megabytes * 1000 / pages:.0f} KB a page\n")
    print("| engine | s, median (min-max) | processor s | pages/s | MB/s | links/s | peak MiB | first pass s |")
    print("|---|---|---|---|---|---|---|---|")
    for name, one in series.items():
        links = one.counts.get("links", 0)
        print(
            f"| {name} | {one.spread()} | {one.median_cpu:.2f} | {pages / one.median:,.0f} | "
            f"{megabytes / one.median:.1f} | {links / one.median:,.0f} | {max(one.peak_mib):.0f} | "
            f"{one.counts.get('first_s', one.median):.1f} |"
        )
    for name, bar in BARS.items():
        wall = series[name].median / series["ours"].median
        cpu = series[name].median_cpu / series["ours"].median_cpu
        print(f"{name}: {wall:.2f}x by wall time, {cpu:.2f}x by processor time, bar {bar}x")
    found, wanted = series["ours"].counts["anchors"], series["plain"].counts["anchors"]
    print(f"anchors: ours {found}, plain {wanted}")
    if abs(found - wanted) > ANCHOR_TOLERANCE * wanted:
        raise SystemExit("the pipelines do not agree on the anchors")


def main() -> None:
    """Parse, run, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plain-rounds", type=int, default=2)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--run", help=argparse.SUPPRESS)
    options = parser.parse_args()
    files = options.files or [
        *sorted(options.data.glob("html-corpora/*.warc.gz")),
        *sorted(options.data.glob("sites/*.warc.gz")),
    ]
    if options.run:
        print(json.dumps(one_run(options.run, files)))
        return
    names = [str(path) for path in files]
    commands = {engine: [sys.executable, __file__, "--run", engine, *names] for engine in ("ours", "plain", "bound")}
    fast = {engine: commands[engine] for engine in ("ours", "bound")}
    series = interleave(commands, rounds=options.plain_rounds, core=options.core)
    for name, more in interleave(fast, rounds=options.rounds - options.plain_rounds, core=options.core).items():
        series[name].seconds += more.seconds
        series[name].cpu_s += more.cpu_s
        series[name].peak_mib += more.peak_mib
    report(series, series["bound"].counts["bytes"] / 1e6)


if __name__ == "__main__":
    main()
