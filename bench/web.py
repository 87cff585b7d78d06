"""Time the site under 16 visitors on a large served index: latencies as a visitor has them, memory of the server.

    python bench/make_links.py /tmp/web --links 50000000; python bench/lookups.py /tmp/web /tmp/web.duckdb --build
    python bench/web.py /tmp/web.duckdb --locust ENV/bin/locust [--users 16] [--seconds 60] [--pause 0.5 1.5]

locust (`uv pip install locust` in an environment of its own) drives a server in a process of its own. Visitors open
overview and all tables of targets of all scopes and sizes (see bench/lookups.py), and one row per domain of the largest
target. `--pause 0 0` asks without a pause, which is how much the machine can bear. Both share this machine's cores.
Memory is the largest resident set of the server and its children, watched twice a second, mapped pages included.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from inlink.server.serve import MEMORY, address, listen, run
from inlink.workbench import Workbench
from lookups import targets_of

HERE = Path(__file__).parent
COME_PER_S = 4  # visitors; the first seconds, until all have come, are not counted
PAGES = ("overview", "backlinks", "domains", "anchors", "pages", "outgoing")


def serve(serving: Path, port: int) -> None:
    """Serve the file until this process is ended."""
    with Workbench.over(serving, memory=MEMORY) as bench, listen("127.0.0.1", port) as listener:
        run(bench, listener)


def plan(serving: Path, pause: tuple[float, float]) -> dict[str, object]:
    """What visitors ask for; finding targets takes minutes, so they stay beside the serving file."""
    kept = serving.with_suffix(".targets.json")
    if not kept.exists():
        found = {" ".join(cell): names for cell, names in targets_of(serving).items()}
        kept.write_text(json.dumps(found), encoding="utf-8")
    targets = json.loads(kept.read_text(encoding="utf-8"))
    return {
        "seed": 1,
        "pause_s": pause,
        "pages": [{"name": name, "path": f"/{name}", "with": {}} for name in PAGES],
        "targets": targets,
        "largest": targets["domain largest"][0],
    }


def answers(port: int) -> bool:
    """Whether the server takes connections."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def memory_mb(server: psutil.Process) -> float:
    """Resident memory of the server and its children."""
    return sum(one.memory_info().rss for one in (server, *server.children(recursive=True))) / 2**20


def worked_s(server: psutil.Process) -> float:
    """Processor time of the server so far."""
    spent = server.cpu_times()
    return float(spent.user + spent.system)


def visit(
    locust: Path, folder: Path, url: str, given: argparse.Namespace, server: psutil.Process
) -> tuple[float, float]:
    """Let the visitors loose; the most memory that the server held, MiB, and its processor time, seconds."""
    command = [
        str(locust), "-f", str(HERE / "web_users.py"), "--headless", "--only-summary", "--users", str(given.users),
        "--spawn-rate", str(COME_PER_S), "--run-time", f"{given.seconds}s", "--host", url,
        "--csv", str(folder / "out"), "--loglevel", "WARNING", "--reset-stats",
    ]  # fmt: skip
    env = {**os.environ, "INLINK_BENCH_PLAN": str(folder / "plan.json")}
    most, before = 0.0, worked_s(server)
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as visitors:
        while visitors.poll() is None:
            most = max(most, memory_mb(server))
            time.sleep(0.5)
    return most, worked_s(server) - before


def report(folder: Path, most_mb: float, spent_s: float) -> int:
    """Print the table; 1 where a page failed."""
    failed = n_requests = 0
    with (folder / "out_stats.csv").open(encoding="utf-8") as file:
        print("| page | requests | failed | requests/s | p50 ms | p99 ms | bytes |")
        print("|---|---:|---:|---:|---:|---:|---:|")
        for row in csv.DictReader(file):
            failed += int(row["Failure Count"])
            n_requests = int(row["Request Count"])  # the last row is all of them
            print(
                f"| {row['Name']} | {row['Request Count']} | {row['Failure Count']} | {float(row['Requests/s']):.1f} "
                f"| {row['50%']} | {row['99%']} | {float(row['Average Content Size']):,.0f} |"
            )
    with (folder / "out_failures.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            print(f"failed: {row['Occurrences']} x {row['Name']}: {row['Error'][:120]}")
    print(f"processor time of the server: {1000 * spent_s / max(n_requests, 1):.1f} ms a page, on the average")
    print(f"most memory of the server: {most_mb:,.0f} MiB")
    return 1 if failed else 0


def main() -> int:
    """Serve, visit, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("serving", type=Path)
    parser.add_argument("--locust", type=Path, required=True)
    parser.add_argument("--users", type=int, default=16)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--pause", type=float, nargs=2, default=(0.5, 1.5))
    given = parser.parse_args()
    with listen("127.0.0.1", 0) as free:
        port, url = free.getsockname()[1], address(free).rstrip("/")
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(given.serving, port))
    process.start()
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            while not answers(port):
                time.sleep(0.2)
            words = json.dumps(plan(given.serving, tuple(given.pause)))
            (folder / "plan.json").write_text(words, encoding="utf-8")
            found = visit(given.locust, folder, url, given, psutil.Process(process.pid))
            return report(folder, *found)
    finally:
        process.terminate()
        process.join()


if __name__ == "__main__":
    sys.exit(main())
