"""Builds: make a snapshot, score it, see which are there."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inlink.errors import InlinkError
from inlink.web.access import needs, who_of
from inlink.web.answers import READS, bench_of, page
from inlink.web.forms import Form, posted, to
from inlink.web.jobs import LIVE, OVER
from inlink.web.releases import imported
from inlink.workbench.people import Role

KINDS = ("build", "rank", "gc", "verify")
SHOWN = 20


@needs(Role.VIEWER)
def builds(request: Request) -> Response:
    """What is served, what runs, what was built."""
    return _page(request)


def _page(request: Request, problem: InlinkError | None = None) -> Response:
    bench = bench_of(request)
    return page(
        request,
        "builds.html",
        status_code=400 if problem else 200,
        live=bench.jobs.list(LIVE, KINDS),
        over=bench.jobs.list(OVER, KINDS, limit=SHOWN),
        status=bench.status(),
        releases=imported(bench),
        problem=problem,
    )


def start(request: Request, form: Form) -> Response:
    """Build, score, clean up or verify."""
    kind = form.text("kind")
    then: list[tuple[str, dict[str, Any]]] = [("rank", {})] if kind == "build" and form.is_on("rank") else []
    given = _over_release(form) if kind == "rank" else {}
    try:
        bench_of(request).jobs.start(kind if kind in KINDS else "build", given, who_of(request), then=then)
    except InlinkError as error:
        return _page(request, error)
    return to("/builds")


def _over_release(form: Form) -> dict[str, Any]:
    """What a scoring run is told where own links are laid over a release, which is named NAME/KIND."""
    if not form.text("release"):
        return {}
    name, _, kind = form.text("release").rpartition("/")
    return {"graphs": [f"{kind}s"], "release": name, "keeps_lists": form.is_on("keeps_lists")}


ROUTES = [
    Route("/builds", builds, methods=READS),
    Route("/builds", needs(Role.EDITOR)(posted(start)), methods=["POST"]),
]
