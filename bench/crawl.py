"""How fast pages of a local server become WARC and parts on one core, and what a frontier of millions takes.

    python bench/crawl.py [--pages 6000] [--hosts 60] [--urls 5000000] [--skip-frontier] [--skip-crawl] [--spacing]

crawl: a server on core 0 answers pages of some 22 KB with 60 links each, half of them met before; the crawler runs on
core 1 with politeness off (no delay, 4 requests to a host at a time), into a new workspace; then the part is made of
the archive in the same process. What must be true: all pages archived once, all of them in the part.
spacing (alone, with --spacing): 200 hosts are crawled with politeness on, a second from one request to a host to the
next, two where robots.txt names a Crawl-delay of 2; how far the gaps that the server saw, and those of the requests as
sent, are from that. What must be true: no gap is shorter by more than 5 %, half of them within 5 % either way.
frontier: URLs are added in steps of 5,000, as a crawl does; every tenth is settled. Peak memory of the process.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import multiprocessing
import os
import random
import resource
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

from aiohttp import web

from inlink.crawl.frontier import DONE, Found, Frontier, Settled
from inlink.fetch import Manners, Memory
from inlink.index.extraction import make_part
from inlink.index.jobs import Job
from inlink.sources.limits import DEFAULT_LIMITS
from inlink.store.workspace import Workspace
from inlink.workbench.crawling import CrawlOptions, crawl

WORDS = (
    "flour",
    "water",
    "salt",
    "yeast",
    "oven",
    "stone",
    "crust",
    "crumb",
    "dough",
    "starter",
    "rye",
    "wheat",
    "spelt",
)
N_LINKS = 60
Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def pinned(core: int) -> None:
    """Run on one core, where the system knows how and has it."""
    if hasattr(os, "sched_setaffinity") and core < (os.cpu_count() or 1):
        os.sched_setaffinity(0, {core})


def page(number: int, n_pages: int, n_hosts: int) -> bytes:
    """Some 22 KB: paragraphs, and links to pages of all hosts."""
    draw = random.Random(number)
    parts = [f"<!doctype html><html><head><title>Page {number}</title></head><body><main><h1>{number}</h1>"]
    for i in range(N_LINKS):
        to = (number * 7 + i * 131 + 1) % n_pages if i % 2 else (number + i // 2 + 1) % n_pages
        text = " ".join(draw.choices(WORDS, k=50))
        parts.append(f'<p class="text">{text} <a href="http://h{to % n_hosts}.example/p/{to}x">page {to}</a>.</p>')
    return "".join([*parts, "</main></body></html>"]).encode()


async def answer_all(handle: Handle, pipe: Connection) -> None:
    """Listen on a free port, and tell it."""
    runner = web.ServerRunner(web.Server(handle, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pipe.send(runner.addresses[0][1])
    await asyncio.Event().wait()


def started(target: Callable[..., None], *args: int) -> tuple[multiprocessing.process.BaseProcess, int]:
    """A server of its own process, and its port; this process keeps to the other core from now on."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=target, args=(*args, there), daemon=True)
    server.start()
    port = here.recv()
    pinned(1)
    return server, port


def serve(n_pages: int, n_hosts: int, pipe: Connection) -> None:
    """All pages of all hosts on one port."""
    pinned(0)
    bodies = [page(number, n_pages, n_hosts) for number in range(n_pages)]

    async def handle(request: web.BaseRequest) -> web.Response:
        name = request.path.removeprefix("/p/").removesuffix("x")
        if not name.isdigit() or int(name) >= n_pages:
            return web.Response(status=404)
        return web.Response(body=bodies[int(name)], content_type="text/html", charset="utf-8")

    asyncio.run(answer_all(handle, pipe))


def bench_crawl(n_pages: int, n_hosts: int) -> None:
    """Pages a second from the first request to the part."""
    server, port = started(serve, n_pages, n_hosts)
    manners = Manners(delay_s=0.0, per_host=4, at_once=64, contact="https://bench.example/")
    with tempfile.TemporaryDirectory() as scratch:
        warm = _workspace(Path(scratch) / "warm", port)
        crawl(warm, ("http://h0.example/p/0x",), CrawlOptions("web", max_pages=50), manners=manners)
        workspace = _workspace(Path(scratch) / "web", port)
        began, cpu = time.perf_counter(), time.process_time()
        report = crawl(workspace, ("http://h0.example/p/0x",), CrawlOptions("web"), manners=manners)
        crawled, crawl_cpu = time.perf_counter() - began, time.process_time() - cpu
        assert report.n_pages == n_pages, report
        peak = _peak_mib()
        began, cpu = time.perf_counter(), time.process_time()
        n_captures = 0
        for each in workspace.inputs.values():
            job = Job(each, each.digest[:16], Path(scratch) / "part", (), DEFAULT_LIMITS)
            n_captures += make_part(job, lambda done, note="", total=None: None).rows["captures"]
        made, made_cpu = time.perf_counter() - began, time.process_time() - cpu
        assert n_captures == n_pages, n_captures
    server.terminate()
    total = crawled + made
    print(f"crawl: {n_pages:,} pages of {n_hosts} hosts, {report.n_bytes / n_pages / 1e3:.1f} KB a page")
    print(f"  to WARC  {crawled:6.1f} s wall {crawl_cpu:6.1f} s processor {n_pages / crawled:7,.0f} pages/s")
    print(f"  to part  {made:6.1f} s wall {made_cpu:6.1f} s processor {n_pages / made:7,.0f} pages/s")
    print(f"  both     {total:6.1f} s wall {n_pages / total:7,.0f} pages/s; bar 300: {n_pages / total >= 300}")
    print(f"  peak memory of the crawl {peak:,.0f} MiB", flush=True)


