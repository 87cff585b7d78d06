"""The demo project: a workspace full of the demo web, with scores, checks, watches and alerts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial

from inlink.check.checking import Patience
from inlink.demo import generate
from inlink.demo.hosting import hosted
from inlink.engine.protocol import Progress, Report, silent
from inlink.errors import BadInput, Busy
from inlink.fetch import Manners
from inlink.store.files import replace_text
from inlink.store.workspace import Workspace
from inlink.workbench.checking import CheckOptions
from inlink.workbench.monitor_results import RunOptions, WatchOptions
from inlink.workbench.workbench import Workbench

FOLDER = "demo"  # of the made-up crawls, in the workspace
SITE = "crumbandcrust.example"
COMPETITORS = ("ryeandshine.example", "floursource.example")
WATCHED = "source_domain != 'bestbreaddeals.example'"  # a link farm: nobody would want to hear of each of its pages
MANNERS = Manners(contact="https://crumbandcrust.example/bot", delay_s=0.0)
PORT = 8764  # where the demo web answers while its workspace is served
ROUTE = f"*.example=http://127.0.0.1:{PORT}"
_STEPS = ("make the demo web", "build", "rank", "check links", "watch links")
_CONFIRM_US = 2 * 3_600_000_000  # an hour confirms what looks lost or dead: the demo's first look was earlier


@dataclass(frozen=True, slots=True)
class Filled:
    """What the demo project holds."""

    n_hosts: int
    n_captures: int
    n_links: int
    n_checked: int
    n_watches: int
    n_alerts: int


def fill(bench: Workbench, report: Report = silent) -> Filled:
    """Make the demo web in a workspace and everything that pages show of it. Again, it finds what is there.

    Raises: BadInput for a workspace with inputs of its own.
    """
    names = [one.name for one in bench.inputs()]
    if any("demo-" not in name for name in names):
        raise BadInput(
            "this workspace has inputs of its own", hint="open the demo in a new one: inlink demo, or inlink init demo"
        )

    def step(n: int) -> None:
        report(Progress("demo", n, len(_STEPS), "steps", _STEPS[n]))

    step(0)
    web = generate(bench.path / FOLDER)
    bench.add([str(path) for path in web.warcs])
    step(1)
    built = bench.build()
    n_checked, n_watches, n_alerts = dress(bench, step)
    report(Progress("demo", len(_STEPS), len(_STEPS), "steps", "done"))
    return Filled(len(web.truth.hosts), built.n_captures, built.n_links, n_checked, n_watches, n_alerts)


def dress(bench: Workbench, step: Callable[[int], None] = lambda n: None) -> tuple[int, int, int]:
    """Score a built demo web, check and watch its site: how many links were checked, are watched, were told of."""
    _name_site(bench)
    step(2)
    bench.rank()
    n_checked, n_watches = _look(bench, step)
    return n_checked, n_watches, len(bench.monitor.alerts())


def _look(bench: Workbench, step: Callable[[int], None]) -> tuple[int, int]:
    """Check and watch the demo site's links over HTTP."""
    with hosted() as route, _routed(bench, route):
        step(3)
        urls = [*bench.check_targets(SITE, "in"), *bench.check_targets(SITE, "out")]
        now_us = time.time_ns() // 1000
        options = CheckOptions(
            manners=MANNERS, patience=Patience(again_s=0.1), clock=partial(int, now_us - _CONFIRM_US)
        )
        found = bench.check(urls, options)
        failing = [row.verdict.url for row in found.rows if row.state.state == "failing"]
        bench.check(failing, replace(options, clock=partial(int, now_us)))
        step(4)
        bench.monitor.add_links(SITE, WatchOptions("site"), state="all", where=WATCHED, limit=None)
        for at_us in (now_us - _CONFIRM_US, now_us):
            bench.monitor.run(RunOptions(looks_at_all=True, renders=False, manners=MANNERS, clock=partial(int, at_us)))
    return found.n_checked, len(bench.monitor.watches())


@contextmanager
def demo_web_at_hand(workspace: Workspace) -> Iterator[None]:
    """In the workspace of a demo its web answers while the block runs, so that crawls, checks and looks find it."""
    with ExitStack() as stack:
        if (workspace.path / FOLDER / "truth.json").exists():
            with suppress(BadInput, Busy):  # settings that cannot be read are told elsewhere
                if ROUTE in workspace.settings.fetch.routes:
                    stack.enter_context(hosted(port=PORT))
        yield


def _name_site(bench: Workbench) -> None:
    """The demo site is the user's own, where none is named yet."""
    from inlink.workbench.settings import change, read

    now = read(bench.path)
    if not now.values["site.domain"]:
        about = {"site.domain": SITE, "site.competitors": list(COMPETITORS), "fetch.routes": [ROUTE]}
        change(bench.path, now.version, about)


@contextmanager
def _routed(bench: Workbench, route: str) -> Iterator[None]:
    """Hosts of the demo web are asked on this machine while the block runs; then the settings are as they were."""
    path = bench.path / "inlink.toml"
    before = path.read_text(encoding="utf-8")
    lines = [line for line in before.splitlines() if not line.startswith("routes =")]
    at = lines.index("[fetch]") + 1 if "[fetch]" in lines else len(lines)
    lines[at:at] = [f'routes = ["{route}"]'] if at < len(lines) else ["[fetch]", f'routes = ["{route}"]']
    replace_text(path, "\n".join(lines) + "\n")
    try:
        yield
    finally:
        replace_text(path, before)
