"""Requests written to aiohttp's connections and answers read by its parser, without the session around them.

A session does much for each request that is of no use here (cookies, redirects, proxies, authorisation, tracing): it
took a quarter of a check's time. Connecting, TLS, kept connections and the reading of answers stay aiohttp's.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
import yarl
from aiohttp.connector import Connection

_KEPT_ORIGINS = 10_000
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # RFC 9110, 5.5: in no header
_RETRIED = ("GET", "HEAD")
_BUFFER_BYTES = 256 * 1024  # that are read ahead


class Answer:
    """The head of an answer, its body yet to be read from `content`, and the connection that it comes over."""

    __slots__ = ("connection", "content", "message", "peer", "request", "sent_at")

    def __init__(self, connection: Connection, request: bytes, sent_at: float) -> None:
        self.connection = connection
        self.request = request  # its head, as it was sent
        self.sent_at = sent_at  # on the clock of time.monotonic
        transport = connection.transport
        peer = transport.get_extra_info("peername") if transport is not None else None
        self.peer: str | None = peer[0] if peer else None
        self.message: Any = None  # aiohttp's RawResponseMessage
        self.content: aiohttp.StreamReader

    def release(self) -> None:
        """Keep the connection for another request, or close it where the body was not read to its end."""
        self.connection.release()

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class Wire:
    """Sends requests over the connections of one connector. headers: of every request, unless it brings its own."""

    def __init__(
        self,
        connector: aiohttp.TCPConnector,
        timeout: aiohttp.ClientTimeout,
        headers: Mapping[str, str],
        *,
        max_headers: int,
        max_header_bytes: int,
    ) -> None:
        self._connector, self._timeout = connector, timeout
        self._max_headers, self._max_header_bytes = max_headers, max_header_bytes
        self._headers = dict(headers)
        self._fields = _fields(self._headers)
        self._origins: dict[str, tuple[aiohttp.ClientRequest, str]] = {}

    async def close(self) -> None:
        """End connections."""
        await self._connector.close()

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """The head of the answer to a normalised http(s) URL without fragment. Release it, whatever comes.

        A request that changes nothing is sent once more where the connection breaks before the answer: a server may
        have ended one that was kept. Raises: aiohttp.ClientError, HttpProcessingError, OSError, ValueError.
        """
        at = url.index("/", 8)
        origin, host = self._origin(url[:at])
        fields = _fields({**self._headers, **headers}) if headers else self._fields
        length = "" if body is None else f"Content-Length: {len(body)}\r\n"
        head = f"{method} {url[at:]} HTTP/1.1\r\nHost: {host}\r\n{fields}{length}\r\n".encode()
        try:
            return await self._once(origin, method, head, body)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError, aiohttp.ClientConnectionResetError):
            if method not in _RETRIED:
                raise
        return await self._once(origin, method, head, body)

    async def _once(self, origin: aiohttp.ClientRequest, method: str, head: bytes, body: bytes | None) -> Answer:
        try:
            connection = await self._connector.connect(origin, traces=[], timeout=self._timeout)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError(f"Connection timeout to host {origin.url}") from error
        try:
            protocol, transport = connection.protocol, connection.transport
            if protocol is None or transport is None or transport.is_closing():
                raise aiohttp.ClientConnectionResetError("the connection has just been closed")
            protocol.set_response_params(
                skip_payload=method == "HEAD",
                read_until_eof=True,
                auto_decompress=False,
                read_timeout=self._timeout.sock_read,
                read_bufsize=_BUFFER_BYTES,
                max_field_size=self._max_header_bytes,
                max_headers=self._max_headers,
            )
            transport.write(head if body is None else head + body)
            protocol.start_timeout()
            answer = Answer(connection, head, time.monotonic())
            answer.message, answer.content = await protocol.read()
            while 100 <= answer.message.code < 200 and answer.message.code != 101:
                answer.message, answer.content = await protocol.read()
        except BaseException:
            connection.close()
            raise
        return answer

    def _origin(self, origin: str) -> tuple[aiohttp.ClientRequest, str]:
        """What the connector wants to know of an origin, and what a request says of it as Host."""
        found = self._origins.get(origin)
        if found is None:
            if len(self._origins) >= _KEPT_ORIGINS:
                self._origins.clear()
            request = aiohttp.ClientRequest("GET", yarl.URL(f"{origin}/", encoded=True))
            found = self._origins[origin] = (request, request.headers["Host"])
        return found


def _fields(headers: Mapping[str, str]) -> str:
    """Headers as they are sent; of two with one name, in whatever letters, the latter. Raises: ValueError."""
    by_name = {name.lower(): (name, value) for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in by_name.values()]
    if any(_FORBIDDEN.search(line) for line in lines):
        raise ValueError("a header with a control character is not sent")
    return "".join(f"{line}\r\n" for line in lines)
