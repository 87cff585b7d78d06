"""The feed of alerts: what became of watched links."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inlink.monitor.words import EVENTS
from inlink.web.access import needs
from inlink.web.answers import READS, bench_of, page
from inlink.web.query import one_of
from inlink.workbench.people import Role

SHOWN = 200


@needs(Role.VIEWER)
def alerts(request: Request) -> Response:
    """What was told, the latest first."""
    bench = bench_of(request)
    kind = one_of("kind", request.query_params.get("kind", ""), ("", *EVENTS))
    found = bench.monitor.alerts(limit=5 * SHOWN)
    told = bench.settings.monitor
    return page(
        request,
        "alerts.html",
        rows=[alert for alert in found if not kind or alert.kind == kind][:SHOWN],
        counts={name: sum(alert.kind == name for alert in found) for name in EVENTS},
        kind=kind,
        n_all=len(found),
        n_watched=len(bench.monitor.watches()),
        ways=[
            name for name, is_on in (("mail", told.mail_to), ("webhook", told.webhook), ("feed", told.feed)) if is_on
        ],
    )


ROUTES = [Route("/alerts", alerts, methods=READS)]
