"""A web of many hosts on one port of this machine, over real HTTP, whose pages are other ones from a moment on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

from talking import answering

PROSE = (
    "<p>The starter wants warm water and coarse rye flour twice a day, and after a week it lifts the dough without any "
    "help. We weigh the salt, fold the dough four times in two hours and leave it to rest in a basket over night. In "
    "the morning the oven must be hot before the loaf goes in, with a pan of water below it for the crust. "
) * 6


@dataclass
class Answer:
    """An answer as planned."""

    body: bytes | str = ""
    status: int = 200
    type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    is_cut: bool = False
    is_silent: bool = False


Answerer = Callable[[str, str, int], Answer | None]  # host, path with query, how often it was asked for before


@dataclass
class Web:
    """Where it listens, what answers, what was asked (host + path), and bodies that were posted."""

    answer: Answerer
    port: int = 0
    asked: list[str] = field(default_factory=list)
    posted: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def route(self) -> str:
        return f"*.example=http://127.0.0.1:{self.port}"


@contextmanager
def hosting(answer: Answerer) -> Iterator[Web]:
    """The web while the block runs."""
    found = Web(answer)

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        host = request.host.partition(":")[0]
        place = host + request.raw_path
        n_before = found.asked.count(place)
        found.asked.append(place)
        if request.method == "POST":
            headers = {name.lower(): value for name, value in request.headers.items()}
            found.posted.append((place, headers, await request.read()))
        page = found.answer(host, request.raw_path, n_before) or Answer("<title>Not found</title>", 404)
        body = page.body.encode() if isinstance(page.body, str) else page.body
        headers = {"Content-Type": page.type, **page.headers}
        if page.is_cut or page.is_silent:
            assert request.transport is not None
            if page.is_cut:
                lines = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body) + 100}\r\nContent-Type: {page.type}\r\n\r\n"
                request.transport.write(lines.encode() + body[: len(body) // 2])
            request.transport.close()
            await asyncio.sleep(0)
        if "ETag" in headers and request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers={k: v for k, v in headers.items() if k != "Content-Type"})
        return web.Response(status=page.status, body=body, headers=headers)

    with answering(handle) as found.port:
        yield found


LINK = '<a href="https://mine.example/guide">Sourdough guide</a>'


def page(link: str = LINK, *, head: str = "", before: str = "Read the", after: str = "by the bakers of the mill.",
         extra: str = "") -> str:  # fmt: skip
    """A page with the watched link in a paragraph of its own."""
    around = f"<p>{before} {link} {after}</p>" if link else "<p>Nothing to read here any more.</p>"
    return f"<!doctype html><html lang=en><title>Bread</title>{head}<h1>Bread</h1>{PROSE}{around}{PROSE}{extra}</html>"
