"""Crawls: start one, watch it, look at what the others met."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inlink.errors import InlinkError
from inlink.web.access import needs, who_of
from inlink.web.answers import READS, bench_of, page
from inlink.web.forms import Form, Given, posted, to
from inlink.web.jobs import LIVE
from inlink.workbench.people import Role

SCOPES = (
    ("domain", "their domains"),
    ("host", "their hosts"),
    ("prefix", "what is at or below a seed's path"),
    ("list", "the seeds alone"),
)
AFTER = (("build", "build a snapshot"), ("", "do nothing"))
SHOWN = 25


@needs(Role.VIEWER)
def crawls(request: Request) -> Response:
    """The crawls, and the form for a new one."""
    return _page(request, {})


def _page(request: Request, given: dict[str, Any], problem: InlinkError | None = None) -> Response:
    bench = bench_of(request)
    return page(
        request,
        "crawls.html",
        status_code=400 if problem else 200,
        live=bench.jobs.list(LIVE, ["crawl"]),
        found=bench.crawls(limit=SHOWN),
        site=bench.settings.site.domain,
        contact=bench.settings.fetch.contact,
        has_test_hosts=bool(bench.settings.fetch.routes or bench.settings.fetch.test_hosts),
        scopes=SCOPES,
        after=AFTER,
        given=Given(given),
        problem=problem,
    )


def start(request: Request, form: Form) -> Response:
    """A new crawl."""
    given = {name: form.text(name) for name in ("seeds", "scope", "max_pages", "max_depth", "then")}
    try:
        about: dict[str, Any] = {
            "seeds": form.lines("seeds"),
            "scope": form.text("scope") or "domain",
            "max_pages": form.number("max_pages", "the number of pages"),
            "max_depth": form.number("max_depth", "the depth"),
            "reads_sitemaps": not form.is_on("no_sitemaps"),
            "is_new": form.is_on("is_new"),
        }
        then: list[tuple[str, dict[str, Any]]] = [("build", {})] if form.text("then") == "build" else []
        bench_of(request).jobs.start("crawl", about, who_of(request), then=then)
    except InlinkError as error:
        return _page(request, given, error)
    return to("/crawls")


@needs(Role.VIEWER)
def crawl(request: Request) -> Response:
    """One crawl: what it met, and what it left out."""
    return page(request, "crawl.html", found=bench_of(request).crawl_seen(request.path_params["name"]))


ROUTES = [
    Route("/crawls", crawls, methods=READS),
    Route("/crawls", needs(Role.EDITOR)(posted(start)), methods=["POST"]),
    Route("/crawls/{name}", crawl, methods=READS),
]
