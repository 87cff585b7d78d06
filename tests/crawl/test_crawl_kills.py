"""Crawls killed at random moments end with the pages of a crawl in peace, each archived once."""

from __future__ import annotations

import contextlib
import random
import signal
import time
from collections import Counter
from pathlib import Path

from hosting import Page, Web, hosting, html
from warcio.archiveiterator import ArchiveIterator

from inlink.crawl.frontier import Frontier
from inlink.store.workspace import Workspace
from killing import Pace, Runner

SCRIPT, SEED = Path(__file__).with_name("crash_crawls.py"), "https://a.example/"
N_PAGES = 240
HOSTS = ("a", "b.a", "c.a")


def site(host: str, path: str, headers: dict[str, str]) -> Page | None:
    """Pages that link to three others each, over three hosts; some redirect, some are gone."""
    time.sleep(0.002)
    name = path.lstrip("/")
    if host.removesuffix(".example") not in HOSTS or not (name.isdigit() or not name):
        return None
    number = int(name or 0)
    if number >= N_PAGES:
        return None
    if number % 17 == 5:
        return Page("", 301, headers={"Location": f"/{number + 1}"})
    links = [f"//{HOSTS[n % 3]}.example/{n}" for n in (number + 1, 2 * number + 1, 3 * number + 2, number + N_PAGES)]
    return html(*links, text=f"page {number} " * (number % 50))


def archived(folder: Path) -> Counter[str]:
    """How often each URL is archived, by warcio with digests checked."""
    found: Counter[str] = Counter()
    for path in (folder / "archive").glob("*.warc.gz"):
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream, check_digests="raise"):
                if record.rec_type in ("response", "revisit"):
                    record.content_stream().read()
                    found[str(record.rec_headers.get_header("WARC-Target-URI"))] += 1
    return found


def made(folder: Path, web: Web) -> Path:
    workspace = Workspace.create(folder)
    workspace.settings_path.write_text(f'[fetch]\nroutes = ["{web.route}"]\n', encoding="utf-8")
    return workspace.path


def is_done(folder: Path) -> bool:
    """Whether the crawl has ended; killed after that, it would begin anew as another crawl."""
    for path in (folder / "crawls").glob("*/frontier.db"):
        with contextlib.closing(Frontier(path)) as frontier:
            return frontier.fact("ended") == "done"
    return False


def survive(tmp_path: Path, n_kills: int, seed: int) -> int:
    """How many crawls were killed."""
    draw = random.Random(seed)
    with hosting(site) as web, contextlib.closing(Runner(SCRIPT)) as runner:
        peaceful = made(tmp_path / "peace", web)
        pace, began = Pace(), time.monotonic()
        assert runner.run(peaceful, SEED) == 0
        pace.note(time.monotonic() - began)
        expected = archived(peaceful)
        assert set(expected.values()) == {1}
        assert len(expected) > N_PAGES
        killed = number = 0
        while killed < n_kills:
            folder = made(tmp_path / f"killed{number}", web)
            number += 1
            is_whole = True
            while not is_done(folder):
                after_s = draw.uniform(0, pace.took_s * 0.6) if killed < n_kills else None
                began = time.monotonic()
                status = runner.run(folder, SEED, kill_after_s=after_s)
                assert status in (0, -signal.SIGKILL)
                killed += status != 0
                is_whole = is_whole and status == 0
                if is_whole:
                    pace.note(time.monotonic() - began)
            assert len(list((folder / "crawls").glob("*/frontier.db"))) == 1
            assert archived(folder) == expected
            assert not list((folder / "archive").glob("*.open"))
            names = {Path(each.facts["path"]).name for each in Workspace.open(folder).inputs.values()}
            assert names == {path.name for path in (folder / "archive").glob("*.warc.gz")}
    return killed


def test_two_kills(tmp_path: Path) -> None:
    survive(tmp_path, 2, 1)
