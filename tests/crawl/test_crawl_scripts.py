"""Links that are there only once scripts have run, in a real Chromium, over real HTTP."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path

import psutil
import pytest
from hosting import Page, Web, hosting, html
from made_crawls import FAST, archived, records, run, workspace

from inlink.errors import NotConfigured
from inlink.fetch import Fetcher, Manners, Reply
from inlink.fetch.browser import Bounds, Browser
from inlink.fetch.loops import finished
from inlink.workbench import Workbench
from inlink.workbench.crawling import CrawlOptions, crawl, policy_of

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("chromium")]
ADD = """for (const [href, text] of Object.entries(%s)) {
    const a = document.createElement('a'); a.href = href; a.textContent = text; document.body.append(a); }"""
APP = "fetch('/links.json').then(r => r.json()).then(links => {" + ADD % "links" + "});"


@pytest.fixture(autouse=True)
def _browsers_have_time_to_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is abandoned leaves open files, of which the collector of rubbish warns in whatever test comes next."""
    monkeypatch.setattr("inlink.crawl.crawler.Browser", functools.partial(Browser, bounds=Bounds(end_s=60.0)))


def script(text: str, kind: str = "") -> str:
    return f"<script {kind}>{text}</script>"


def answer(host: str, path: str, headers: dict[str, str]) -> Page | None:
    """a.example: a page whose links come by script, one with links of its own, one with data only."""
    table = {
        "/": Page('<!doctype html><a href="/plain">plain</a><a href="/data">data</a><script src="/app.js"></script>'),
        "/app.js": Page(APP, type="text/javascript"),
        "/links.json": Page('{"/made": "made", "https://b.example/": "b"}', type="application/json"),
        "/plain": Page("".join(f'<a href="/p{n}">{n}</a>' for n in range(9)) + script(ADD % '{"/never": "x"}')),
        "/data": Page(script('{"a": 1}', 'type="application/ld+json"')),
        "/made": html(text="the end"),
    }
    return table.get(path) if host == "a.example" else None


def served(web: Web, folder: Path) -> list[tuple[object, ...]]:
    """(target, depth, needs script) of the links of the index."""
    with Workbench.open(folder) as bench:
        bench.build()
        rows = bench.sql(
            """select l.target_url, c.depth, l.needs_script from links l join captures c using (capture_id)"""
        ).to_dicts()
    return sorted((row["target_url"], row["depth"], row["needs_script"]) for row in rows)


def test_links_that_scripts_make_are_found_marked_and_followed(tmp_path: Path) -> None:
    with hosting(answer) as web:
        report = run(tmp_path, web, scripts="few", scope="host")
        found = served(web, tmp_path)
    assert "https://a.example/made" in archived(tmp_path)
    assert "https://a.example/never" not in archived(tmp_path)
    assert (report.n_scripted, report.n_script_links, report.not_scripted) == (1, 2, {})
    assert ("https://b.example/", "js", True) in found
    assert [url for _, url, _ in records(tmp_path, "conversion")] == ["https://a.example/"]
    assert sorted(each for each in web.asked if each.endswith((".js", ".json"))) == [
        "a.example/app.js", "a.example/links.json",
    ]  # fmt: skip


def test_all_pages_with_scripts_where_asked(tmp_path: Path) -> None:
    with hosting(answer) as web:
        report = run(tmp_path, web, scripts="all", scope="host")
    assert (report.n_scripted, report.n_script_links) == (2, 3)
    assert "https://a.example/never" in archived(tmp_path)


def test_without_scripts_a_later_crawl_takes_nothing_away(tmp_path: Path) -> None:
    with hosting(answer) as web:
        run(tmp_path, web, scripts="few")
        run(tmp_path, web)
        with Workbench.open(tmp_path) as bench:
            bench.build()
            rows = bench.backlinks("b.example", columns="target_url,is_live,needs_script").to_dicts()
        again = run(tmp_path, web, scripts="few")
    assert [(row["is_live"], row["needs_script"]) for row in rows] == [(True, True)]
    assert (again.n_revisits, again.n_scripted) == (4, 1)


