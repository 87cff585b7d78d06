"""The web of bench/verdicts.py: hosts that know what each of their addresses is, answering after a while."""

from __future__ import annotations

import asyncio
import collections
import os
import random
import signal
import socket
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

LATENCY_S = 0.02
WORDS = ("flour", "water", "salt", "yeast", "oven", "stone", "crust", "crumb", "dough", "starter", "rye", "wheat")
PARKED = (
    "<html data-adblockkey='x'><title>{host}</title><h1>{host}</h1><p>This domain is for sale"
    "<script src='//c.parkingcrew.net/x.js'></script></html>"
)
# kind: (share of pages, verdicts that are right, whether the link is well)
KINDS: dict[str, tuple[int, frozenset[str], bool | None]] = {
    "page": (56, frozenset(("ok",)), True),
    "soft-missing": (8, frozenset(("soft-404",)), False),
    "missing": (8, frozenset(("not-found",)), False),
    "gone": (2, frozenset(("gone",)), False),
    "error": (2, frozenset(("server-error",)), False),
    "flaky": (2, frozenset(("ok",)), True),
    "forbidden": (4, frozenset(("unknown",)), None),
    "moved": (6, frozenset(("redirected",)), True),
    "moved-home": (2, frozenset(("redirected-home",)), True),
    "parked": (2, frozenset(("parked",)), False),
    "pdf": (6, frozenset(("ok",)), True),
    "pdf-missing": (2, frozenset(("not-found",)), False),
}


@dataclass(frozen=True)
class Link:
    """One address and what it is."""

    url: str
    kind: str


def links_of(port: int, n_hosts: int, n_pages: int) -> list[Link]:
    """All addresses. Hosts whose number ends in 3 answer 200 to all; every fiftieth is parked."""
    draw = random.Random(7)
    plain = [
        kind for kind, (share, _, _) in KINDS.items() for _ in range(share) if kind not in ("parked", "soft-missing")
    ]
    found = []
    for host in range(n_hosts):
        origin = f"http://127.0.1.{host + 1}:{port}"
        for number in range(n_pages):
            if host % 50 == 49:
                kind = "parked"
            elif host % 10 == 3:
                kind = draw.choice(("page", "soft-missing", "soft-missing", "soft-missing"))
            else:
                kind = draw.choice(plain)
            ending = "pdf" if kind.startswith("pdf") else "html"
            found.append(Link(f"{origin}/d{number % 3}/{kind}-{number}.{ending}", kind))
    rounds = [found[at::n_pages] for at in range(n_pages)]  # a page of each host, then another of each
    return [link for each in rounds for link in each]


def body_of(title: str, seed: int) -> bytes:
    """A page of some 8 KB."""
    draw = random.Random(seed)
    parts = [f"<p>{' '.join(draw.choices(WORDS, k=60))} <a href='/d0/page-{i}.html'>more</a></p>" for i in range(18)]
    nav = "".join(f"<li><a href='/d1/{word}'>{word}</a>" for word in WORDS)
    head = f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title></head>"
    return f"{head}<body><nav><ul>{nav}</ul></nav><main><h1>{title}</h1>{''.join(parts)}</main></body></html>".encode()


def answered(status: str, body: bytes = b"", type: str = "text/html; charset=utf-8", *headers: str) -> bytes:
    """The bytes of an answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", f"Content-Type: {type}", *headers]
    lines.append("LinkChecker: 1")  # leave for LinkChecker not to pause between requests to a host
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Answers:
    """What every address is answered with."""

    def __init__(self) -> None:
        self.pages = [answered("200 OK", body_of(f"Page {n} of bread", n)) for n in range(64)]
        self.soft = answered("200 OK", body_of("Page not found", 1000))
        self.home = answered("200 OK", body_of("Home", 1001))
        self.missing = answered("404 Not Found", b"<h1>Not Found</h1>")
        self.asked: collections.Counter[str] = collections.Counter()
        self.index = b""

    def to(self, host: str, path: str) -> bytes:
        """The answer for a host and path."""
        if path == "/index.html":
            return self.index
        if path == "/reset":
            self.asked.clear()
            return answered("204 No Content")
        number = int(host.split(":")[0].rpartition(".")[2]) - 1
        if path == "/robots.txt":
            return self.missing
        if number % 50 == 49:
            return answered("200 OK", PARKED.format(host=host).encode())
        kind = path.rpartition("/")[2].rpartition("-")[0]
        if path == "/":
            return self.home
        if kind in ("page", "moved-to"):
            return self.pages[hash(path) % 64]
        if number % 10 == 3:
            return self.soft
        return self._of(kind, host, path)

    def _of(self, kind: str, host: str, path: str) -> bytes:
        if kind == "moved":
            return answered("301 Moved Permanently", b"", "text/html", f"Location: {path.replace('moved', 'moved-to')}")
        if kind == "moved-home":
            return answered("302 Found", b"", "text/html", "Location: /")
        if kind == "pdf":
            return answered("200 OK", b"%PDF-1.4 " + b"x" * 20_000, "application/pdf")
        if kind == "flaky":
            self.asked[host + path] += 1
            if self.asked[host + path] > 1:
                return self.pages[0]
        simple = {"gone": "410 Gone", "error": "500 Internal Server Error", "flaky": "500 Internal Server Error",
                  "forbidden": "403 Forbidden"}  # fmt: skip
        return answered(simple[kind], b"<h1>no</h1>") if kind in simple else self.missing


class Protocol(asyncio.Protocol):
    """HTTP/1.1 with kept connections; every answer after the latency."""

    def __init__(self, answers: Answers, log: list[tuple[str, float]] | None) -> None:
        self._answers, self._log, self._data = answers, log, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while b"\r\n\r\n" in self._data:
            head, _, self._data = self._data.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            method, path, _ = lines[0].split(" ", 2)
            host = next((line[5:].strip() for line in lines if line[:5].lower() == "host:"), "")
            if self._log is not None:
                self._log.append((host, time.monotonic()))
            answer = self._answers.to(host, path)
            if method == "HEAD":
                answer = answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            asyncio.get_running_loop().call_later(LATENCY_S, self._write, answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


def serve(n_hosts: int, n_pages: int, pipe: Connection, logs: bool) -> None:
    """All hosts on one port; with `logs`, tells who was asked when once the pipe says so."""
    pinned(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    log: list[tuple[str, float]] | None = [] if logs else None

    async def run() -> None:
        answers = Answers()
        loop = asyncio.get_running_loop()
        port = 0
        for host in range(n_hosts):
            listener = socket.create_server((f"127.0.1.{host + 1}", port), backlog=512)
            port = listener.getsockname()[1]
            await loop.create_server(lambda: Protocol(answers, log), sock=listener)
        links = links_of(port, n_hosts, n_pages)
        anchors = "".join(f'<a href="{link.url}">{n}</a>\n' for n, link in enumerate(links))
        answers.index = answered("200 OK", f"<!doctype html><title>Links</title>{anchors}".encode())
        pipe.send(port)
        await loop.run_in_executor(None, pipe.recv)
        pipe.send(log)

    asyncio.run(run())


def pinned(core: int) -> None:
    """Run on one core, where the system knows how and has it."""
    if hasattr(os, "sched_setaffinity") and core < (os.cpu_count() or 1):
        os.sched_setaffinity(0, {core})
