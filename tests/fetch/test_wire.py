"""Requests over kept connections, against a server on this machine that counts them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine

import pytest

from inlink.fetch import Manners, Policy, Reply
from inlink.fetch.exchange import Exchanger
from inlink.fetch.guard import check_url
from inlink.fetch.loops import finished

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
MANNERS = Manners(contact="https://who.example/bot", total_timeout_s=120)


class Host:
    """Answers the requests of each connection with the pieces told, then ends it; keeps what was asked."""

    def __init__(self, *connections: list[bytes]) -> None:
        self.left = list(connections)
        self.asked: list[list[bytes]] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, asked = self.left.pop(0), list[bytes]()
        self.asked.append(asked)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            for answer in answers:
                head = await reader.readuntil(b"\r\n\r\n")
                size = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                asked.append(head + await reader.readexactly(int(size or 0)))
                writer.write(answer)
                await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def exchanging(host: Host) -> AsyncIterator[Callable[..., Coroutine[None, None, Reply]]]:
    """Asks the host for a path."""
    server = await asyncio.start_server(host.talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    policy = Policy(test_hosts=frozenset(("127.0.0.1",)), connect_timeout_s=120)
    exchanger = Exchanger(policy, MANNERS)

    async def ask(path: str = "/", headers: dict[str, str] | None = None, **more: object) -> Reply:
        place = check_url(f"http://127.0.0.1:{port}{path}", policy)
        return await exchanger.ask(place, headers or {}, max_bytes=1000, **more)  # type: ignore[arg-type]

    try:
        yield ask
    finally:
        await exchanger.close()
        server.close()


def asked(host: Host, *paths: str, **more: object) -> list[Reply]:
    async def run() -> list[Reply]:
        async with exchanging(host) as ask:
            return [await ask(path, **more) for path in paths]

    return finished(run())


def test_a_connection_is_kept_for_the_next_request() -> None:
    host = Host([PAGE, b"HTTP/1.1 204 No Content\r\n\r\n", PAGE])
    assert [(one.status, one.body) for one in asked(host, "/1", "/2", "/3")] == [(200, b"hi"), (204, b""), (200, b"hi")]
    assert [one.split(b" ")[1] for one in host.asked[0]] == [b"/1", b"/2", b"/3"]


def test_a_kept_connection_that_was_ended_is_no_failure() -> None:
    host = Host([PAGE], [PAGE])
    assert [one.status for one in asked(host, "/1", "/2")] == [200, 200]
    assert len(host.asked) == 2


def test_a_connection_that_ends_before_the_answer_is_made_once_more_and_not_again() -> None:
    host = Host([b""], [b""], [PAGE])
    (found,) = asked(host, "/")
    assert (found.status, found.error) == (None, "broken")
    assert len(host.asked) == 2


def test_what_changes_something_is_sent_once() -> None:
    host = Host([b""], [PAGE])
    (found,) = asked(host, "/", method="POST", body=b"{}")
    assert (found.status, found.error) == (None, "broken")
    assert [len(one) for one in host.asked] == [1]


def test_a_body_is_sent_with_its_length() -> None:
    host = Host([PAGE])
    (found,) = asked(host, "/", method="POST", body=b"a=1", headers={"Content-Type": "text/plain"})
    assert found.status == 200
    assert host.asked[0][0].endswith(b"Content-Type: text/plain\r\nContent-Length: 3\r\n\r\na=1")


def test_the_request_that_is_kept_is_the_one_that_was_sent() -> None:
    host = Host([PAGE])
    (found,) = asked(host, "/x?", headers={"accept": "text/html", "Cookie": "a=b"})
    assert host.asked == [[found.request]]
    first, *lines = found.request.decode().split("\r\n")
    assert first == "GET /x? HTTP/1.1"
    names = [line.partition(":")[0].lower() for line in lines if line]
    assert names == ["host", "user-agent", "accept", "accept-encoding", "cookie"]
    assert "accept: text/html" in lines


def test_head_brings_no_body_and_keeps_the_connection() -> None:
    host = Host([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"] * 2)
    assert [(one.status, one.body, one.cut) for one in asked(host, "/", "/", method="HEAD")] == [(200, b"", None)] * 2


def test_news_on_the_way_are_not_the_answer() -> None:
    host = Host([b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + PAGE])
    (found,) = asked(host, "/")
    assert (found.status, found.body) == (200, b"hi")


def test_a_connection_with_a_body_that_was_not_read_is_not_kept() -> None:
    host = Host([b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000, PAGE], [PAGE])
    found = asked(host, "/", "/")
    assert [(one.status, one.cut, len(one.body)) for one in found] == [(200, "length", 1000), (200, None, 2)]
    assert len(host.asked) == 2


@pytest.mark.parametrize("value", ["a\r\nX-Other: 1", "a\nb", "a\0b"])
def test_headers_with_control_characters_are_not_sent(value: str) -> None:
    host = Host([PAGE])
    (found,) = asked(host, "/", headers={"Cookie": value})
    assert (found.status, found.error) == (None, "bad-answer")
    assert host.asked == []
