"""Pages and API as one ASGI application, with what guards both around them."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Scope

from inlink.api.app import api
from inlink.failures import PROBLEM, Failure
from inlink.server.asking import is_api
from inlink.server.gate import Gate, Tell
from inlink.server.site import Site
from inlink.web.app import pages, tell
from inlink.workbench import Workbench
from inlink.workbench.accounts import Accounts

# Exports are made as fast as they are read; compressing them would take longer than sending them.
UNCOMPRESSED = (
    *DEFAULT_EXCLUDED_CONTENT_TYPES,
    *("text/csv", "application/jsonl", "application/x-ndjson", "application/vnd.apache.parquet"),
)


def create_app(bench: Workbench, *, accounts: Accounts | None = None, site: Site | None = None) -> ASGIApp:
    """The site over an open workbench.

    accounts: `bench.accounts`; without them nobody ever has to sign in, as suits a test on this machine. site: how it
    is reached; without it, by loopback names only.
    """
    shown, asked = pages(bench), api(bench)
    inner = Starlette(routes=[Mount("/api/v1", asked), Mount("/", shown)])
    packed = GZipMiddleware(inner, minimum_size=1000, compresslevel=4, exclude_content_types=UNCOMPRESSED)
    return Gate(packed, site or Site(), accounts, _telling(shown))


def _telling(shown: ASGIApp) -> Tell:
    """How a refusal is told: as a page, as the one error body, or as the way to another page."""

    def told(scope: Scope, found: Failure, headers: dict[str, str]) -> ASGIApp:
        answer: Response
        if found.status == 303:
            answer = Response(status_code=303)
        elif is_api(scope):
            answer = JSONResponse(found.body(), status_code=found.status, media_type=PROBLEM)
        else:
            answer = tell(Request({**scope, "app": shown}), found)
        answer.headers.update(headers)
        return answer

    return told
