"""Checks: what links lead to now, by verdict; an address with its checks and their tries; a new check."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inlink.check.verdicts import STATES
from inlink.errors import InlinkError, NotFound
from inlink.web.access import needs, who_of
from inlink.web.answers import READS, bench_of, page
from inlink.web.forms import Form, Given, posted, to
from inlink.web.jobs import LIVE
from inlink.web.query import one_of
from inlink.workbench.people import Role

PAGE = 50
POOR = ("dead", "failing", "changed", "unknown")
LINKS = (("in", "its pages that others link to"), ("out", "what it links to"))


@needs(Role.VIEWER)
def checks(request: Request) -> Response:
    """Addresses by state, and the form for a new check."""
    return _page(request, {})


def _page(request: Request, given: dict[str, Any], problem: InlinkError | None = None) -> Response:
    bench = bench_of(request)
    asked = request.query_params if request.method != "POST" else {}
    state = one_of("state", asked.get("state", ""), ("", *STATES))
    verdict = asked.get("verdict", "")
    offset = int(text) if (text := asked.get("from", "0")).isascii() and text.isdigit() and len(text) < 9 else 0
    counts = bench.check_counts()
    rows = bench.checked_urls([state] if state else POOR, [verdict] if verdict else (), limit=PAGE + 1, offset=offset)
    return page(
        request,
        "checks.html",
        status_code=400 if problem else 200,
        live=bench.jobs.list(LIVE, ["check"]),
        counts=counts,
        rows=rows[:PAGE],
        state=state,
        verdict=verdict,
        offset=offset,
        following=offset + PAGE if len(rows) > PAGE else None,
        site=bench.settings.site.domain,
        contact=bench.settings.fetch.contact,
        has_test_hosts=bool(bench.settings.fetch.routes or bench.settings.fetch.test_hosts),
        links=LINKS,
        given=Given(given),
        problem=problem,
    )


def start(request: Request, form: Form) -> Response:
    """Check addresses, or those of a site that the index holds."""
    given = {name: form.text(name) for name in ("urls", "site", "links", "limit")}
    try:
        urls = form.lines("urls")
        of_site = {"site": form.text("site") or None, "links": form.text("links") or "in"}
        about: dict[str, Any] = {"urls": urls} if urls else of_site
        about["limit"] = form.number("limit", "the number of addresses")
        bench_of(request).jobs.start("check", about, who_of(request))
    except InlinkError as error:
        return _page(request, given, error)
    return to("/checks")


@needs(Role.VIEWER)
def check(request: Request) -> Response:
    """All checks of one address, the latest first."""
    url = request.query_params.get("url", "")
    found = bench_of(request).checks(url)
    if not found:
        raise NotFound("this address was not checked", hint="the page of checks lists what was")
    return page(request, "check.html", url=url, verdicts=found[::-1])


ROUTES = [
    Route("/checks", checks, methods=READS),
    Route("/checks", needs(Role.EDITOR)(posted(start)), methods=["POST"]),
    Route("/checks/of", check, methods=READS),
]