def test_robots_headers_and_rules_hold_for_scripts(tmp_path: Path) -> None:
    def shut(host: str, path: str, headers: dict[str, str]) -> Page | None:
        if path == "/robots.txt":
            return Page("user-agent: *\ndisallow: /app.js\n", type="text/plain")
        if path == "/":
            made = script(ADD % '{"https://b.example/": "b"}')
            return Page(f'<body><script src="/app.js"></script>{made}', headers={"X-Robots-Tag": "nofollow"})
        return answer(host, path, headers)

    with hosting(shut) as web:
        report = run(tmp_path, web, scripts="few", scope="web")
        with Workbench.open(tmp_path) as bench:
            bench.build()
            rows = bench.backlinks("b.example", columns="target_url,nofollow,rel_origin,needs_script").to_dicts()
    assert "a.example/app.js" not in web.asked
    assert (report.n_scripted, report.n_script_links) == (1, 1)
    assert [(row["nofollow"], row["rel_origin"], row["needs_script"]) for row in rows] == [(True, "header", True)]
    assert "https://b.example/" not in archived(tmp_path)  # nofollow


HOSTILE = """
const said = [];
const tell = (name, wish) => Promise.resolve(wish).then(() => said.push(name), () => 0);
const inside = 'http://127.0.0.1:PORT';
const busy = setInterval(() => fetch('/busy'), 100);  // not still before all is said
tell('fetch', fetch(inside + '/fetch', {mode: 'no-cors'}));
tell('metadata', fetch('http://169.254.169.254/latest/meta-data/', {mode: 'no-cors'}));
tell('redirect', fetch('/to-inside', {mode: 'no-cors'}));
tell('post', fetch('/post', {method: 'POST', body: 'x'}));
tell('worker', new Promise((yes, no) => {
    const worker = new Worker(URL.createObjectURL(new Blob(
        [`fetch('${inside}/worker', {mode: 'no-cors'}).then(() => postMessage(1))`])));
    worker.onmessage = yes; setTimeout(no, 300); }));
for (const scheme of ['ws', 'wss']) { const socket = new WebSocket(scheme + '://127.0.0.1:PORT/socket');
    socket.onopen = () => said.push('socket'); }
try { new EventSource(inside + '/events').onopen = () => said.push('events'); } catch (error) {}
try { navigator.sendBeacon(inside + '/beacon', 'x'); } catch (error) {}
try { navigator.serviceWorker.register('/worker.js').catch(() => 0); } catch (error) {}
new Image().src = inside + '/image';
for (const [tag, name, rel] of [['iframe', 'src'], ['link', 'href', 'stylesheet'], ['link', 'href', 'preconnect'],
        ['link', 'href', 'dns-prefetch'], ['link', 'href', 'prefetch'], ['link', 'href', 'preload'],
        ['video', 'src'], ['object', 'data'], ['embed', 'src'], ['script', 'src']]) {
    const element = document.createElement(tag);
    element[name] = inside + '/' + tag + (rel || ''); if (rel) element.rel = rel;
    if (rel === 'preload') element.as = 'fetch';
    document.documentElement.append(element); }
const form = document.createElement('form'); form.method = 'post'; form.action = inside + '/form';
document.documentElement.append(form); form.target = '_blank'; form.submit();
window.open(inside + '/window');
try { const peer = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:PORT'}]});
    peer.createDataChannel('x'); peer.createOffer().then(offer => peer.setLocalDescription(offer)); } catch (error) {}
document.write('<p>still here');
setTimeout(() => { document.title = 'reached: ' + said.join(' '); clearInterval(busy); }, 350);
"""