SLOW, SPACED_HOSTS, SPACED_PAGES = 10, 200, 15  # every tenth host has a Crawl-delay


def serve_slowly(pipe: Connection) -> None:
    """Hosts of a few pages in a row; tells when which host was asked."""
    pinned(0)
    asked: list[tuple[str, float]] = []

    async def handle(request: web.BaseRequest) -> web.Response:
        host = request.host.partition(":")[0]
        if request.path == "/asked":
            return web.json_response(asked)
        asked.append((host, time.time()))
        if request.path == "/robots.txt":
            is_slow = int(host[1:].partition(".")[0]) % SLOW == 0
            return web.Response(text="user-agent: *\ncrawl-delay: 2\n" if is_slow else "")
        number = int(request.path[1:] or 0)
        links = f'<a href="/{number + 1}">next</a>' if number + 1 < SPACED_PAGES else ""
        return web.Response(text=f"<p>{number} {links}", content_type="text/html")

    asyncio.run(answer_all(handle, pipe))


def bench_spacing() -> None:
    """How evenly requests to one host are spaced."""
    server, port = started(serve_slowly)
    with tempfile.TemporaryDirectory() as scratch:
        workspace = _workspace(Path(scratch) / "web", port)
        seeds = tuple(f"http://h{n}.example/" for n in range(SPACED_HOSTS))
        manners = Manners(contact="https://bench.example/")
        report = crawl(workspace, seeds, CrawlOptions("host"), manners=manners)
        assert report.n_pages == SPACED_HOSTS * SPACED_PAGES, report
        with closing(Memory(workspace.path / "crawls" / "courtesy.db")) as memory:
            sent = [(line.host, line.at_us / 1e6) for line in memory.ledger()]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/asked") as answer:
        seen = [(host, at) for host, at in json.load(answer)]
    server.terminate()
    print(f"spacing: {len(seen):,} requests to {SPACED_HOSTS} hosts in {report.took_s:.0f} s")
    for name, times in (("sent", sent), ("seen by the server", seen)):
        far = _gaps(times)
        at = {share: far[int(share * (len(far) - 1))] for share in (0, 0.01, 0.5, 0.95, 1)}
        is_kept = at[0] >= -0.05 and abs(at[0.5]) <= 0.05
        shares = ", ".join(f"{share:.0%} {value:+.1%}" for share, value in at.items())
        print(f"  gaps {name}, from what is wanted: {shares}; bar 5 %: {is_kept}", flush=True)


def _gaps(times: list[tuple[str, float]]) -> list[float]:
    """How far each gap between requests to a host is from the wanted one, in order; also after robots.txt."""
    of_host: dict[str, list[float]] = {}
    for host, at in sorted(times, key=lambda each: each[1]):
        of_host.setdefault(host, []).append(at)
    wanted = {host: 2.0 if int(host[1:].partition(".")[0]) % SLOW == 0 else 1.0 for host in of_host}
    return sorted(
        (after - before) / wanted[host] - 1
        for host, moments in of_host.items()
        for before, after in itertools.pairwise(moments)
    )


def _workspace(folder: Path, port: int) -> Workspace:
    made = Workspace.create(folder)
    text = f'[fetch]\nroutes = ["*.example=http://127.0.0.1:{port}"]\n'
    made.settings_path.write_text(text, encoding="utf-8")
    return made


def bench_frontier(n_urls: int) -> None:
    """Memory and time of a frontier; run in a process of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        frontier = Frontier(Path(scratch) / "frontier.db")
        began = time.perf_counter()
        for start in range(0, n_urls, 5_000):
            numbers = range(start, min(start + 5_000, n_urls))
            found = [Found(f"https://h{n % 20_000}.example/section/{n}/page-{n * n}", f"h{n % 20_000}.example", n % 9)
                     for n in numbers]  # fmt: skip
            with frontier.step():
                frontier.add(found)
                frontier.settle(Settled(n + 1, DONE, None, 200, 0) for n in numbers if n % 10 == 0)
        took = time.perf_counter() - began
        began = time.perf_counter()
        n_taken = sum(len(frontier.take(host, 32, set())) for host in frontier.hosts_waiting(1_000, 500))
        taking = time.perf_counter() - began
        n_waiting = frontier.n_waiting()
        frontier.close()
        size = sum(path.stat().st_size for path in Path(scratch).iterdir())
    assert n_waiting == n_urls - -(-n_urls // 10), n_waiting
    assert n_taken == 32_000 or n_urls < 1_000_000, n_taken
    peak = _peak_mib()
    print(f"frontier: {n_urls:,} URLs in {took:.0f} s ({n_urls / took:,.0f} a second), {size / 2**20:,.0f} MiB on disk")
    print(f"  {n_taken:,} pages of 1,000 hosts taken in {taking:.2f} s")
    print(f"  peak memory {peak:,.0f} MiB; bar 500: {peak <= 500}", flush=True)


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=6_000)
    parser.add_argument("--hosts", type=int, default=60)
    parser.add_argument("--urls", type=int, default=5_000_000)
    parser.add_argument("--skip-frontier", action="store_true")
    parser.add_argument("--skip-crawl", action="store_true")
    parser.add_argument("--spacing", action="store_true")
    given = parser.parse_args()
    if given.spacing:
        bench_spacing()
        return
    context = multiprocessing.get_context("spawn")
    if not given.skip_frontier:
        process = context.Process(target=bench_frontier, args=(given.urls,))
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(process.exitcode)
    if not given.skip_crawl:
        bench_crawl(given.pages, given.hosts)


if __name__ == "__main__":
    main()
