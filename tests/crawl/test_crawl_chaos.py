"""A crawl through a proxy that drops, delays and corrupts ends with the pages of one in peace."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from hosting import Page, hosting, html
from made_crawls import archived, run

from talking import talking

TROUBLES = ("none", "hang-up", "drop", "drop", "corrupt", "corrupt", "garble", "head")


class Chaos:
    """Hands bytes to and fro; the first time that a path is asked for, its answer may come to harm."""

    def __init__(self, port: int, seed: int) -> None:
        self._there, self._draw = port, random.Random(seed)
        self._met: set[bytes] = set()
        self.port = 0
        self.done: Counter[str] = Counter()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: request by request."""
        there, to_there = await asyncio.open_connection("127.0.0.1", self._there)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError), contextlib.closing(to_there):
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                to_there.write(request)
                head = await there.readuntil(b"\r\n\r\n")
                size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                answer = self.harmed(request.split(b" ")[1], head, await there.readexactly(size))
                if answer is None:
                    break
                if self._draw.random() < 0.2:
                    await asyncio.sleep(0.02)
                writer.write(answer)
                if len(answer) != len(head) + size:
                    break

    def harmed(self, path: bytes, head: bytes, body: bytes) -> bytes | None:
        """What arrives of an answer; None where nothing does."""
        trouble = "none" if path in self._met or path == b"/robots.txt" else self._draw.choice(TROUBLES)
        self._met.add(path)
        self.done[trouble] += 1
        damaged = bytearray(body)
        damaged[self._draw.randrange(10, len(body))] ^= 1 << self._draw.randrange(8)
        arrives = {
            "hang-up": None,
            "drop": head + body[: len(body) // 2],
            "corrupt": head + bytes(damaged),
            "garble": b"\0\xff" + head[2:] + body,
            "head": head.replace(b"\r\nContent-Type", b"\r\n\0\1Type", 1) + body,
        }
        return arrives.get(trouble, head + body)


@contextlib.contextmanager
def between(port: int, seed: int) -> Iterator[Chaos]:
    """The proxy before a port, while the block runs."""
    chaos = Chaos(port, seed)
    with talking(chaos.talk) as chaos.port:
        yield chaos


def site(host: str, path: str, headers: dict[str, str]) -> Page | None:
    """A tree of 160 pages, compressed, so that what is damaged can be told; half of them are not there."""
    name = path.strip("/")
    number = int(name) if name.isdigit() else 0
    if number >= 80 or path == "/robots.txt":
        return None
    page = html(f"/{2 * number + 1}", f"/{2 * number + 2}", text=f"page {number} " * 40)
    body = page.body.encode() if isinstance(page.body, str) else page.body
    return Page(gzip.compress(body, mtime=0), headers={"Content-Encoding": "gzip"})


def test_a_proxy_that_drops_delays_and_corrupts_loses_no_page(tmp_path: Path) -> None:
    with hosting(site) as web, between(web.port, 5) as chaos:
        web.port, there = chaos.port, web.port
        report = run(tmp_path, web)
        while report.ending == "waiting":  # a host that failed five times in a row was set aside
            report = run(tmp_path, web)
        web.port = there
    assert report.ending == "done"
    assert archived(tmp_path) == sorted(["https://a.example/", *(f"https://a.example/{n}" for n in range(1, 161))])
    assert report.failed == {}
    assert set(chaos.done) == set(TROUBLES)
    assert report.statuses[200] == 80
