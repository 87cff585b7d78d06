"""The ten main journeys of a user in real Chromium, each to its end, judged there by axe-core; docs/web.md lists them.

Each goes in one look in every run, and in all four looks in the gate. The tenth, of a team that signs in, stands in
test_web_accounts.py.
"""

from __future__ import annotations

import csv
import gzip
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browsing import LOOKS, NARROW, WIDE, Scheme, Visit, serving, visiting
from playwright.sync_api import Browser, expect
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from inlink.demo import DemoWeb
from inlink.demo.hosting import hosted
from inlink.demo.release import make_release
from inlink.server.app import create_app
from inlink.workbench import Workbench
from inlink.workbench.demo_project import dress
from inlink.workbench.release_results import ImportOptions

pytestmark = pytest.mark.browser
SITE = "crumbandcrust.example"
RELEASE = "cc-main-2026-apr-may-jun"
LONGEST_MS = 600_000  # of a job; against hanging only
SETTINGS = """[site]
domain = "{site}"
competitors = ["ryeandshine.example", "floursource.example"]

[fetch]
routes = ["{route}"]
test_hosts = ["127.0.0.1"]
delay_s = {delay_s}
contact = "a@b.example"
"""


@dataclass(frozen=True)
class Place:
    """A served workspace, and where a folder with a converted release is served."""

    url: str
    bench: Workbench
    release: str = ""
    busiest: tuple[str, int] = ("", 0)  # of the release: its most referenced domain, by how many

    def job_ends(self, visit: Visit, state: str = "Done") -> None:
        """Watch the newest job on its page until it has ended so."""
        visit.page.goto(f"{self.url}/jobs/{self.bench.jobs.list(limit=1)[0].job_id}")
        expect(visit.page.locator("#h-state")).to_have_text(state, timeout=LONGEST_MS)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, tuple[str, int]]]:
    """A release as published, converted by the product, behind a web server that knows ranges."""
    root, home = tmp_path_factory.mktemp("published"), tmp_path_factory.mktemp("converted")
    make_release(root, 300, 3000, name=RELEASE, seed=3)
    with Workbench.create(home) as bench:
        path = bench.import_release(RELEASE, "domain", ImportOptions(str(root))).path
    folder = root / "projects" / "hyperlinkgraph" / RELEASE / "domain"
    texts = (
        gzip.decompress((folder / f"{RELEASE}-domain-{part}.txt.gz").read_bytes()) for part in ("vertices", "edges")
    )
    names, edges = ([line.split("\t") for line in text.decode().splitlines()] for text in texts)
    referenced = Counter(b for a, b in {tuple(edge[:2]) for edge in edges} if a != b)
    node, n_referring = referenced.most_common(1)[0]
    with serving(Starlette(routes=[Mount("/", StaticFiles(directory=path))])) as url:
        yield f"{url}/", (".".join(reversed(names[int(node)][1].split("."))), n_referring)


