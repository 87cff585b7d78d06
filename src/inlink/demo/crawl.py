"""What a crawler sees: the answer of every page at every time that the plan has it looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus

from inlink.demo.model import TIMES, Answer, Link, Page
from inlink.demo.render import absolute, page_origins, render

PAUSE_S = 23  # between two requests of the crawler
SHOWN_INSTEAD = ("parked", "missing")  # templates that stand in for the page, with status 200
PDF = b"%PDF-1.4\n% a leaflet without links\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def crawl(pages: list[Page], time: int) -> Iterator[Answer]:
    """The answers at one time, in the order of the plan."""
    asked = [page for page in pages if str(time) in str(page.options.get("times", "12"))]
    for i, page in enumerate(asked):
        yield answer(page, time, i)


def answer(page: Page, time: int, position: int) -> Answer:
    """What one page answers."""
    planned = str(page.option("answer", time) or "200")
    status = 200 if planned in (*SHOWN_INSTEAD, "pdf") else int(planned[:3])
    headers: list[tuple[str, str]] = []
    links: tuple[Link, ...] = ()
    body, media = _short_body(status), "text/html"
    if 300 <= status < 400:
        location = planned.split(" ", 1)[1]
        headers.append(("Location", location))
        links = (Link(location, absolute(page.url, location, "utf-8"), "redirect", "head"),)
    elif planned == "pdf":
        body, media = PDF, "application/pdf"
    elif status == 200:
        text, links = render(page, time, planned if planned in SHOWN_INSTEAD else None)
        body = text.encode(page.site.charset, "xmlcharrefreplace")
        headers, more = _page_headers(page, time)
        links = (*links, *more)
    return Answer(
        page=page,
        time=time,
        fetched_at=TIMES[time] + timedelta(seconds=PAUSE_S * position),
        status=status,
        headers=(("Content-Type", _content_type(page, media)), *headers, ("Content-Length", str(len(body)))),
        body=body,
        links=links,
        is_html=status == 200 and media == "text/html",
    )


def _short_body(status: int) -> bytes:
    phrase = HTTPStatus(status).phrase
    return f"<!doctype html><title>{status} {phrase}</title><h1>{phrase}</h1>\n".encode()


def _content_type(page: Page, media: str) -> str:
    """Pages in shift_jis declare their charset in the page only, as many such sites do."""
    silent = media != "text/html" or page.site.charset == "shift_jis"
    return media if silent else f"{media}; charset={page.site.charset}"


def _page_headers(page: Page, time: int) -> tuple[list[tuple[str, str]], tuple[Link, ...]]:
    """Headers of the site and the page, and the links that a Link header names."""
    headers = list(page.site.headers.items())
    if words := page.option("x_robots", time):
        headers.append(("X-Robots-Tag", str(words)))
    links = []
    for rel, href, language in page.option("header_links", time) or ():
        headers.append(("Link", f'<{href}>; rel="{rel}"; hreflang="{language}"'))
        url = absolute(page.url, href, "utf-8")
        links.append(Link(href, url, rel, "head", rel=rel, origins=page_origins(page, time)))
    return headers, tuple(links)
