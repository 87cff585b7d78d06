"""How fast long answers leave the API, and in how much memory.

python bench/export.py SERVING_FILE [--target DOMAIN] [--rows 2000000]

Over the serving file of bench/lookups.py: all backlinks of the target with most links (or the one that is named) as CSV
and JSON Lines, through the API as an ASGI application, beside the rows alone as they come from the database. Each is
checked: as many lines as rows. Memory is the process's, once the file is open and at its highest during the export.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from starlette.types import ASGIApp

from inlink.api.app import api
from inlink.workbench import Workbench

MIB = 2**20
BAR = 200_000


def asked(app: ASGIApp, path: str, query: str, headers: list[tuple[bytes, bytes]]) -> tuple[int, int]:
    """Lines (0 where packed) and bytes of an answer that nobody keeps."""
    counts = [0, 0]
    status = 0

    async def receive() -> Any:
        await asyncio.sleep(3600)

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)
        body = message.get("body", b"")
        counts[0] += body.count(b"\n")
        counts[1] += len(body)

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": headers, "scheme": "http", "server": ("127.0.0.1", 80), "root_path": "", "http_version": "1.1",
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    if status != 200:
        raise SystemExit(f"{path}?{query}: {status}")
    return counts[0], counts[1]


def rows_alone(bench: Workbench, target: str, n: int, columns: str) -> int:
    """Rows of the same view as they come from the database."""
    stream = bench.stream("backlinks", target, limit=n, columns=columns)
    return sum(batch.num_rows for batch in stream.batches)


def timed(what: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came out."""
    began = time.perf_counter()
    found = what()
    return time.perf_counter() - began, found


def resident() -> float:
    """Memory of the process now, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("serving_file", type=Path)
    parser.add_argument("--target")
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--threads", type=int)
    given = parser.parse_args()
    target = given.target or largest(given.serving_file)
    with Workbench.over(given.serving_file, threads=given.threads) as bench:
        measure(bench, target, given.rows)


def largest(serving_file: Path) -> str:
    """The domain with most links from other domains."""
    with duckdb.connect(str(serving_file), read_only=True) as db:
        found = db.execute("SELECT domain FROM domain_places ORDER BY n_links DESC LIMIT 1").fetchall()
    return str(found[0][0])


VIEWS = {"22 columns": "", "5 columns": "source_url,target_url,anchor,follow,first_seen"}


def measure(bench: Workbench, target: str, n: int) -> None:
    """Print a table."""
    app = api(bench)
    asked(app, "/backlinks", f"target={target}&limit=1", [])
    before = resident()
    print(f"{target}: {n:,} rows at most; {before:,.0f} MiB before")
    for title, columns in VIEWS.items():
        took, n_rows = timed(partial(rows_alone, bench, target, n, columns))
        print(f"{title:<12} {'rows alone':<22} {n_rows:>12,} rows {took:>8.2f} s {n_rows / took:>12,.0f} rows/s")
        for form, packing in (("csv", b""), ("jsonl", b""), ("csv", b"gzip")):
            query = f"target={target}&limit={n}&format={form}&columns={columns}"
            headers = [(b"accept-encoding", packing)]
            took, (n_lines, n_bytes) = timed(partial(asked, app, "/exports/backlinks", query, headers))
            if not packing and n_lines < n_rows:
                raise SystemExit(f"{form}: {n_lines:,} lines for {n_rows:,} rows")
            name = f"{form} {packing.decode()}".strip()
            size = f"{n_bytes / MIB:>8,.0f} MiB"
            print(f"{title:<12} {name:<22} {n_rows:>12,} rows {took:>8.2f} s {n_rows / took:>12,.0f} rows/s {size}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"before_mib": round(before), "peak_mib": round(peak), "bar_rows_per_s": BAR}))


if __name__ == "__main__":
    main()
