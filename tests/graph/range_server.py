"""A static web server on this machine that counts what it is asked, and can be made to misbehave."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Served:
    """A folder as a web server shows it, and what was asked of it."""

    folder: Path
    url: str = ""
    has_ranges: bool = True
    cut: dict[str, int] = field(default_factory=dict)  # file → bytes that are left of it
    etags: dict[str, str] = field(default_factory=dict)
    before: Callable[[str], None] = lambda _: None
    asked: list[str] = field(default_factory=list)
    n_bytes: int = 0

    @property
    def place(self) -> str:
        return self.url.split("/")[2]

    def reset(self) -> None:
        self.asked, self.n_bytes = [], 0


@contextmanager
def serving_folder(folder: Path) -> Iterator[Served]:
    """A server while the block runs."""
    served = Served(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = self.path.lstrip("/").partition("?")[0]
            served.before(name)
            served.asked.append(name)
            path = served.folder / name
            if not path.is_file():
                self._send(404, b"", {})
                return
            size = min(path.stat().st_size, served.cut.get(name, 1 << 60))
            tag = served.etags.get(name, f'"{path.stat().st_mtime_ns:x}"')
            match = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            if match is None or not served.has_ranges or self.headers.get("If-Range", tag) != tag:
                self._send(200, _read(path, 0, size), {"ETag": tag})
                return
            start, end = int(match[1]), min(int(match[2]), size - 1)
            if start > end:
                self._send(416, b"", {"Content-Range": f"bytes */{size}"})
                return
            body = _read(path, start, end + 1 - start)
            self._send(206, body, {"ETag": tag, "Content-Range": f"bytes {start}-{end}/{size}"})

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(key, value)
            self.end_headers()
            served.n_bytes += len(body)
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _read(path: Path, start: int, size: int) -> bytes:
    with path.open("rb") as stream:
        stream.seek(start)
        return stream.read(size)
