"""Answers that are made while they are sent: in threads, in bounded memory, and let go of when the reader leaves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class Chunks:
    """Pieces of an answer, the first of which is made already: what fails at once fails before the answer begins."""

    def __init__(self, first: bytes | None, rest: Iterator[bytes]) -> None:
        self._rest = rest
        self._all = chain([] if first is None else [first], rest)

    def take(self) -> bytes | None:
        """The next piece, None at the end."""
        return next(self._all, None)

    def close(self) -> None:
        """Let go of what the pieces are made from."""
        close = getattr(self._rest, "close", None)
        if close is not None:
            with contextlib.suppress(ValueError):  # a thread still makes the next one: it is let go of after that
                close()


def first_of(pieces: Iterator[bytes]) -> Chunks:
    """The pieces with the first one made. Raises: what making it raises."""
    return Chunks(next(pieces, None), pieces)


class Streamed(Response):
    """A response of pieces. `done` is called once, when the last was sent or the reader has left."""

    def __init__(
        self, chunks: Chunks, *, media_type: str, headers: Mapping[str, str], done: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(b"", media_type=media_type, headers=headers)
        del self.headers["content-length"]
        self._chunks = chunks
        self._done = done
        self._has_left = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the end, or until the reader leaves."""
        watching = asyncio.create_task(self._watch(receive))
        try:
            await self._send_all(send)
        finally:
            watching.cancel()
            await run_in_threadpool(self._end)

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._has_left = True

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        while not self._has_left and (piece := await run_in_threadpool(self._chunks.take)) is not None:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _end(self) -> None:
        try:
            self._chunks.close()
        finally:
            self._done()
