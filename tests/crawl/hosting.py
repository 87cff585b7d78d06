"""A web of many hosts on one port of this machine, over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

from talking import answering


@dataclass
class Page:
    """An answer as planned."""

    body: bytes | str = b""
    status: int = 200
    type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False  # the connection ends in the middle of the body
    is_silent: bool = False  # it ends before any answer


# host and path with query, request headers → what is answered; None: 404
Answerer = Callable[[str, str, dict[str, str]], Page | None]


@dataclass
class Web:
    """Where it listens, and what was asked: host + path, in order."""

    port: int
    asked: list[str] = field(default_factory=list)

    @property
    def route(self) -> str:
        return f"*.example=http://127.0.0.1:{self.port}"


@contextmanager
def hosting(answer: Answerer | dict[str, Page]) -> Iterator[Web]:
    """The web while the block runs. A table is by host + path."""
    table = answer if isinstance(answer, dict) else {}
    answerer: Answerer = (lambda host, path, _: table.get(host + path)) if isinstance(answer, dict) else answer
    found = Web(0)

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        host = request.host.partition(":")[0]
        found.asked.append(host + request.raw_path)
        page = answerer(host, request.raw_path, {name.lower(): value for name, value in request.headers.items()})
        page = page or Page("<h1>Not found</h1>", 404)
        body = page.body.encode() if isinstance(page.body, str) else page.body
        headers = {**({} if page.status == 304 else {"Content-Type": page.type}), **page.headers}
        if page.is_cut or page.is_silent:
            assert request.transport is not None
            if page.is_cut:
                status = f"HTTP/1.1 {page.status} OK\r\nContent-Length: {len(body) + 100}\r\n"
                lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
                request.transport.write((status + lines + "\r\n").encode() + body[: len(body) // 2])
            request.transport.close()
            await asyncio.sleep(0)
        return web.Response(status=page.status, body=body, headers=headers)

    with answering(handle) as found.port:
        yield found


def html(*links: str, text: str = "", head: str = "") -> Page:
    """A page with links."""
    items = "".join(f'<li><a href="{link}">{link}</a>' for link in links)
    return Page(f"<!doctype html><title>page</title>{head}<p>{text}<ul>{items}</ul>")
