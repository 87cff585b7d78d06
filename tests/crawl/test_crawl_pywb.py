"""Archives of crawls, indexed and played back by pywb, which INLINK_PYWB names: the `bin` folder of where it is.

python -m venv pywb && pywb/bin/pip install pywb setuptools
INLINK_PYWB=$PWD/pywb/bin python -m pytest -m gate tests/crawl/test_crawl_pywb.py
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hosting import Page, hosting, html
from made_crawls import run
from warcio.archiveiterator import ArchiveIterator

TOOLS = Path(os.environ.get("INLINK_PYWB") or "nowhere")
pytestmark = [
    pytest.mark.gate,
    pytest.mark.skipif(not (TOOLS / "wb-manager").exists(), reason="no pywb (set INLINK_PYWB to its bin folder)"),
]
LINK = "<script>document.write('<a href=\"/made\">made</a>')</script>"
ZIPPED = b"<h1>zipped</h1>"
GERMAN = "Grüße".encode("latin-1")
SITE = {
    "a.example/": html("/same", "/zipped", "/moved", "/scripts", "/latin", text="the first page"),
    "a.example/same": html(text="the same again"),
    "a.example/zipped": Page(gzip.compress(ZIPPED, mtime=0), headers={"Content-Encoding": "gzip"}),
    "a.example/moved": Page("", 301, headers={"Location": "/same"}),
    "a.example/scripts": Page(f"<body>{LINK}<p>scripts"),
    "a.example/latin": Page(GERMAN, type="text/html; charset=iso-8859-1"),
    "a.example/made": html(text="made by a script"),
}


def tool(name: str, *words: str, folder: Path) -> str:
    command = [str(TOOLS / name), *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@contextmanager
def wayback(folder: Path) -> Iterator[str]:
    """The address of a pywb that serves the collections of a folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (folder / "log").open("wb")
    command = [str(TOOLS / "wayback"), "-b", "127.0.0.1", "-p", str(port)]
    with log, subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process:
        try:
            while True:
                assert process.poll() is None, (folder / "log").read_text()
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Redirects are answers."""


def got(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.build_opener(Stay).open(url) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_pywb_indexes_and_plays_back_what_was_crawled(tmp_path: Path, chromium: str) -> None:
    with hosting(SITE) as web:
        first = run(tmp_path / "web", web, scripts="few")
        second = run(tmp_path / "web", web)
    assert (first.n_scripted, second.n_revisits) == (1, 5)
    folder = tmp_path / "pywb"
    folder.mkdir()
    tool("wb-manager", "init", "web", folder=folder)
    tool("wb-manager", "add", "web", *first.warcs, *second.warcs, folder=folder)
    lines = (folder / "collections/web/indexes/index.cdxj").read_text().splitlines()
    rows = [(line.split(" ")[1], json.loads(line.split(" ", 2)[2])) for line in lines]
    assert Counter(row["mime"] for _, row in rows)["warc/revisit"] == 5
    assert len(rows) == first.n_pages + second.n_pages + first.n_scripted
    rendered = []
    with wayback(folder) as there:
        for at, row in rows:
            status, body = got(f"{there}/web/{at}id_/{row['url']}")
            page = SITE[row["url"].removeprefix("https://")]
            served = page.body.encode() if isinstance(page.body, str) else page.body
            if body.count(b'<a href="/made">') == 2:  # in the script, and made by it
                rendered.append(row["url"])
                continue
            assert status == page.status, (at, row)
            assert body in (served, ZIPPED) or page.status == 301, (at, row)
    assert rendered == ["https://a.example/scripts"]


def test_warcio_lists_every_record(tmp_path: Path) -> None:
    """As `warcio check` does."""
    with hosting(SITE) as web:
        warcs = run(tmp_path, web).warcs
    for name in warcs:
        with Path(name).open("rb") as stream:
            records = ArchiveIterator(stream, check_digests="raise", verify_http=True)
            kinds = Counter(record.rec_type for record in records if record.content_stream().read() is not None)
        assert kinds["request"] == kinds["response"] == 6
    if checker := shutil.which("warcio", path=str(TOOLS)):
        subprocess.run([checker, "check", *warcs], check=True)
