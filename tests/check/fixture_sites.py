"""Hosts that show every verdict, and a near miss of each, over real HTTP: a raw server on one port of this machine."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from talking import talking

PROSE = (
    "The starter wants warm water and coarse rye flour twice a day, and after a week it lifts the dough without any "
    "help. We weigh the salt, fold the dough four times in two hours and leave it to rest in a basket over night. In "
    "the morning the oven must be hot before the loaf goes in, with a pan of water below it for the crust. "
)


@dataclass
class Request:
    """One request: its path with query, headers by lower-case name, and how often the path was asked for before."""

    method: str
    host: str
    path: str
    headers: dict[str, str]
    n_before: int


Writer = Callable[[asyncio.StreamWriter], Awaitable[None]]
Answer = bytes | Writer
Site = Callable[[Request], Answer]


@dataclass
class Sites:
    """Where they listen, and what was asked."""

    port: int = 0
    asked: list[Request] = field(default_factory=list)

    @property
    def route(self) -> str:
        return f"*.example=http://127.0.0.1:{self.port}"

    def paths(self, host: str) -> list[str]:
        return [one.path for one in self.asked if one.host == host]


def reply(
    body: bytes | str = b"",
    status: str = "200 OK",
    *headers: str,
    type: str | None = "text/html; charset=utf-8",
    length: int | None = None,
) -> bytes:
    """The bytes of an answer; `length` overrides the true one."""
    data = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(data) if length is None else length}", "Connection: close"]
    lines += [f"Content-Type: {type}"] if type else []
    return "\r\n".join([*lines, *headers]).encode() + b"\r\n\r\n" + data


def page(title: str, text: str = PROSE, *, head: str = "", h1: str | None = None, nav: str = "Home Bread About") -> str:
    """A page of a site with its frame."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>'
        f"<header><nav><a href=/>{nav}</a></nav></header><main><h1>{title if h1 is None else h1}</h1><p>{text}</p>"
        "</main><footer>Crumb and Crust, made by hand since 2009</footer></body></html>"
    )


MISSING = reply(page("Not found", "There is nothing here."), "404 Not Found")


def to(target: str, status: str = "302 Found", *headers: str) -> bytes:
    """A redirect."""
    return reply("", status, f"Location: {target}", *headers)


def site(pages: Mapping[str, Answer | Site], otherwise: Answer | Site = MISSING, robots: Answer = MISSING) -> Site:
    """A site of pages by path with query; what is not there is answered with `otherwise`."""

    def answer(request: Request) -> Answer:
        if request.path == "/robots.txt":
            return robots
        found = pages.get(request.path, otherwise)
        return found(request) if callable(found) and not asyncio.iscoroutinefunction(found) else found  # type: ignore[return-value,arg-type]

    return answer


async def trickle(writer: asyncio.StreamWriter) -> None:
    """Slow-loris: a head, then a byte now and then."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(1000):
        writer.write(b"<")
        await writer.drain()
        await asyncio.sleep(0.05)


async def silence(writer: asyncio.StreamWriter) -> None:
    """No answer at all."""
    await asyncio.sleep(30)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """The connection ends before an answer."""


def bomb() -> bytes:
    """A healthy page that inflates to 200 MB of spaces."""
    return gzip.compress(page("Bread").encode() + b" " * 200_000_000, 9)


@contextmanager
def serving(sites: dict[str, Site]) -> Iterator[Sites]:
    """The sites while the block runs; a host that is not there is answered with 502."""
    found = Sites()
    counts: dict[tuple[str, str], int] = {}

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.strip().split("\r\n")
            method, path, _ = first.split(" ", 2)
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            host = headers.get("host", "").partition(":")[0]
            n = counts.get((host, path), 0)
            counts[host, path] = n + 1
            request = Request(method, host, path, headers, n)
            found.asked.append(request)
            answerer = sites.get(host)
            answer = reply("", "502 Bad Gateway") if answerer is None else answerer(request)
            if isinstance(answer, bytes):
                writer.write(answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if method == "HEAD" else answer)
                await writer.drain()
            else:
                await answer(writer)

    with talking(handle) as found.port:
        yield found
