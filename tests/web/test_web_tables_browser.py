"""The working tables and the drawn record in Chromium: nothing leaves, nothing runs, the address keeps step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from browsing import LOOKS, WAIT_MS, Visit, serving, visiting
from hostile_bench import PAGE, HostileBench
from playwright.sync_api import Browser, Locator, Page, Request, expect
from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from inlink.server.app import create_app
from inlink.server.guard import POLICY
from inlink.web.evidence import FRAME_HEADERS

TARGET = "crumbandcrust.example"
ROW = 2**62
EVIL = "https://evil.example"

pytestmark = pytest.mark.browser


class Sink:
    """What a hostile page would reach, if it reached anything."""

    def __init__(self) -> None:
        self.met: list[str] = []

    def app(self) -> Starlette:
        def met(request: Asked) -> Response:
            self.met.append(str(request.url))
            return PlainTextResponse("alert('reached')", headers={"access-control-allow-origin": "*"})

        return Starlette(routes=[Route("/{path:path}", met, methods=["GET", "POST"])])


@pytest.fixture
def sink() -> Iterator[tuple[Sink, str]]:
    found = Sink()
    with serving(found.app()) as url:
        yield found, url


def asked_by(page: Page) -> list[str]:
    urls: list[str] = []

    def note(request: Request) -> None:
        urls.append(request.url)

    page.context.on("request", note)
    return urls


def pressed(visit: Visit, where: str) -> None:
    """Press a place of the drawn record, whatever it is."""
    frame = visit.page.frame_locator("iframe")
    frame.locator(where).first.click(force=True, timeout=WAIT_MS)
    visit.page.wait_for_timeout(200)


def is_within(part: Locator, whole: Locator) -> bool:
    """Whether a part stands at a height that the whole has."""
    box, outer = part.bounding_box(), whole.bounding_box()
    return bool(box and outer and outer["y"] <= box["y"] <= outer["y"] + outer["height"])


def test_a_hostile_record_is_drawn_without_a_single_request(browser: Browser, sink: tuple[Sink, str]) -> None:
    met, evil = sink
    hostile = PAGE.replace(EVIL, evil)
    with serving(create_app(HostileBench(hostile))) as site, visiting(browser, site + "/") as visit:  # type: ignore[arg-type]
        urls = asked_by(visit.page)
        visit.page.goto(f"{site}/evidence/{ROW}")
        visit.page.wait_for_load_state("networkidle")
        frame = visit.page.frame_locator("iframe")
        visit.until(lambda: is_within(frame.locator("#link"), visit.page.locator("iframe")), "the link is in sight")
        assert frame.locator("body").inner_text().count("the hostile link") == 1
        for where in ("#link", "text=Send", "body"):
            pressed(visit, where)
        visit.page.wait_for_timeout(500)
        assert visit.page.url == f"{site}/evidence/{ROW}"
        assert visit.page.title() == "Evidence · inlink"
        assert len(visit.page.context.pages) == 1
        assert [url for url in urls if not url.startswith(site)] == []
        drawn = [url for url in urls if url.endswith(("/page#link", "/page"))]
        assert len(drawn) == 1
        # the browser's driver tries to run a script of its own in every frame
        assert [fault for fault in visit.faults if "Blocked script execution in" not in fault] == []
    assert met.met == []


def test_the_sandbox_holds_a_record_that_nobody_wrote_anew(browser: Browser, sink: tuple[Sink, str]) -> None:
    met, evil = sink
    hostile = PAGE.replace(EVIL, evil)

    def outer(_request: Asked) -> Response:
        text = '<!doctype html><title>outer</title><iframe sandbox="" src="/page" width="800" height="800"></iframe>'
        return HTMLResponse(text, headers={"content-security-policy": POLICY})

    def inner(_request: Asked) -> Response:
        return HTMLResponse(hostile, headers=FRAME_HEADERS)

    app = Starlette(routes=[Route("/", outer), Route("/page", inner)])
    with serving(app) as site, visiting(browser, site + "/") as visit:
        visit.page.wait_for_timeout(500)
        pressed(visit, "a")
        pressed(visit, "button")
        visit.page.wait_for_timeout(500)
        assert visit.page.url == f"{site}/"
        assert visit.page.title() == "outer"
        assert len(visit.page.context.pages) == 1
        assert not [fault for fault in visit.seen if fault.startswith("dialog")]
    assert met.met == []


def asked_for(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def rows_of(page: Page) -> list[str]:
    return page.locator("table.links tbody tr td:nth-child(2) .src").all_inner_texts()


def test_a_table_is_worked_with_and_the_address_keeps_step(browser: Browser, demo_site: str) -> None:
    with visiting(browser, f"{demo_site}/backlinks?q={TARGET}&limit=25") as visit:
        page = visit.page
        page.evaluate("window.stayed = true")
        first = rows_of(page)
        page.click("#next")
        page.wait_for_url("**cursor=**")
        visit.until(lambda: rows_of(page) not in ([], first))
        page.click("#add summary")
        expect(page.locator("#fnew")).to_be_focused()
        page.select_option("#fnew", "region")
        page.select_option("#onew", "=")
        page.fill("#vnew", "footer")
        page.keyboard.press("Enter")
        page.wait_for_url("**where=region**")
        assert asked_for(page)["where"] == ["region = footer"]
        expect(page.locator(".chip .x")).to_have_count(1)
        visit.settle()
        assert {text.strip() for text in page.locator("td:nth-child(4) .to:last-child").all_inner_texts()} == {"footer"}
        page.select_option("#grp", "domain")
        page.wait_for_url("**group=domain**")
        expect(page.locator("#h-source")).to_have_attribute("href", re.compile("group=domain"))
        page.click("#h-source")
        page.wait_for_url("**sort=source_url**")
        expect(page.locator("th[aria-sort=ascending]")).to_have_text(re.compile("^Source page"))
        page.go_back()
        page.wait_for_url(lambda url: "sort=" not in url)
        expect(page.locator("th[aria-sort=descending]")).to_have_text(re.compile(r"^Str\."))
        visit.settle()
        page.click(".chip .x")
        page.wait_for_url(lambda url: "where=" not in url)
        expect(page.locator(".chip .x")).to_have_count(0)
        visit.settle()
        assert page.evaluate("window.stayed") is True
        assert visit.faults == []


def test_the_panel_opens_with_its_evidence(browser: Browser, demo_site: str) -> None:
    with visiting(browser, f"{demo_site}/backlinks?q={TARGET}") as visit:
        page = visit.page
        page.locator(".src").nth(2).focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("#panel .frame mark")
        page.wait_for_url("**row=**")
        expect(page.locator("tr.on")).to_have_count(1)
        visit.settle()
        page.click("#panel .panel-head a")
        page.wait_for_url(lambda url: "row=" not in url)
        expect(page.locator("#panel")).to_have_count(0)
        visit.settle()
        assert visit.faults == []


def test_the_menu_of_filters_with_the_keyboard_alone(browser: Browser, demo_site: str) -> None:
    with visiting(browser, f"{demo_site}/domains?q={TARGET}") as visit:
        page = visit.page
        page.focus("#add summary")
        page.keyboard.press("Enter")
        expect(page.locator("#fnew")).to_be_focused()
        page.select_option("#fnew", "n_links")
        expect(page.locator("#onew option[value=contains]")).to_have_attribute("hidden", "")
        expect(page.locator("#onew option[value='>=']")).not_to_have_attribute("hidden", "")
        page.keyboard.press("Escape")
        expect(page.locator("#add summary")).to_be_focused()
        expect(page.locator("#add")).not_to_have_attribute("open", "")
        assert visit.faults == []


def test_a_table_without_scripts(browser: Browser, demo_site: str) -> None:
    with visiting(browser, f"{demo_site}/backlinks?q={TARGET}&limit=25", scripts=False) as visit:
        page = visit.page
        page.click("#add summary")
        page.select_option("#fnew", "lang")
        page.select_option("#onew", "=")
        page.fill("#vnew", "en")
        page.click("#add button")
        page.wait_for_url("**where=lang+%3D+en**")
        page.select_option("#sort", "-first_seen")
        page.click(".tools button")
        page.wait_for_url("**sort=-first_seen**")
        page.click("#next")
        page.wait_for_url("**cursor=**")
        with page.expect_download() as download:
            page.click("#export summary")
            page.click("#export a")
        assert re.fullmatch(rf"{TARGET}-backlinks-0001-.*\.csv", download.value.suggested_filename)


# What the walk along the rail does not meet (test_web_browser.py).
PLACES = {
    "wrong filter": f"/backlinks?q={TARGET}&where=colour+%3D+1",
    "filters": f"/backlinks?q={TARGET}&where=region+%3D+main+and+not+lang+%3D+de+and+(follow+or+ugc)",
    "nothing": f"/backlinks?q={TARGET}&where=anchor+%3D+nothing",
    "hosts": f"/hosts?q={TARGET}",
    "outgoing domains": f"/outgoing/domains?q={TARGET}",
    "broken outgoing": "/outgoing/broken?q=bloggerlounge.example",
    "views": "/views",
}


@pytest.mark.parametrize("place", PLACES)
def test_axe_finds_nothing_and_nothing_overflows(browser: Browser, demo_site: str, axe: str, place: str) -> None:
    width, scheme = LOOKS[2 - list(PLACES).index(place) % 2]
    with visiting(browser, demo_site + PLACES[place], width, scheme, allowed=500) as visit:
        assert visit.faults == []
        assert visit.overflow == 0
        assert visit.judged_by(axe) == []


@pytest.mark.parametrize("path", [f"/backlinks?q=a.example&row={ROW}", "/broken?q=a.example"])
def test_hostile_rows_keep_their_place(browser: Browser, axe: str, path: str) -> None:
    width, scheme = LOOKS[-1]
    site_of = serving(create_app(HostileBench()))  # type: ignore[arg-type]
    with site_of as site, visiting(browser, site + path, width, scheme) as visit:
        assert visit.faults == []
        assert visit.overflow == 0
        assert visit.judged_by(axe) == []