def test_scripts_reach_nothing_inside(tmp_path: Path) -> None:
    """Twenty ways out of the page: none reaches this machine, or any place that the fetcher would not ask."""

    def hostile(host: str, path: str, headers: dict[str, str]) -> Page | None:
        if path == "/":
            return Page(f"<title>x</title><body>{script(HOSTILE.replace('PORT', str(web.port)))}")
        return (
            Page("", 302, headers={"Location": f"http://127.0.0.1:{web.port}/redirected"})
            if path == "/to-inside"
            else None
        )

    with hosting(hostile) as web:
        report = run(tmp_path, web, "https://a.example/", scripts="all", scope="host")
    assert report.n_scripted == 1
    ((_, _, tree),) = records(tmp_path, "conversion")
    assert "<title>reached: </title>" in tree
    assert "still here" in tree
    assert set(web.asked) - {"a.example/busy"} == {"a.example/robots.txt", "a.example/", "a.example/to-inside"}


def test_scripts_that_lead_away_leave_the_page_as_it_was(tmp_path: Path) -> None:
    ways = {
        "/location": "location = '/made'",
        "/form": "document.forms[0].submit()",
        "/click": "document.links[0].click()",
    }

    def leading(host: str, path: str, headers: dict[str, str]) -> Page | None:
        if path not in ways:
            return answer(host, path, headers)
        form = '<a href="/made">1</a><form action="http://127.0.0.1:1/"></form>'
        return Page(f'{form}{script(ways[path])}<a href="//b.example{path}">2</a>')

    with hosting(leading) as web:
        seeds = [f"https://a.example{path}" for path in ways]
        report = run(tmp_path, web, *seeds, scripts="all", scope="list")
        found = served(web, tmp_path)
    assert report.not_scripted == {"left": 3}
    assert {each[1:] for each in found} == {("warc", False)}
    assert {f"https://b.example{path}" for path in ways} <= {each[0] for each in found}


def rendered(
    web: Web, folder: Path, *bodies: str, bounds: Bounds, begun: Callable[[Browser], object] = id
) -> list[tuple[str | None, bytes]]:
    """(problem, tree) of pages, one after the other in one browser; begun: is given it before."""

    async def work() -> list[tuple[str | None, bytes]]:
        async with Fetcher(policy_of(workspace(folder, web)), FAST) as fetcher, Browser(fetcher, bounds) as browser:
            begun(browser)
            replies = [Reply("https://a.example/", 0, 200, headers=(("Content-Type", "text/html"),), body=b.encode())
                       for b in bodies]  # fmt: skip
            found = [await browser.render(reply) for reply in replies]
            browser._bounds = dataclasses.replace(bounds, end_s=60.0)  # nothing is left to the collector of rubbish
            return [(each.problem, each.html or b"") for each in found]

    return finished(work())


def test_pages_that_do_not_end_or_are_too_large_do_no_harm(tmp_path: Path) -> None:
    endless = script("while (true) {}")
    never_still = script("setInterval(() => fetch('/links.json?' + Math.random()), 50)")
    pages = (
        "<body>" + script("document.body.append('x'.repeat(3e6))"),
        script("alert(1); confirm(2); throw new Error()") + "<p>fine",
        script("document.documentElement.outerHTML; delete window.fetch; document.write = null") + "<p>fine",
        script("document.documentElement.remove()"),
    )
    with hosting(answer) as web:
        found = rendered(web, tmp_path / "1", endless, bounds=Bounds(total_s=1.5))
        found += rendered(web, tmp_path / "2", never_still, bounds=Bounds(settle_s=1.0, max_requests=5))
        found += rendered(web, tmp_path / "3", *pages, bounds=Bounds(max_bytes=1_000_000))
    problems = [problem for problem, _ in found]
    assert problems == ["time", None, "size", None, None, None]
    assert b"<p>fine" in found[3][1]
    assert sum(each.startswith("a.example/links.json") for each in web.asked) <= 5


def test_a_browser_that_breaks_off_is_started_again(tmp_path: Path) -> None:
    with hosting(answer) as web:
        found = rendered(web, tmp_path, "<p>one", script("location = 'chrome://crash'"), "<p>two", bounds=Bounds())
    assert [b"<p>one" in found[0][1], b"<p>two" in found[2][1]] == [True, True]


