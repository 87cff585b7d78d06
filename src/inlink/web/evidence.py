"""The evidence behind a link: its archived record as text, and drawn in a frame that can do nothing."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from inlink.errors import NotFound
from inlink.web.access import needs
from inlink.web.answers import READS, bench_of, page
from inlink.workbench import Evidence
from inlink.workbench.people import Role

AROUND = 4000  # characters of an archived record shown on each side of the link


@needs(Role.VIEWER)
def evidence(request: Request) -> Response:
    """The archived record of a link, as text, with the link marked."""
    found = _evidence(request)
    low, high = max(0, found.start - AROUND), min(len(found.html), found.end + AROUND)
    parts = (found.html[low : found.start], found.html[found.start : found.end], found.html[found.end : high])
    return page(request, "evidence.html", found=found, record=parts, cut=(low > 0, high < len(found.html)))


@needs(Role.VIEWER)
def evidence_text(request: Request) -> Response:
    """The same as plain text: a browser draws none of it."""
    return PlainTextResponse(_evidence(request).html)


def _evidence(request: Request) -> Evidence:
    text = request.path_params["link_id"]
    if not (text.isascii() and text.isdigit()) or int(text) >= 2**64:
        raise NotFound(f"no link has the id {text[:40]!r}", hint="follow a link from the table of backlinks")
    return bench_of(request).evidence(int(text))


ROUTES: list[BaseRoute] = [
    Route("/evidence/{link_id}", evidence, methods=READS),
    Route("/evidence/{link_id}/record.txt", evidence_text, methods=READS),
]
