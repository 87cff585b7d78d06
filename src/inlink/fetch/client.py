"""A client for plain code: asks on a thread of its own, streams answers, follows redirects after checking each."""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import os
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp

from inlink.errors import InlinkError, NotFound, Refused, Unreachable
from inlink.fetch.connecting import Gate, open_session
from inlink.fetch.guard import Place, check_url
from inlink.fetch.policy import Policy

T = TypeVar("T")
_REDIRECTS = (301, 302, 303, 307, 308)
_CHUNK_BYTES = 256 * 1024


class AnswerError(Exception):
    """The connection ended before the answer did: worth asking again from where it stopped."""


def _nothing(_: int) -> bytes:
    return b""


@dataclass(frozen=True, slots=True)
class Head:
    """What a server said before the body. Units: `size_bytes` of the body that follows, None where it does not say."""

    url: str
    status: int
    headers: dict[str, str]
    size_bytes: int | None


class Answer:
    """One answer: its head, and its body as chunks, read once."""

    def __init__(self, client: Client, head: Head, response: aiohttp.ClientResponse) -> None:
        self._client = client
        self._response = response
        self._broken: AnswerError | None = None
        self.head = head

    def chunks(self) -> Iterator[bytes]:
        """The body. Raises: AnswerError where it ends too early."""
        while chunk := self._client.run(self._next()):
            yield chunk

    def close(self) -> None:
        """Drop the connection."""
        if self._client.is_open:
            self._client.run(self._closed())

    async def _next(self) -> bytes:
        if self._broken is not None:
            raise self._broken
        content = self._response.content
        try:
            return await content.read(_CHUNK_BYTES)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._broken = AnswerError(str(error) or type(error).__name__)
            arrived: bytes = getattr(content, "_read_nowait", _nothing)(-1)  # aiohttp itself would drop it
            if arrived:
                return arrived
            raise self._broken from error

    async def _closed(self) -> None:
        self._response.close()


class Client:
    """Asks servers within a policy; may be used from any thread."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._gate = Gate(policy)
        self._pid = os.getpid()
        self._session: aiohttp.ClientSession | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="inlink-fetch", daemon=True)
        self._thread.start()

    @property
    def is_open(self) -> bool:
        """Whether it can be asked: not closed, and not inherited from the process that forked this one."""
        return os.getpid() == self._pid and not self._loop.is_closed()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine on the client's own loop."""
        future: concurrent.futures.Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result()

    def close(self) -> None:
        """End connections and the thread."""
        if not self.is_open:
            return
        if self._session is not None:
            self.run(self._session.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def get(self, url: str, headers: dict[str, str] | None = None) -> Answer:
        """The answer to a GET, redirects followed.

        Raises: Refused (policy), NotFound (404, 410), BadInput (no URL), Unreachable (any other failure to answer),
        AnswerError (the connection broke: ask again).
        """
        return self.run(self._get(url, headers or {}))

    async def _get(self, url: str, headers: dict[str, str]) -> Answer:
        place = check_url(url, self.policy)
        for _ in range(self.policy.max_redirects + 1):
            response = await self._ask(place, headers)
            target = response.headers.get("Location")
            if response.status not in _REDIRECTS or target is None:
                return self._answer(place, response)
            response.close()
            place = check_url(target, self.policy, place.url)
        raise Unreachable(f"{url}: more than {self.policy.max_redirects} redirects", hint="check the address")

    async def _ask(self, place: Place, headers: dict[str, str]) -> aiohttp.ClientResponse:
        if self._session is None:
            self._session = open_session(self.policy, self._gate)
        self._gate.allow(place)
        try:
            return await self._session.get(place.url, headers=headers, allow_redirects=False)
        except InlinkError:
            raise
        except aiohttp.ClientConnectorCertificateError as error:
            raise Unreachable(f"{place.url}: its certificate is not valid", hint="check the address") from error
        except (aiohttp.InvalidURL, ValueError) as error:
            raise Unreachable(f"{place.url}: cannot be asked ({error})", hint="check the address") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            cause = error.__cause__ or error.__context__
            if isinstance(cause, InlinkError):
                raise cause from error
            raise AnswerError(str(error) or type(error).__name__) from error

    def _answer(self, place: Place, response: aiohttp.ClientResponse) -> Answer:
        status = response.status
        problem: InlinkError | None = None
        size = response.content_length
        if status in (404, 410):
            problem = NotFound(f"{place.url}: the server answers {status}", hint="check the address")
        elif status in (401, 403):
            problem = _no_access(place.url, status)
        elif status >= 400 and status not in (416, 429, 500, 502, 503, 504):
            problem = Unreachable(f"{place.url}: the server answers {status}", hint="try again later")
        elif size is not None and size > self.policy.max_bytes:
            problem = Refused(
                f"{place.url}: {size} bytes are more than the limit", hint="download and split it", reason="size"
            )
        if problem is not None:
            response.close()
            raise problem
        if status in (429, 500, 502, 503, 504):
            response.close()
            raise AnswerError(f"the server answers {status}")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(self, Head(place.url, status, headers, size), response)


def _no_access(url: str, status: int) -> Refused:
    """A server that does not let us in; many say 403 of what is not there, and to programs that asked much."""
    by_hand = "fetch it by other means and name the file or folder instead"
    if status == 401:
        hint = f"check the address; if a sign-in is really needed, {by_hand}"
        return Refused(f"{url}: the server refused access (401): it wants a sign-in", hint=hint, reason="status")
    hint = "check the address (many servers answer 403 also for what is not there), or try again later; "
    return Refused(
        f"{url}: the server refused access (403)", hint=f"{hint}if a browser gets it, {by_hand}", reason="status"
    )


_clients: dict[tuple[Policy, int], Client] = {}
_opening = threading.Lock()


def client_for(policy: Policy) -> Client:
    """This process's client of a policy; it lives as long as the process (a forked one must not use its parent's)."""
    key = (policy, os.getpid())
    with _opening:
        if key not in _clients:
            _clients[key] = Client(policy)
            atexit.register(_clients[key].close)
        return _clients[key]
