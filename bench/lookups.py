"""Time look-ups on a large served index: latencies at all scopes, one row per domain, a filter, 16 clients, sizes.

    python bench/make_links.py /tmp/web --links 50000000
    python bench/lookups.py /tmp/web /tmp/web.duckdb [--build] [--rounds 30] [--clients 16] [--seconds 10]

`--build` makes the serving file first, with the memory that a build has. For each scope targets are taken by their
number of links: 200 small ones (some 20), 200 middling ones (some 2,000), and the largest. Rounds interleave all
questions, first for one target of each size (warm), then for another one each time, so that nothing that is
remembered of a target helps; the first round is thrown away. Clients ask for the backlinks, domains, anchors or
overview of any of these targets.
Answers are asserted as well as timed: totals of the list and of the overview agree.
"""

from __future__ import annotations

import argparse
import platform
import random
import resource
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from inlink.config import Build
from inlink.index.stages import ServeJob, make_serving
from inlink.workbench import Workbench

SCOPES = ("url", "prefix", "host", "domain")
SIZES = {"small": 20, "middling": 2_000, "largest": None}
QUESTIONS = ("backlinks", "domains", "anchors", "overview")
MANY = 200
Targets = dict[tuple[str, str], list[str]]
NARROW = (
    "row, target_page, target_host_id, target_domain_id, source_page, source_host_id, source_domain_id, ip_id, "
    "subnet_id, tld, kind, is_embed, is_left_out, nofollow, ugc, sponsored, region, lang, is_live, change, "
    "first_seen, last_seen, lost_at, lost_reason, strength"
)


class _Steps:
    """Says when each step of a build starts."""

    def __init__(self, began: float) -> None:
        self._began, self._last = began, ""

    def __call__(self, done: int, note: str = "", total: int | None = None) -> None:
        if note != self._last:
            print(f"  {time.perf_counter() - self._began:6.0f} s  {note}", flush=True)
            self._last = note


def targets_of(file: Path) -> Targets:
    """(scope, size) → targets of that size, nearest first; one where the largest is wanted."""
    queries = {
        "url": "SELECT url AS name, n_rows AS n FROM pages",
        "prefix": """SELECT 'http://' || h.host || '/' || split_part(split_part(p.key, '/', 2), '?', 1) || '/' AS name,
            sum(n_rows) AS n FROM pages p JOIN hosts h ON h.host_id = p.host WHERE contains(substr(key, 20), '/2')
            GROUP BY ALL""",
        "host": """SELECT h.host AS name, count(*) AS n FROM links l JOIN hosts h ON h.host_id = l.target_host_id
            GROUP BY ALL""",
        "domain": """SELECT d.domain AS name, count(*) AS n FROM links l
            JOIN domains d ON d.domain_id = l.target_domain_id GROUP BY ALL""",
    }
    found: Targets = {}
    with duckdb.connect(str(file), read_only=True) as db:
        for scope, text in queries.items():
            for size, wanted in SIZES.items():
                order = "n DESC" if wanted is None else f"abs(n - {wanted})"
                most = 1 if wanted is None else MANY
                rows = db.execute(f"SELECT name FROM ({text}) ORDER BY {order}, name LIMIT {most}").fetchall()
                found[scope, size] = [name for (name,) in rows]
    return found


def ask(bench: Workbench, question: str, target: str, scope: str) -> object:
    """One look-up, as a page of 100 rows."""
    if question == "overview":
        return bench.overview(target, scope=scope)
    return getattr(bench, question)(target, scope=scope, limit=100)


def latencies(bench: Workbench, targets: Targets, rounds: int) -> dict[tuple[str, str, str], list[float]]:
    """Milliseconds of each question, rounds interleaved."""
    cells = [(question, scope, size) for question in QUESTIONS for scope, size in targets]
    taken: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    dice = random.Random(1)
    for number in range(rounds + 1):
        dice.shuffle(cells)
        for question, scope, size in cells:
            of_size = targets[scope, size]
            target = of_size[(number * len(QUESTIONS) + QUESTIONS.index(question)) % len(of_size)]
            began = time.perf_counter()
            ask(bench, question, target, scope)
            if number:
                taken[question, scope, size].append((time.perf_counter() - began) * 1e3)
    return taken


def timed(function: Callable[[], object], rounds: int) -> list[float]:
    """Milliseconds of calls, the first thrown away."""
    taken = []
    for number in range(rounds + 1):
        began = time.perf_counter()
        function()
        if number:
            taken.append((time.perf_counter() - began) * 1e3)
    return taken


def throughput(bench: Workbench, targets: Targets, clients: int, seconds: float) -> tuple[float, list[float]]:
    """Look-ups a second of so many threads asking random questions, and the milliseconds of each."""
    cells = [(question, scope, size) for question in QUESTIONS for scope, size in targets]
    taken: list[list[float]] = [[] for _ in range(clients)]
    end = time.perf_counter() + seconds

    def client(number: int) -> None:
        dice = random.Random(number)
        while time.perf_counter() < end:
            question, scope, size = dice.choice(cells)
            target = dice.choice(targets[scope, size])
            began = time.perf_counter()
            ask(bench, question, target, scope)
            taken[number].append((time.perf_counter() - began) * 1e3)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = [ms for own in taken for ms in own]
    return len(everything) / (time.perf_counter() - began), everything


