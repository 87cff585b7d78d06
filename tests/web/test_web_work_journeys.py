"""Two journeys in real Chromium, from an empty workspace to the first useful page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browsing import Visit, serving, visiting
from playwright.sync_api import Browser, expect

from inlink.demo.hosting import hosted
from inlink.server.app import create_app
from inlink.workbench import Workbench

pytestmark = pytest.mark.browser
SITE = "crumbandcrust.example"
LONGEST_MS = 600_000  # of a job; against hanging only


@contextmanager
def begun(browser: Browser, folder: Path, settings: str = "") -> Iterator[Visit]:
    """The first page of a site over a new workspace, with a worker for its jobs."""
    with Workbench.create(folder) as bench:
        if settings:
            folder.joinpath("inlink.toml").write_text(settings, encoding="utf-8")
        with bench.jobs.working(), serving(create_app(bench)) as url, visiting(browser, url) as visit:
            yield visit


@pytest.mark.gate
def test_from_the_wizard_by_the_demo_to_the_overview(browser: Browser, tmp_path: Path, axe: str) -> None:
    with begun(browser, tmp_path / "w") as visit:
        page = visit.page
        page.get_by_role("button", name="Open the demo project").click()
        page.get_by_role("link", name="First look").and_(page.locator(".main")).click(timeout=LONGEST_MS)
        page.wait_for_url("**/overview?q=*")
        expect(page.locator("h1")).to_have_text(SITE)
        visit.settle()
        for path, words in (("/alerts", "link removed"), ("/monitor", "lost"), ("/checks", "failing")):
            page.goto(path_of(page.url, path))
            expect(page.locator("main")).to_contain_text(words)
            assert visit.judged_by(axe) == []
        assert visit.faults == []


def path_of(url: str, path: str) -> str:
    """Another page of the same site."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}{path}"


def test_a_crawl_is_started_watched_and_built_into_an_overview(browser: Browser, tmp_path: Path, axe: str) -> None:
    with hosted() as route:
        settings = (
            f'[site]\ndomain = "{SITE}"\n\n[fetch]\nroutes = ["{route}"]\ndelay_s = 0.0\ncontact = "a@b.example"\n'
        )
        with begun(browser, tmp_path / "w", settings) as visit:
            page = visit.page
            page.goto(path_of(page.url, "/crawls"))
            page.get_by_label("Where to begin").fill(f"https://{SITE}/\nhttps://ryeandshine.example/")
            page.get_by_label("At most pages").fill("60")
            with page.expect_navigation(url="**/crawls"):
                page.get_by_role("button", name="Start the crawl").click()
            page.get_by_role("table").get_by_role(
                "link"
            ).first.wait_for()  # shown without a reload: the page asks again
            page.goto(path_of(page.url, "/jobs"))
            page.get_by_text("is served:").wait_for(timeout=LONGEST_MS)
            assert visit.judged_by(axe) == []
            page.get_by_role("table").get_by_role("link").last.click()
            page.wait_for_url("**/jobs/1")
            expect(page.locator("main")).to_contain_text("pages")
            page.goto(path_of(page.url, f"/overview?q={SITE}"))
            expect(page.locator("h1")).to_have_text(SITE)
            visit.settle()
            assert visit.faults == []
