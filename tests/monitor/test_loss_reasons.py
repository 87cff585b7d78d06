"""Every lost and changed reason on a fixture site over real HTTP, and a near miss of each."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path

import pytest
from loss_cases import CASES, MINE, SCRIPTED, Case
from watched_web import Answer, Web, hosting, page

from inlink.fetch import Fetcher, Manners, Policy, parse_route
from inlink.fetch.browser import Bounds, Browser
from inlink.fetch.loops import finished
from inlink.monitor.keeping import MonitorStore
from inlink.monitor.running import Run
from inlink.monitor.scripts import Renderer, can_render
from inlink.monitor.states import DAY_US, HOUR_US
from inlink.monitor.watches import Watch
from inlink.store.db import WorkDatabase
from inlink.urls.domains import SuffixRules
from inlink.urls.identity import target

RULES = SuffixRules(())
FAST = Manners(delay_s=0.0, backoff_s=0.01, max_backoff_s=0.01, total_timeout_s=120.0)


def host_of(number: int) -> str:
    return f"site{number}.example"


class Site:
    """The pages of all cases, before and after."""

    def __init__(self, cases: dict[str, Case]) -> None:
        self.cases = list(cases.values())
        self.is_after = False
        self.n_after: dict[str, int] = {}

    def answer(self, host: str, path: str, n_before: int) -> Answer | None:
        bare = host.removeprefix("www.")
        if bare + path in MINE:
            return _answer(MINE[bare + path])
        if not bare.startswith("site"):
            return None
        case = self.cases[int(bare[4:].partition(".")[0])]
        found: object = {"/page": page(), **case.before}.get(path)
        if self.is_after:
            found = case.after.get(path, found)
        if bare != host or (path.rstrip("/").partition("?")[0] == "/page" and path not in case.after):
            found = page()  # another spelling of the page
        if isinstance(found, list):
            number = self.n_after[host + path] = self.n_after.get(host + path, -1) + 1
            found = found[min(number, len(found) - 1)]
        if found is None:
            return None
        assert isinstance(found, Answer | str)
        return _answer(found, bare)


def _answer(found: Answer | str, host: str = "") -> Answer:
    made = Answer(found) if isinstance(found, str) else found
    body = made.body.replace("HOST", host) if isinstance(made.body, str) else made.body
    headers = {name: value.replace("HOST", host) for name, value in made.headers.items()}
    return Answer(body, made.status, made.type, headers, made.is_cut, made.is_silent)


def watched(number: int, case: Case) -> Watch:
    aim = "https://mine.example/milling" if "Milling" in str(case.before) else "https://mine.example/guide"
    source = f"https://{host_of(number)}{case.source}"
    return Watch(0, "list", source, target(aim, "url", rules=RULES))


def play(cases: dict[str, Case], folder: Path, *, renders: bool = False) -> dict[str, tuple[str, str, list[str]]]:
    """State, reasons and events of each case: seen once, then changed, and looked at twice two hours apart."""
    site = Site(cases)
    with hosting(site.answer) as web, contextlib.closing(WorkDatabase.open(folder / "workspace.db")) as database:
        store = MonitorStore(database, RULES)
        store.add(watched(number, case) for number, case in enumerate(cases.values()))
        look(store, web, 0)
        assert {watch.standing.state for watch in store.watches()} == {"alive"}
        site.is_after = True
        for at_us in (DAY_US, DAY_US + 2 * HOUR_US):
            store.all_due(at_us)
            look(store, web, at_us, renders=renders)
        events = store.events()
        return {
            name: (
                watch.standing.state,
                " ".join(watch.standing.reasons),
                [event.kind for event in events if event.watch_id == watch.id],
            )
            for name, watch in zip(cases, store.watches(), strict=True)
        }


def look(store: MonitorStore, web: Web, at_us: int, *, renders: bool = False) -> None:
    async def work() -> None:
        policy = Policy(routes=(parse_route(web.route),))
        robots = frozenset(("googlebot",))
        async with Fetcher(policy, FAST) as fetcher, Renderer(fetcher, RULES) as renderer:
            run = Run(store, fetcher, RULES, robots=robots, renderer=renderer if renders else None, clock=lambda: at_us)
            await run.work()

    finished(work())


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str, list[str]]]:
    return play(CASES, tmp_path_factory.mktemp("watched"))


@pytest.mark.parametrize("name", CASES)
def test_case(name: str, played: dict[str, tuple[str, str, list[str]]]) -> None:
    case = CASES[name]
    told = [case.state] if case.state in ("lost", "changed") else []
    assert played[name] == (case.state, " ".join(case.reasons), told)


@pytest.mark.browser
def test_scripts(tmp_path: Path, chromium: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert can_render()
    # An abandoned browser leaves open files, of which the collector of rubbish warns in the next test.
    monkeypatch.setattr("inlink.monitor.scripts.Browser", functools.partial(Browser, bounds=Bounds(end_s=60.0)))
    played = play(SCRIPTED, tmp_path, renders=True)
    for name, case in SCRIPTED.items():
        assert played[name][:2] == (case.state, " ".join(case.reasons)), name


def test_without_a_browser_scripts_are_not_guessed_at(tmp_path: Path) -> None:
    played = play({"script": SCRIPTED["by a script now"]}, tmp_path)
    assert played["script"][:2] == ("lost", "link_removed")
