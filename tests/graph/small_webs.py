"""Small webs written as WARC and built into workspaces by the real code."""

from __future__ import annotations

import csv
import gzip
import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inlink.demo.warc import record, sha1
from inlink.engine.local import LocalEngine
from inlink.engine.protocol import Outcome, Report, Task, silent
from inlink.engine.session import Session
from inlink.index.adding import add
from inlink.index.build import build
from inlink.store.workspace import Workspace

Links = Mapping[str, Sequence[str]]


def write_warc(path: Path, pages: Links, day: int = 1) -> Path:
    """Each page with its links: "https://b.example/ nofollow" is a link with rel=nofollow."""
    with path.open("wb") as out:
        for url, links in pages.items():
            out.write(gzip.compress(_response(url, _html(links), f"2026-10-{day:02d}T06:00:00Z"), mtime=0))
    return path


def _html(links: Iterable[str]) -> bytes:
    parts = ["<!doctype html><meta charset=utf-8><title>A page</title><p>Some words."]
    for link in links:
        href, _, rel = link.partition(" ")
        parts.append(f'<p><a href="{href}" rel="{rel}">to it</a>')
    return "\n".join(parts).encode()


def _response(url: str, body: bytes, at: str) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    headers = [
        ("WARC-Target-URI", url),
        ("WARC-Date", at),
        ("WARC-Payload-Digest", sha1(body)),
        ("Content-Type", "application/http; msgtype=response"),
    ]
    return record("response", headers, head + body, f"{url} {at}")


def write_list(path: Path, edges: Iterable[tuple[str, str]], *, nofollow: bool = False) -> Path:
    """A link list as a backlink tool exports it."""
    with path.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["Referring page URL", "Target URL", "Nofollow", "Last seen"])
        rows.writerows((source, target, str(nofollow).lower(), "2026-10-01") for source, target in edges)
    return path


@dataclass(frozen=True)
class Here:
    """An engine that runs everything in this process: no other has to be started."""

    workers: int = 1
    memory_bytes: int = 1536 * 2**20

    def map(self, function: str, tasks: Sequence[Task], report: Report = silent, stage: str = "") -> Iterator[Outcome]:
        module, _, name = function.partition(":")
        work = getattr(importlib.import_module(module), name)
        for task in tasks:
            yield Outcome(task, value=work(task.argument, lambda *_: None))

    def session(self, folder: Path) -> Session:
        return LocalEngine(self.workers, self.memory_bytes).session(folder)


def built(folder: Path, *inputs: Path, settings: str = "") -> Workspace:
    """A workspace that serves the inputs; more of them where there is one already."""
    workspace = Workspace.create(folder)
    if settings:
        workspace.settings_path.write_text(settings, encoding="utf-8")
    add(workspace, [str(path) for path in inputs])
    build(workspace, Here())
    return workspace