def test_a_browser_that_does_not_move_holds_nobody_up(tmp_path: Path) -> None:
    """All of Chromium is stopped while a page runs, as on a machine that is too busy: another one has its turn."""
    bounds = Bounds(total_s=12.0, settle_s=1.5, end_s=0.5)
    browsers: list[Browser] = []
    stopped: list[psutil.Process] = []
    others = below(os.getpid())  # the browser of other tests of this process

    def stop(at: str) -> None:
        if at.startswith("/tick") and not stopped:
            browsers[0]._bounds = dataclasses.replace(bounds, total_s=60.0)  # a healthy one is given time
            ours = {pid: name for pid, name in below(os.getpid(), apart=others).items() if "chrom" in name}
            for pid in ours:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process = psutil.Process(pid)
                    process.suspend()
                    stopped.append(process)

    def ticking(host: str, path: str, headers: dict[str, str]) -> Page | None:
        stop(path)
        return Page(b"x") if path.startswith("/tick") else None

    try:
        with hosting(ticking) as web:
            page = "<p>fine" + script("setInterval(() => fetch('/tick?' + Math.random()), 100)")
            ((problem, tree),) = rendered(web, tmp_path, page, bounds=bounds, begun=browsers.append)
    finally:
        for process in filter(psutil.Process.is_running, stopped):
            process.kill()
    assert len(stopped) > 1
    assert (problem, b"fine" in tree) == (None, True)


def below(pid: int, apart: Collection[int] = ()) -> dict[int, str]:
    """Processes that a process started, and that these started: id and name; apart from some and theirs."""
    found: dict[int, str] = {}
    parents = {pid}
    while parents:
        children = {child: name for parent in parents for child, name in _children(parent) if child not in apart}
        found |= children
        parents = set(children)
    return found


def _children(pid: int) -> list[tuple[int, str]]:
    found = []
    with contextlib.suppress(psutil.NoSuchProcess):  # any of them may end meanwhile
        for child in psutil.Process(pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                found.append((child.pid, child.name()))
    return found


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_killed_crawl_leaves_no_browser_and_goes_on(tmp_path: Path) -> None:
    def busy(host: str, path: str, headers: dict[str, str]) -> Page | None:
        return None if path == "/robots.txt" else Page(script("while (true) {}")) if path == "/" else None

    with hosting(busy) as web:
        made = workspace(tmp_path / "web", web)
        command = [sys.executable, "-m", "inlink", "-w", str(made.path), "crawl", "https://a.example/", "--js", "all"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            started: dict[int, str] = {}
            while sum("chrom" in name for name in started.values()) < 5:  # the page's own among them
                assert process.poll() is None
                time.sleep(0.1)
                started |= below(process.pid)
            os.kill(process.pid, signal.SIGKILL)
        for _ in range(1200):
            if not any(map(is_running, started)):
                break
            time.sleep(0.1)
        assert [name for pid, name in started.items() if is_running(pid)] == []
        report = crawl(made, ("https://a.example/",), CrawlOptions(), manners=FAST)
    assert (report.is_resumed, report.n_done, report.not_scripted) == (True, 1, {"waiting": 1})


def test_without_playwright_it_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with hosting(answer) as web, pytest.raises(NotConfigured, match="Playwright is not installed"):
        run(tmp_path, web, scripts="few")
    assert web.asked == []


def test_slow_hosts_are_asked_at_their_pace(tmp_path: Path) -> None:
    """Scripts of a page wait for their turn as pages do."""
    with hosting(answer) as web:
        made = workspace(tmp_path, web)
        manners = Manners(delay_s=0.3, contact="https://who.example/bot")
        began = time.monotonic()
        report = crawl(made, ("https://a.example/",), CrawlOptions(scope="list", scripts="few"), manners=manners)
    assert report.n_script_links == 2
    assert time.monotonic() - began >= 0.9  # robots.txt, the page, its script, its data
