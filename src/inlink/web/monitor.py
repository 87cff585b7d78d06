"""The monitor: links that are watched, how they stand, every look at one; more of them; a look now."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inlink.errors import BadInput, InlinkError, NotFound
from inlink.monitor.words import STATES
from inlink.web.access import needs, who_of
from inlink.web.answers import READS, bench_of, page
from inlink.web.forms import Form, Given, posted, to
from inlink.web.jobs import LIVE
from inlink.web.query import one_of
from inlink.workbench.audit import tell
from inlink.workbench.monitor_results import WatchesAdded, WatchOptions
from inlink.workbench.people import Role
from inlink.workbench.watch_lists import listed_pairs

PAGE = 100
MOST_LINKS = 10_000


@needs(Role.VIEWER)
def monitor(request: Request) -> Response:
    """What is watched, and how it stands."""
    return _page(request, {})


def _page(
    request: Request,
    given: dict[str, Any],
    problem: InlinkError | None = None,
    added: WatchesAdded | None = None,
) -> Response:
    bench = bench_of(request)
    asked = request.query_params if request.method != "POST" else {}
    state = one_of("state", asked.get("state", ""), ("", *STATES))
    every = bench.monitor.watches()
    counts = {name: sum(watch.state == name for watch in every) for name in STATES}
    order = {name: -at for at, name in enumerate(STATES)}
    rows = sorted(
        (watch for watch in every if not state or watch.state == state),
        key=lambda watch: (order[watch.state], watch.watch_id),
    )
    return page(
        request,
        "monitor.html",
        status_code=400 if problem else 200,
        live=bench.jobs.list(LIVE, ["monitor"]),
        counts=counts,
        n_all=len(every),
        rows=rows[:PAGE],
        n_rows=len(rows),
        state=state,
        next_look=min((watch.next_look for watch in every if watch.next_look), default=None),
        site=bench.settings.site.domain,
        contact=bench.settings.fetch.contact,
        given=Given(given),
        problem=problem,
        added=added,
    )


def add(request: Request, form: Form) -> Response:
    """Watch placements, or the links of a site that the index holds."""
    given = {name: form.text(name) for name in ("pairs", "target", "site", "label")}
    bench = bench_of(request)
    try:
        lines = form.lines("pairs")
        if lines:
            pairs = listed_pairs("\n".join(lines), form.text("target") or None)
            options = WatchOptions("placement", label=form.text("label"), follows=form.is_on("follows"))
            added = bench.monitor.add(pairs, options)
        elif form.text("site"):
            options = WatchOptions("site", label=form.text("label"))
            added = bench.monitor.add_links(form.text("site"), options, limit=MOST_LINKS)
        else:
            raise BadInput("no link to watch is named", hint="write PAGE TARGET, or name a site of the index")
    except InlinkError as error:
        return _page(request, given, error)
    tell(bench.database, who_of(request), "watch.add", form.text("site") or f"{len(lines)} links", {"new": added.n_new})
    return _page(request, {}, None, added)


def run(request: Request, form: Form) -> Response:
    """Look at what is due, or at all of it."""
    try:
        bench_of(request).jobs.start("monitor", {"looks_at_all": form.is_on("all")}, who_of(request))
    except InlinkError as error:
        return _page(request, {}, error)
    return to("/monitor")


@needs(Role.VIEWER)
def watch(request: Request) -> Response:
    """One watch with every look at it."""
    return page(request, "watch.html", found=bench_of(request).monitor.history(_number(request)))


def change(request: Request, form: Form) -> Response:
    """Watch no longer, or take what is there for as it should be."""
    bench, number, what = bench_of(request), _number(request), request.path_params["what"]
    if what == "remove":
        bench.monitor.remove([number])
        tell(bench.database, who_of(request), "watch.remove", f"watch {number}")
        return to("/monitor")
    if what != "accept":
        raise NotFound("a watch can be removed or accepted", hint="use the buttons of the page")
    bench.monitor.accept([number])
    tell(bench.database, who_of(request), "watch.accept", f"watch {number}")
    return to(f"/monitor/{number}")


def _number(request: Request) -> int:
    text = request.path_params["number"]
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("there is no such watch", hint="the page of the monitor lists all")
    return int(text)


ROUTES = [
    Route("/monitor", monitor, methods=READS),
    Route("/monitor", needs(Role.EDITOR)(posted(add)), methods=["POST"]),
    Route("/monitor/run", needs(Role.EDITOR)(posted(run)), methods=["POST"]),
    Route("/monitor/{number}", watch, methods=READS),
    Route("/monitor/{number}/{what}", needs(Role.EDITOR)(posted(change)), methods=["POST"]),
]
