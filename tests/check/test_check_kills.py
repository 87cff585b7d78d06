"""Killed at any moment, a check leaves whole rows, and the next one does the rest once; on either kind of database."""

from __future__ import annotations

import contextlib
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

from fixture_sites import page, reply, serving, site
from sqlalchemy import select

import postgres
from inlink.check.keeping import CheckStore
from inlink.store.database import StageDatabase
from inlink.store.db.checks import CheckRow
from inlink.store.workspace import Workspace
from killing import Pace, Runner

SCRIPT = Path(__file__).with_name("crash_checks.py")
N_HOSTS, N_PAGES = 8, 60
HOSTS = [f"h{n}.example" for n in range(N_HOSTS)]
EXPECTED = {f"http://{host}/a/{n}": "not-found" if n % 2 else "ok" for host in HOSTS for n in range(N_PAGES)}


def made(folder: Path, route: str, database: str | None) -> Path:
    Workspace.create(folder).close()
    settings = f'[fetch]\nroutes = ["{route}"]\n' + (f'[database]\nurl = "{database}"\n' if database else "")
    (folder / "inlink.toml").write_text(settings, encoding="utf-8")
    return folder


def kept(folder: Path) -> dict[str, str]:
    """Verdicts that are kept; every URL was kept once, with its tries and its state."""
    with contextlib.closing(Workspace.open(folder)) as workspace:
        rows = StageDatabase(workspace.database).rows(select(CheckRow.url, CheckRow.verdict))
        found = {row.url: row.verdict for row in rows}
        assert len(found) == len(rows)
        store = CheckStore(workspace.database)
        assert set(store.states(list(EXPECTED))) == set(found)
        for url in list(found)[::25]:
            [verdict] = store.history(url)
            assert verdict.tries[0].url == url
        return found


def survive(tmp_path: Path, n_kills: int, seed: int, new_database: Callable[[], str] | None = None) -> int:
    """How many checks were killed, at moments before two thirds of a check in peace."""
    draw = random.Random(seed)
    pages = {f"/a/{n}": reply(page(f"Bread {n}")) for n in range(0, N_PAGES, 2)}
    (tmp_path / "urls.txt").write_text("\n".join(EXPECTED), encoding="utf-8")
    killed = number = 0
    with serving({host: site(pages) for host in HOSTS}) as sites, contextlib.closing(Runner(SCRIPT)) as runner:
        pace = Pace()
        while killed < n_kills or not number:
            folder = made(tmp_path / f"killed{number}", sites.route, new_database() if new_database else None)
            found, status = dict[str, str](), None
            while status != 0:
                was_whole, began = not found, time.monotonic()
                after_s = draw.uniform(0, pace.took_s * 2 / 3) if number and killed < n_kills else None
                status = runner.run(folder, tmp_path / "urls.txt", kill_after_s=after_s)
                assert status in (0, -signal.SIGKILL)
                killed += status != 0
                if was_whole and status == 0:  # the first at least: it is not killed
                    pace.note(time.monotonic() - began)
                found = kept(folder)
                assert found.items() <= EXPECTED.items()
            assert found == EXPECTED
            number += 1
    return killed


def test_killed_checks_go_on(tmp_path: Path) -> None:
    survive(tmp_path, 2, 1)


def test_killed_checks_go_on_in_postgresql(
    tmp_path: Path, postgresql: postgres.Server, postgresql_template: str
) -> None:
    survive(tmp_path, 2, 2, lambda: postgresql.url(postgresql.make(postgresql_template)))
