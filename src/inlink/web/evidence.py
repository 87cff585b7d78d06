"""The evidence behind a link: its archived record as text, and drawn in a frame that can do nothing."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from inlink.errors import NotFound
from inlink.web.access import needs
from inlink.web.answers import READS, bench_of, page
from inlink.workbench import Evidence
from inlink.workbench.people import Role

AROUND = 4000  # characters of an archived record shown on each side of the link
NEAR = 260  # the same, beside the rows of a table
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
FRAME_HEADERS = {
    "content-security-policy": FRAME_POLICY,
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "no-referrer",
    "x-dns-prefetch-control": "off",
}
"""What shuts the drawn record up: nothing is fetched, run or navigated, whatever the document says."""


@needs(Role.VIEWER)
def evidence(request: Request) -> Response:
    """The archived record of a link: drawn in a sandbox, and as text, with the link marked in both."""
    return _shown(request, "evidence.html", AROUND)


@needs(Role.VIEWER)
def evidence_part(request: Request) -> Response:
    """The same in a few lines, for the panel beside a table."""
    return _shown(request, "evidence_part.html", NEAR)


def _shown(request: Request, template: str, around: int) -> Response:
    found = bench_of(request).evidence(_link_id(request))
    return page(request, template, found=found, record=_parts(found, around), cut=_cut(found, around))


def _parts(found: Evidence, around: int) -> tuple[str, str, str]:
    low, high = max(0, found.start - around), min(len(found.html), found.end + around)
    return found.html[low : found.start], found.html[found.start : found.end], found.html[found.end : high]


def _cut(found: Evidence, around: int) -> tuple[bool, bool]:
    return found.start > around, found.end + around < len(found.html)


@needs(Role.VIEWER)
def evidence_text(request: Request) -> Response:
    """The record as plain text: a browser draws none of it."""
    return PlainTextResponse(bench_of(request).evidence(_link_id(request)).html)


@needs(Role.VIEWER)
def evidence_page(request: Request) -> Response:
    """The archived page as a document that can do nothing, for the frame."""
    found = bench_of(request).archived_page(_link_id(request))
    return HTMLResponse(found.document, headers=FRAME_HEADERS)


def _link_id(request: Request) -> int:
    text = request.path_params["link_id"]
    if not (text.isascii() and text.isdigit()) or int(text) >= 2**64:
        raise NotFound(f"no link has the id {text[:40]!r}", hint="follow a link from the table of backlinks")
    return int(text)


ROUTES: list[BaseRoute] = [
    Route("/evidence/{link_id}", evidence, methods=READS),
    Route("/evidence/{link_id}/part", evidence_part, methods=READS),
    Route("/evidence/{link_id}/record.txt", evidence_text, methods=READS),
    Route("/evidence/{link_id}/page", evidence_page, methods=READS),
]
