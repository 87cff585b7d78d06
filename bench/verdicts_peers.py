"""The checkers of bench/verdicts.py: inlink, and others where they are installed, on the core they are started on."""

from __future__ import annotations

import json
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inlink.check.checking import Patience
from inlink.fetch import Manners
from inlink.store.workspace import Workspace
from inlink.workbench.checking import Checked, CheckOptions, check
from verdicts_web import Link

AT_ONCE = 128
PER_HOST = 2


@dataclass(frozen=True)
class Ran:
    """One run of a checker: what it says of each address (None: nothing), wall and processor seconds."""

    verdicts: dict[str, Any]
    wall_s: float
    cpu_s: float


def with_inlink(links: list[Link], folder: Path, port: int) -> Ran:
    """Our own, rows kept in a workspace."""
    del port
    with tempfile.TemporaryDirectory() as scratch:
        workspace = Workspace.create(scratch)
        hosts = sorted({link.url.split("/")[2].partition(":")[0] for link in links})
        workspace.settings_path.write_text(f"[fetch]\ntest_hosts = {json.dumps(hosts)}\n", encoding="utf-8")
        workspace = Workspace.open(scratch)
        _ = workspace.database  # its tables are made once in a workspace's life
        manners = Manners(delay_s=0, per_host=PER_HOST, at_once=AT_ONCE, backoff_s=0.05, max_body_bytes=2 * 2**20)
        options = CheckOptions(manners=manners, patience=Patience(again_s=0.2))
        began, cpu = time.perf_counter(), time.process_time()
        found: dict[str, str] = {}

        def note(row: Checked) -> None:
            found[row.verdict.url] = row.verdict.verdict

        check(workspace, [link.url for link in links], options, each=note)
        wall, used = time.perf_counter() - began, time.process_time() - cpu
    return Ran(found, wall, used)


def _run(command: list[str], folder: Path) -> tuple[str, float, float]:
    """Output, wall and processor seconds of a command on core 1."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:  # into a pipe, some write but the beginning
        subprocess.run(command, cwd=folder, stdout=out, stderr=subprocess.DEVNULL, check=False)
        wall = time.perf_counter() - began
        out.seek(0)
        said = out.read()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return said, wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def with_linkinator(links: list[Link], folder: Path, port: int) -> Ran:
    """All links of one page, no recursion."""
    script = str(folder / "node_modules" / ".bin" / "linkinator")
    words = [
        script,
        f"http://127.0.1.1:{port}/index.html",
        "--concurrency",
        str(AT_ONCE),
        "--format",
        "json",
        "--verbosity",
        "info",
    ]
    out, wall, cpu = _run(words, folder)
    found = json.loads(out[out.index("{") :]) if "{" in out else {"links": []}
    return Ran({one["url"]: one["state"] == "OK" for one in found["links"]}, wall, cpu)


def with_linkchecker(links: list[Link], folder: Path, port: int) -> Ran:
    """All links of one page, as external ones, robots.txt left alone."""
    settings = "[checking]\nmaxrequestspersecond=100000\n[filtering]\ncheckextern=1\n"
    (folder / "linkcheckerrc").write_text(settings, "utf-8")
    words = [str(folder / "v" / "bin" / "linkchecker"), "-f", "linkcheckerrc", "--no-status", "--no-robots", "-r1"]
    words += ["-t", str(AT_ONCE), "--check-extern", "-v", "-o", "csv", f"http://127.0.1.1:{port}/index.html"]
    out, wall, cpu = _run(words, folder)
    found = {}
    for line in out.splitlines():
        cells = line.split(";")
        if len(cells) > 10 and cells[0].startswith("http"):
            found[cells[0]] = cells[6] == "True"
    return Ran(found, wall, cpu)


SPIDER = """
import json, sys, scrapy
from scrapy.crawler import CrawlerProcess
class Check(scrapy.Spider):
    name = "check"
    custom_settings = dict(CONCURRENT_REQUESTS=%d, CONCURRENT_REQUESTS_PER_DOMAIN=%d, DOWNLOAD_DELAY=0,
        ROBOTSTXT_OBEY=False,
        LOG_ENABLED=False, HTTPERROR_ALLOW_ALL=True, TELNETCONSOLE_ENABLED=False, RETRY_TIMES=1)
    found = {}
    async def start(self):
        for url in open("urls.txt").read().split():
            yield scrapy.Request(url, dont_filter=True, cb_kwargs={"asked": url}, errback=self.failed)
    def parse(self, response, asked):
        self.found[asked] = response.status < 400
    def failed(self, failure):
        self.found[failure.request.url] = False
process = CrawlerProcess()
process.crawl(Check)
process.start()
print(json.dumps(Check.found))
"""


def with_scrapy(links: list[Link], folder: Path, port: int) -> Ran:
    """A spider that takes the status of each address."""
    (folder / "spider.py").write_text(SPIDER % (AT_ONCE, PER_HOST), "utf-8")
    (folder / "urls.txt").write_text("\n".join(link.url for link in links), "utf-8")
    out, wall, cpu = _run([str(folder / "v" / "bin" / "python"), "spider.py"], folder)
    return Ran(json.loads(out.splitlines()[-1]) if out.strip() else {}, wall, cpu)


CHECKERS: dict[str, Callable[[list[Link], Path, int], Ran]] = {
    "inlink": with_inlink,
    "linkinator": with_linkinator,
    "LinkChecker": with_linkchecker,
    "Scrapy": with_scrapy,
}
