"""The demo web over real HTTP: all its hosts on one port of this machine, as they answer at one time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from aiohttp import web

from inlink.demo.crawl import crawl
from inlink.demo.generate import SEED
from inlink.demo.model import SECOND, Answer
from inlink.demo.plan import read_plan
from inlink.errors import Busy

START_S = 30.0


@contextmanager
def hosted(time: int = SECOND, *, seed: int = SEED, port: int = 0) -> Iterator[str]:
    """The demo web while the block runs; gives the route to it, as `fetch.routes` has them. port 0: a free one.

    Raises: Busy where the port is taken.
    """
    answers = crawl([page for site in read_plan(seed) for page in site], time)
    table = {_place(answer.page.url): answer for answer in answers}
    loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    ports: list[int] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        scheme = request.headers.get("x-forwarded-proto", "http")
        return _answered(table.get(f"{scheme}://{request.host.partition(':')[0]}{request.raw_path}"))

    async def serve() -> None:
        runner = web.ServerRunner(web.Server(answer, access_log=None))
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            ports.append(runner.addresses[0][1])
        except OSError:
            stop.set()
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True, name="inlink-demo-web")
    thread.start()
    ready.wait(START_S)
    try:
        if not ports:
            raise Busy(f"port {port} is taken", hint="end what listens there")
        yield f"*.example=http://127.0.0.1:{ports[0]}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(START_S)
        loop.close()


def _place(url: str) -> str:
    """Scheme, host, path and query as a server hears them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{parts.path}{'?' + parts.query if parts.query else ''}"


def _answered(found: Answer | None) -> web.Response:
    if found is None:
        return web.Response(status=404, body=b"<h1>Not found</h1>", content_type="text/html")
    headers: dict[str, str] = {}
    for name, value in found.headers:
        if name != "Content-Length":
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return web.Response(status=found.status, body=found.body, headers=headers)
