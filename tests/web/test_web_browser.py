"""Every page in a real browser, over the demo web and over hostile rows: no console error, no failed request, nothing
that the policy refuses, nothing that axe-core finds, no sideways scrolling; light and dark, wide and narrow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import LOOKS, NARROW, WIDE, Scheme, serving, visiting
from playwright.sync_api import Browser, expect
from web_stub import LINK_ID, StubBench

from inlink.server.app import create_app
from inlink.web.rail import GROUPS

TARGET = "crumbandcrust.example"
RAIL = [f"{e.path}?q={TARGET}" if e.targeted else e.path for group in GROUPS for e in group.entries]
PAGES = [
    *RAIL,
    f"/neighbourhood?q={TARGET}",
    "/overview?q=nobody.example",
    f"/compare?q={TARGET}&with=ryeandshine.example+tinandtray.example+floursource.example",
    f"/gap?q=ryeandshine.example&with={TARGET}",
    f"/what-if?q={TARGET}&add=brd.example&lose=tinandtray.example&best=10",
    "/releases?name=example.org",
    "/start",
]
SHORT: list[tuple[int, Scheme]] = [(WIDE, "light"), (NARROW, "dark")]
QUICK = [(path, SHORT[n % 2]) for n, path in enumerate(PAGES)]  # each page in one look; make gate has all four
OTHERS = [(path, look) for path in PAGES for look in LOOKS if (path, look) not in QUICK]
HOSTILE = [
    "/",
    "/overview?q=crumb.example",
    "/neighbourhood?q=crumb.example",
    "/compare?q=crumb.example&with=loaf.example",
    "/gap?q=crumb.example",
    "/what-if?q=crumb.example&add=a.example&lose=b.example",
    "/releases?name=a.example&release=cc-main-2026",
    "/backlinks?q=crumb.example",
    f"/evidence/{LINK_ID}",
]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def hostile_site() -> Iterator[str]:
    """The site with made-up, hostile rows."""
    with serving(create_app(StubBench())) as url:  # type: ignore[arg-type]
        yield url


def looked_at(browser: Browser, url: str, look: tuple[int, Scheme], axe: str) -> list[str]:
    """What is wrong with a page."""
    with visiting(browser, url, *look) as visit:
        found = visit.faults
        if visit.overflow:
            found.append(f"scrolls sideways by {visit.overflow}")
        if not visit.page.evaluate("[...document.scripts].every(s => s.src.startsWith(location.origin + '/static/'))"):
            found.append("a script that is not ours")
        return found + [f"axe {text}" for text in visit.judged_by(axe)]


@pytest.mark.parametrize(("path", "look"), QUICK, ids=str)
def test_page_in_a_browser(browser: Browser, demo_site: str, axe: str, path: str, look: tuple[int, Scheme]) -> None:
    assert looked_at(browser, demo_site + path, look, axe) == []


@pytest.mark.gate
@pytest.mark.parametrize(("path", "look"), OTHERS, ids=str)
def test_page_in_the_other_looks(
    browser: Browser, demo_site: str, axe: str, path: str, look: tuple[int, Scheme]
) -> None:
    assert looked_at(browser, demo_site + path, look, axe) == []


@pytest.mark.parametrize("path", HOSTILE)
def test_hostile_rows_do_nothing(browser: Browser, hostile_site: str, axe: str, path: str) -> None:
    assert looked_at(browser, hostile_site + path, (WIDE, "light"), axe) == []


@pytest.mark.parametrize(("path", "status"), [("/nope", 404), ("/overview?q=x&scope=planet", 400)])
def test_failures_are_pages_too(browser: Browser, demo_site: str, axe: str, path: str, status: int) -> None:
    with visiting(browser, demo_site + path, allowed=500) as visit:
        assert (visit.faults, visit.judged_by(axe)) == ([], [])
        assert str(status) in visit.page.inner_text("main")


def test_looking_up_with_the_keyboard_alone(browser: Browser, demo_site: str) -> None:
    with visiting(browser, demo_site + "/") as visit:
        page = visit.page
        page.keyboard.press("Tab")
        expect(page.get_by_text("Skip to content")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()
        page.focus("#q")
        page.keyboard.type(TARGET)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/overview?q={TARGET}&scope=*")
        expect(page.locator("h1")).to_have_text(TARGET)
        visit.settle()
        assert visit.faults == []


def test_the_menu_of_a_phone(browser: Browser, demo_site: str) -> None:
    with visiting(browser, f"{demo_site}/overview?q={TARGET}", NARROW) as visit:
        page = visit.page
        assert not page.is_visible("#nav")
        page.click("text=Menu")
        page.click("#nav >> text=Compare")
        page.wait_for_url(f"**/compare?q={TARGET}&scope=domain")
        visit.settle()
        assert visit.faults == []


def test_the_overview_draws_what_its_table_says(browser: Browser, demo_site: str, pictures: Path) -> None:
    with visiting(browser, f"{demo_site}/overview?q={TARGET}") as visit:
        page = visit.page
        expect(page.locator("[data-over-time] canvas")).to_have_count(2)
        over = page.locator("[data-line] .u-over")
        box = over.bounding_box()
        assert box is not None
        over.hover(position={"x": box["width"] - 20, "y": 20})
        last = page.locator("#t-time tbody tr").last
        step, n_domains = last.locator("th").text_content() or "?", last.get_attribute("data-domains")
        expect(page.locator("[data-read]")).to_have_text(re.compile(f"^{re.escape(step)}.*{n_domains} domains"))
        expect(page.locator("svg.net a")).to_have_count(21)
        page.screenshot(path=pictures / "overview.png", full_page=True)
        assert visit.faults == []


def test_walking_from_a_neighbour_to_the_next(browser: Browser, demo_site: str) -> None:
    with visiting(browser, f"{demo_site}/overview?q={TARGET}") as visit:
        page = visit.page
        page.click("text=Walk the graph")
        page.wait_for_url("**/neighbourhood?*")
        visit.settle()
        page.click("table >> text=ryeandshine.example")
        page.wait_for_url("**/neighbourhood?q=ryeandshine.example*")
        expect(page.locator("h1")).to_have_text("Around ryeandshine.example")
        visit.settle()
        page.click("text=Move about in it")
        page.wait_for_selector("[data-walk].live canvas")
        visit.settle()
        expect(page.locator("[data-hint]")).to_contain_text("click to stand there")
        assert visit.faults == []


def test_what_if_answers_while_one_types(browser: Browser, demo_site: str) -> None:
    with visiting(browser, f"{demo_site}/what-if?q={TARGET}") as visit:
        page = visit.page
        page.locator("#add").press_sequentially("brd.example")
        page.wait_for_selector("#answer .badge.new")
        expect(page.locator("#answer")).to_contain_text("brd.example")
        expect(page.locator("#add")).to_be_focused()
        page.locator("#add").fill("\n".join(f"x{n}.example" for n in range(21)))
        page.wait_for_selector("#answer [role=alert]")
        visit.settle()
        assert [fault for fault in visit.faults if "400" not in fault] == []


def test_all_of_it_without_scripts(browser: Browser, demo_site: str) -> None:
    with visiting(browser, f"{demo_site}/overview?q={TARGET}", scripts=False) as visit:
        page = visit.page
        assert not page.is_visible("[data-over-time]")
        page.click("text=As a table")
        expect(page.locator("#t-time")).to_be_visible()
        page.click("text=The domains around it, as a picture and as a list")
        page.wait_for_url("**/neighbourhood?*")
        expect(page.locator("svg.net")).to_be_visible()
        page.goto(f"{demo_site}/what-if?q={TARGET}")
        page.fill("#add", "brd.example")
        page.click("text=Work it out")
        expect(page.locator("#answer .badge.new").first).to_be_visible()
        assert visit.seen == []
