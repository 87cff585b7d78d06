"""One request and its answer within bounds; every failure is a reply with its reason."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import aiohttp
from aiohttp import http_exceptions

from inlink.errors import InlinkError, Unreachable
from inlink.fetch.connecting import Gate, open_connector, times
from inlink.fetch.guard import Place
from inlink.fetch.manners import Manners
from inlink.fetch.policy import Policy
from inlink.fetch.reply import Reply
from inlink.fetch.wire import Answer, Wire

_CHUNK_BYTES = 256 * 1024


class Exchanger:
    """Asks one URL once: no redirect is followed, no cookie kept, no proxy used."""

    def __init__(self, policy: Policy, manners: Manners) -> None:
        self._policy, self._manners = policy, manners
        self._gate = Gate(policy)
        self._wire: Wire | None = None

    async def close(self) -> None:
        """End connections."""
        if self._wire is not None:
            await self._wire.close()
            self._wire = None

    async def ask(
        self, place: Place, headers: dict[str, str], *, method: str = "GET", max_bytes: int, body: bytes | None = None
    ) -> Reply:
        """The answer, or why there is none."""
        began_us, began = time.time_ns() // 1000, time.monotonic()
        self._gate.allow(place)
        got = _Got()
        try:
            async with asyncio.timeout(self._manners.total_timeout_s):
                await self._exchange(place, headers, method, max_bytes, got, body)
        except Exception as error:  # noqa: BLE001  a server can make aiohttp raise nearly anything
            slug, detail = _reason(error)
            if got.answer is None:
                return Reply(place.url, began_us, error=slug, detail=detail, took_s=time.monotonic() - began)
            got.cut = "time" if slug == "timeout" else "disconnect"
            got.error, got.detail = slug, detail
        return got.reply(place.url, began_us, time.monotonic() - began)

    async def _exchange(
        self, place: Place, headers: dict[str, str], method: str, max_bytes: int, got: _Got, body: bytes | None
    ) -> None:
        url = place.url
        if self._leaves_tls_out(place):
            url, headers = f"http:{url[6:]}", {"X-Forwarded-Proto": "https", **headers}
        answer = await self._opened().send(method, url, headers, body)
        try:
            got.answer = answer
            size, content = 0, answer.content
            while not content.at_eof() and (chunk := await content.read(_CHUNK_BYTES)):
                got.chunks.append(chunk[: max_bytes - size])
                size += len(chunk)
                if size > max_bytes:
                    got.cut = "length"
                    answer.close()
                    return
        finally:
            answer.release()

    def _leaves_tls_out(self, place: Place) -> bool:
        if not place.url.startswith("https:"):
            return False
        route = self._policy.route(place.host)
        return route is not None and route.is_plain

    def _opened(self) -> Wire:
        if self._wire is None:
            manners = self._manners
            self._wire = Wire(
                open_connector(self._gate, limit=0, forgives_length=True),
                times(self._policy, bounds_reads=self._policy.read_timeout_s < manners.total_timeout_s),
                {"User-Agent": manners.user_agent, "Accept": "*/*", "Accept-Encoding": manners.accept_encoding},
                max_headers=manners.max_headers,
                max_header_bytes=manners.max_header_bytes,
            )
        return self._wire


class _Got:
    """What has come so far."""

    def __init__(self) -> None:
        self.answer: Answer | None = None
        self.chunks: list[bytes] = []
        self.cut: str | None = None
        self.error: str | None = None
        self.detail = ""

    def reply(self, url: str, asked_at_us: int, took_s: float) -> Reply:
        """All of it."""
        answer = self.answer
        if answer is None:
            return Reply(url, asked_at_us, error="bad-answer", took_s=took_s)
        message = answer.message
        version = message.version
        return Reply(
            url,
            asked_at_us,
            message.code,
            message.reason or "",
            f"{version.major}.{version.minor}" if version else "1.1",
            _texts(message.raw_headers),
            b"".join(self.chunks),
            answer.peer,
            answer.request,
            self.error,
            self.detail,
            self.cut,
            took_s,
            sent_at=answer.sent_at,
        )


def _texts(raw: Sequence[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    try:
        return tuple([(name.decode(), value.decode()) for name, value in raw])
    except UnicodeDecodeError:
        return tuple((_text(name), _text(value)) for name, value in raw)


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _reason(error: BaseException) -> tuple[str, str]:
    """The slug of a failure, and its words."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, InlinkError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, Unreachable):
        return "dns", cause.message
    if isinstance(cause, InlinkError):
        return str(cause.facts.get("reason", "address")), cause.message
    text = f"{type(error).__name__}: {error}"[:300]
    for kinds, slug in _SLUGS:
        if isinstance(error, kinds):
            return slug, text
    return "broken" if isinstance(error, aiohttp.ClientError | OSError) else "bad-answer", text


_SLUGS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((TimeoutError,), "timeout"),
    ((aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch), "tls"),
    ((aiohttp.ClientConnectorDNSError,), "dns"),
    ((aiohttp.ClientConnectorError,), "refused"),
    ((aiohttp.ClientResponseError, http_exceptions.HttpProcessingError), "bad-answer"),
)
