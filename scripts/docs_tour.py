"""The pictures of docs/tour.md, taken from the demo web in real Chromium.

    python scripts/docs_tour.py            write docs/img/ anew (needs Chromium)

A test takes the same pictures into a folder of its own and looks for faults on the way.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import uvicorn
from playwright.sync_api import Browser, sync_playwright

from inlink.demo import generate
from inlink.server.app import create_app
from inlink.server.serve import address, listen
from inlink.workbench import Workbench

IMG = Path(__file__).resolve().parent.parent / "docs" / "img"
TARGET = "crumbandcrust.example"
RIVALS = ("ryeandshine.example", "tinandtray.example", "floursource.example")
SETTINGS = f"""[site]
domain = "{TARGET}"
competitors = ["{'", "'.join(RIVALS)}"]
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its file, the page, how large the window is."""

    name: str
    path: str
    width: int = 1280
    height: int = 860
    scheme: Literal["light", "dark"] = "light"


PICTURES = (
    Picture("overview", f"/overview?q={TARGET}", height=1230),
    Picture("overview-dark", f"/overview?q={TARGET}", height=1230, scheme="dark"),
    Picture("overview-phone", f"/overview?q={TARGET}", width=390, height=844),
    Picture("backlinks", f"/backlinks?q={TARGET}", height=1000),
    Picture("domains", f"/domains?q={TARGET}"),
    Picture("broken", f"/broken?q={TARGET}"),
    Picture("changes", f"/changes?q={TARGET}"),
    Picture("neighbourhood", f"/neighbourhood?q={TARGET}"),
    Picture("compare", f"/compare?q={TARGET}&with={'+'.join(RIVALS)}", height=1000),
    Picture("gap", f"/gap?q={RIVALS[0]}&with={TARGET}"),
    Picture("what-if", f"/what-if?q={TARGET}&add=brd.example&lose=tinandtray.example&best=5"),
    Picture("jobs", "/jobs"),
    Picture("start", "/start"),
)


def take(browser: Browser, url: str, picture: Picture, folder: Path) -> Path:
    """Take one picture of the site at `url`."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme=picture.scheme,
        reduced_motion="reduce",
    )
    try:
        page = context.new_page()
        answer = page.goto(url + picture.path, wait_until="load")
        if answer is None or not answer.ok:
            raise RuntimeError(f"{picture.path} answers {answer.status if answer else 'nothing'}")
        page.wait_for_selector(".htmx-request", state="detached")
        if not page.locator("[hx-trigger*=every]").count():
            page.wait_for_load_state("networkidle")
        page.evaluate("document.fonts.ready.then(() => true)")
        to = folder / f"{picture.name}.png"
        page.screenshot(path=to)
        return to
    finally:
        context.close()


@contextmanager
def demo_site(folder: Path) -> Iterator[str]:
    """The site over a ranked workspace of the demo web, with a site and competitors set."""
    web = generate(folder / "demo")
    with Workbench.create(folder / "workspace") as made:
        made.add([str(path) for path in web.warcs])
        made.build()
        made.rank()
    (folder / "workspace" / "inlink.toml").write_text(SETTINGS, encoding="utf-8")
    with Workbench.open(folder / "workspace") as bench, listen("127.0.0.1", 0) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(bench), log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield address(listener).rstrip("/")
        finally:
            server.should_exit = True
            thread.join()


def main() -> int:
    """Take all pictures."""
    chromium = shutil.which(os.environ.get("INLINK_CHROMIUM") or "chromium")
    if chromium is None:
        sys.stderr.write("note: no Chromium, so the pictures of the tour stay as they are\n")
        return 0
    IMG.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, demo_site(Path(folder)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for picture in PICTURES:
            sys.stdout.write(f"{take(browser, url, picture, IMG).relative_to(IMG.parent.parent)}\n")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
