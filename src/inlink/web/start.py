"""The wizard: from "what is your site?" to the first useful page."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inlink.errors import BadInput, InlinkError, NotFound
from inlink.web.access import needs, who_of
from inlink.web.answers import READS, bench_of, page
from inlink.web.forms import Form, Given, posted, to
from inlink.web.imports import begin
from inlink.web.jobs import LIVE
from inlink.web.query import Query, one_of
from inlink.web.settings import quickly
from inlink.workbench.people import Role

STEPS = (
    ("site", "Your site"),
    ("competitors", "Competitors"),
    ("links", "Where links come from"),
    ("look", "First look"),
)
FIRST_PAGES = 1_000
ORDER = ("crawl", "add", "build", "rank", "demo")


@needs(Role.VIEWER)
def start(request: Request) -> Response:
    """A step of the wizard: the first one that has no answer yet, or the one that is asked for."""
    return _page(request, _step(request))


def _step(request: Request) -> str:
    asked = one_of("step", request.query_params.get("step", ""), ("", *(name for name, _ in STEPS)))
    if asked:
        return asked
    bench = bench_of(request)
    if bench.jobs.list(LIVE, ORDER, limit=1):
        return "look"
    return "links" if bench.settings.site.domain else "site"


def _page(
    request: Request, step: str, given: dict[str, Any] | None = None, problem: InlinkError | None = None
) -> Response:
    bench = bench_of(request)
    site = bench.settings.site
    is_built = bench.status().snapshot is not None
    recent = bench.jobs.list((), ORDER, limit=8)
    return page(
        request,
        "start.html",
        status_code=400 if problem else 200,
        step=step,
        steps=STEPS,
        site=site,
        contact=bench.settings.fetch.contact,
        live=[job for job in recent if job.state in LIVE],
        failed=next((job for job in recent[:1] if job.state == "failed"), None),
        is_built=is_built,
        first_page=Query(q=site.domain).link("/overview") if site.domain and is_built else "/",
        given=Given(given or {}),
        problem=problem,
    )


def answer(request: Request, form: Form) -> Response:
    """What a step was answered with; the next step."""
    steps = {"site": _site, "competitors": _competitors, "crawl": _crawl, "import": _import, "demo": _demo}
    step = request.path_params["step"]
    if step not in steps:
        raise NotFound("the wizard has no such step", hint="begin at its first")
    try:
        return steps[step](request, form)
    except InlinkError as error:
        shown = {"crawl": "links", "import": "links", "demo": "site"}.get(step, step)
        return _page(request, shown, {name: form.text(name) for name in form.texts}, error)


def _site(request: Request, form: Form) -> Response:
    text = form.text("site")
    name = text.partition("://")[2].partition("/")[0] if "://" in text else text.partition("/")[0]
    host = name.partition(":")[0].removeprefix("www.").strip(".")
    if "." not in host:
        raise BadInput(f"{text or 'nothing'} is no site", hint="write a domain such as bakery.example")
    _write(request, {"site.domain": host})
    return to("/start", step="competitors")


def _competitors(request: Request, form: Form) -> Response:
    _write(request, {"site.competitors": form.lines("competitors") or None})
    return to("/start", step="links")


def _crawl(request: Request, form: Form) -> Response:
    bench = bench_of(request)
    if form.text("contact"):
        _write(request, {"fetch.contact": form.text("contact")})
    site = bench.settings.site.domain
    if not site:
        raise BadInput("the site is not named yet", hint="answer the first question")
    about = {"seeds": [site], "max_pages": FIRST_PAGES}
    bench.jobs.start("crawl", about, who_of(request), then=[("build", {}), ("rank", {})])
    return to("/start", step="look")


def _import(request: Request, form: Form) -> Response:
    begin(request, form)
    return to("/start", step="look")


def _demo(request: Request, form: Form) -> Response:
    bench_of(request).jobs.start("demo", {}, who_of(request))
    return to("/start", step="look")


def _write(request: Request, values: dict[str, Any]) -> None:
    who_of(request).require(Role.ADMIN)
    if (error := quickly(request, values)) is not None:
        fields = error.facts.get("fields")
        if isinstance(fields, dict) and fields:
            raise BadInput("that cannot be written", hint="; ".join(map(str, fields.values())))
        raise error


ROUTES = [
    Route("/start", start, methods=READS),
    Route("/start/{step}", needs(Role.EDITOR)(posted(answer)), methods=["POST"]),
]
