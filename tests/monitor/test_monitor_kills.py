"""Runs killed at random moments end where a run in peace ends: each event once, told once or known to be in doubt."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import update
from watched_web import Answer, Web, hosting, page

import postgres
from inlink.monitor.alerts.outbox import deliveries
from inlink.monitor.keeping import MonitorStore
from inlink.monitor.states import DAY_US, HOUR_US
from inlink.store.db.watches import WatchRow
from inlink.store.workspace import Workspace
from inlink.urls.domains import SuffixRules
from inlink.workbench.monitoring import add
from killing import Pace, Runner

SCRIPT = Path(__file__).with_name("crash_monitor.py")
N_SITES, N_PAGES = 3, 10
TIMES = (DAY_US, 2 * DAY_US, 2 * DAY_US + 2 * HOUR_US)
NOFOLLOW = '<a href="https://mine.example/guide" rel=nofollow>Sourdough guide</a>'


class Site:
    """Every third page loses its link, every third makes it nofollow; the webhook takes what it is given."""

    is_after = False

    def answer(self, host: str, path: str, n_before: int) -> Answer | None:
        if host == "hook.example":
            return Answer("", 204)
        name = path.lstrip("/")
        if not host.startswith("site") or not name.isdigit() or int(name) >= N_PAGES:
            return None
        kind = int(name) % 3 if self.is_after else 0
        return Answer([page(), page(""), page(NOFOLLOW)][kind])


def made(folder: Path, web: Web, database: str | None) -> Path:
    Workspace.create(folder).close()
    settings = f'[fetch]\nroutes = ["{web.route}"]\n[monitor]\nwebhook = "https://hook.example/{folder.name}"\n'
    settings += 'alerts = "at-once"\n' + (f'[database]\nurl = "{database}"\n' if database else "")
    (folder / "inlink.toml").write_text(settings, encoding="utf-8")
    workspace = Workspace.open(folder)
    pages = [f"https://site{s}.example/{n}" for s in range(N_SITES) for n in range(N_PAGES)]
    assert add(workspace, [(each, "https://mine.example/guide") for each in pages]).n_new == len(pages)
    with contextlib.closing(workspace):
        MonitorStore(workspace.database, SuffixRules(())).db.run(update(WatchRow).values(next_at=0, added_at=0))
    return workspace.path


def outcome(folder: Path) -> tuple[dict[str, str], Counter[str], dict[int, str]]:
    """State and reasons by page, events by page and kind, and how each event was told."""
    workspace = Workspace.open(folder)
    with contextlib.closing(workspace):
        store = MonitorStore(workspace.database, SuffixRules(()))
        states = {w.source: f"{w.standing.state} {' '.join(w.standing.reasons)}" for w in store.watches()}
        events = store.events()
        told = {number: states.get("webhook", "") for number, states in deliveries(store, events).items()}
        return states, Counter(f"{event.source_url} {event.kind}" for event in events), told


def arrived(web: Web, folder: Path) -> Counter[int]:
    """How often each event arrived at the folder's own webhook."""
    bodies = [json.loads(body) for place, _, body in web.posted if place == f"hook.example/{folder.name}"]
    return Counter(event["event_id"] for body in bodies for event in body["events"])


def survive(tmp_path: Path, n_kills: int, seed: int, new_database: Callable[[], str] = lambda: "") -> int:
    """How many runs were killed; new_database: an empty PostgreSQL for a workspace, else each has its own file."""
    draw = random.Random(seed)
    site = Site()
    with hosting(site.answer) as web, contextlib.closing(Runner(SCRIPT)) as runner:
        peaceful = made(tmp_path / "peace", web, new_database())
        paces = [Pace() for _ in TIMES]
        for step, at_us in enumerate(TIMES):
            site.is_after = step > 0
            reset(peaceful, at_us)
            began = time.monotonic()
            assert runner.run(peaceful, at_us) == 0
            paces[step].note(time.monotonic() - began)
        states, events, told = outcome(peaceful)
        assert set(events.values()) == {1}
        assert len(events) == N_SITES * 6
        assert set(told.values()) == {"sent"}
        assert arrived(web, peaceful) == Counter(dict.fromkeys(told, 1))
        killed = number = 0
        while killed < n_kills:
            folder = made(tmp_path / f"killed{number}", web, new_database())
            number += 1
            for step, at_us in enumerate(TIMES):
                site.is_after = step > 0
                reset(folder, at_us)
                status, is_whole = None, True
                while status != 0:
                    is_spared, began = killed >= n_kills, time.monotonic()
                    after_s = None if is_spared else draw.uniform(0.01, paces[step].took_s * 0.9)
                    status = runner.run(folder, at_us, kill_after_s=after_s)
                    assert status in (0, -signal.SIGKILL)
                    killed += status != 0
                    is_whole = is_whole and status == 0
                    if is_whole:
                        paces[step].note(time.monotonic() - began)
            found, found_events, found_told = outcome(folder)
            assert found == states
            assert found_events == events
            assert set(found_told.values()) <= {"sent", "unconfirmed"}
            there = arrived(web, folder)
            assert max(there.values()) == 1
            assert {event for event, state in found_told.items() if state == "sent"} <= set(there)
            assert (folder / "alerts.atom.xml").stat().st_size > 1000
    return killed


def reset(folder: Path, at_us: int) -> None:
    """All is due at a time; a run that goes on after a kill finds what it left."""
    with contextlib.closing(Workspace.open(folder)) as workspace:
        MonitorStore(workspace.database, SuffixRules(())).all_due(at_us)


def test_three_kills(tmp_path: Path) -> None:
    survive(tmp_path, 3, 1)


def test_two_kills_in_postgresql(tmp_path: Path, postgresql: postgres.Server, postgresql_template: str) -> None:
    survive(tmp_path, 2, 3, lambda: postgresql.url(postgresql.make(postgresql_template)))
