"""How many links a second get a verdict on one core, sibling probes included, beside other link checkers.

    python bench/verdicts.py [--hosts 200] [--pages 20] [--rounds 3] [--peers FOLDER] [--polite]

A server on core 0 has 200 virtual hosts (127.0.1.1 to 127.0.1.200), answers after 20 ms, and knows what each address
is: a page, a page of a site that answers 200 to all (soft 404s beside real pages), 404, 410, 500, 500 once and
then 200, 403, a redirect, a redirect home, a parked domain, a PDF that is there or is not. Checkers run on core 1,
one after the other in each round, all with politeness off and the same number of requests at a time: inlink
(robots.txt, made-up addresses, rows kept in a workspace), linkinator, LinkChecker, Scrapy (a spider that
takes statuses). What must be true: inlink's verdicts are all right. What the others call well or broken is
compared with the truth.

FOLDER holds the others: `npm install --prefix FOLDER linkinator`, `python -m venv FOLDER/v`,
`FOLDER/v/bin/pip install LinkChecker scrapy`. Without it only inlink runs.

--polite: 40 hosts with 12 pages each and the usual delay of 1 s; how far apart requests came at the server.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import json
import multiprocessing
import socket
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from inlink.check.checking import Patience
from inlink.check.verdicts import ALIVE, CHANGED, UNKNOWN
from inlink.fetch import Manners
from inlink.store.workspace import Workspace
from inlink.workbench.checking import CheckOptions, check
from verdicts_peers import AT_ONCE, CHECKERS, Ran, with_inlink
from verdicts_web import KINDS, LATENCY_S, Link, links_of, pinned, serve


def is_well(said: Any) -> bool | None:
    """Whether a checker calls a link well; None where it says that it does not know."""
    if isinstance(said, str):
        return None if said in UNKNOWN else said in ALIVE or said in CHANGED
    return bool(said)


def compare(links: list[Link], ran: Ran) -> dict[str, int]:
    """Links of each kind that are judged wrongly: well called broken, or broken called well; or not judged at all."""
    wrong: collections.Counter[str] = collections.Counter()
    for link in links:
        said = ran.verdicts.get(link.url)
        truth = KINDS[link.kind][2]
        if said is None:
            wrong[f"{link.kind}: no verdict"] += 1
        elif truth is None and is_well(said) is False:
            wrong[f"{link.kind}: called broken"] += 1
        elif truth is not None and is_well(said) is not truth:
            wrong[f"{link.kind}: called {'well' if is_well(said) else 'broken'}"] += 1
    return dict(wrong)


def bench(n_hosts: int, n_pages: int, rounds: int, folder: Path | None) -> None:
    """All checkers, round by round."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=serve, args=(n_hosts, n_pages, there, False), daemon=True
    )
    server.start()
    port = here.recv()
    pinned(1)
    links = links_of(port, n_hosts, n_pages)
    place = folder or Path()
    names = [name for name in CHECKERS if name == "inlink" or folder is not None]
    runs: dict[str, list[Ran]] = {name: [] for name in names}
    with_inlink(links[:200], place, port)  # what is loaded and compiled once
    for _ in range(rounds):
        for name in names:
            _reset(port)
            runs[name].append(CHECKERS[name](links, place, port))
    server.terminate()
    ours = runs["inlink"][-1].verdicts
    for link in links:
        assert ours[link.url] in KINDS[link.kind][1], (link, ours[link.url])
    latency_ms = LATENCY_S * 1000
    print(f"{len(links):,} links of {n_hosts} hosts, {latency_ms:.0f} ms, {AT_ONCE} at a time, {rounds} rounds")
    print(f"| {'checker':12} | wall s | processor s | links/s | of inlink | judged wrongly |")
    base = statistics.median(run.wall_s for run in runs["inlink"])
    for name, found in runs.items():
        wall, cpu = (statistics.median(getattr(run, what) for run in found) for what in ("wall_s", "cpu_s"))
        wrong = compare(links, found[-1])
        said = ", ".join(f"{kind} {n}" for kind, n in sorted(wrong.items())) or "none"
        rates = f"{wall:6.2f} | {cpu:6.2f} | {len(links) / wall:7,.0f} | {base / wall:.2f}"
        print(f"| {name:12} | {rates} | {sum(wrong.values()):,}: {said} |")
    print(f"bar 1,000 verdicts/s: {len(links) / base >= 1000}", flush=True)


def _reset(port: int) -> None:
    with socket.create_connection(("127.0.1.1", port)) as connection:
        connection.sendall(b"GET /reset HTTP/1.1\r\nHost: 127.0.1.1\r\n\r\n")
        connection.recv(1000)


def bench_politeness(n_hosts: int, n_pages: int, delay_s: float) -> None:
    """How far apart a polite check asks each host."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=serve, args=(n_hosts, n_pages, there, True), daemon=True
    )
    server.start()
    port = here.recv()
    pinned(1)
    links = links_of(port, n_hosts, n_pages)
    with tempfile.TemporaryDirectory() as scratch:
        workspace = Workspace.create(scratch)
        hosts = sorted({link.url.split("/")[2].partition(":")[0] for link in links})
        workspace.settings_path.write_text(f"[fetch]\ntest_hosts = {json.dumps(hosts)}\n", encoding="utf-8")
        manners = Manners(delay_s=delay_s, backoff_s=delay_s)
        began = time.perf_counter()
        check(
            Workspace.open(scratch),
            [link.url for link in links],
            CheckOptions(manners=manners, patience=Patience(again_s=0.0)),
        )
        took = time.perf_counter() - began
    here.send("log")
    asked: dict[str, list[float]] = collections.defaultdict(list)
    for host, at in here.recv():
        asked[host].append(at)
    server.terminate()
    gaps = [b - a for times in asked.values() for a, b in itertools.pairwise(times)]
    least, median, most = min(gaps), statistics.median(gaps), max(gaps)
    print(
        f"politeness: {len(links):,} links of {n_hosts} hosts, {len(gaps):,} gaps, {delay_s} s asked for, {took:.0f} s"
    )
    print(f"  least {least:.4f}, median {median:.4f}, most {most:.4f} s")
    within = sum(abs(gap - delay_s) <= 0.05 * delay_s for gap in gaps) / len(gaps)
    print(f"  within 5 %: {within:.4f}; none shorter than 95 %: {least >= 0.95 * delay_s}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--polite", action="store_true")
    given = parser.parse_args()
    if given.polite:
        bench_politeness(40, 12, 1.0)
    else:
        bench(given.hosts, given.pages, given.rounds, given.peers.resolve() if given.peers else None)


if __name__ == "__main__":
    main()
