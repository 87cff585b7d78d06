"""`inlink crawl` from the command line, over real HTTP."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from inlink.cli.main import main

N_PAGES = 40
LONGEST_S = 300  # against hanging only


@dataclass(frozen=True)
class Done:
    """How a verb ended."""

    returncode: int
    stdout: str
    stderr: str


class Site(BaseHTTPRequestHandler):
    """Pages in a row; /0 … each link to the next; the last one answers when `gate` is open."""

    gate = threading.Event()

    def do_GET(self) -> None:
        name = self.path.lstrip("/")
        if name == str(N_PAGES - 1):
            self.gate.wait(LONGEST_S)
        number = int(name) if name.isdigit() else -1 if not name else N_PAGES
        found = number < N_PAGES
        body = f'<p>{number} <a href="/{number + 1}">next</a> <a href="https://b.example/">b</a>'.encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Site.gate.set()
    run(tmp_path, "init")
    settings = f'[fetch]\ndelay_s = 0\nroutes = ["*.example=http://127.0.0.1:{server.server_address[1]}"]\n'
    (tmp_path / "web" / "inlink.toml").write_text(settings, encoding="utf-8")
    yield tmp_path
    Site.gate.set()
    server.shutdown()
    server.server_close()
    thread.join()


def run(folder: Path, *words: str) -> Done:
    """A verb in this process: the one of Ctrl-C has one of its own."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(["-w", str(folder / "web"), *words])
    return Done(code, out.getvalue(), err.getvalue())


def test_a_crawl_says_what_it_did(folder: Path) -> None:
    done = run(folder, "crawl", "https://a.example/", "--max-pages", "10")
    assert done.returncode == 0, done.stderr
    assert "10 pages" in done.stdout
    assert "the limit of pages was reached" in done.stdout
    done = run(folder, "crawl", "https://a.example/", "--format", "json")
    found = json.loads(done.stdout)
    assert (found["is_resumed"], found["ending"], found["n_done"]) == (True, "done", N_PAGES + 2)
    assert found["left_out"] == {"out-of-scope": 1}
    built = run(folder, "build", "--format", "json")
    assert json.loads(built.stdout)["n_captures"] == N_PAGES + 2
    assert run(folder, "backlinks", "b.example", "--format", "json").stdout.count("source_url") == N_PAGES + 1


def test_ctrl_c_ends_politely(folder: Path) -> None:
    settings = folder / "web" / "inlink.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("delay_s = 0", "delay_s = 0.2"), encoding="utf-8")
    Site.gate.clear()  # it does not come to its end before it is stopped
    command = [sys.executable, "-m", "inlink", "-w", str(folder / "web"), "crawl", "https://a.example/"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not list((folder / "web" / "archive").glob("*.open")):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        Site.gate.set()
        out, err = process.communicate(timeout=LONGEST_S)
    assert process.returncode == 130
    assert "stopped; run it again to go on" in out
    assert "Traceback" not in err


def test_wrong_words(folder: Path) -> None:
    done = run(folder, "crawl")
    assert (done.returncode, "nothing to crawl is named" in done.stderr) == (2, True)
    done = run(folder, "crawl", "https://example.org/")
    assert (done.returncode, "nobody is named" in done.stderr) == (1, True)
