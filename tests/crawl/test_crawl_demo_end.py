"""The demo web crawled as a user would, three times over HTTP, gives the index that its packed archives give."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hosting import Page, hosting
from test_crawl_demo import by_place

from inlink.demo import DemoWeb
from inlink.demo.crawl import crawl as answers_at
from inlink.demo.generate import SEED
from inlink.demo.plan import read_plan
from inlink.workbench import Workbench

SHOWN = """
    select source_url, target_url, kind, anchor, alt, rel, nofollow, ugc, sponsored, rel_origin, region, text_before,
           text_after, heading, is_live, lost_reason, n_seen, needs_script
    from links order by all
"""


def inlink(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "inlink", "-w", str(folder), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout


@pytest.mark.gate
@pytest.mark.browser
@pytest.mark.usefixtures("chromium")
def test_the_demo_web_from_server_to_answers(tmp_path: Path, demo_web: DemoWeb, demo_bench: Workbench) -> None:
    folder = tmp_path / "web"
    pages = [page for site in read_plan(SEED) for page in site]
    with hosting(lambda host, path, headers: now(host, path, headers)) as web:
        inlink(folder, "init")
        settings = f'[fetch]\ndelay_s = 0\nroutes = ["{web.route}"]\n'
        (folder / "inlink.toml").write_text(settings, encoding="utf-8")
        for time in (0, 1, 2):
            answers = list(answers_at(pages, time))
            now = by_place(answers)
            (tmp_path / "seeds").write_text("\n".join(answer.page.url for answer in answers), encoding="utf-8")
            inlink(folder, "crawl", "--from", str(tmp_path / "seeds"), "--scope", "list", "--js", "few")
    inlink(folder, "build")
    with Workbench.open(folder) as bench:
        found = bench.sql(SHOWN).to_dicts()
    scripted = {(row["source_url"], row["target_url"], row["anchor"]) for row in found if row["needs_script"]}
    planned = {(row["source_url"], row["target_url"], row["anchor"]) for row in demo_web.truth.script_links}
    assert scripted == planned
    assert [row for row in found if not row["needs_script"]] == demo_bench.sql(SHOWN).to_dicts()
    assert len(found) > 500


def now(host: str, path: str, headers: dict[str, str]) -> Page | None:
    """Nothing is there yet."""
    return None
