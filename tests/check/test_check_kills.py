"""Killed at any moment, a check leaves whole rows, and the next one does the rest once."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import time
from pathlib import Path

from fixture_sites import page, reply, serving, site

from inlink.check.keeping import CheckStore
from inlink.store.db import WorkDatabase
from inlink.workbench import Workbench

SCRIPT = Path(__file__).with_name("crash_checks.py")
N_KILLS = 6


def test_killed_checks_go_on(tmp_path: Path) -> None:
    hosts = [f"h{n}.example" for n in range(8)]
    pages = {f"/a/{n}": reply(page(f"Bread {n}")) for n in range(0, 200, 2)}
    urls = [f"http://{host}/a/{n}" for host in hosts for n in range(200)]
    (tmp_path / "urls.txt").write_text("\n".join(urls), encoding="utf-8")
    draw = random.Random(5)
    with serving({host: site(pages) for host in hosts}) as sites:
        Workbench.create(tmp_path / "web").close()
        (tmp_path / "web" / "inlink.toml").write_text(f'[fetch]\nroutes = ["{sites.route}"]\n', encoding="utf-8")
        command = [sys.executable, str(SCRIPT), str(tmp_path / "web"), str(tmp_path / "urls.txt")]
        for _ in range(N_KILLS):
            process = subprocess.Popen(command)
            time.sleep(1.0 + draw.random() * 1.5)
            process.kill()
            process.wait()
            look(tmp_path / "web" / "workspace.db")
        assert subprocess.run(command, check=False).returncode == 0
    found = look(tmp_path / "web" / "workspace.db")
    assert found == dict.fromkeys(urls[::2], "ok") | dict.fromkeys(urls[1::2], "not-found")


def look(path: Path) -> dict[str, str]:
    """Verdicts that are kept; every URL was kept once, with its tries and its state."""
    if not path.exists():
        return {}
    with contextlib.closing(WorkDatabase.open(path)) as database:
        store = CheckStore(database)
        found = {}
        n_states = sum(store.counts().values())
        for url in [f"http://h{h}.example/a/{n}" for h in range(8) for n in range(200)]:
            history = store.history(url)
            assert len(history) <= 1, url
            state = store.state(url)
            assert (state is not None) == bool(history)
            if history:
                assert history[0].tries[0].url == url
                found[url] = history[0].verdict
        assert len(found) == n_states
        return found