def p(values: list[float], share: float) -> float:
    """The value below which that share lies."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def narrow_bytes(file: Path) -> float:
    """Bytes per link of the narrow columns, written as a table of their own."""
    with tempfile.TemporaryDirectory(dir=file.parent) as folder, duckdb.connect() as db:
        made = Path(folder) / "narrow.duckdb"
        for text in (
            f"ATTACH '{file}' AS served (READ_ONLY)",
            f"ATTACH '{made}' AS narrow",
            f"CREATE TABLE narrow.links AS SELECT {NARROW} FROM served.links ORDER BY row",
            "DETACH narrow",
        ):
            db.execute(text).fetchall()
        ((n_rows,),) = db.execute("SELECT count(*) FROM served.links").fetchall()
        return made.stat().st_size / int(n_rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("snapshot", type=Path)
    parser.add_argument("serving", type=Path)
    parser.add_argument("--build", action="store_true")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--threads", type=int, default=None)
    given = parser.parse_args()
    if given.build:
        began, cpu = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
        make_serving(ServeJob(given.snapshot, given.serving, 2, Build().memory_bytes), _Steps(began))
        after = resource.getrusage(resource.RUSAGE_SELF)
        used = after.ru_utime + after.ru_stime - cpu.ru_utime - cpu.ru_stime
        print(f"built in {time.perf_counter() - began:.0f} s ({used:.0f} CPU s), peak {after.ru_maxrss / 1e6:.2f} GB")
    report(given)


def report(given: argparse.Namespace) -> None:
    files = sorted((given.snapshot / "links").glob("*.parquet"))
    n_links = sum(pq.read_metadata(file).num_rows for file in files)
    print(f"{n_links:,} external links; {platform.machine()}, Python {platform.python_version()}")
    print(f"Parquet {sum(f.stat().st_size for f in files) / n_links:.1f} bytes a link, ", end="")
    print(f"narrow serving table {narrow_bytes(given.serving):.1f}, ", end="")
    print(f"serving file in all {given.serving.stat().st_size / n_links:.1f}")
    targets = targets_of(given.serving)
    opened = time.perf_counter()
    with Workbench.over(given.serving, threads=given.threads) as bench:
        bench.overview("nowhere.example")
        print(f"opened in {(time.perf_counter() - opened) * 1e3:.0f} ms")
        for (scope, size), (target, *_) in targets.items():
            found = bench.overview(target, scope=scope)
            assert found.n_links == bench.backlinks(target, scope=scope, limit=1).n_total, target
            print(f"  {scope:7s}{size:9s}{found.n_links:10,} links {found.n_domains:9,} domains  {target}")
        _ask_all(bench, {cell: names[:1] for cell, names in targets.items()}, given, "one target of each size, warm")
        _ask_all(bench, targets, given, f"another of {MANY} targets each time")
        largest = targets["domain", "largest"][0]
        one = timed(lambda: bench.backlinks(largest, scope="domain", group="domain", limit=100), given.rounds)
        print(f"one row per domain of the largest: p50 {statistics.median(one):.1f} ms, p99 {p(one, 0.99):.1f} ms")
        where = "nofollow = false and (anchor contains 'bread' or region in (main, aside)) and title contains 'news'"
        filtered = timed(lambda: bench.backlinks(largest, scope="domain", where=where, limit=100), 5)
        print(f"filter on the largest: p50 {statistics.median(filtered):.0f} ms, max {max(filtered):.0f} ms")
        similar = timed(lambda: bench.backlinks(largest, scope="domain", group="similar", limit=100), 5)
        print(f"similar links of the largest: p50 {statistics.median(similar):.0f} ms")


def _ask_all(bench: Workbench, targets: Targets, given: argparse.Namespace, title: str) -> None:
    """Latencies of all questions, and look-ups a second of many clients."""
    print(title)
    taken = latencies(bench, targets, given.rounds)
    for question in QUESTIONS:
        for scope in SCOPES:
            cells = [taken[question, scope, size] for size in SIZES]
            shown = "  ".join(f"{statistics.median(ms):6.1f} /{p(ms, 0.99):6.1f}" for ms in cells)
            print(f"  {question:10s}{scope:8s}p50 / p99 ms  {shown}")
    everything = [ms for own in taken.values() for ms in own]
    print(f"  all look-ups: p50 {statistics.median(everything):.1f} ms, p99 {p(everything, 0.99):.1f} ms")
    per_s, ms = throughput(bench, targets, given.clients, given.seconds)
    print(f"  {given.clients} clients: {per_s:.0f} look-ups/s, ", end="")
    print(f"p50 {statistics.median(ms):.0f} ms, p99 {p(ms, 0.99):.0f} ms", flush=True)


if __name__ == "__main__":
    main()
