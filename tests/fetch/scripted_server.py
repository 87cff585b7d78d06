"""A server on this machine that answers as it is told, also wrongly."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

HANGING_S = 120  # against hanging only


@dataclass
class Asked:
    """One request: its path and headers (lower-case names)."""

    path: str
    headers: dict[str, str]


Answerer = Callable[[Asked, socket.socket], None]


@dataclass
class Server:
    """Where it listens, what answers, and what was asked."""

    port: int
    answer: Answerer
    asked: list[Asked] = field(default_factory=list)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/file") -> str:
        return f"http://{self.place}{path}"


@contextmanager
def serving(answer: Answerer) -> Iterator[Server]:
    """A server while the block runs; each connection gets one answer."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(listener.getsockname()[1], answer)
    threads: list[threading.Thread] = []

    def one(connection: socket.socket) -> None:
        with connection, suppress(BrokenPipeError, ConnectionResetError):
            data = b""
            while b"\r\n\r\n" not in data:
                more = connection.recv(65536)
                if not more:
                    return
                data += more
            first, *lines = data.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            request = Asked(first.split(" ")[1], headers)
            server.asked.append(request)
            server.answer(request, connection)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=one, args=(connection,), daemon=True))
            threads[-1].start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(HANGING_S)
        for each in threads:
            each.join(HANGING_S)


def reply(status: str, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    """The bytes of an answer; `length` overrides the true one."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", "Connection: close"]
    return "\r\n".join([*lines, *headers]).encode() + b"\r\n\r\n" + body


@dataclass
class FileAnswers:
    """Answers with a file, in ranges if asked; the connection breaks after `break_after` bytes, `n_breaks` times."""

    data: bytes
    etag: str | None = '"v1"'
    break_after: int | None = None
    n_breaks: int = 10**6
    has_ranges: bool = True

    def __call__(self, asked: Asked, connection: socket.socket) -> None:
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", asked.headers.get("range", ""))
        tag = [f"ETag: {self.etag}"] if self.etag else []
        is_same = asked.headers.get("if-range") in (None, self.etag)
        if match is None or not self.has_ranges or not is_same:
            head, body = reply("200 OK", b"", *tag, length=len(self.data)), self.data
        else:
            start, end = int(match[1]), int(match[2] or len(self.data) - 1)
            body = self.data[start : end + 1]
            if not body:
                connection.sendall(reply("416 Range Not Satisfiable", b"", f"Content-Range: bytes */{len(self.data)}"))
                return
            said = f"Content-Range: bytes {start}-{start + len(body) - 1}/{len(self.data)}"
            head = reply("206 Partial Content", b"", *tag, said, length=len(body))
        if self.break_after is not None and self.n_breaks > 0:
            self.n_breaks -= 1
            body = body[: self.break_after]
        connection.sendall(head + body)
