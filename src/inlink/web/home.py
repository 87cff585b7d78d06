"""The first page: what is in the index, and how to look something up."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from inlink.web.access import needs
from inlink.web.answers import READS, bench_of, page, paths_of
from inlink.web.query import Query
from inlink.workbench.people import Role

TARGETS_SQL = """
select domain, in_domains, in_links, in_follow_links, in_unknown_follow_links, n_pages
from domains where in_domains > 0 and len(flags) = 0 order by in_domains desc, in_links desc, domain limit 25
"""
FLAGGED_SQL = """
select domain, in_domains from domains where in_domains > 0 and len(flags) > 0
order by in_domains desc, in_links desc, domain limit 8
"""


@needs(Role.VIEWER)
def home(request: Request) -> Response:
    """The first page: what is in the index, and how to look something up."""
    if request.query_params.get("q", "").strip():
        return RedirectResponse(Query.of(request).link("/overview"), status_code=303)
    bench = bench_of(request)
    status = bench.status()
    if status.snapshot is None and "/start" in paths_of(request):
        return RedirectResponse("/start", status_code=303)
    targets = bench.sql(TARGETS_SQL).to_dicts() if status.snapshot else []
    flagged = bench.sql(FLAGGED_SQL).to_dicts() if status.snapshot else []
    return page(
        request,
        "home.html",
        own=bench.site.domain,
        can_start="/start" in paths_of(request),
        status=status,
        targets=targets,
        flagged=flagged,
    )


ROUTES = [Route("/", home, methods=READS)]
