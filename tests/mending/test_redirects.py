"""Redirects as nginx and Apache read them, where they are installed, and as plain readings of their rules."""

from __future__ import annotations

import csv
import http.client
import io
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from inlink.errors import BadInput
from inlink.mending.redirects import FORMATS, Redirect, apache, as_csv, nginx, written

HANGING_S = 120  # against hanging only
HOST = "mine.example"
TO = f"https://{HOST}"
PATHS = {
    "plain": ("/old.html", "/new/"),
    "query": ("/page?id=1&x=a.b", "/page/1?from=2&q=100%25"),
    "another query": ("/page?id=2", "/page/2"),
    "escapes": ("/a%20b/%C3%BC%2F.html", "/%C3%BCber%20uns"),
    "regex signs": ("/a+b(c)[d]{e}*^~.x", "/x+(y)"),
    "dollar and percent": ("/p$1%241", "/to$1and%25{X}"),
    "case one": ("/Case", "/lower"),
    "case two": ("/case", "/upper"),
    "quotes": ("/it's;here,%22q%22", "/it's;there#part"),
    "backslash in a query": ("/b?c:\\new\\table", "/back?d:\\x"),
    "braces": ("/x{1,2};}", "/braces{}"),
    "long": ("/" + "long-name/" * 60, "/short"),
    "dots": ("/v1.2", "/v2"),
    "only a query at the root": ("/?p=12", "/twelve"),
}
NEAR = ["/oldxhtml", "/old.html?x=1", "/page?id=3", "/page", "/ccase", "/v1x2", "/", "/p1", "/x", "/v1.2/", "/CASE/x"]
REDIRECTS = [
    Redirect(f"https://{HOST}{old}", f"{TO}{new}", f"note: {name}\\\n}}") for name, (old, new) in PATHS.items()
]
REDIRECTS.append(Redirect(f"https://{HOST}/none", None, "12 domains"))


def free_port() -> int:
    """A port that nobody listens on, below those that systems hand out: so nobody is given it before the server is."""
    for port in range(10_000 + os.getpid() * 7 % 10_000, 32_000):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        until = time.monotonic() + HANGING_S
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, process.stdout and process.stdout.read()
            assert time.monotonic() < until
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(HANGING_S)
        assert process.stdout is not None
        process.stdout.close()


def ask(port: int, path: str, host: str = HOST) -> tuple[int, str | None]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HANGING_S)
    try:
        connection.putrequest("GET", path, skip_host=True)
        connection.putheader("Host", host)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location")
    finally:
        connection.close()


def judged(port: int, *, spells_dollar: bool) -> None:
    for old, new in PATHS.values():
        to = f"{TO}{new}".replace("$", "%24") if spells_dollar else f"{TO}{new}"
        assert ask(port, old) == (301, to), old
    for path in [*NEAR, "/none"]:
        assert ask(port, path)[0] != 301, path
    assert ask(port, "/old.html", "other.example")[0] != 301


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
def test_nginx_reads_it(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "map.conf").write_text(nginx(REDIRECTS))
    (tmp_path / "nginx.conf").write_text(
        f"""daemon off; pid {tmp_path}/pid; error_log stderr; events {{}}
        http {{ access_log off; include {tmp_path}/map.conf; client_body_temp_path {tmp_path}/a;
          proxy_temp_path {tmp_path}/b; fastcgi_temp_path {tmp_path}/c; uwsgi_temp_path {tmp_path}/d;
          scgi_temp_path {tmp_path}/e; large_client_header_buffers 4 16k;
          server {{ listen 127.0.0.1:{port}; if ($inlink_target) {{ return 301 "$inlink_target"; }}
            location / {{ return 404; }} }} }}"""
    )
    with running(["nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", "stderr"], port):
        judged(port, spells_dollar=True)