@pytest.fixture(scope="module")
def project(
    demo_bench: Workbench, release: tuple[str, tuple[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """The demo project with scores, checks, watches and alerts, with a worker for jobs; its web answers on HTTP."""
    folder = tmp_path_factory.mktemp("project") / "workspace"
    shutil.copytree(demo_bench.path, folder, ignore=shutil.ignore_patterns("*.lock", "*.lease"))
    with hosted() as route, Workbench.open(folder) as bench:
        dress(bench)
        folder.joinpath("inlink.toml").write_text(SETTINGS.format(site=SITE, route=route, delay_s=0.0), "utf-8")
        with bench.jobs.working(), serving(create_app(bench)) as url:
            yield Place(url, bench, *release)


def from_a_backlink_to_its_evidence(visit: Visit, place: Place) -> None:
    page = visit.page
    page.goto(f"{place.url}/overview?q={SITE}")
    page.get_by_label("Reports on").get_by_role("link", name="Backlinks", exact=False).first.click()
    page.wait_for_url("**/backlinks?**")
    page.locator(".src").nth(1).click()
    page.wait_for_selector("#panel .frame mark")
    page.locator("#panel").get_by_role("link", name="View archived page").click()
    page.wait_for_url("**/evidence/**")
    expect(page.locator("pre mark, .frame mark").first).to_contain_text("<a ")
    expect(page.frame_locator("iframe").locator("#link")).to_be_visible()


def from_a_filter_to_a_view_and_its_export(visit: Visit, place: Place) -> None:
    page, name = visit.page, f"In the text {visit.page.viewport_size} {visit.page.evaluate('Math.random()')}"
    page.goto(f"{place.url}/backlinks?q={SITE}")
    page.click("#add summary")
    expect(page.locator("#fnew")).to_be_focused()
    page.select_option("#fnew", "region")
    page.select_option("#onew", "=")
    page.fill("#vnew", "main")
    page.keyboard.press("Enter")
    page.wait_for_url("**where=region**")
    expect(page.locator(".chip .x")).to_have_count(1)
    visit.settle()
    page.click("#views summary")
    page.fill("#view-name", name)
    page.get_by_role("button", name="Save view").click()
    page.wait_for_url("**saved=**")
    page.goto(f"{place.url}/views")
    page.get_by_role("link", name=name).click()
    page.wait_for_url("**/backlinks?**saved=**")
    expect(page.locator(".chip .x")).to_have_count(1)
    visit.settle()
    page.click("#export summary")
    n_rows = int(page.locator("#export b.num").inner_text())
    with page.expect_download() as download:
        page.locator("#export").get_by_role("link", name="CSV").click()
    with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == n_rows > 10
    assert {row["region"] for row in rows} == {"main"}
    page.keyboard.press("Escape")
    expect(page.locator("#export")).not_to_have_attribute("open", "")


def from_targets_side_by_side_to_their_links(visit: Visit, place: Place) -> None:
    page = visit.page
    page.goto(f"{place.url}/compare")
    page.fill("#with", f"{SITE}\nryeandshine.example\nfloursource.example")
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/compare?**")
    expect(page.locator("#h-side")).to_have_text("Side by side")
    page.locator("section[aria-labelledby=h-both] td a").first.click()
    page.wait_for_url("**/backlinks?**source_domain**")
    expect(page.locator(".chip .x")).to_have_count(1)


def from_the_gap_to_a_domain(visit: Visit, place: Place) -> None:
    page = visit.page
    page.goto(f"{place.url}/gap")
    expect(page.locator("#mine")).to_have_value(SITE)
    page.fill("#mine", "ryeandshine.example")
    page.fill("#with", SITE)
    page.get_by_role("button", name="Find the gap").click()
    page.wait_for_url("**/gap?**")
    first = page.locator("section[aria-labelledby=h-gap] tbody th a").first
    name = first.inner_text()
    first.click()
    page.wait_for_url("**/overview?**")
    expect(page.locator("h1")).to_have_text(name)


def from_what_if_to_its_answer(visit: Visit, place: Place) -> None:
    page = visit.page
    page.goto(f"{place.url}/overview?q={SITE}")
    page.locator(".head .actions").get_by_role("link", name="What-if").click()
    page.wait_for_url("**/what-if?**")
    page.fill("#add", "brd.example")
    expect(page.locator("#answer .badge.new")).to_have_count(1)
    expect(page.locator("#answer")).to_contain_text("brd.example")


def from_an_address_to_who_references_a_domain(visit: Visit, place: Place) -> None:
    page = visit.page
    domain, n_referring = place.busiest
    page.goto(f"{place.url}/releases")
    page.fill("#name", domain)
    page.fill("#address", place.release)
    page.locator(".ask").get_by_role("button", name="Look up").click()
    said = page.locator("#answer .keys div", has_text="Referencing domains").locator("dd").first
    expect(said).to_have_text(f"{n_referring:,}")
    expect(page.locator("#answer tbody tr").first).to_be_visible()
    expect(page.locator("#answer .from")).to_contain_text(RELEASE)


def from_a_check_to_the_redirects(visit: Visit, place: Place) -> None:
    page = visit.page
    page.goto(f"{place.url}/checks")
    page.get_by_label("At most addresses").fill("4")
    with page.expect_navigation(url="**/checks"):  # from the page of this address to itself: the job is made then
        page.get_by_role("button", name="Check", exact=True).click()
    place.job_ends(visit)
    page.goto(f"{place.url}/broken?q={SITE}")
    expect(page.locator("table.links tbody tr").first).to_contain_text("dead")
    page.click("#redirects summary")
    with page.expect_download() as download:
        page.locator("#redirects").get_by_role("link", name="nginx").click()
    assert "/sourdough-starter-guide" in Path(download.value.path()).read_text(encoding="utf-8")
    page.keyboard.press("Escape")
    expect(page.locator("#redirects")).not_to_have_attribute("open", "")


def from_a_watched_link_to_the_alerts(visit: Visit, place: Place) -> None:
    page = visit.page
    page.goto(f"{place.url}/monitor")
    page.get_by_label("Watches by state").get_by_role("link", name="Lost").click()
    page.wait_for_url("**state=lost")
    page.locator("tbody th a").first.click()
    page.wait_for_url("**/monitor/*")
    expect(page.locator("main")).to_contain_text("lost")
    page.goto(f"{place.url}/monitor")
    page.locator("#h-rows + a", has_text="Alerts").click()
    page.wait_for_url("**/alerts")
    page.get_by_label("Alerts by kind").get_by_role("link", name="Lost").click()
    page.wait_for_url("**kind=lost")
    expect(page.locator(".feed li").first).to_contain_text("lost")


PATHS: dict[str, Callable[[Visit, Place], None]] = {
    "evidence": from_a_backlink_to_its_evidence,
    "view": from_a_filter_to_a_view_and_its_export,
    "compare": from_targets_side_by_side_to_their_links,
    "gap": from_the_gap_to_a_domain,
    "what-if": from_what_if_to_its_answer,
    "release": from_an_address_to_who_references_a_domain,
    "check": from_a_check_to_the_redirects,
    "alerts": from_a_watched_link_to_the_alerts,
}
SHORT: list[tuple[int, Scheme]] = [(WIDE, "light"), (NARROW, "dark")]


def in_looks(names: list[str]) -> list[object]:
    """Each journey in one look, and in the others for the gate."""
    looks = [(name, look, look == SHORT[n % 2]) for n, name in enumerate(names) for look in LOOKS]
    return [
        pytest.param(name, *look, marks=() if one else pytest.mark.gate, id=f"{name} {look[0]} {look[1]}")
        for name, look, one in looks
    ]


def ended_well(visit: Visit, axe: str) -> None:
    """Nothing went wrong on the way, and the last page is as it should be."""
    visit.settle()
    assert (visit.faults, visit.overflow, visit.judged_by(axe)) == ([], 0, [])


@pytest.mark.parametrize(("name", "width", "scheme"), in_looks(list(PATHS)))
def test_journey(browser: Browser, project: Place, axe: str, name: str, width: int, scheme: Scheme) -> None:
    with visiting(browser, f"{project.url}/settings/site", width, scheme) as visit:
        PATHS[name](visit, project)
        ended_well(visit, axe)


@pytest.mark.parametrize(("name", "width", "scheme"), in_looks(["wizard"]))
def test_from_the_wizard_to_the_overview(
    browser: Browser, demo_web: DemoWeb, tmp_path: Path, axe: str, name: str, width: int, scheme: Scheme
) -> None:
    with (
        Workbench.create(tmp_path / name) as bench,
        bench.jobs.working(),
        serving(create_app(bench)) as url,
        visiting(browser, url, width, scheme) as visit,
    ):
        page = visit.page
        page.fill("#site", SITE)
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url("**step=competitors")
        page.get_by_label("Their domains").fill("ryeandshine.example")
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url("**step=links")
        page.get_by_label("Paths or addresses").fill("\n".join(str(path) for path in demo_web.warcs))
        page.get_by_role("button", name="Import and build").click()
        page.get_by_role("link", name="First look").and_(page.locator(".main")).click(timeout=LONGEST_MS)
        page.wait_for_url("**/overview?q=*")
        expect(page.locator("h1")).to_have_text(SITE)
        ended_well(visit, axe)


@pytest.mark.parametrize(("name", "width", "scheme"), in_looks(["crawl"]))
def test_a_crawl_is_started_watched_and_cancelled(
    browser: Browser, tmp_path: Path, axe: str, name: str, width: int, scheme: Scheme
) -> None:
    with hosted() as route, Workbench.create(tmp_path / name) as bench:
        bench.path.joinpath("inlink.toml").write_text(SETTINGS.format(site=SITE, route=route, delay_s=5.0), "utf-8")
        with (
            bench.jobs.working(),
            serving(create_app(bench)) as url,
            visiting(browser, f"{url}/crawls", width, scheme) as visit,
        ):
            page = visit.page
            with page.expect_navigation(url="**/crawls"):
                page.get_by_role("button", name="Start the crawl").click()
            page.locator(".job progress").wait_for()
            with page.expect_navigation(url="**/crawls"):
                page.get_by_role("button", name="Cancel job 1").click()
            Place(url, bench).job_ends(visit, "Cancelled")
            ended_well(visit, axe)
