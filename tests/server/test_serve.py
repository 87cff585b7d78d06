"""`inlink serve` as a process: where it may listen, what it says, how it ends."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from server_site import GOOD, accounts_of, with_users

from inlink.config import Server
from inlink.errors import BadInput, Busy, Refused
from inlink.fetch.loops import finished
from inlink.server import serve
from inlink.server.serve import address, is_bare, is_loopback, listen, reached, tls_of
from inlink.server.site import LOOPBACK_NAMES, site_of
from inlink.store.workspace import Workspace
from inlink.workbench import Workbench
from inlink.workbench.people import Role, Who


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, and its address."""
    command = [sys.executable, "-m", "inlink", "-w", str(folder), "serve", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        found = re.search(r"at (https?://\S+/) ", line)
        try:
            assert found, (line, process.stderr.read() if process.stderr else "")
            yield process, found[1]
        finally:
            process.kill()


def test_it_answers_and_ends_politely(tmp_path: Path) -> None:
    Workspace.create(tmp_path)
    with serving(tmp_path) as (process, url):
        with urlopen(url) as answer:
            assert answer.status == 200
            assert "server" not in answer.headers
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate()
        assert (process.returncode, said) == (0, "")
    assert not list((tmp_path / "locks").glob("*.lease"))


def test_others_are_let_in_only_where_somebody_signs_in(tmp_path: Path) -> None:
    with Workbench.create(tmp_path) as bench:
        with listen("0.0.0.0", 0) as listener, pytest.raises(Refused, match="no users yet") as caught:
            reached(bench, listener, "0.0.0.0")
        assert "inlink user add" in caught.value.hint
        accounts_of(bench).add(Who.local(), "Ada", GOOD, Role.ADMIN)
        with listen("0.0.0.0", 0) as listener:
            site = reached(bench, listener, "0.0.0.0")
            assert not site.is_local
            assert is_bare(listener, site, None)


@pytest.mark.parametrize(
    "setting", ['hosts = ["a.example"]', 'base_url = "https://a.example"', 'trusted_proxies = ["::1"]']
)
def test_a_proxy_before_loopback_needs_users_too(tmp_path: Path, setting: str) -> None:
    workspace = Workspace.create(tmp_path)
    workspace.settings_path.write_text(f"[server]\n{setting}\n", encoding="utf-8")
    with Workbench.open(tmp_path) as bench, listen("127.0.0.1", 0) as listener:
        with pytest.raises(Refused, match="no users yet"):
            reached(bench, listener, "127.0.0.1")
        with_users(accounts_of(bench))
        site = reached(bench, listener, "127.0.0.1")
        assert not is_bare(listener, site, None)


def test_where_it_is_reached_is_said(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert address(listener) == f"http://127.0.0.1:{port}/"
        named = site_of(Server(base_url="https://links.example"), LOOPBACK_NAMES, is_loopback=True)
        assert address(listener, named) == "https://links.example/"
        (tmp_path / "key.pem").touch()
        tls = tls_of(tmp_path / "key.pem", tmp_path / "key.pem")
        assert address(listener, tls=tls) == f"https://127.0.0.1:{port}/"


def test_an_address_that_can_be_opened_is_said() -> None:
    with listen("0.0.0.0", 0) as listener:
        assert address(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}/"


def test_half_a_certificate_is_refused(tmp_path: Path) -> None:
    assert tls_of(None, None) is None
    for cert, key in ((tmp_path, None), (None, tmp_path), (tmp_path / "no", tmp_path / "no")):
        with pytest.raises(BadInput):
            tls_of(cert, key)


def test_pages_do_not_wait_for_acknowledgements() -> None:
    asked = finished(_delayed())
    assert asked == [False], "Nagle's delay is on: each page would come 40 ms late"


async def _delayed() -> list[bool]:
    """Whether connections that asyncio took from our socket hold small packets back."""
    found: list[bool] = []
    done = asyncio.Event()

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken = writer.get_extra_info("socket")
        found.append(not taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()
        done.set()

    with listen("127.0.0.1", 0) as listener:
        async with await asyncio.start_server(answer, sock=listener):
            with socket.create_connection(listener.getsockname()):
                await done.wait()
    return found


def test_a_site_does_without_the_compiler() -> None:
    code = "import sys, inlink.server.serve; print([name for name in ('numba', 'scipy') if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]", "they take 60 MB of a server's memory, and crawls or checks import them anyway"


def test_a_taken_port_is_said() -> None:
    with listen("127.0.0.1", 0) as listener, pytest.raises(Busy, match="cannot be used"):
        listen("127.0.0.1", listener.getsockname()[1])


def test_a_host_that_is_none() -> None:
    with pytest.raises(BadInput, match="no address"):
        listen("no.such.host.invalid", 0)


@pytest.mark.parametrize(
    ("host", "found"), [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("localhost", True),
                        ("0.0.0.0", False), ("192.0.2.1", False), ("localhost.evil.example", False)]
)  # fmt: skip
def test_loopback(host: str, found: bool) -> None:
    assert is_loopback(host) is found


def test_uvicorn_believes_no_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}

    class Stop(Exception):
        pass

    def config(_app: object, **given: object) -> None:
        seen.update(given)
        raise Stop

    monkeypatch.setattr("uvicorn.Config", config)
    with Workbench.create(tmp_path) as bench, socket.socket() as listener, pytest.raises(Stop):
        serve.run(bench, listener)
    assert seen["proxy_headers"] is False
    assert seen["server_header"] is False