@pytest.mark.skipif(not shutil.which("apache2"), reason="Apache is not installed")
@pytest.mark.parametrize("place", ["server", "folder"])
def test_apache_reads_it(tmp_path: Path, place: str) -> None:
    port = free_port()
    modules = os.environ.get("INLINK_APACHE_MODULES", "/usr/lib/apache2/modules")
    user = os.getuid() or 65534  # Apache serves nothing as root
    site = Path(tempfile.mkdtemp())  # where that user may read
    site.chmod(0o755)
    rules = apache(REDIRECTS)
    if place == "folder":
        (site / ".htaccess").write_text(rules)
    config = f"""ServerRoot {tmp_path}
        LoadModule mpm_event_module {modules}/mod_mpm_event.so
        LoadModule authz_core_module {modules}/mod_authz_core.so
        LoadModule rewrite_module {modules}/mod_rewrite.so
        Listen 127.0.0.1:{port}
        PidFile {tmp_path}/pid
        ErrorLog /dev/stderr
        ServerName localhost
        User #{user}
        Group #{user}
        DocumentRoot {site}
        AllowEncodedSlashes NoDecode
        <Directory {site}>
        AllowOverride All
        </Directory>
        {rules if place == "server" else ""}"""
    (tmp_path / "httpd.conf").write_text("\n".join(line.strip() for line in config.splitlines()) + "\n")
    with running(["apache2", "-f", str(tmp_path / "httpd.conf"), "-DFOREGROUND"], port):
        judged(port, spells_dollar=False)
    shutil.rmtree(site)


def nginx_word(text: str) -> str:
    """A quoted word as nginx's reader takes it (ngx_conf_read_token)."""
    found, n = "", 0
    while n < len(text):
        if text[n] == "\\" and text[n + 1 : n + 2] in ('"', "'", "\\"):
            n += 1
        elif text[n] == "\\" and text[n + 1 : n + 2] in ("t", "r", "n"):
            found, n = found + {"t": "\t", "r": "\r", "n": "\n"}[text[n + 1]], n + 2
            continue
        found, n = found + text[n], n + 1
    return found


def test_nginx_by_its_rules() -> None:
    word = r'"((?:[^"\\]|\\.)*)"'
    rows = {
        nginx_word(key): nginx_word(value)
        for key, value in re.findall(rf"^    {word} {word};$", nginx(REDIRECTS), re.MULTILINE)
    }
    assert len(rows) == len(PATHS)
    for old, new in PATHS.values():
        met = [to for key, to in rows.items() if _is_met(key, f"{HOST}{old}")]
        assert met == [f"{TO}{new}".replace("$", "%24")], old
    assert not [path for path in NEAR for key in rows if _is_met(key, HOST + path)]


def _is_met(key: str, text: str) -> bool:
    if key.startswith("~"):
        return re.search(key[1:], text) is not None
    return key.lower() == text.lower()


def test_apache_by_its_rules() -> None:
    rules = apache(REDIRECTS)
    found = re.findall(
        r'^RewriteCond "%\{HTTP_HOST\}" "(.*)" \[NC\]\nRewriteCond "%\{THE_REQUEST\}" "(.*)"\n'
        r'RewriteRule "\^" "(.*)" \[R=301,L,NE,QSD\]$', rules, re.MULTILINE,
    )  # fmt: skip
    read = [(host, line, to) for host, line, to in found if '"' not in host + line + to]
    assert len(read) == len(PATHS)
    for old, new in PATHS.values():
        met = [to for host, line, to in read if re.search(host, HOST) and re.search(line, f"GET {old} HTTP/1.1")]
        assert [re.sub(r"\\(.)", r"\1", to) for to in met] == [f"{TO}{new}"], old
    assert not [path for path in NEAR for _, line, _ in read if re.search(line, f"GET {path} HTTP/1.1")]
    assert all(not re.search(host, "minexexample") for host, _, _ in read)


def test_csv_gives_back_what_went_in() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv([*REDIRECTS, Redirect("https://a.example/", None, "=1+1")]))))
    assert [(row["from"], row["to"]) for row in rows[:-1]] == [(each.source, each.to or "") for each in REDIRECTS]
    assert [row["status"] for row in rows[-3:]] == ["301", "", ""]
    assert rows[-1]["note"] == "'=1+1"


def test_hostile_addresses_and_notes_stay_on_their_line() -> None:
    hostile = [Redirect('https://a.example/x\n";}\nevil', 'https://a.example/"\n y\\', "a\nb\\"),
               Redirect("https://a.example/\u202ex\ud800", None, "x")]  # fmt: skip
    for form in ("nginx", "apache"):
        text = written(hostile, form)
        assert "\nevil" not in text
        assert "\n y" not in text
        assert not re.search(r"\\\n", text)
    assert written([], "nginx").count("}") >= 1


def test_forms() -> None:
    assert set(FORMATS) == {"nginx", "apache", "csv"}
    with pytest.raises(BadInput):
        written([], "iis")
