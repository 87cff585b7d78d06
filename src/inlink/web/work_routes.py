"""The pages where work is started and watched."""

from __future__ import annotations

from starlette.routing import BaseRoute

from inlink.web import alerts, builds, checks, crawls, imports, jobs, monitor, schedules, settings, start

ROUTES: list[BaseRoute] = [
    *crawls.ROUTES,
    *imports.ROUTES,
    *builds.ROUTES,
    *checks.ROUTES,
    *monitor.ROUTES,
    *alerts.ROUTES,
    *schedules.ROUTES,  # before jobs/NUMBER
    *jobs.ROUTES,
    *settings.ROUTES,
    *start.ROUTES,
]
