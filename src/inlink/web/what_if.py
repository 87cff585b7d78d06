"""What if links to a target were added or lost? Answered again while the reader types."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inlink.errors import BadInput, CorruptIndex, InlinkError, NotConfigured, NotFound, Refused
from inlink.web.access import needs, who_of
from inlink.web.answers import READS, bench_of, page
from inlink.web.forms import Form, posted, to
from inlink.web.named import in_lines, names_of
from inlink.web.query import Query, one_of, parameters
from inlink.workbench import Workbench
from inlink.workbench.explanations import LATEST, Explanation, WhatIfAnswer
from inlink.workbench.people import Role

MOST = 20
BEST = ("0", "5", "10", "20")
STRONGEST = 6
QUICK_VOTES = 1_000_000_000  # beyond, finding where the mass began takes a minute


@needs(Role.VIEWER)
def what_if(request: Request) -> Response:
    """The target before and after, each change by itself, and the sources that would bring most."""
    query = Query.of(request)
    bench = bench_of(request)
    if not query.q and bench.site.domain:
        query = Query(q=bench.site.domain)
    given = parameters(request)
    add, lose, problem = _sources(request)
    best = one_of("best", given.get("best", "0" if add or lose else ""), ("", *BEST))
    if not (add or lose) and best in ("", "0"):
        best = "0" if _is_large(bench) else "5"
    nofollow = given.get("nofollow", "") in ("1", "on")
    answer = None
    if query.q and problem is None and (add or lose or best != "0"):
        answer, problem = _answer(bench, query, add, lose, int(best), nofollow=nofollow)
    return page(
        request,
        "what_if.html",
        status_code=200 if problem is None or not isinstance(problem, BadInput) else 400,
        query=query if answer is None else query.with_scope(answer.about.target.scope),
        add=add,
        lose=lose,
        add_text=in_lines(add) or given.get("add", ""),
        lose_text=in_lines(lose) or given.get("lose", ""),
        best=best,
        bests=BEST,
        nofollow=nofollow,
        answer=answer,
        problem=problem,
        strongest=_strongest(bench, query) if answer is not None else None,
    )


def _is_large(bench: Workbench) -> bool:
    """Whether ranking all sources takes so long that it has to be asked for."""
    return any(run.m > QUICK_VOTES for run in bench.runs() if run.is_latest)


def _sources(request: Request) -> tuple[list[str], list[str], InlinkError | None]:
    """The sources to add and to lose; or what is wrong with them, to be said beside the fields."""
    try:
        add, lose = (names_of(request, name, MOST, f"sources to {name}") for name in ("add", "lose"))
    except BadInput as error:
        return [], [], error
    return add, lose, None


def _answer(
    bench: Workbench, query: Query, add: list[str], lose: list[str], best: int, *, nofollow: bool
) -> tuple[WhatIfAnswer | None, InlinkError | None]:
    """The answer; or what stands in its way, to be said beside the fields."""
    nofollow = nofollow and bool(add or best)  # the box may be ticked before a source is named
    try:
        scope = query.scope or None
        return bench.what_if(query.q, scope=scope, add=add, lose=lose, best=best, nofollow=nofollow), None
    except (BadInput, NotFound, NotConfigured, Refused, CorruptIndex) as error:
        return None, error


def _strongest(bench: Workbench, query: Query) -> Explanation | None:
    """The sources that could be lost."""
    try:
        return bench.explain(query.q, scope=query.scope or None, limit=STRONGEST)
    except InlinkError:
        return None


def follow(request: Request, form: Form) -> Response:
    """A job that follows all of the target's mass to where it began."""
    about = {"target": form.text("q"), "scope": form.text("scope") or None, "run": form.text("run") or LATEST}
    try:
        started = bench_of(request).jobs.start("explain", about, who_of(request))
    except InlinkError as error:
        return page(request, "job_refused.html", status_code=400, problem=error)
    return to(f"/jobs/{started.job_id}")


ROUTES = [
    Route("/what-if", what_if, methods=READS),
    Route("/what-if/origins", needs(Role.EDITOR)(posted(follow)), methods=["POST"]),
]
