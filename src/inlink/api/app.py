"""The API as an ASGI application, to be mounted at `/api/v1`."""

from __future__ import annotations

from fastapi import Depends, FastAPI
from starlette.types import ASGIApp

from inlink import __version__
from inlink.api import problems
from inlink.api.description import describe, description_router
from inlink.api.heads import Heads
from inlink.api.repeats import said_once
from inlink.api.routers import (
    anchors,
    authority,
    backlinks,
    broken,
    changes,
    checks,
    compare,
    counts,
    crawls,
    domains,
    evidence,
    explain,
    exports,
    hosts,
    inputs,
    ips,
    jobs,
    notes,
    outdomains,
    outlinks,
    overview,
    pages,
    projects,
    published,
    releases,
    runs,
    schedules,
    sql,
    status,
    subnets,
    users,
    views,
    watches,
    what_if,
)
from inlink.workbench import Workbench

NOUNS = (
    *(status, overview, backlinks, domains, hosts, ips, subnets, anchors, pages, outlinks, outdomains),
    *(counts, compare, changes, broken, evidence, exports, authority, explain, what_if, runs, releases),
    *(published, inputs, checks, watches, crawls, sql, jobs, schedules, projects, views, notes, users),
)


def api(bench: Workbench) -> ASGIApp:
    """The API over an open workbench; who may ask is settled by what stands around (`inlink.server`)."""
    return Heads(application(bench))


def application(bench: Workbench | None) -> FastAPI:
    """The same without HEAD; without a workbench only its description can be had."""
    app = FastAPI(
        title="inlink",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(said_once)],
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.bench = bench
    problems.handle(app)
    for noun in NOUNS:
        app.include_router(noun.router)
    app.include_router(description_router)
    describe(app)
    return app
