"""The polite client against servers on this machine that answer as they are told."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import itertools
import socket
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard
from scripted_server import Asked, Server, reply, serving

from inlink.errors import BadInput, CorruptIndex
from inlink.fetch import DEFAULT_POLICY, Chain, Fetcher, Manners, Memory, Policy, Reply, parse_route
from inlink.fetch.bodies import decoded
from inlink.fetch.fetcher import origin_of
from inlink.fetch.loops import finished
from inlink.fetch.waiting import Lanes, retry_after_s

NO_ROBOTS = reply("404 Not Found")


def policy(server: Server, name: str = "*.example") -> Policy:
    return Policy(routes=(parse_route(f"{name}=http://127.0.0.1:{server.port}"),), connect_timeout_s=60)


def manners(**changes: object) -> Manners:
    plain = {"delay_s": 0.0, "backoff_s": 0.05, "total_timeout_s": 60.0, "contact": "https://who.example/bot"}
    return Manners(**{**plain, **changes})  # type: ignore[arg-type]


@pytest.fixture
def memory() -> Iterator[Memory]:
    with contextlib.closing(Memory()) as made:
        yield made


def pages(table: dict[str, bytes]) -> Callable[[Asked, socket.socket], None]:
    """Answers by `host/path`; 404 for all else."""

    def answer(asked: Asked, connection: socket.socket) -> None:
        connection.sendall(table.get(asked.headers["host"] + asked.path, NO_ROBOTS))

    return answer


def ask(server: Server, *urls: str, memory: Memory | None = None, **changes: object) -> list[Reply]:
    async def run() -> list[Reply]:
        async with Fetcher(policy(server), manners(**changes), memory) as fetcher:
            return [await fetcher.ask(url) for url in urls]

    return finished(run())


def follow(server: Server, url: str) -> Chain:
    async def run() -> Chain:
        async with Fetcher(policy(server), manners()) as fetcher:
            return await fetcher.follow(url)

    return finished(run())


def test_an_answer_is_kept_as_it_was_sent() -> None:
    page = reply("200 Fine", gzip.compress(b"<p>hello"), "Content-Encoding: gzip", "X-Odd: \u00e9", "X-Odd: two")
    with serving(pages({"a.example/x?y=%7Ez": page})) as server:
        (found,) = ask(server, "http://a.example/x?y=%7Ez#part")
    assert (found.status, found.reason, found.error, found.cut) == (200, "Fine", None, None)
    assert found.url == "http://a.example/x?y=%7Ez"
    assert gzip.decompress(found.body) == b"<p>hello"
    assert [value for name, value in found.headers if name == "X-Odd"] == ["é", "two"]
    assert found.ip == "127.0.0.1"
    head = found.request.decode()
    assert head.startswith("GET /x?y=%7Ez HTTP/1.1\r\nHost: a.example\r\n")
    assert head.endswith("\r\n\r\n")
    assert "(+https://who.example/bot)" in head


def test_an_https_page_of_a_routed_host_is_asked_without_tls() -> None:
    with serving(pages({"a.example/": reply("200 OK", b"hi")})) as server:
        (found,) = ask(server, "https://a.example/")
    assert (found.url, found.status) == ("https://a.example/", 200)


@pytest.mark.parametrize("text", ["a.example", "a.example=here:80", "a=1.2.3.4:0", "a=1.2.3.4:99999", "=1.2.3.4:80"])
def test_a_wrong_route_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_route(text)


def test_routes_lead_only_their_own_names() -> None:
    below, one = parse_route("*.b.example=127.0.0.1:81"), parse_route("a.example=http://[::1]:82")
    assert [below.leads(name) for name in ("b.example", "x.b.example", "xb.example", "a.example")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert (one.leads("a.example"), one.leads("x.a.example"), one.address, one.is_plain) == (True, False, "::1", True)


def test_robots_are_asked_once_an_origin_and_obeyed(memory: Memory) -> None:
    robots = reply("200 OK", b"user-agent: *\ndisallow: /no\nsitemap: http://a.example/s.xml\n")
    with serving(pages({"a.example/robots.txt": robots, "a.example/yes": reply("200 OK", b"y")})) as server:
        found = ask(server, "http://a.example/yes", "http://a.example/no/x", "http://a.example/yes", memory=memory)
        assert [r.status for r in found] == [200, None, 200]
        assert found[1].error == "robots"
        assert [asked.path for asked in server.asked] == ["/robots.txt", "/yes", "/yes"]
        ask(server, "http://a.example/yes", memory=memory)  # another run: the file is a day old at most
        assert [asked.path for asked in server.asked].count("/robots.txt") == 1
    lines = memory.ledger("a.example")
    assert [(line.kind, line.status) for line in lines] == [
        ("robots", 200),
        ("page", 200),
        ("page", 200),
        ("page", 200),
    ]


@pytest.mark.parametrize(
    ("robots", "error", "status"),
    [
        (reply("403 Forbidden"), None, 200),
        (reply("500 Oops"), "robots-unreachable", None),
        (reply("429 Slow"), "robots-unreachable", None),
        (b"", "robots-unreachable", None),
        (reply("301 Moved", b"", "Location: http://b.example/robots.txt"), "robots", None),
        (reply("301 Moved", b"", "Location: /robots.txt"), None, 200),  # a loop: as if there were none
        (reply("301 Moved", b"", "Location: ftp://b.example/robots.txt"), None, 200),
        (reply("200 OK", gzip.compress(b"user-agent: *\ndisallow: /"), "Content-Encoding: gzip"), "robots", None),
        (reply("200 OK", b"\x1f\x8b rubbish \xff", "Content-Encoding: gzip"), "robots-unreachable", None),
        (reply("200 OK", b"user-agent: *\ndisallow: /", "Content-Encoding: utf-8"), "robots", None),
        (reply("200 OK", b"user-agent: *\nallow", length=100), "robots-unreachable", None),  # half a file
    ],
    ids=[
        "403", "500", "429", "silent", "redirect", "loop", "redirect-elsewhere", "gzip", "not-gzip", "no-coding", "cut",
    ],
)  # fmt: skip
def test_answers_for_robots(robots: bytes, error: str | None, status: int | None) -> None:
    table = {
        "a.example/robots.txt": robots,
        "b.example/robots.txt": reply("200 OK", b"user-agent: *\ndisallow: /p"),
        "a.example/p": reply("200 OK", b"p"),
    }
    with serving(pages(table)) as server:
        (found,) = ask(server, "http://a.example/p")
    assert (found.error, found.status) == (error, status)


@pytest.mark.parametrize(
    ("slip", "n_asked"),
    [(b"", 2), (reply("500 Oops"), 2), (reply("502 Bad Gateway"), 2), (reply("503 Busy"), 1), (reply("429 Slow"), 1)],
    ids=["silent", "500", "502", "503", "429"],
)
def test_a_robots_txt_that_failed_once_is_asked_for_once_more(slip: bytes, n_asked: int) -> None:
    answers = [slip]

    def answer(asked: Asked, connection: socket.socket) -> None:
        is_robots = asked.path == "/robots.txt"
        connection.sendall(
            answers.pop() if is_robots and answers else NO_ROBOTS if is_robots else reply("200 OK", b"p")
        )

    with serving(answer) as server:
        (found,) = ask(server, "http://a.example/p")
    assert [asked.path for asked in server.asked].count("/robots.txt") == n_asked
    assert found.error == (None if n_asked == 2 else "robots-unreachable")


def test_the_rule_that_forbids_is_told() -> None:
    table = {"a.example/robots.txt": reply("200 OK", b"user-agent: *\ndisallow: /private/")}
    with serving(pages(table)) as server:
        (found,) = ask(server, "http://a.example/private/x")
    assert (found.error, found.detail) == ("robots", "robots.txt says Disallow: /private/")


def test_old_rules_stand_while_the_site_does_not_answer(memory: Memory) -> None:
    table = {"a.example/robots.txt": reply("200 OK", b"user-agent: *\ndisallow: /no")}
    with serving(pages(table)) as server:
        ask(server, "http://a.example/no", memory=memory)
        table["a.example/robots.txt"] = reply("500 Oops")
        found = ask(server, "http://a.example/no", "http://a.example/x", memory=memory, robots_keep_s=0.0)
        assert [r.error for r in found] == ["robots", None]
        assert [asked.path for asked in server.asked].count("/robots.txt") == 2  # not once more for every page
        found = ask(server, "http://a.example/x", memory=memory, robots_keep_s=0.0, robots_stale_s=0.0)
        assert found[0].error == "robots-unreachable"


def test_a_robots_txt_that_leads_nowhere_forbids_nothing_in_the_next_run_either(memory: Memory) -> None:
    table = {
        "a.example/robots.txt": reply("301 Moved", b"", "Location: /robots.txt"),
        "a.example/p": reply("200 OK", b"p"),
    }
    with serving(pages(table)) as server:
        assert [ask(server, "http://a.example/p", memory=memory)[0].status for _ in range(2)] == [200, 200]


def test_how_long_a_host_wants_to_wait_is_known_before_it_is_asked() -> None:
    table = {"a.example/robots.txt": reply("200 OK", b"user-agent: *\ncrawl-delay: 86400")}

    async def run(server: Server) -> list[float]:
        async with Fetcher(policy(server), manners()) as fetcher:
            return [await fetcher.wait_s(url) for url in ("http://a.example/", "http://b.example/", "ftp://c.example/")]

    with serving(pages(table)) as server:
        first, *others = finished(run(server))
    assert first > 80_000
    assert others == [0.0, 0.0]


def test_lanes_that_are_forgotten_keep_what_their_host_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inlink.fetch.waiting._IDLE_LANES", 10)
    lanes = Lanes(0.0, 1, 1.0, 10.0)
    lanes.slow_down("slow.example", 30.0)
    for number in range(100):
        lanes.of(f"h{number}.example")
    assert lanes.of("slow.example").delay_s == 30.0
    assert len(lanes._lanes) <= 21


@pytest.mark.parametrize("host", [f"{'a' * 70}.example", "a..example"])
def test_names_that_no_name_server_can_be_asked_for(host: str) -> None:
    async def run() -> Reply:
        async with Fetcher(DEFAULT_POLICY, manners(obeys_robots=False)) as fetcher:
            return await fetcher.ask(f"http://{host}/")

    assert finished(run()).error == "dns"


@pytest.mark.parametrize("is_foreign", [True, False], ids=["another-format", "no-database"])
def test_a_memory_that_cannot_be_read_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_foreign: bool
) -> None:
    path = tmp_path / "courtesy.db"
    if is_foreign:
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute("pragma user_version = 99")
    else:
        path.write_bytes(b"no database" * 100)
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def remembering(*args: Any, **options: Any) -> sqlite3.Connection:
        opened.append(connect(*args, **options))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", remembering)
    with pytest.raises(CorruptIndex, match="courtesy") as caught:
        Memory(path)
    assert "delete it" in caught.value.hint
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0].execute("select 1")


def test_the_opt_out_list_covers_hosts_below() -> None:
    with serving(pages({})) as server:
        urls = ["http://a.example/", "http://x.a.example/", "http://xa.example/"]
        found = ask(server, *urls, opt_out=frozenset({"a.example"}))
        assert [r.error for r in found] == ["opt-out", "opt-out", None]
        assert {asked.headers["host"] for asked in server.asked} == {"xa.example"}


def test_one_request_to_a_host_at_a_time_and_delays_between(memory: Memory) -> None:
    times: dict[str, list[tuple[float, float]]] = {}

    def answer(asked: Asked, connection: socket.socket) -> None:
        began = time.monotonic()
        time.sleep(0.03)
        times.setdefault(asked.headers["host"], []).append((began, time.monotonic()))
        connection.sendall(reply("200 OK", b"user-agent: *\ncrawl-delay: 0.2" if asked.path == "/robots.txt" else b"x"))

    async def run(server: Server) -> None:
        async with Fetcher(policy(server), manners(delay_s=0.05), memory) as fetcher:
            urls = [f"http://{host}.example/{i}" for i in range(3) for host in "ab"]
            await asyncio.gather(*(fetcher.ask(url) for url in urls))

    with serving(answer) as server:
        finished(run(server))
    for spans in times.values():
        assert len(spans) == 4
        assert all(after >= ended for (_, ended), (after, _) in itertools.pairwise(spans))
    for host in "ab":  # as sent: a busy machine may see them later than that
        sent_us = [line.at_us for line in memory.ledger(f"{host}.example")]
        assert all(after - before >= 150_000 for before, after in itertools.pairwise(sent_us))


@pytest.mark.parametrize("status", ["429 Slow", "503 Busy"])
def test_after_429_and_503_a_host_is_left_alone(status: str) -> None:
    times: list[float] = []

    def answer(asked: Asked, connection: socket.socket) -> None:
        if asked.path != "/robots.txt":
            times.append(time.monotonic())
        connection.sendall(reply(status, b"", *(["Retry-After: 1"] if asked.path == "/1" else [])))

    with serving(answer) as server:
        ask(server, "http://a.example/1", "http://a.example/2", "http://a.example/3", obeys_robots=False)
    assert times[1] - times[0] >= 0.99
    assert times[2] - times[1] >= 0.05


def test_retry_after() -> None:
    now = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT
    assert retry_after_s("120") == 120
    assert retry_after_s("Sun, 06 Nov 1994 08:50:37 GMT", now) == 60
    assert retry_after_s("Sun, 06 Nov 1994 08:00:00 GMT", now) == 0
    assert [retry_after_s(value) for value in (None, "", "soon", "-5", "1.5", "\u0663")] == [None] * 6
    assert retry_after_s("999999999") == 7 * 24 * 3600


def test_redirects_are_told_hop_by_hop() -> None:
    table = {
        "a.example/1": reply("301 Moved", b"", "Location: /2"),
        "a.example/2": reply("302 Found", b"", "Location: http://b.example/3"),
        "b.example/3": reply("200 OK", b"here"),
        "a.example/loop": reply("301 Moved", b"", "Location: /loop2"),
        "a.example/loop2": reply("301 Moved", b"", "Location: /loop"),
        "a.example/self": reply("301 Moved", b"", "Location: /self"),
        "a.example/inside": reply("301 Moved", b"", "Location: http://169.254.169.254/latest"),
        "a.example/file": reply("301 Moved", b"", "Location: file:///etc/passwd"),
        "a.example/gopher": reply("301 Moved", b"", "Location: gopher://a.example/x"),
        "a.example/port": reply("301 Moved", b"", "Location: http://a.test:22/"),
        "a.example/nowhere": reply("301 Moved", b""),
    }
    table |= {f"a.example/n{i}": reply("301 Moved", b"", f"Location: /n{i + 1}") for i in range(20)}
    with serving(pages(table)) as server:
        chain = follow(server, "http://a.example/1")
        assert [(hop.url, hop.status) for hop in chain.hops] == [
            ("http://a.example/1", 301), ("http://a.example/2", 302), ("http://b.example/3", 200),
        ]  # fmt: skip
        assert [follow(server, f"http://a.example/{name}").problem for name in ("loop", "self", "n0", "nowhere")] == [
            "loop", "loop", "too-many", None,
        ]  # fmt: skip
        ends = {
            name: follow(server, f"http://a.example/{name}").last.error for name in ("inside", "file", "gopher", "port")
        }
    assert ends == {"inside": "address", "file": "scheme", "gopher": "scheme", "port": "port"}


def test_slow_answers_end_in_time() -> None:
    is_over = threading.Event()

    def answer(asked: Asked, connection: socket.socket) -> None:
        """A byte now and then, for as long as anybody listens."""
        connection.sendall(b"H" if asked.path == "/head" else b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not is_over.wait(0.1):
            connection.sendall(b"x")

    with serving(answer) as server:
        (head,) = ask(server, "http://a.example/head", total_timeout_s=1.0, obeys_robots=False)
        for time_s in (1.0, 10.0, 60.0):  # more than once only where the machine is too busy to send a head in time
            (body,) = ask(server, "http://a.example/body", total_timeout_s=time_s, obeys_robots=False)
            if body.status is not None:
                break
        is_over.set()
    assert head.status is None
    assert head.error in ("timeout", "bad-answer")  # given up in time, or as soon as it is clear that this is no head
    assert (body.status, body.error, body.cut) == (200, "timeout", "time")
    assert set(body.body) == {ord("x")}


WRONG = {
    "longer-than-sent": (reply("200 OK", b"short", length=1000), (200, "broken", "disconnect", b"short")),
    "shorter-than-sent": (reply("200 OK", b"longer", length=4), (200, None, None, b"long")),
    "too-large": (reply("200 OK", b"x" * 5000), (200, None, "length", b"x" * 1000)),
    "no-http": (b"SSH-2.0-OpenSSH_9.2\r\n", (None, "bad-answer", None, b"")),
    "nothing": (b"", (None, "broken", None, b"")),
    "many-headers": (reply("200 OK", b"x", *(f"X-{i}: y" for i in range(2000))), (None, "bad-answer", None, b"")),
    "long-header": (reply("200 OK", b"x", f"X-Long: {'y' * 100_000}"), (None, "bad-answer", None, b"")),
    "two-lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
                    (None, "bad-answer", None, b"")),
    "cut-chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
                   (200, "broken", "disconnect", None)),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "expected"), WRONG.values(), ids=WRONG)
def test_wrong_answers(answer: bytes, expected: tuple[int | None, str | None, str | None, bytes | None]) -> None:
    with serving(lambda asked, connection: connection.sendall(answer)) as server:
        (found,) = ask(server, "http://a.example/", obeys_robots=False, max_body_bytes=1000)
    status, error, cut, body = expected
    assert (found.status, found.error, found.cut) == (status, error, cut), found.detail
    assert body is None or found.body == body


def test_nobody_there() -> None:
    async def run(port: int) -> Reply:
        there = Policy(routes=(parse_route(f"a.example=127.0.0.1:{port}"),), connect_timeout_s=60)
        async with Fetcher(there, manners(obeys_robots=False)) as fetcher:
            return await fetcher.ask("http://a.example/")

    with socket.socket() as deaf:  # taken, so that nobody else comes to listen there
        deaf.bind(("127.0.0.1", 0))
        assert finished(run(deaf.getsockname()[1])).error == "refused"


def test_a_plain_server_where_tls_is_wanted() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()
        writer.close()

    async def run() -> Reply:
        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        there = Policy(routes=(parse_route(f"a.example=127.0.0.1:{port}"),), connect_timeout_s=60)
        async with server, Fetcher(there, manners(obeys_robots=False)) as fetcher:
            return await fetcher.ask("https://a.example/")

    assert finished(run()).error == "tls"


def _zstd_bomb(size: int) -> bytes:
    return zstandard.ZstdCompressor().compress(bytes(size))


BOMBS = {
    "gzip": gzip.compress(bytes(8 << 20)),
    "deflate": zlib.compress(bytes(8 << 20)),
    "br": brotli.compress(bytes(8 << 20), quality=5),
    "zstd": _zstd_bomb(8 << 20),
    "gzip, gzip": gzip.compress(gzip.compress(bytes(8 << 20))),
}


@pytest.mark.parametrize("coding", BOMBS)
def test_bombs_are_inflated_up_to_the_bound_only(coding: str) -> None:
    found = decoded(BOMBS[coding], coding, 100_000)
    assert found is not None
    assert len(found) == 100_000


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "compress", "gzip, " * 9])
def test_bodies_that_cannot_be_decoded(coding: str) -> None:
    assert decoded(b"rubbish, not compressed at all", coding, 1000) is None


def test_plain_bodies_stay() -> None:
    assert decoded(b"plain", None, 3) == b"pla"
    assert decoded(b"plain", "identity", 100) == b"plain"


def test_what_is_known_comes_back(tmp_path: Path) -> None:
    from inlink.fetch.memory import Known

    memory = Memory(tmp_path / "courtesy.db")
    memory.keep_known([Known("http://a.example/", '"v1"', None, "sha1:X", 5)])
    memory.close()
    again = Memory(tmp_path / "courtesy.db")
    found = again.known("http://a.example/")
    assert found is not None
    assert found.conditions == {"If-None-Match": '"v1"'}
    assert again.known("http://b.example/") is None
    again.close()


def test_origins_name_their_port() -> None:
    assert origin_of("http://a.example/x?http://b") == "http://a.example:80"
    assert origin_of("https://a.example:8443/") == "https://a.example:8443"
    assert origin_of("https://[2001:db8::1]/") == "https://[2001:db8::1]:443"
