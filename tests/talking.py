"""Servers on a thread of their own, of raw bytes or of HTTP, of which nothing is left open when a block ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress

from aiohttp import web

HANGING_S = 120  # against hanging only
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@contextmanager
def talking(talk: Talk) -> Iterator[int]:
    """The port of a server that answers each connection with `talk`, while the block runs."""
    open_: set[asyncio.StreamWriter] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_.add(writer)
        try:
            with suppress(asyncio.CancelledError):
                await talk(reader, writer)
        finally:
            writer.close()
            open_.discard(writer)

    async def serve(listening: Callable[[int], None], stop: asyncio.Event) -> None:
        server = await asyncio.start_server(one, "127.0.0.1", 0)
        listening(server.sockets[0].getsockname()[1])
        await stop.wait()
        server.close()
        for writer in open_:
            writer.transport.abort()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await asyncio.sleep(0)  # connections are closed in the turn after the one that asks for it

    with _apart(serve) as port:
        yield port


@contextmanager
def answering(handle: Handle) -> Iterator[int]:
    """The port of a server that answers each request with `handle`, while the block runs."""

    async def serve(listening: Callable[[int], None], stop: asyncio.Event) -> None:
        runner = web.ServerRunner(web.Server(handle, access_log=None))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        listening(runner.addresses[0][1])
        await stop.wait()
        await runner.cleanup()

    with _apart(serve) as port:
        yield port


@contextmanager
def _apart(serve: Callable[[Callable[[int], None], asyncio.Event], Coroutine[None, None, None]]) -> Iterator[int]:
    """The port of a server on a thread of its own, which says where it listens and ends when it is told to."""
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    ports: list[int] = []

    def listening(port: int) -> None:
        ports.append(port)
        ready.set()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve(listening, stop)), daemon=True)
    thread.start()
    assert ready.wait(HANGING_S)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(HANGING_S)
        loop.close()
