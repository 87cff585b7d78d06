"""WAT → parts on one pinned core, with and without links within a host, beside globallinks where its command is given.

    python bench/wat.py [--rounds 5] [--core 0] [--peer COMMAND] [--wat FILE]

The peer's COMMAND (or env INLINK_WAT_PEER) is called as `COMMAND IN.wat.gz LINKS.gz PAGES.gz` and should run
globallinks' ParseWatByLine, once, in a process of its own; it keeps external anchors only. Without it, pages/s are set
beside the published figure (3,950 pages/s at 138 links a page, another machine).
Without --wat, a WAT is made of the pages of html-corpora and sites (bench/make_wat.py).
Ours: read the file, extract, write a part (Parquet, zstd), all three tables; the second of two passes counts.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from inlink.extract.items import extract_items
from inlink.sources import Limits, items, open_inputs
from inlink.sources.records import InputFile
from inlink.store.parts import PartWriter
from inlink.urls.domains import SuffixRules
from make_wat import write_wat
from rounds import Series, interleave

DATA = Path(os.environ.get("INLINK_TEST_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
PUBLISHED_PAGES_PER_S = 3950
BARS = {"external": 1.2, "all": 0.6}


def one_run(wat: Path, mode: str) -> dict[str, float]:
    """Times the second of two extractions; the first loads compiled code and warms memory, as a real WAT would soon."""
    rules = SuffixRules()
    limits = Limits(external_only=mode == "external")
    (file,) = open_inputs([str(wat)])
    if not isinstance(file, InputFile):
        raise file
    first = extract(file, rules, limits)
    return {**extract(file, rules, limits), "first_s": first["seconds"]}


def extract(file: InputFile, rules: SuffixRules, limits: Limits) -> dict[str, float]:
    """Times one extraction into a part."""
    with tempfile.TemporaryDirectory() as folder:
        started, cpu_started = time.perf_counter(), time.process_time()
        writer = PartWriter(Path(folder) / "part")
        for batch in extract_items(items(file, limits=limits), file, rules, limits):
            writer.write(batch.captures, batch.pages, batch.links)
        info = writer.close(part="x", input=file.name, input_digest="", format="wat", code="", suffixes="")
        seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu_started
        n_bytes = (Path(folder) / "part" / "links.parquet").stat().st_size
    return {"seconds": seconds, "cpu_s": cpu_s, **info.rows, "bytes": n_bytes}


def report(series: dict[str, Series], wat: Path) -> None:
    """Prints the table that goes into RESULTS.md."""
    pages = series["all"].counts["pages"]
    print(f"\n{wat.name}: {pages} pages, {wat.stat().st_size / 1e6:.1f} MB gz")
    print("\n| engine | s, median (min-max) | processor s | pages/s | links/s | peak MiB | of the peer |")
    print("|---|---|---|---|---|---|---|")
    peer = series["peer"].median if "peer" in series else pages / PUBLISHED_PAGES_PER_S
    for name, one in series.items():
        links = one.counts.get("links", 0)
        print(
            f"| {name} | {one.spread()} | {one.median_cpu:.2f} | {pages / one.median:,.0f} | "
            f"{links / one.median:,.0f} | {max(one.peak_mib):.0f} | {peer / one.median:.2f}x |"
        )
    for name, bar in BARS.items():
        ratio = peer / series[name].median
        print(f"{name}: {ratio:.2f}x, bar {bar}x: {'met' if ratio >= bar else 'MISSED'}")
        if "peer" in series:  # what counts where other work disturbs the wall clock
            print(f"    by processor time: {series['peer'].median_cpu / series[name].median_cpu:.2f}x")


def main() -> None:
    """Parse, run, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--peer", default=os.environ.get("INLINK_WAT_PEER"))
    parser.add_argument("--wat", type=Path)
    parser.add_argument("--run", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print(json.dumps(one_run(options.wat, options.run)))
        return
    with tempfile.TemporaryDirectory() as folder:
        wat = options.wat
        if wat is None:
            wat = Path(folder) / "real-pages.warc.wat.gz"
            write_wat(wat, [*sorted(DATA.glob("html-corpora/*.warc.gz")), *sorted(DATA.glob("sites/*.warc.gz"))])
        commands = {mode: [sys.executable, __file__, "--wat", str(wat), "--run", mode] for mode in ("external", "all")}
        if options.peer:
            commands["peer"] = [
                "sh",
                "-c",
                f"rm -f {folder}/l {folder}/p; exec {options.peer} {wat} {folder}/l {folder}/p",
            ]
        report(interleave(commands, rounds=options.rounds, core=options.core), wat)


if __name__ == "__main__":
    main()
