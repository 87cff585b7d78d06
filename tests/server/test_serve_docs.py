"""What docs/serve.md tells people to write: settings, a unit of systemd, nginx before the site."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import click
import httpx2
import pytest
import uvicorn
from server_site import GOOD, accounts_of, with_users

from inlink.cli.commands import inlink
from inlink.config import parse_settings
from inlink.server.app import create_app
from inlink.server.serve import listen, reached
from inlink.workbench import Workbench, audit

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "serve.md").read_text(encoding="utf-8")
LONGEST_S = 120.0  # against hanging only


def block(kind: str, holding: str = "") -> str:
    """The code block of a kind that holds something."""
    blocks: list[str] = re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.M | re.S)
    return next(text for text in blocks if holding in text)


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name}")
    return found


def test_settings_are_settings() -> None:
    server = parse_settings(block("toml")).server
    assert (server.base_url, server.trusted_proxies) == ("https://links.example.org", ("127.0.0.1/32",))


def test_commands_are_commands() -> None:
    found = re.findall(r"^(?:    |sudo -u inlink \S+/|podman run --rm .* )inlink (.+)$", PAGE, re.M)
    assert len(found) >= 8
    for line in found:
        words = shlex.split(line)
        name, *rest = words[2:] if words[0] == "-w" else words
        command = inlink.commands[name]
        with command.make_context(name, rest, resilient_parsing=True):
            assert not isinstance(command, click.Group) or rest[0] in command.commands


def test_the_unit_is_one(tmp_path: Path) -> None:
    verify = program("systemd-analyze")
    unit = tmp_path / "inlink.service"
    text = re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable} -m inlink", block("ini"), flags=re.M)
    unit.write_text(re.sub(r"^(User)=.*", r"\1=root", text, flags=re.M), encoding="utf-8")
    done = subprocess.run([verify, "verify", "--man=no", str(unit)], capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if "inlink.service" in line]
    assert said == []


@pytest.fixture
def behind_nginx(tmp_path: Path) -> Iterator[tuple[str, Workbench, ssl.SSLContext]]:
    """The site behind nginx as the page has it, but for its ports and its certificate."""
    nginx, openssl = program("nginx"), program("openssl")
    names = ["-subj", "/CN=links.example.org", "-addext", "subjectAltName=DNS:links.example.org"]
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", "key.pem", "-out", "chain.pem", *names],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    with Workbench.create(tmp_path / "web") as bench:
        bench.path.joinpath("inlink.toml").write_text(block("toml"), encoding="utf-8")
        with_users(accounts_of(bench))
        with listen("127.0.0.1", 0) as listener, listen("127.0.0.1", 0) as front_door:
            port, outer = listener.getsockname()[1], front_door.getsockname()[1]
            app = create_app(bench, accounts=bench.accounts, site=reached(bench, listener, ""))
            server = uvicorn.Server(uvicorn.Config(app, log_level="error", proxy_headers=False, ws="none"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            inherited = front_door.fileno()  # as a new nginx gets it from an old one: nobody else can take the port
            front = subprocess.Popen(
                [nginx, "-p", str(tmp_path), "-c", str(conf(tmp_path, outer, port))],
                env={**os.environ, "NGINX": f"{inherited};"}, pass_fds=[inherited],
            )  # fmt: skip
            try:
                yield (
                    f"https://links.example.org:{outer}",
                    bench,
                    ssl.create_default_context(cafile=str(tmp_path / "chain.pem")),
                )
            finally:
                front.terminate()
                front.wait()
                server.should_exit = True
                thread.join()


def conf(folder: Path, outer: int, port: int) -> Path:
    """A configuration of nginx around the page's block."""
    text = block("nginx").replace("listen 443 ssl", f"listen 127.0.0.1:{outer} ssl")
    text = text.replace("127.0.0.1:8765", f"127.0.0.1:{port}").replace("/etc/ssl/links.example.org/", f"{folder}/")
    text = text.replace("Host $host;", f"Host $host:{outer};")  # the port is the usual one there
    path = folder / "nginx.conf"
    kept = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root; " if os.geteuid() == 0 else ""
    path.write_text(
        f"daemon off; {user}pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; {kept}\n{text}\n}}\n",
        encoding="utf-8",
    )
    return path


def test_nginx_before_the_site(behind_nginx: tuple[str, Workbench, ssl.SSLContext]) -> None:
    url, bench, trusted = behind_nginx
    token = re.compile(r'name="csrf_token" value="([^"]+)"')
    port = int(url.rpartition(":")[2])
    elsewhere = httpx2.HTTPTransport(local_address="127.0.0.2", verify=trusted)  # no trusted proxy stands there
    with httpx2.Client(base_url=f"https://127.0.0.1:{port}", transport=elsewhere, timeout=LONGEST_S) as browser:
        named = {"headers": {"host": f"links.example.org:{port}"}, "extensions": {"sni_hostname": "links.example.org"}}
        page = browser.get("/login", **named)  # type: ignore[arg-type]
        assert page.status_code == 200
        assert page.headers["strict-transport-security"]
        found = token.search(page.text)
        assert found
        cookie = page.headers["set-cookie"].partition(";")[0]
        assert cookie.startswith("__Host-inlink_visit=")
        answer = browser.post(
            "/login",
            data={"csrf_token": found[1], "name": "Ada", "password": GOOD},
            headers={**named["headers"], "origin": url, "cookie": cookie, "x-forwarded-for": "6.6.6.6"},
            extensions=named["extensions"],
        )
        assert answer.status_code == 303
        assert answer.headers["set-cookie"].startswith("__Host-inlink=")
        assert "Secure" in answer.headers["set-cookie"]
    login = audit.entries(bench.database, action="login", limit=1)[0]
    assert login.details["address"] == "127.0.0.2"  # not what the visitor wrote before nginx added to it
