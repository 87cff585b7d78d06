"""Reading a file from a server that breaks off, changes, lies, or sends elsewhere."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from scripted_server import Asked, FileAnswers, Server, reply, serving

from inlink.errors import NotFound, Refused, Unreachable
from inlink.fetch import Client, Policy, RemoteFile

DATA = bytes(range(256)) * 4096  # 1 MiB


def policy_for(server: Server, **settings: object) -> Policy:
    known: dict[str, object] = {
        "retry_wait_s": 0.01,
        "read_timeout_s": 60.0,
        "connect_timeout_s": 60.0,
        "max_retries": 2,
        **settings,
    }
    return Policy(test_hosts=frozenset({server.place}), **known)  # type: ignore[arg-type]


@pytest.fixture
def clients() -> Iterator[list[Client]]:
    made: list[Client] = []
    yield made
    for client in made:
        client.close()


def remote(server: Server, clients: list[Client], path: str = "/file", **settings: object) -> RemoteFile:
    clients.append(Client(policy_for(server, **settings)))
    return RemoteFile(clients[-1], server.url(path))


def test_whole_file(clients: list[Client]) -> None:
    with serving(FileAnswers(DATA)) as server:
        file = remote(server, clients)
        assert b"".join(file.read_from(0)) == DATA
        assert (file.size_bytes, file.validator) == (len(DATA), '"v1"')
        assert server.asked[0].headers["user-agent"].startswith("inlink/")
        assert server.asked[0].headers["accept-encoding"] == "identity"
        assert "range" not in server.asked[0].headers


@pytest.mark.parametrize(
    ("offset", "length"), [(1, None), (1000, 500), (0, 10), (len(DATA) - 3, None), (len(DATA), None)]
)
def test_ranges(clients: list[Client], offset: int, length: int | None) -> None:
    with serving(FileAnswers(DATA)) as server:
        expected = DATA[offset : None if length is None else offset + length]
        assert b"".join(remote(server, clients).read_from(offset, length)) == expected


@pytest.mark.parametrize("offset", [0, 777])
def test_a_broken_connection_is_resumed(clients: list[Client], offset: int) -> None:
    with serving(FileAnswers(DATA, break_after=300_000)) as server:
        assert b"".join(remote(server, clients).read_from(offset)) == DATA[offset:]
        assert len(server.asked) == 4
        assert server.asked[-1].headers["range"] == f"bytes={offset + 900_000}-"
        assert server.asked[-1].headers["if-range"] == '"v1"'


def test_many_small_steps(clients: list[Client]) -> None:
    with serving(FileAnswers(DATA[:20_000], break_after=1000)) as server:
        assert b"".join(remote(server, clients, retry_wait_s=0.0).read_from(0)) == DATA[:20_000]
        assert len(server.asked) == 20


def test_resumed_without_ranges(clients: list[Client]) -> None:
    with serving(FileAnswers(DATA, break_after=300_000, n_breaks=2, has_ranges=False)) as server:
        assert b"".join(remote(server, clients).read_from(0)) == DATA


def test_a_server_that_never_gets_on_is_given_up(clients: list[Client]) -> None:
    with serving(FileAnswers(DATA, break_after=0)) as server:
        with pytest.raises(Unreachable):
            b"".join(remote(server, clients).read_from(0))
        assert len(server.asked) == 3


def test_a_file_that_changes_is_told(clients: list[Client]) -> None:
    answers = FileAnswers(DATA, break_after=300_000)
    with serving(answers) as server:
        file = remote(server, clients)
        chunks = file.read_from(0)
        next(chunks)
        answers.etag = '"v2"'
        with pytest.raises(Unreachable, match="changed"):
            b"".join(chunks)


def test_pinned_to_what_was_added(clients: list[Client]) -> None:
    with serving(FileAnswers(DATA)) as server:
        clients.append(Client(policy_for(server)))
        for validator, size in (('"v0"', None), (None, len(DATA) - 1)):
            with pytest.raises(Unreachable, match="changed"):
                next(RemoteFile(clients[-1], server.url(), validator=validator, size_bytes=size).read_from(0))


def test_first_bytes_end_the_connection(clients: list[Client]) -> None:
    with serving(FileAnswers(DATA)) as server:
        assert remote(server, clients).first_bytes(10) == DATA[:10]


@pytest.mark.parametrize("status", ["500 x", "503 x", "429 x"])
def test_trouble_that_passes(clients: list[Client], status: str) -> None:
    answers = FileAnswers(DATA)

    def answer(asked: Asked, connection: socket.socket) -> None:
        if len(server.asked) < 3:
            connection.sendall(reply(status))
        else:
            answers(asked, connection)

    with serving(answer) as server:
        assert b"".join(remote(server, clients).read_from(0)) == DATA


ENDINGS = {
    "gone": (reply("404 Not Found"), NotFound),
    "forbidden": (reply("403 Forbidden"), Refused),
    "teapot": (reply("418 x"), Unreachable),
    "no-content": (reply("204 x"), Unreachable),
    "longer-than-allowed": (reply("200 OK", b"x", length=10**12), Refused),
    "never-better": (reply("500 x"), Unreachable),
    "empty": (b"", Unreachable),
    "not-http": (b"SSH-2.0-OpenSSH\r\n\r\n", Unreachable),
    "header-bomb": (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000, Unreachable),
    "many-headers": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000 + b"\r\n", Unreachable),
    "more-than-said": (reply("200 OK", b"abc") + b"and more", Unreachable),
    "wrong-range": (reply("206 x", b"abc", "Content-Range: bytes 5-7/9"), Unreachable),
    "range-unasked": (reply("206 x", b"abc"), Unreachable),
    "to-nowhere": (reply("302 x", b"", "Location: http://"), Exception),
    "to-file": (reply("302 x", b"", "Location: file:///etc/passwd"), Refused),
    "to-loopback": (reply("301 x", b"", "Location: http://127.0.0.1:1/"), Refused),
    "to-localhost": (reply("302 x", b"", "Location: http://localhost/"), Refused),
    "to-metadata": (reply("307 x", b"", "Location: http://169.254.169.254/latest"), Refused),
    "to-v6": (reply("308 x", b"", "Location: http://[::1]/"), Refused),
    "to-decimal": (reply("303 x", b"", "Location: //2130706433/"), Refused),
    "to-itself": (reply("302 x", b"", "Location: /file"), Unreachable),
}


@pytest.mark.parametrize("case", ENDINGS)
def test_endings(clients: list[Client], case: str) -> None:
    data, error = ENDINGS[case]
    with serving(lambda asked, connection: connection.sendall(data)) as server:
        with pytest.raises(error):
            b"".join(remote(server, clients).read_from(0))
        assert len(server.asked) <= 6


def test_redirects_are_followed(clients: list[Client]) -> None:
    answers = FileAnswers(DATA)

    def answer(asked: Asked, connection: socket.socket) -> None:
        if asked.path == "/file":
            connection.sendall(reply("302 x", b"", "Location: /a?b"))
        else:
            answers(asked, connection)

    with serving(answer) as server:
        file = remote(server, clients)
        assert b"".join(file.read_from(5, 100)) == DATA[5:105]
        assert file.url == server.url("/a?b")


def test_a_silent_server_times_out(clients: list[Client]) -> None:
    def silent(asked: Asked, connection: socket.socket) -> None:
        connection.recv(1)

    with serving(silent) as server, pytest.raises(Unreachable):
        b"".join(remote(server, clients, read_timeout_s=0.2, max_retries=1).read_from(0))


def test_without_a_length_the_limit_holds(clients: list[Client]) -> None:
    def endless(asked: Asked, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            connection.sendall(bytes(65536))

    with serving(endless) as server, pytest.raises(Unreachable, match="limit"):
        for _ in remote(server, clients, max_bytes=1_000_000).read_from(0):
            pass


def test_nothing_listens(clients: list[Client]) -> None:
    with socket.socket() as deaf:  # taken, so that nobody else comes to listen there
        deaf.bind(("127.0.0.1", 0))
        nobody = Server(deaf.getsockname()[1], FileAnswers(DATA))
        with pytest.raises(Unreachable):
            b"".join(remote(nobody, clients, max_retries=0).read_from(0))
