"""Schedules: work that comes again and again; made, changed, turned off."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inlink.errors import InlinkError, NotFound
from inlink.failures import failure
from inlink.web.access import needs, who_of
from inlink.web.answers import READS, bench_of, page
from inlink.web.forms import Form, Given, posted, to
from inlink.workbench.people import Role

PATH = "/jobs/schedules"
KINDS = (
    ("monitor", "look at watched links that are due"),
    ("crawl", "crawl the places named below"),
    ("check", "check what the site named below links to"),
    ("build", "build a snapshot"),
    ("rank", "compute scores"),
    ("verify", "compare digests of all that is stored"),
    ("gc", "clean up (admins)"),
)
AFTER = (
    ("", "do nothing"),
    ("build", "build a snapshot"),
    ("rank", "compute scores"),
    ("build rank", "do both"),
)
PERIODS = (
    ("1h", "every hour"),
    ("6h", "every 6 hours"),
    ("1d", "every day"),
    ("1w", "every week"),
    ("4w", "every 4 weeks"),
)
Told = dict[str, Any]


@needs(Role.VIEWER)
def schedules(request: Request) -> Response:
    """All schedules, and the form for a new one."""
    return _page(request, {})


def _page(request: Request, given: dict[str, str], problem: InlinkError | None = None) -> Response:
    bench = bench_of(request)
    return page(
        request,
        "schedules.html",
        status_code=failure(problem).status if problem else 200,
        found=bench.jobs.schedules.all(),
        has_workers=any(worker.is_alive for worker in bench.jobs.workers()),
        site=bench.settings.site.domain,
        kinds=KINDS,
        periods=PERIODS,
        after=AFTER,
        given=Given(given),
        problem=problem,
    )


def add(request: Request, form: Form) -> Response:
    """A new schedule."""
    given = {name: form.text(name) for name in ("kind", "every", "first", "places", "then")}
    then: list[tuple[str, Told]] = [(name, {}) for name in given["then"].split()]
    try:
        about = _told(given["kind"], form.lines("places"))
        door = bench_of(request).jobs.schedules
        door.add(who_of(request), given["kind"], about, every=given["every"], first=given["first"], then=then)
    except InlinkError as error:
        return _page(request, given, error)
    return to(PATH)


def _told(kind: str, places: list[str]) -> Told:
    """What the job of a kind is told of the places that were named."""
    if kind == "crawl":
        return {"seeds": places}
    if kind == "check":
        return {"site": places[0], "links": "out"} if places else {}
    return {}


def change(request: Request, form: Form) -> Response:
    """Another period, off, on again, or gone."""
    door, who = bench_of(request).jobs.schedules, who_of(request)
    number, version = _whole(request.path_params["number"]), _whole(form.text("version"))
    what = request.path_params["what"]
    if number is None or version is None or what not in ("period", "on", "off", "remove"):
        raise NotFound("there is no such schedule", hint="the page of schedules lists all")
    try:
        if what == "remove":
            door.remove(who, number, version)
        elif what == "period":
            door.change(who, number, version, every=form.text("every"))
        else:
            door.change(who, number, version, is_on=what == "on")
    except InlinkError as error:
        return _page(request, {}, error)
    return to(PATH)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


ROUTES = [
    Route(PATH, schedules, methods=READS),
    Route(PATH, needs(Role.EDITOR)(posted(add)), methods=["POST"]),
    Route(f"{PATH}/{{number}}/{{what}}", needs(Role.EDITOR)(posted(change)), methods=["POST"]),
]
